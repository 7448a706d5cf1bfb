//! The embedded browser part: SDK, service worker, demo portal, console, API reference.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::{Kind, Problem};

/// Answers every address no API route has: an embedded file, or a problem document.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/v1/") || path.starts_with("/feeds/") {
        return Problem::not_found("address").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(Kind::MethodNotAllowed, "pages are read with GET").into_response();
    }
    let Some(asset) = web::asset(path) else { return Problem::not_found("page").into_response() };

    let fresh = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == asset.etag));
    let packed = asset.gzip.filter(|_| takes_gzip(&request));
    let is_packed = packed.is_some();
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(packed.unwrap_or(asset.bytes).into_owned()).into_response()
    };
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, asset.content_type.as_ref());
    set(header::CACHE_CONTROL, asset.cache_control);
    set(header::ETAG, &asset.etag);
    set(header::VARY, "accept-encoding");
    if let Some(policy) = asset.content_security_policy {
        set(header::CONTENT_SECURITY_POLICY, policy);
    }
    if is_packed && !fresh {
        set(header::CONTENT_ENCODING, "gzip");
    }
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    response
}

fn takes_gzip(request: &Request) -> bool {
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    accepted.and_then(|value| value.to_str().ok()).is_some_and(|list| {
        list.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("gzip") && parts.next() != Some("q=0")
        })
    })
}
