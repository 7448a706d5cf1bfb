//! Who is who, for operators: which browsers count as one person, and the way to join or part them.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vocab::{SiteId, VisitorId};

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};

/// Whose pairs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct IdentityQuery {
    /// Number of the site.
    site: u32,
    /// The pseudonym of a browser or a person.
    id: u64,
}

/// A browser and a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pair {
    /// The browser's pseudonym.
    visitor: String,
    /// The person's pseudonym.
    person: String,
    /// Whether they count as one.
    merged: bool,
    /// Who decided so; empty where only events speak.
    decided_by: String,
}

/// Pairs of browsers and persons.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairsAnswer {
    /// In the order of their numbers.
    pairs: Vec<Pair>,
}

/// Every pair a pseudonym is part of.
#[utoipa::path(get, path = "/v1/console/identity", tag = "console", params(IdentityQuery),
    responses((status = 200, body = PairsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    _: Staff,
    Query(query): Query<IdentityQuery>,
) -> Answer<Json<PairsAnswer>> {
    pairs(&app, SiteId(query.site), VisitorId(query.id)).await
}

async fn pairs(app: &App, site: SiteId, id: VisitorId) -> Answer<Json<PairsAnswer>> {
    let links = app.warehouse.links(site, id).await;
    let links = links.map_err(|error| Problem::unavailable("the analytic store", error))?;
    let pair = |link: warehouse::Link| Pair {
        visitor: link.visitor.0.to_string(),
        person: link.person.0.to_string(),
        merged: link.merged,
        decided_by: link.decided_by,
    };
    Ok(Json(PairsAnswer { pairs: links.into_iter().map(pair).collect() }))
}

/// A decision about a pair.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Number of the site.
    site: u32,
    /// The browser's pseudonym, as text: it is larger than JavaScript's numbers.
    visitor: String,
    /// The person's pseudonym, as text.
    person: String,
    /// Whether they are one.
    linked: bool,
}

/// Joins a browser and a person, or parts them; no event is rewritten, so either can be taken back.
#[utoipa::path(post, path = "/v1/console/identity", tag = "console", request_body = Decision,
    responses((status = 200, body = PairsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn decide(
    State(app): State<App>,
    _: Staff,
    Json(decision): Json<Decision>,
) -> Answer<Json<PairsAnswer>> {
    let number = |field: &str, text: &str| {
        let id = text.parse().ok().filter(|id| *id != 0);
        id.map(VisitorId).ok_or_else(|| Problem::field(field, "is not a pseudonym"))
    };
    let pair = (number("visitor", &decision.visitor)?, number("person", &decision.person)?);
    if pair.0 == pair.1 {
        return Err(Problem::field("person", "is the visitor itself"));
    }
    let site = SiteId(decision.site);
    let now = app.clock.now();
    let decided = app.warehouse.decide_link(site, pair, decision.linked, "staff", now).await;
    decided.map_err(|error| Problem::unavailable("the analytic store", error))?;
    pairs(&app, site, pair.0).await
}
