//! What trackers send to, one module a family of SDKs. An answer of 200 means every accepted event is on disk.

use axum::extract::MatchedPath;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use clickstream::{CollectError, NativeResponse, SegmentRoute};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::Json;
use crate::problem::{Answer, Kind, Problem};

pub mod arrival;
pub mod matomo;
pub mod segment;
pub mod sensors;
pub mod settings;

pub use arrival::Arrival;

/// The smallest transparent picture, 43 bytes: what a tracking pixel is answered with.
const GIF: &[u8; 43] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A picture no cache keeps: each view is one request.
fn gif() -> Response {
    ([("content-type", "image/gif"), ("cache-control", "no-store")], &GIF[..]).into_response()
}

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
/// Each event gets its own result: `ok`, `warning` (stored, but look) or `drop` (left out, with the reason; kept as a
/// dead letter where it is defective). One bad event never sinks the others. Under overload the answer is 503 with
/// `Retry-After`, and each result is `retry`: nothing was kept.
#[utoipa::path(post, path = "/v1/events", tag = "collect", params(KeyQuery),
    request_body(content = Object, content_type = "application/json",
        description = "`{write_key, sent_at, events: [{event_id, name, anonymous_id, ts, …}]}`, at most 5,000 events and 4 MB"),
    responses((status = 200, description = "A result for each event", body = Object),
              (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn native(arrival: Arrival) -> Answer<Json<NativeResponse>> {
    kept(arrival.app.collector.native(&arrival.request()).await?).map(Json)
}

/// The results, unless nothing was kept, of whatever event: the whole request is to come again.
pub(super) fn kept(answer: NativeResponse) -> Answer<NativeResponse> {
    let Some(wait) = answer.retry_after else { return Ok(answer) };
    let results = serde_json::to_value(&answer.results).unwrap_or_default();
    let detail = "nothing was kept, send all of it again";
    let problem = Problem::new(Kind::Unavailable, detail).with_results(results);
    Err(problem.retry_after(wait.as_secs()))
}

/// Whether an address seems to be one only because Segment's routes are a parameter.
pub(super) fn is_no_address(matched: &MatchedPath, uri: &Uri) -> bool {
    let route = uri.path().rsplit('/').next().unwrap_or_default();
    matched.as_str() == "/v1/{route}" && SegmentRoute::parse(route).is_none()
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
