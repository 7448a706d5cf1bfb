//! The models being served: what they are, and training on demand.

pub mod trials;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::Json;
use crate::jobs;
use crate::problem::{Answer, Kind, Problem};
use crate::serving::models::{Measured, Shelf, ShelfError, Version, Way};

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

/// Versions of the models.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionsAnswer {
    /// The newest first.
    versions: Vec<Version>,
    /// How the lists of the shadow compare with those served, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Measured>,
}

/// Every version on the shelf: window of its data, metrics, what its gates say, who put it in service.
#[utoipa::path(get, path = "/v1/models/versions", tag = "operate",
    responses((status = 200, body = VersionsAnswer)))]
pub async fn versions(State(app): State<App>, _: Staff) -> Answer<Json<VersionsAnswer>> {
    let shelf = app.clone();
    let versions = app.blocking(move || shelf.models.versions()).await?;
    let shadow = app.models.tried(Way::Shadow).map(|shadow| shadow.so_far());
    Ok(Json(VersionsAnswer { versions: versions.map_err(Problem::internal)?, shadow }))
}

/// Who says so, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who approves it.
    by: String,
    /// Why.
    reason: String,
}

/// Which version is to be served, and who says so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionOrder {
    /// Its name, or the beginning of its digest.
    version: String,
    /// Who approves it.
    by: String,
    /// Why.
    reason: String,
}

/// Puts a version in service that passed its gates. Requests go on.
#[utoipa::path(post, path = "/v1/models/promote", tag = "operate", request_body = PromotionOrder,
    responses((status = 200, body = VersionsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn promote(
    State(app): State<App>,
    staff: Staff,
    Json(order): Json<PromotionOrder>,
) -> Answer<Json<VersionsAnswer>> {
    let PromotionOrder { version, by, reason } = order;
    serve(app, staff, Approval { by, reason }, move |shelf, by, reason, now| {
        shelf.promote(&version, by, reason, now)
    })
    .await
}

/// Puts the version of before in service again. Requests go on.
#[utoipa::path(post, path = "/v1/models/rollback", tag = "operate", request_body = Approval,
    responses((status = 200, body = VersionsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn roll_back(
    State(app): State<App>,
    staff: Staff,
    Json(approval): Json<Approval>,
) -> Answer<Json<VersionsAnswer>> {
    serve(app, staff, approval, Shelf::roll_back).await
}

async fn serve(
    app: App,
    staff: Staff,
    approval: Approval,
    change: impl FnOnce(&Shelf, &str, &str, jiff::Timestamp) -> Result<String, ShelfError>
    + Send
    + 'static,
) -> Answer<Json<VersionsAnswer>> {
    for (field, text) in [("by", &approval.by), ("reason", &approval.reason)] {
        if text.trim().is_empty() {
            return Err(Problem::field(field, "is needed: it goes on record"));
        }
    }
    let state = app.clone();
    let change = move || change(&state.models, &approval.by, &approval.reason, state.clock.now());
    app.blocking(change).await?.map_err(|error| match error {
        ShelfError::Unknown(_) => Problem::not_found("model"),
        ShelfError::Share { most, .. } => {
            Problem::field("percent", format!("is above 0 and at most {most}"))
        }
        ShelfError::Other(error) => Problem::internal(format!("{error:#}")),
        refused => Problem::new(Kind::Conflict, refused.to_string()),
    })?;
    jobs::follow::rebuild(&app).await.map_err(Problem::internal)?;
    versions(State(app), staff).await
}
