//! Copy and erasure (PIPL articles 45 and 47).

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use clickstream::Lane;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::visitor::Asking;
use crate::app::App;
use crate::http::extract::Json;
use crate::problem::{Answer, Problem};

/// Everything held about the visitor, as a file.
#[utoipa::path(get, path = "/v1/me/export", tag = "me", responses((status = 200, body = Object)))]
pub async fn export(State(app): State<App>, asking: Asking) -> Answer<Response> {
    let visitor = asking.known()?;
    let site = asking.site.id;
    let records = json!({
        "subject": app.registry.subject(site, visitor, app.clock.now()).await?,
        "consents": app.registry.consent_history(site, visitor).await?,
        "subscriptions": app.registry.subscriptions(site, visitor).await?,
        "devices": app.registry.devices(site, visitor).await?.len(),
        "inbox": app.registry.inbox(site, visitor, None, 1_000).await?.rows,
    });
    let recent = asking.passing.and_then(|id| app.visitors.get(id)).unwrap_or_default();
    let traces: Vec<Value> = recent
        .traces
        .iter()
        .map(|trace| json!({ "item_id": trace.item, "at": trace.at, "weight": trace.weight }))
        .collect();
    let body = json!({
        "exported_at": app.clock.now(),
        "site": asking.site.code,
        "records": records,
        "needs": super::needs::of(&app, &asking),
        "recent_behaviour": traces,
    });
    let disposition =
        (header::CONTENT_DISPOSITION, "attachment; filename=\"civicsense-export.json\"");
    Ok(([disposition], Json(body)).into_response())
}

/// Proof of an erasure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// Number of the receipt.
    receipt: Uuid,
    /// When everything was gone.
    erased_at: String,
    /// Rows removed from the registry.
    records: u64,
    /// Events removed from the warehouse.
    events: u64,
}

/// Erases everything held about the visitor: records, devices, behaviour, rollups recomputed.
#[utoipa::path(delete, path = "/v1/me", tag = "me",
    responses((status = 200, body = Receipt), (status = 503, body = crate::problem::ProblemDocument)))]
pub async fn erase(State(app): State<App>, asking: Asking) -> Answer<(StatusCode, Json<Receipt>)> {
    let visitor = asking.known()?;
    arrived(&app).await?;
    let site = &asking.site;
    let zone = jiff::tz::TimeZone::get(&site.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let days = i32::try_from(app.config.retention.behaviour_days).unwrap_or(i32::MAX);
    let until = (app.clock.now(), days);
    let passed = app.collector.passed_ids((&site.pepper, site.id), &zone, &asking.raw.0, until);
    // The warehouse first: if it is away the person is told to try again, and nothing is half done.
    let erased = app
        .warehouse
        .erase(visitor, &passed)
        .await
        .map_err(|error| Problem::unavailable("the analytic store", error))?;
    let records = app.registry.erase(asking.site.id, visitor, app.clock.now()).await?;
    app.collector.spool().forget_loaded();
    for id in passed.iter().chain([&visitor]) {
        app.visitors.forget(*id);
        app.streaming.forget(*id);
        app.outcomes.forget(*id);
    }
    app.subjects.changed(visitor);
    let receipt = Receipt {
        receipt: Uuid::now_v7(),
        erased_at: app.clock.now().to_string(),
        records,
        events: erased.events,
    };
    Ok((StatusCode::OK, Json(receipt)))
}

/// How long an erasure waits for events on their way.
const PATIENCE: Duration = Duration::from_secs(8);

/// Waits until what was accepted before this moment is in the warehouse: nothing may arrive after the receipt.
async fn arrived(app: &App) -> Answer<()> {
    let spool = app.collector.spool();
    let wanted = Lane::ALL.map(|lane| (lane, spool.next_offset(lane)));
    let started = Instant::now();
    let late = |(lane, wanted): &(Lane, u64)| {
        spool.next_offset(*lane).saturating_sub(app.loader.backlog(*lane)) < *wanted
    };
    while wanted.iter().any(late) {
        if started.elapsed() > PATIENCE {
            return Err(Problem::unavailable(
                "the analytic store",
                "events are still on their way",
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
