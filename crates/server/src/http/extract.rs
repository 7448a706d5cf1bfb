//! Extractors whose rejections are problem documents: JSON and raw bodies, query strings, paths.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{Kind, Problem};

/// A JSON body, in and out.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(error)) => {
                let text = error.body_text();
                let (field, detail) = fault(&text);
                Err(Problem::field(field, detail))
            }
            Err(JsonRejection::JsonSyntaxError(error)) => {
                Err(Problem::new(Kind::Malformed, error.body_text())
                    .with_error("", error.body_text()))
            }
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                Kind::UnsupportedMedia,
                "send application/json with a content-type header",
            )),
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(Kind::TooLarge, other.body_text()))
            }
            Err(other) => Err(Problem::new(Kind::Malformed, other.body_text())),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A body as it came, at most [`Raw::LIMIT`] bytes.
#[derive(Debug)]
pub struct Raw(pub Bytes);

impl Raw {
    /// Largest body: what Segment's and Rudder's clients send at most.
    pub const LIMIT: usize = 4 << 20;
    /// Of a larger body so much is read and thrown away: who is still sending would lose the connection instead of
    /// hearing why.
    const DRAINED: usize = 32 << 20;
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let mut stream = request.into_body().into_data_stream();
        let (mut body, mut length) = (BytesMut::new(), 0);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| {
                Problem::new(Kind::Malformed, format!("the body broke off: {error}"))
            })?;
            length += chunk.len();
            if length <= Self::LIMIT {
                body.extend_from_slice(&chunk);
            } else if length > Self::DRAINED {
                break;
            }
        }
        if length > Self::LIMIT {
            let detail = format!("at most {} bytes", Self::LIMIT);
            return Err(Problem::new(Kind::TooLarge, detail.clone()).with_error("", detail));
        }
        Ok(Self(body.freeze()))
    }
}

/// A query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(QueryRejection::FailedToDeserializeQueryString(error)) => {
                let text = error.body_text();
                let (field, detail) = fault(&text);
                Err(Problem::field(field, detail))
            }
            Err(other) => Err(Problem::new(Kind::Malformed, other.body_text())),
        }
    }
}

/// Segments of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                Err(Problem::new(Kind::NotFound, error.body_text()))
            }
            Err(other) => Err(Problem::internal(other.body_text())),
        }
    }
}

/// The field a deserialisation message speaks of and what it says of it: `Failed to …: events[3].ts: invalid type …`.
fn fault(text: &str) -> (&str, &str) {
    let detail = text.split_once(": ").map_or(text, |(_, detail)| detail);
    for marker in ["missing field `", "unknown field `", "duplicate field `"] {
        if let Some((_, rest)) = detail.split_once(marker)
            && let Some((name, _)) = rest.split_once('`')
        {
            return (name, detail);
        }
    }
    match detail.split_once(": ") {
        Some((field, detail)) if is_path(field) => (field, detail),
        _ => ("", detail),
    }
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn the_field_is_named_from_the_message() {
        for (text, field, detail) in [
            ("Failed: missing field `q` at line 1", "q", "missing field `q` at line 1"),
            ("Failed to deserialize: limit: invalid digit", "limit", "invalid digit"),
            ("Failed to read: not a query", "", "not a query"),
            ("nothing to see", "", "nothing to see"),
        ] {
            assert_eq!(fault(text), (field, detail), "{text}");
        }
    }
}
