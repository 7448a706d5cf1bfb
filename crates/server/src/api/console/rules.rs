//! What editors decided about items in lists: pins, boosts, blocks; each with a reason, page by page.

use axum::extract::State;
use jiff::Timestamp;
use registry::{Rule, RuleFilter, RuleKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vocab::ItemId;

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};

pub mod decide;

/// Decisions of a page, at most.
const MOST: u32 = 500;

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleShown {
    /// Takes it back: `DELETE /v1/console/rules?id=…`.
    id: String,
    /// `pin`, `boost`, `block`, `never_from` or `never_to`.
    kind: &'static str,
    /// Number of the site; 0 is every one.
    site: u32,
    /// The pipeline; empty is every one.
    pipeline: String,
    /// The item.
    item: String,
    /// Order among pins.
    position: u16,
    /// What a boost multiplies by.
    factor: f64,
    /// Why.
    reason: String,
    /// Who.
    made_by: String,
    /// When.
    created_at: String,
    /// Until when; absent is until it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// Whether it counts now: its end, if it has one, is still to come.
    in_force: bool,
}

impl RuleShown {
    fn of(rule: Rule, now: Timestamp) -> Self {
        Self {
            in_force: rule.expires_at.is_none_or(|end| end > now),
            id: rule.id,
            kind: rule.kind.as_str(),
            site: rule.site.0,
            pipeline: rule.pipeline,
            item: rule.item.to_string(),
            position: rule.position,
            factor: rule.factor,
            reason: rule.reason,
            made_by: rule.made_by,
            created_at: rule.created_at.to_string(),
            expires_at: rule.expires_at.map(|end| end.to_string()),
        }
    }
}

/// A page of decisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesAnswer {
    /// By position (all but pins have 0), then in the order they were made.
    rules: Vec<RuleShown>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which decisions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RulesQuery {
    /// Of this kind: `pin`, `boost`, `block`, `never_from` or `never_to`.
    #[param(value_type = Option<String>)]
    kind: Option<RuleKind>,
    /// About this item.
    item: Option<String>,
    /// Whether those that ended are shown too.
    #[serde(default)]
    ended: bool,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Decisions of a page, 1 to 500; 50 unless told.
    limit: Option<u32>,
}

/// Decisions in force, who made them and why, page by page.
#[utoipa::path(get, path = "/v1/console/rules", tag = "console", params(RulesQuery),
    responses((status = 200, body = RulesAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    _: Staff,
    Query(query): Query<RulesQuery>,
) -> Answer<Json<RulesAnswer>> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::field("limit", format!("is 1 to {MOST}")));
    }
    let item = query.item.map(ItemId::from);
    let filter = RuleFilter { kind: query.kind, item, ended: query.ended };
    let now = app.clock.now();
    let page = app.registry.rules_page(&filter, now, query.cursor.as_deref(), limit).await?;
    let rules = page.rows.into_iter().map(|rule| RuleShown::of(rule, now)).collect();
    Ok(Json(RulesAnswer { rules, next: page.next }))
}
