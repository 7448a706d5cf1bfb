//! Dead letters for operators: what could not be taken, why, and the way back onto the road.

use axum::extract::State;
use clickstream::{Replay, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vocab::SiteId;
use vocab::event::Protocol;
use warehouse::{Letter, LetterFilter};

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};

/// Most letters of one answer or one replay.
const MOST: u32 = 500;

/// Which letters to show.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LettersQuery {
    /// Number of the site.
    site: Option<u32>,
    /// One reason, for example `missing_field`.
    reason: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Whether those sent through again are shown too.
    #[serde(default)]
    replayed: bool,
    /// Letters of a page, 1 to 500.
    limit: Option<u32>,
}

/// A letter.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterShown {
    /// Its id.
    id: Uuid,
    /// When it arrived.
    received_at: String,
    /// Number of its site.
    site: u32,
    /// Wire format.
    proto: String,
    /// The sender's library.
    lib: String,
    /// Why it is a dead letter.
    reason: String,
    /// Which field, and what was expected.
    detail: String,
    /// The arrival with ids as pseudonyms (`~…`), without texts that somebody typed.
    payload: String,
    /// When it was sent through again.
    replayed_at: Option<String>,
}

impl From<Letter> for LetterShown {
    fn from(letter: Letter) -> Self {
        Self {
            id: letter.id,
            received_at: letter.received_at.to_string(),
            site: letter.site.0,
            proto: letter.proto,
            lib: letter.lib,
            reason: letter.reason,
            detail: letter.detail,
            payload: letter.payload,
            replayed_at: letter.replayed_at.map(|at| at.to_string()),
        }
    }
}

/// A page of letters.
#[derive(Debug, Serialize, ToSchema)]
pub struct LettersAnswer {
    /// The latest first.
    letters: Vec<LetterShown>,
    /// `cursor` of the next page; absent on the last.
    next: Option<String>,
}

/// Dead letters, the latest first.
#[utoipa::path(get, path = "/v1/console/dead-letters", tag = "console", params(LettersQuery),
    responses((status = 200, body = LettersAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    _: Staff,
    Query(query): Query<LettersQuery>,
) -> Answer<Json<LettersAnswer>> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::field("limit", format!("is 1 to {MOST}")));
    }
    let before = match query.cursor.as_deref() {
        None => None,
        Some(text) => {
            let place = text
                .split_once('.')
                .and_then(|(ms, id)| Some((ms.parse().ok()?, id.parse().ok()?)));
            Some(place.ok_or_else(|| Problem::field("cursor", "is not of an earlier answer"))?)
        }
    };
    let filter = LetterFilter {
        site: query.site.map(SiteId),
        reason: query.reason,
        before,
        replayed: query.replayed,
        limit,
        ..LetterFilter::default()
    };
    let letters = read(&app, &filter).await?;
    let last = letters.last().filter(|_| letters.len() == limit as usize);
    let next = last.map(|last| format!("{}.{}", last.received_at.as_millisecond(), last.id));
    Ok(Json(LettersAnswer { letters: letters.into_iter().map(Into::into).collect(), next }))
}

async fn read(app: &App, filter: &LetterFilter) -> Answer<Vec<Letter>> {
    app.warehouse
        .letters(filter)
        .await
        .map_err(|error| Problem::unavailable("the analytic store", error))
}

/// A letter to send through again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// The letter.
    id: Uuid,
    /// The payload repaired; without it the letter goes as it is, under the rules of today.
    #[serde(default)]
    payload: Option<String>,
}

/// Letters to send through again, at most 500.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayOrder {
    /// The letters.
    letters: Vec<Again>,
}

/// What became of a letter.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayResult {
    /// The letter.
    id: Uuid,
    /// `ok`, `warning` (stored, but look) or `drop` (the letter stays).
    #[schema(value_type = String)]
    result: Verdict,
    /// Why not, or `duplicate`, `replayed_before`, `not_found`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Which field, and what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What became of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// In the order asked for.
    results: Vec<ReplayResult>,
}

/// Sends dead letters through again, repaired or as they are; a letter that became an event is not sent twice.
#[utoipa::path(post, path = "/v1/console/dead-letters/replay", tag = "console", request_body = ReplayOrder,
    responses((status = 200, body = ReplayAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn replay(
    State(app): State<App>,
    _: Staff,
    Json(order): Json<ReplayOrder>,
) -> Answer<Json<ReplayAnswer>> {
    if order.letters.is_empty() || order.letters.len() > MOST as usize {
        return Err(Problem::field("letters", format!("names 1 to {MOST} letters")));
    }
    let filter = LetterFilter {
        ids: order.letters.iter().map(|letter| letter.id).collect(),
        replayed: true,
        limit: MOST,
        ..LetterFilter::default()
    };
    let known = read(&app, &filter).await?;
    let mut results = Vec::with_capacity(order.letters.len());
    let mut ready = Vec::new();
    for again in order.letters {
        let found = known.iter().find(|letter| letter.id == again.id);
        let refused = match found {
            None => Some("not_found"),
            Some(letter) if letter.replayed_at.is_some() => Some("replayed_before"),
            Some(_) => None,
        };
        let reason = refused.map(str::to_owned);
        results.push(ReplayResult { id: again.id, result: Verdict::Drop, reason, detail: None });
        if let (Some(letter), None) = (found, refused) {
            ready.push(ready_again(letter, again.payload));
        }
    }
    let now = app.clock.now();
    let replayed = app.collector.replay(&ready, now).await?;
    let events: Vec<(Uuid, Uuid)> =
        replayed.iter().filter_map(|one| Some((one.letter, one.event?))).collect();
    for one in replayed {
        let slot =
            results.iter_mut().find(|result| result.id == one.letter && result.reason.is_none());
        if let Some(slot) = slot {
            (slot.result, slot.reason, slot.detail) =
                (one.result.result, one.result.reason, one.result.detail);
        }
    }
    if !events.is_empty() {
        let marked = app.warehouse.mark_replayed(&events, "staff", now).await;
        // The events are on disk; sent again they would be duplicates.
        marked.map_err(|error| Problem::unavailable("the analytic store", error))?;
    }
    Ok(Json(ReplayAnswer { results }))
}

fn ready_again(letter: &Letter, repaired: Option<String>) -> Replay {
    let proto = [
        Protocol::Native,
        Protocol::Segment,
        Protocol::Sensors,
        Protocol::Matomo,
        Protocol::Import,
    ];
    let proto = proto.into_iter().find(|proto| proto.as_str() == letter.proto);
    Replay {
        letter: letter.id,
        site: letter.site,
        proto: proto.unwrap_or(Protocol::Server),
        received_at: letter.received_at,
        payload: repaired.unwrap_or_else(|| letter.payload.clone()),
        stored_before: letter.reason == "unstorable",
    }
}
