//! The live stream for open pages and kiosks: new items, emergencies, retractions.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use channels::sse::Listener;
use futures::StreamExt as _;
use vocab::PrivacyMode;

use crate::api::visitor::Asking;
use crate::app::App;

/// Server-sent events: `item`, `emergency`, `retract`, `inbox`, and `gap` where something was missed.
///
/// Resumes after `Last-Event-ID`. A kiosk hears what everybody hears, never one person's messages.
#[utoipa::path(get, path = "/v1/stream", tag = "deliver",
    params(("site" = Option<String>, Query, description = "Site code")),
    responses((status = 200, description = "An endless text/event-stream", content_type = "text/event-stream")))]
pub async fn stream(State(app): State<App>, asking: Asking, headers: HeaderMap) -> Response {
    let personal = asking.mode == PrivacyMode::Profile;
    let listener = Listener { site: asking.site.id, visitor: asking.visitor.filter(|_| personal) };
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let bytes = app
        .events
        .listen(listener, last)
        .into_bytes()
        .take_until(app.cancel.clone().cancelled_owned())
        .map(Ok::<_, std::convert::Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(bytes)).into_response()
}
