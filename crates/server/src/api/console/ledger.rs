//! The ledger for operators: accepted = stored + suppressed + dead letters, for every minute, site and library.

use axum::extract::State;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use warehouse::LedgerRow;

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};

/// How far back.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LedgerQuery {
    /// Hours back from now, 1 to 720.
    hours: Option<i64>,
}

/// One minute of one site, wire format and library.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerLine {
    minute: String,
    site: u32,
    proto: String,
    lib: String,
    /// Everything that arrived.
    accepted: u64,
    /// Events in the table.
    stored: u64,
    /// Left out on purpose.
    suppressed: u64,
    /// Dead letters, those of the warehouse among them.
    dead: u64,
    /// Removed because a person asked for it.
    erased: u64,
    /// Missing (positive) or too many (negative).
    difference: i64,
}

impl From<LedgerRow> for LedgerLine {
    fn from(row: LedgerRow) -> Self {
        Self {
            minute: row.minute.to_string(),
            accepted: row.accepted(),
            difference: row.difference(),
            site: row.site.0,
            proto: row.proto,
            lib: row.lib,
            stored: row.stored,
            suppressed: row.suppressed,
            dead: row.dead + row.unstorable,
            erased: row.erased,
        }
    }
}

/// The ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerAnswer {
    /// Whether every line balances. What is still in the spool is missing for some seconds.
    balances: bool,
    /// In the order of time.
    lines: Vec<LedgerLine>,
}

/// What was accepted against what is stored, suppressed and dead-lettered.
#[utoipa::path(get, path = "/v1/console/ledger", tag = "console", params(LedgerQuery),
    responses((status = 200, body = LedgerAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn ledger(
    State(app): State<App>,
    _: Staff,
    Query(query): Query<LedgerQuery>,
) -> Answer<Json<LedgerAnswer>> {
    let hours = query.hours.unwrap_or(24);
    if !(1..=720).contains(&hours) {
        return Err(Problem::field("hours", "is 1 to 720"));
    }
    let now = app.clock.now();
    let to = now + SignedDuration::from_mins(1);
    let found = app.warehouse.ledger(now - SignedDuration::from_hours(hours), to).await;
    let found = found.map_err(|error| Problem::unavailable("the analytic store", error))?;
    let balances = found.balances();
    Ok(Json(LedgerAnswer { balances, lines: found.rows.into_iter().map(Into::into).collect() }))
}
