//! What trackers send to: the native dialect and Segment's. An answer of 200 means every accepted event is on disk.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, MatchedPath, State};
use axum::http::{HeaderMap, Uri};
use clickstream::{CollectError, NativeResponse, Request, SegmentRoute};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use crate::app::App;
use crate::http::extract::{Json, Path, Query, Raw};
use crate::problem::{Answer, Kind, Problem};

/// Where SDKs that cannot set headers put the key.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KeyQuery {
    /// The site's public write key.
    #[serde(alias = "writeKey")]
    write_key: Option<String>,
}

/// Takes a batch of behaviour events.
///
/// Each event gets its own result: `ok`, `warning` (stored, but look), `drop` (left out, with the reason) or `retry`.
/// One bad event never sinks the others: it is kept as a dead letter.
#[utoipa::path(post, path = "/v1/events", tag = "collect", params(KeyQuery),
    request_body(content = Object, content_type = "application/json",
        description = "`{write_key, sent_at, events: [{event_id, name, anonymous_id, ts, …}]}`, at most 5,000 events and 4 MB"),
    responses((status = 200, description = "A result for each event", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn native(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(key): Query<KeyQuery>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<Json<NativeResponse>> {
    let request = request(&app, &headers, &key, peer, &body);
    Ok(Json(app.collector.native(&request).await?))
}

/// Takes one call or a batch in Segment's format, for SDKs that exist.
#[utoipa::path(post, path = "/v1/{route}", tag = "collect", params(KeyQuery,
        ("route" = String, Path, description = "`track`, `page`, `identify` or `batch`")),
    request_body(content = Object, content_type = "application/json", description = "Segment's HTTP API"),
    responses((status = 200, description = "On disk", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn segment(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(route): Path<String>,
    Query(key): Query<KeyQuery>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<Json<Value>> {
    let route = SegmentRoute::parse(&route).ok_or_else(|| Problem::not_found("address"))?;
    let request = request(&app, &headers, &key, peer, &body);
    app.collector.segment(route, &request).await?;
    Ok(Json(json!({ "success": true })))
}

/// Whether an address seems to be one only because Segment's routes are a parameter.
pub(super) fn is_no_address(matched: &MatchedPath, uri: &Uri) -> bool {
    let route = uri.path().rsplit('/').next().unwrap_or_default();
    matched.as_str() == "/v1/{route}" && SegmentRoute::parse(route).is_none()
}

fn request<'a>(
    app: &App,
    headers: &'a HeaderMap,
    key: &'a KeyQuery,
    peer: SocketAddr,
    body: &'a [u8],
) -> Request<'a> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Request {
        authorization: text("authorization"),
        header_key: text("x-write-key"),
        query_key: key.write_key.as_deref(),
        user_agent: text("user-agent"),
        accept_language: text("accept-language"),
        origin: text("origin"),
        dnt: text("dnt") == Some("1"),
        gpc: text("sec-gpc") == Some("1"),
        peer: Some(peer.ip()),
        ..Request::new(body, app.clock.now())
    }
}

impl From<CollectError> for Problem {
    fn from(error: CollectError) -> Self {
        let detail = error.to_string();
        match error {
            CollectError::Malformed { field, detail } => {
                Self::new(Kind::Malformed, detail.clone()).with_error(field, detail)
            }
            CollectError::TooLarge { field, .. } => {
                Self::new(Kind::TooLarge, detail.clone()).with_error(field, detail)
            }
            CollectError::UnknownKey => {
                Self::new(Kind::Unauthorized, detail.clone()).with_error("write_key", detail)
            }
            CollectError::ForeignOrigin => {
                Self::new(Kind::Forbidden, detail.clone()).with_error("origin", detail)
            }
            CollectError::Overloaded { retry_after } => {
                Self::new(Kind::Unavailable, detail).retry_after(retry_after.as_secs())
            }
            CollectError::Truncated { .. } => {
                Self::new(Kind::Malformed, detail.clone()).with_error("", detail)
            }
            other => Self::internal(other),
        }
    }
}
