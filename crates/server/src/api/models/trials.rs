//! Versions that are tried before they may serve everybody.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Approval, VersionsAnswer, serve};
use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::Json;
use crate::problem::Answer;
use crate::serving::models::Way;

/// Which version is to be tried, on how many, and who says so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialOrder {
    /// Its name, or the beginning of its digest.
    version: String,
    /// Share of the visitors (canary: at most 50) or requests (shadow), in percent, above 0.
    percent: f64,
    /// Who approves it.
    by: String,
    /// Why.
    reason: String,
}

/// Tries a version that passed its gates on a share of the visitors who agreed to be known.
///
/// `models` in their lists says so, and `GET /v1/analytics/recommendations?by=models` compares what came of them.
#[utoipa::path(post, path = "/v1/models/canary", tag = "operate", request_body = TrialOrder,
    responses((status = 200, body = VersionsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn start_canary(
    State(app): State<App>,
    staff: Staff,
    Json(order): Json<TrialOrder>,
) -> Answer<Json<VersionsAnswer>> {
    start(app, staff, Way::Canary, order).await
}

/// Ends the canary: everybody gets what is served.
#[utoipa::path(post, path = "/v1/models/canary/stop", tag = "operate", request_body = Approval,
    responses((status = 200, body = VersionsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn stop_canary(
    State(app): State<App>,
    staff: Staff,
    Json(approval): Json<Approval>,
) -> Answer<Json<VersionsAnswer>> {
    serve(app, staff, approval, |shelf, by, reason, now| {
        shelf.stop_trial(Way::Canary, by, reason, now)
    })
    .await
}

/// Makes lists with a version for a share of the requests, that nobody sees, and compares them with those served.
///
/// `shadow` in the versions has the overlap and the time. A version its gates refuse may be a shadow.
#[utoipa::path(post, path = "/v1/models/shadow", tag = "operate", request_body = TrialOrder,
    responses((status = 200, body = VersionsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn start_shadow(
    State(app): State<App>,
    staff: Staff,
    Json(order): Json<TrialOrder>,
) -> Answer<Json<VersionsAnswer>> {
    start(app, staff, Way::Shadow, order).await
}

/// Ends the shadow.
#[utoipa::path(post, path = "/v1/models/shadow/stop", tag = "operate", request_body = Approval,
    responses((status = 200, body = VersionsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn stop_shadow(
    State(app): State<App>,
    staff: Staff,
    Json(approval): Json<Approval>,
) -> Answer<Json<VersionsAnswer>> {
    serve(app, staff, approval, |shelf, by, reason, now| {
        shelf.stop_trial(Way::Shadow, by, reason, now)
    })
    .await
}

async fn start(
    app: App,
    staff: Staff,
    way: Way,
    order: TrialOrder,
) -> Answer<Json<VersionsAnswer>> {
    let TrialOrder { version, percent, by, reason } = order;
    serve(app, staff, Approval { by, reason }, move |shelf, by, reason, now| {
        shelf.start_trial(way, (&version, percent), by, reason, now)
    })
    .await
}
