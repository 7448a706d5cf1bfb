//! Segment's API as Segment's, RudderStack's and Jitsu's SDKs call it: calls, batches, beacons, pixels.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use clickstream::{Route, SegmentRoute};
use serde_json::{Value, json};

use super::{KeyQuery, gif, request};
use crate::app::App;
use crate::http::extract::{Json, Path, Query, Raw};
use crate::problem::{Answer, Problem};

/// Takes one call or a batch in Segment's format, for SDKs that exist.
///
/// Bad items of a batch become dead letters; the answer is still 200, because SDKs throw a refused batch away whole.
#[utoipa::path(post, path = "/v1/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`track`, `page`, `screen`, `identify`, `group`, `alias`, `merge`, `batch`, `import`, or their first letters")),
    request_body(content = Object, content_type = "application/json", description = "Segment's HTTP API, under any content type, gzip or not"),
    responses((status = 200, description = "On disk", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn call(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(route): Path<String>,
    Query(key): Query<KeyQuery>,
    uri: Uri,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<Json<Value>> {
    let route = SegmentRoute::parse(&route).ok_or_else(|| Problem::not_found("address"))?;
    let request = request(&app, &headers, &key, peer, &uri, &body);
    app.collector.track(Route::Segment(route), &request).await?;
    Ok(Json(json!({ "success": true })))
}

/// The same by `navigator.sendBeacon`, which cannot set headers.
#[utoipa::path(post, path = "/beacon/v1/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`batch`, or any of Segment's calls")),
    request_body(content = Object, content_type = "text/plain", description = "As for `/v1/batch`"),
    responses((status = 200, description = "On disk", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn beacon(
    state: State<App>,
    peer: ConnectInfo<SocketAddr>,
    route: Path<String>,
    key: Query<KeyQuery>,
    uri: Uri,
    headers: HeaderMap,
    body: Raw,
) -> Answer<Json<Value>> {
    call(state, peer, route, key, uri, headers, body).await
}

/// The same as Jitsu's SDK calls it; the key is in `X-Write-Key`.
#[utoipa::path(post, path = "/api/s/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`track`, `page`, `identify`, …")),
    request_body(content = Object, content_type = "application/json", description = "As for `/v1/track`"),
    responses((status = 200, description = "On disk", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn jitsu(
    state: State<App>,
    peer: ConnectInfo<SocketAddr>,
    route: Path<String>,
    key: Query<KeyQuery>,
    uri: Uri,
    headers: HeaderMap,
    body: Raw,
) -> Answer<Json<Value>> {
    call(state, peer, route, key, uri, headers, body).await
}

/// A call as an image's address, for pages without scripts; dots in a parameter's name nest.
///
/// The answer is always the picture, so that no page shows a broken one.
#[utoipa::path(get, path = "/pixel/v1/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`page` or `track`"),
        ("anonymousId" = Option<String>, Query, description = "The browser's id"),
        ("event" = Option<String>, Query, description = "Name of a track call")),
    responses((status = 200, description = "A transparent picture", content_type = "image/gif")))]
pub async fn pixel(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(route): Path<String>,
    Query(key): Query<KeyQuery>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Some(route) = SegmentRoute::parse(&route) {
        let request = request(&app, &headers, &key, peer, &uri, b"");
        // What was wrong is counted by the collector.
        app.collector.track(Route::Pixel(route), &request).await.ok();
    }
    gif()
}
