//! SensorsData's (神策) address: `/sa` for requests, `/sa.gif` for pictures, each by GET and POST.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use clickstream::Route;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{KeyQuery, gif, request};
use crate::app::App;
use crate::http::extract::{Query, Raw};
use crate::problem::Answer;

/// Where SensorsData's SDKs have the key.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SensorsQuery {
    /// The site's public write key.
    token: Option<String>,
    /// The same, where the SDK knows only a project.
    project: Option<String>,
}

impl SensorsQuery {
    fn key(self, other: KeyQuery) -> KeyQuery {
        KeyQuery { write_key: other.write_key.or(self.token).or(self.project) }
    }
}

/// Takes events of SensorsData's SDKs: a form with `data` or `data_list`, base64, gzip or not, with or without `crc`.
///
/// What cannot be read is a dead letter and answered with 200: an app would send a refused batch for ever.
#[utoipa::path(post, path = "/sa", tag = "collect", params(KeyQuery, SensorsQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`data=…` or `data_list=…`"),
    responses((status = 200, description = "On disk"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn post(
    app: State<App>,
    peer: ConnectInfo<SocketAddr>,
    key: Query<KeyQuery>,
    own: Query<SensorsQuery>,
    uri: Uri,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<Response> {
    take(app, peer, key, own, uri, headers, &body).await
}

/// The same in a query string.
#[utoipa::path(get, path = "/sa", tag = "collect", params(KeyQuery, SensorsQuery,
        ("data" = Option<String>, Query, description = "One event as base64 of JSON")),
    responses((status = 200, description = "On disk"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn get(
    app: State<App>,
    peer: ConnectInfo<SocketAddr>,
    key: Query<KeyQuery>,
    own: Query<SensorsQuery>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    take(app, peer, key, own, uri, headers, b"").await
}

/// The same for a page's image or beacon; the answer is the picture.
#[utoipa::path(post, path = "/sa.gif", tag = "collect", params(KeyQuery, SensorsQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "As for `/sa`"),
    responses((status = 200, description = "On disk", content_type = "image/gif"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn post_gif(
    app: State<App>,
    peer: ConnectInfo<SocketAddr>,
    key: Query<KeyQuery>,
    own: Query<SensorsQuery>,
    uri: Uri,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<Response> {
    take(app, peer, key, own, uri, headers, &body).await.map(|_| gif())
}

/// The same in an image's address.
#[utoipa::path(get, path = "/sa.gif", tag = "collect", params(KeyQuery, SensorsQuery,
        ("data" = Option<String>, Query, description = "One event as base64 of JSON")),
    responses((status = 200, description = "On disk", content_type = "image/gif"), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn get_gif(
    app: State<App>,
    peer: ConnectInfo<SocketAddr>,
    key: Query<KeyQuery>,
    own: Query<SensorsQuery>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    take(app, peer, key, own, uri, headers, b"").await.map(|_| gif())
}

async fn take(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(key): Query<KeyQuery>,
    Query(own): Query<SensorsQuery>,
    uri: Uri,
    headers: HeaderMap,
    body: &[u8],
) -> Answer<Response> {
    let key = own.key(key);
    let request = request(&app, &headers, &key, peer, &uri, body);
    app.collector.track(Route::Sensors, &request).await?;
    Ok(([("cache-control", "no-store")], "").into_response())
}
