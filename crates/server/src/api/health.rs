//! Whether the process lives, whether it is ready, and its numbers.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::extract::Json;

/// The process answers: do not restart it.
#[utoipa::path(get, path = "/livez", tag = "operate", responses((status = 200, body = String)))]
pub async fn livez() -> &'static str {
    "ok\n"
}

/// State of one dependency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dependency {
    /// `registry`, `search`, `models` or `clickhouse`.
    name: &'static str,
    /// Whether it works.
    ok: bool,
    /// Whether answers are refused without it; otherwise they are `degraded`.
    required: bool,
    /// More about it.
    detail: String,
}

/// What readiness rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether requests are to be sent here.
    ready: bool,
    /// Each dependency.
    dependencies: Vec<Dependency>,
}

/// Whether requests are to be sent here. ClickHouse and models may be away: answers are then `degraded`, not refused.
#[utoipa::path(get, path = "/readyz", tag = "operate",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub async fn readyz(State(app): State<App>) -> Response {
    let registry = app.registry.ping().await;
    let clickhouse = app.warehouse.ping().await;
    let models = app.models.age(app.clock.now());
    let dependencies = vec![
        Dependency {
            name: "registry",
            ok: registry.is_ok(),
            required: true,
            detail: registry.err().map(|error| error.to_string()).unwrap_or_default(),
        },
        Dependency {
            name: "search",
            ok: true,
            required: true,
            detail: format!("{} items", app.search.len()),
        },
        Dependency {
            name: "models",
            ok: models.is_some(),
            required: false,
            detail: models.map_or("none".to_owned(), |age| format!("{} s old", age.as_secs())),
        },
        Dependency {
            name: "clickhouse",
            ok: clickhouse.is_ok(),
            required: false,
            detail: clickhouse.err().map(|error| error.to_string()).unwrap_or_default(),
        },
    ];
    let ready = dependencies.iter().all(|dependency| dependency.ok || !dependency.required);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, dependencies })).into_response()
}

/// The numbers, in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operate", responses((status = 200, body = String)))]
pub async fn metrics(State(app): State<App>) -> Response {
    if let Some(age) = app.models.age(app.clock.now()) {
        ::metrics::gauge!(crate::metrics::MODELS_AGE).set(age.as_secs_f64());
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
        .into_response()
}
