//! A decision made, replaced or taken back: in force with the next list.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use registry::{Rule, RuleKind};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use vocab::{ItemId, SiteId};

use super::RuleShown;
use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::jobs;
use crate::problem::{Answer, Problem};

/// A decision to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// `pin`, `boost`, `block`, `never_from` or `never_to`.
    #[schema(value_type = String)]
    kind: RuleKind,
    /// The item.
    item: String,
    /// Number of the site; every one unless told.
    #[serde(default)]
    site: u32,
    /// The pipeline, for example `home`; every one unless told.
    #[serde(default)]
    pipeline: String,
    /// Order among pins, from 0.
    #[serde(default)]
    position: u16,
    /// What a boost multiplies by, 0.1 to 10.
    factor: Option<f64>,
    /// Why, for colleagues and auditors.
    #[serde(default)]
    reason: String,
    /// Who decides.
    #[serde(default)]
    made_by: String,
    /// Until when; until it is taken back unless told.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
}

/// Makes a decision or replaces the one of the same kind, site, pipeline and item. In force when this answers.
#[utoipa::path(put, path = "/v1/console/rules", tag = "console", request_body = Decision,
    responses((status = 200, body = RuleShown), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn put(
    State(app): State<App>,
    _: Staff,
    Json(decision): Json<Decision>,
) -> Answer<Json<RuleShown>> {
    let Decision { kind, site, pipeline, position, factor, reason, made_by, expires_at, .. } =
        decision;
    if (kind == RuleKind::Boost) != factor.is_some() {
        return Err(Problem::field("factor", "goes with a boost, and only with one"));
    }
    if !pipeline.is_empty() && app.pipelines.all().iter().all(|one| one.name() != pipeline) {
        return Err(Problem::field("pipeline", format!("no pipeline `{pipeline}`")));
    }
    let (item, site, now) = (ItemId::from(decision.item), SiteId(site), app.clock.now());
    let rule = Rule {
        id: Rule::id_of(kind, site, &pipeline, &item),
        kind,
        site,
        pipeline,
        item,
        position,
        factor: factor.unwrap_or(1.0),
        reason,
        made_by,
        created_at: now,
        expires_at,
    };
    app.registry.put_rule(&rule).await?;
    jobs::live::renew(&app).await?;
    Ok(Json(RuleShown::of(rule, now)))
}

/// Which decision is taken back, and by whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TakenBack {
    /// Its id.
    id: String,
    /// Who takes it back.
    made_by: String,
}

/// Takes a decision back, at once.
#[utoipa::path(delete, path = "/v1/console/rules", tag = "console", params(TakenBack),
    responses((status = 204), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn remove(
    State(app): State<App>,
    _: Staff,
    Query(taken): Query<TakenBack>,
) -> Answer<StatusCode> {
    if taken.made_by.trim().is_empty() {
        return Err(Problem::field("made_by", "a decision has somebody who made it"));
    }
    if !app.registry.remove_rule(&taken.id, &taken.made_by, app.clock.now()).await? {
        return Err(Problem::not_found("rule"));
    }
    jobs::live::renew(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}
