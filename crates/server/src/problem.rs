//! Errors as the world sees them: RFC 9457 problem documents, from one table of kinds.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Every kind of error the server answers with; [`Kind::row`] is the only table about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The body is not what the content type says.
    Malformed,
    /// A field is missing, of the wrong type or out of range.
    Invalid,
    /// No or unknown credentials.
    Unauthorized,
    /// Known, but not allowed.
    Forbidden,
    /// Nothing at this address.
    NotFound,
    /// Something is here, but not for this method.
    MethodNotAllowed,
    /// The request would contradict the present state.
    Conflict,
    /// The body is larger than the limit.
    TooLarge,
    /// The content type is not one the route reads.
    UnsupportedMedia,
    /// Slow down; `Retry-After` says how long.
    TooManyRequests,
    /// A dependency is away; `Retry-After` says when to try again.
    Unavailable,
    /// The request's deadline passed.
    Timeout,
    /// A defect of ours.
    Internal,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 13] = [
        Self::Malformed,
        Self::Invalid,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMedia,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::Timeout,
        Self::Internal,
    ];

    /// Status, public code and title.
    pub fn describe(self) -> (u16, &'static str, &'static str) {
        let (status, code, title, _) = self.row();
        (status.as_u16(), code, title)
    }

    /// Status, public code, title, and whether operators are to be told.
    fn row(self) -> (StatusCode, &'static str, &'static str, bool) {
        match self {
            Self::Malformed => {
                (StatusCode::BAD_REQUEST, "malformed", "The body cannot be read", false)
            }
            Self::Invalid => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value is not acceptable", false)
            }
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "Credentials are missing or unknown",
                false,
            ),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "This is not allowed", false),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing here", false),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The address does not answer this method",
                false,
            ),
            Self::Conflict => {
                (StatusCode::CONFLICT, "conflict", "The present state does not allow this", false)
            }
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large", false)
            }
            Self::UnsupportedMedia => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The content type is not read here",
                false,
            ),
            Self::TooManyRequests => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", false)
            }
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "A part of the service is away",
                true,
            ),
            Self::Timeout => {
                (StatusCode::GATEWAY_TIMEOUT, "timeout", "The request took too long", true)
            }
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here", true)
            }
        }
    }
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where: a JSON pointer (RFC 6901) into the body, or the name of a query parameter or header.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

/// The body of every error answer (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Address of the kind's description, relative to the server.
    pub r#type: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// Stable name of the kind, for programs.
    pub code: String,
    /// This occurrence in words.
    pub detail: String,
    /// Id of the request, as in the `x-request-id` header.
    pub request_id: String,
    /// The fields that are wrong, where that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What became of each event of a batch, where the answer is to the whole batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub results: Option<serde_json::Value>,
}

/// An error on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    results: Option<Box<serde_json::Value>>,
    retry_after_s: Option<u64>,
    cause: Option<String>,
}

impl Problem {
    /// A problem of `kind`; `detail` is shown to the client.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            results: None,
            retry_after_s: None,
            cause: None,
        }
    }

    /// A field is not acceptable.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let (field, detail) = (field.into(), detail.into());
        Self::new(Kind::Invalid, format!("{field}: {detail}")).with_error(field, detail)
    }

    /// Nothing with this name.
    pub fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("no such {what}"))
    }

    /// A defect of ours: the cause goes to the log, not to the client.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let mut problem = Self::new(Kind::Internal, "the error was logged under this request id");
        problem.cause = Some(cause.to_string());
        problem
    }

    /// A dependency is away for now.
    pub fn unavailable(what: &str, cause: impl std::fmt::Display) -> Self {
        let mut problem = Self::new(Kind::Unavailable, format!("{what} is away, try again"));
        problem.retry_after_s = Some(5);
        problem.cause = Some(cause.to_string());
        problem
    }

    /// Adds a wrong field.
    #[must_use]
    pub fn with_error(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), detail: detail.into() });
        self
    }

    /// Adds what became of each event.
    #[must_use]
    pub fn with_results(mut self, results: serde_json::Value) -> Self {
        self.results = Some(Box::new(results));
        self
    }

    /// Sets `Retry-After` in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// This occurrence in words, as the client is told.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The stable public code.
    pub fn code(&self) -> &'static str {
        self.kind.row().1
    }

    /// The final answer; logs once, here, what operators must know.
    pub(crate) fn render(self, request_id: &str) -> Response {
        let (status, code, title, alert) = self.kind.row();
        metrics::counter!(crate::metrics::PROBLEMS, "code" => code).increment(1);
        if alert {
            let cause = self.cause.as_deref().unwrap_or(&self.detail);
            tracing::error!(
                request.id = request_id,
                problem.code = code,
                "request failed: {cause}"
            );
        }
        let document = ProblemDocument {
            r#type: format!("/docs/problems#{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: self.detail,
            request_id: request_id.to_owned(),
            errors: self.errors,
            results: self.results.map(|results| *results),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Carries the problem to the outermost layer, which knows the request's id and writes the body.
    fn into_response(self) -> Response {
        let mut response = self.kind.row().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What handlers return.
pub type Answer<T> = Result<T, Problem>;
