//! The console's own endpoints: live events and the state of the system.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures::Stream;
use futures::StreamExt as _;
use serde::Serialize;
use tokio_stream::wrappers::BroadcastStream;
use utoipa::ToSchema;
use vocab::Event;

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::Json;
use crate::problem::Answer;

pub mod experiments;
pub mod identity;
pub mod ledger;
pub mod letters;
pub mod lists;
pub mod placements;
pub mod rules;
pub mod segments;

/// What the console shows of an event: nothing that names a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveEvent<'a> {
    ts: String,
    name: &'a str,
    site: u32,
    channel: &'a str,
    path: &'a str,
    item_id: &'a str,
    search_q: &'a str,
    bot: bool,
}

impl<'a> From<&'a Event> for LiveEvent<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            ts: event.ts.to_string(),
            name: &event.name,
            site: event.site.0,
            channel: event.channel.as_str(),
            path: &event.path,
            item_id: &event.item_id,
            search_q: &event.search_q,
            bot: event.bot != vocab::BotClass::Human,
        }
    }
}

/// Events as they arrive (server-sent events); a slow reader loses some, never delays the collector.
#[utoipa::path(get, path = "/v1/console/live", tag = "console",
    responses((status = 200, description = "text/event-stream of events", content_type = "text/event-stream")))]
pub async fn live(
    State(app): State<App>,
    _: Staff,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let events = BroadcastStream::new(app.collector.subscribe()).filter_map(|event| async move {
        let event = event.ok()?;
        SseEvent::default().event("event").json_data(LiveEvent::from(event.as_ref())).ok().map(Ok)
    });
    Sse::new(events.take_until(app.cancel.clone().cancelled_owned()))
        .keep_alive(KeepAlive::default())
}

/// The spool, as operators see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpoolState {
    /// Accepted and not yet in the warehouse.
    backlog_events: u64,
    /// Bytes on disk.
    bytes: u64,
}

/// The models, as operators see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelState {
    /// First eight characters of the digest.
    digest: String,
    /// When they were trained.
    trained_at: String,
    /// Seconds since then.
    age_s: u64,
    /// Uses learnt from.
    uses: u64,
    /// Visitors learnt from.
    visitors: u64,
    /// What the fit says of itself.
    #[schema(value_type = Object)]
    metrics: Vec<(String, f64)>,
}

/// The state of the system.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// This build.
    version: &'static str,
    /// Whether the analytic store answers.
    clickhouse: bool,
    /// Whether it is the embedded one.
    embedded: bool,
    /// The spool.
    spool: SpoolState,
    /// The models; absent before the first training.
    models: Option<ModelState>,
    /// Items that can be found.
    index_items: u64,
    /// Visitors whose recent behaviour is in memory.
    live_visitors: usize,
    /// Resident memory of this process, without the engine.
    resident_bytes: Option<u64>,
    /// Digests of the recommendation pipelines.
    pipelines: Vec<String>,
}

/// The state of the system on one page.
#[utoipa::path(get, path = "/v1/console/status", tag = "console", responses((status = 200, body = Status)))]
pub async fn status(State(app): State<App>, _: Staff) -> Answer<Json<Status>> {
    let now = app.clock.now();
    let spool = app.collector.spool();
    let models = app.models.loaded().map(|loaded| ModelState {
        digest: loaded.models.digest8().to_owned(),
        trained_at: loaded.trained_at.to_string(),
        age_s: app.models.age(now).unwrap_or_default().as_secs(),
        uses: loaded.models.meta.uses,
        visitors: loaded.models.meta.visitors,
        metrics: loaded.models.meta.metrics.clone(),
    });
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        clickhouse: app.warehouse.ping().await.is_ok(),
        embedded: app.config.clickhouse.url.is_empty(),
        spool: SpoolState {
            backlog_events: app.loader.backlog(clickstream::Lane::Events),
            bytes: spool.held_bytes(),
        },
        models,
        index_items: app.search.len(),
        live_visitors: app.visitors.len(),
        resident_bytes: crate::observability::resident_bytes(),
        pipelines: app.pipelines.all().iter().map(|one| one.policy().to_owned()).collect(),
    }))
}
