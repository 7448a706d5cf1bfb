//! The API described: OpenAPI from the routes, a reference page, and the kinds of problem.

use axum::response::{Html, IntoResponse, Response};

use crate::http::extract::Json;

/// The OpenAPI document.
pub async fn openapi_json() -> Response {
    Json(crate::api::openapi()).into_response()
}

/// The kinds of problem a document's `type` points at.
pub async fn problems() -> Html<String> {
    let rows: String = crate::problem::Kind::ALL
        .iter()
        .map(|kind| {
            let (status, code, title) = kind.describe();
            format!("<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{title}</td></tr>")
        })
        .collect();
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Problems · Civicsense</title>\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"/docs/docs.css\"><main><h1>Problems</h1>\
         <p>Every error answer is a problem document (RFC 9457) with one of these codes.</p>\
         <table><thead><tr><th>code</th><th>status</th><th>meaning</th></tr></thead><tbody>{rows}</tbody></table></main></html>"
    ))
}
