//! The layers around the router: request id, problem documents, access log and metrics.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::metrics;
use crate::problem::{Kind, Problem};

/// The header that carries a request's id, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request being answered; an extension of every request.
#[derive(Clone, Debug)]
pub struct RequestIdText(pub String);

/// Gives the request an id, writes the problem document if one comes back, counts and logs the answer.
pub async fn outermost(mut request: Request, next: Next) -> Response {
    let id = caller_id(&request).unwrap_or_else(|| Uuid::now_v7().to_string());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    request.extensions_mut().insert(RequestIdText(id.clone()));
    let span = tracing::info_span!("request", request.id = %id, http.route = %route, http.method = %method);

    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = started.elapsed();

    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = span.in_scope(|| problem.render(&id));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    ::metrics::counter!(metrics::REQUESTS, "route" => route.clone(), "method" => method, "status" => status.to_string())
        .increment(1);
    ::metrics::histogram!(metrics::REQUEST_DURATION, "route" => route)
        .record(elapsed.as_secs_f64());
    span.in_scope(|| {
        let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(http.status = status, duration_ms, "answered {status} in {duration_ms} ms");
    });
    response
}

/// The caller's own id, if it is short and plain enough to go into logs.
fn caller_id(request: &Request) -> Option<String> {
    let text = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let plain = (8..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    plain.then(|| text.to_owned())
}

/// Ends a request that ran past its deadline; streams are routed around this layer.
pub async fn deadline(limit: std::time::Duration, request: Request, next: Next) -> Response {
    use axum::response::IntoResponse as _;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Kind::Timeout, format!("no answer within {} s", limit.as_secs()))
            .into_response(),
    }
}
