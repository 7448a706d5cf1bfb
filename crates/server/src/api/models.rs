//! The models being served: what they are, and training on demand.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::Json;
use crate::jobs;
use crate::problem::{Answer, Kind, Problem};

/// The models being served.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServedModels {
    /// SHA-256 of the artefact.
    digest: String,
    /// When they were trained.
    trained_at: String,
    /// What they are, what they learnt from and how good they are, in Markdown.
    card: String,
}

/// The models being served, with their card.
#[utoipa::path(get, path = "/v1/models", tag = "operate",
    responses((status = 200, body = ServedModels), (status = 404, body = crate::problem::ProblemDocument)))]
pub async fn served(State(app): State<App>, _: Staff) -> Answer<Json<ServedModels>> {
    let loaded =
        app.models.loaded().ok_or_else(|| Problem::not_found("model; nothing was trained yet"))?;
    Ok(Json(ServedModels {
        digest: loaded.models.meta.digest.clone(),
        trained_at: loaded.trained_at.to_string(),
        card: loaded.models.card(),
    }))
}

/// Trains now on what the warehouse holds, beside serving; requests go on with the former models until the swap.
#[utoipa::path(post, path = "/v1/models/train", tag = "operate",
    responses((status = 202), (status = 409, body = crate::problem::ProblemDocument)))]
pub async fn train(State(app): State<App>, _: Staff) -> Answer<StatusCode> {
    let Ok(turn) = app.training.clone().try_lock_owned() else {
        return Err(Problem::new(Kind::Conflict, "a training is under way"));
    };
    let job = app.clone();
    app.spawn(async move {
        if let Err(error) = jobs::train::once(&job, Arc::new(|_, _| {})).await {
            tracing::error!("training on demand failed, the models of before stay: {error:#}");
        }
        drop(turn);
    });
    Ok(StatusCode::ACCEPTED)
}
