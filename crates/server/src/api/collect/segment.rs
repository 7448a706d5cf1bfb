//! Segment's API as Segment's, RudderStack's and Jitsu's SDKs call it: calls, batches, beacons, pixels.

use axum::response::Response;
use clickstream::{Route, SegmentRoute};
use serde_json::{Value, json};

use super::{Arrival, KeyQuery, gif};
use crate::http::extract::{Json, Path};
use crate::problem::{Answer, Problem};

/// Takes one call or a batch in Segment's format, for SDKs that exist.
///
/// Bad items of a batch become dead letters; the answer is still 200, because SDKs throw a refused batch away whole.
#[utoipa::path(post, path = "/v1/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`track`, `page`, `screen`, `identify`, `group`, `alias`, `merge`, `batch`, `import`, or their first letters")),
    request_body(content = Object, content_type = "application/json", description = "Segment's HTTP API, under any content type, gzip or not"),
    responses((status = 200, description = "On disk", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn call(Path(route): Path<String>, arrival: Arrival) -> Answer<Json<Value>> {
    let route = SegmentRoute::parse(&route).ok_or_else(|| Problem::not_found("address"))?;
    arrival.track(Route::Segment(route)).await?;
    Ok(Json(json!({ "success": true })))
}

/// The same by `navigator.sendBeacon`, which cannot set headers.
#[utoipa::path(post, path = "/beacon/v1/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`batch`, or any of Segment's calls")),
    request_body(content = Object, content_type = "text/plain", description = "As for `/v1/batch`"),
    responses((status = 200, description = "On disk", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn beacon(route: Path<String>, arrival: Arrival) -> Answer<Json<Value>> {
    call(route, arrival).await
}

/// The same as Jitsu's SDK calls it; the key is in `X-Write-Key`.
#[utoipa::path(post, path = "/api/s/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`track`, `page`, `identify`, …")),
    request_body(content = Object, content_type = "application/json", description = "As for `/v1/track`"),
    responses((status = 200, description = "On disk", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn jitsu(route: Path<String>, arrival: Arrival) -> Answer<Json<Value>> {
    call(route, arrival).await
}

/// A call as an image's address, for pages without scripts; dots in a parameter's name nest.
///
/// The answer is always the picture, so that no page shows a broken one.
#[utoipa::path(get, path = "/pixel/v1/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`page` or `track`"),
        ("anonymousId" = Option<String>, Query, description = "The browser's id"),
        ("event" = Option<String>, Query, description = "Name of a track call")),
    responses((status = 200, description = "A transparent picture", content_type = "image/gif")))]
pub async fn pixel(Path(route): Path<String>, arrival: Arrival) -> Response {
    if let Some(route) = SegmentRoute::parse(&route) {
        // What was wrong is counted by the collector.
        arrival.track(Route::Pixel(route)).await.ok();
    }
    gif()
}
