//! Feeds what just happened into memory: visitors within a moment, lists every few seconds.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use recommend::{Block, Boost, Live, Pin, Use};
use registry::{RegistryError, Rule, RuleKind};
use tokio::sync::broadcast::error::RecvError;
use vocab::{Event, ItemId, RequestId, VisitorId};

use crate::app::App;
use crate::metrics;
use crate::serving::counters::audience;
use crate::serving::library::Library;
use crate::serving::visitors::SESSION_GAP;

/// How often popular and trending lists and pins are refreshed.
const REFRESH: Duration = Duration::from_secs(10);
/// How often ended sessions are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// Uses the stream takes in at once.
const BATCH: usize = 512;

/// Follows the live feed until the server stops.
pub async fn observe(app: App) {
    let mut feed = app.collector.subscribe();
    let mut uses = Vec::new();
    loop {
        let event = tokio::select! {
            () = app.cancel.cancelled() => return,
            event = feed.recv() => event,
        };
        match event {
            Ok(event) => {
                let event = not_ahead(event, app.clock.now());
                app.visitors.observe(&event, &app.interest);
                // What is not in the catalogue would only fill memory.
                let item = ItemId::from(event.item_id.as_str());
                let library = app.library.load();
                if library.card(&item).is_some() {
                    let said = audience::said(&event, library.audience(&item), &app.taxonomy);
                    app.counters.observe(&event, said, &app.interest);
                    uses.extend(used(&app, &event, &item));
                    note_outcome(&app, &event, &item);
                }
            }
            Err(RecvError::Lagged(missed)) => {
                // Memory is a hint, the spool is the truth: a burst may cost session features, never events.
                ::metrics::counter!(metrics::LIVE_MISSED).increment(missed);
            }
            Err(RecvError::Closed) => return,
        }
        if feed.is_empty() || uses.len() >= BATCH {
            app.streaming.observe(&uses);
            uses.clear();
        }
    }
}

/// An event of a clock that runs ahead happens now: one from the future would make all others old.
fn not_ahead(event: Arc<Event>, now: Timestamp) -> Arc<Event> {
    if event.ts <= now { event } else { Arc::new(Event { ts: now, ..Event::clone(&event) }) }
}

/// Notes what somebody did with an item of a list.
fn note_outcome(app: &App, event: &Event, item: &ItemId) {
    use vocab::event::name;
    if !is_person(event) {
        return;
    }
    let visitor = event.visitor;
    match event.name.as_str() {
        name::FEEDBACK => match event.props.get("verdict").map(String::as_str) {
            Some("useful") => app.outcomes.judged(visitor, item, true),
            Some("not_useful" | "wrong") => app.outcomes.judged(visitor, item, false),
            _ => {}
        },
        name::SERVICE_FINISH => app.outcomes.completed(visitor, item),
        _ if is_use(app, event) => {
            if let Ok(request) = event.rec_id.parse() {
                app.outcomes.opened(RequestId(request), visitor, item);
            }
        }
        _ => {}
    }
}

fn is_person(event: &Event) -> bool {
    event.bot == vocab::BotClass::Human && event.visitor != VisitorId(0)
}

/// Whether the event says as much as a page view.
fn is_use(app: &App, event: &Event) -> bool {
    app.interest.of(event).is_some_and(|weight| weight >= 1.0)
}

/// What the stream learns of an event: people's uses of items.
fn used(app: &App, event: &Event, item: &ItemId) -> Option<Use> {
    if !is_person(event) || !is_use(app, event) {
        return None;
    }
    Some(Use {
        visitor: event.visitor,
        session: event.session,
        item: item.clone(),
        at: event.ts,
        channel: event.channel,
        region: event.region.clone(),
    })
}

/// Renews the lists and forgets who left, until the server stops.
pub async fn refresh(app: App) {
    let mut lists = tokio::time::interval(REFRESH);
    let mut sweep = tokio::time::interval(SWEEP);
    let mut were_stale = false;
    loop {
        tokio::select! {
            () = app.cancel.cancelled() => return,
            _ = lists.tick() => {
                if settle(&app).await && let Err(error) = super::follow::rebuild(&app).await {
                    tracing::error!("models were changed and cannot be shown: {error:#}");
                }
                if let Err(error) = renew(&app).await {
                    tracing::warn!(error = %error, "lists are not renewed, those of before stay");
                }
            }
            _ = sweep.tick() => {
                let now = app.clock.now();
                let visits = app.streaming.forget_before(now - SESSION_GAP);
                ::metrics::gauge!(metrics::LIVE_VISITS).set(visits as f64);
                ::metrics::gauge!(metrics::CHOICES).set(app.streaming.choices() as f64);
                let remaining = app.visitors.sweep(now);
                ::metrics::gauge!(metrics::LIVE_VISITORS).set(remaining as f64);
                let stale = app.models.staleness(now);
                let are_stale = !stale.is_empty();
                ::metrics::gauge!(metrics::MODELS_STALE).set(if are_stale { 1.0 } else { 0.0 });
                if are_stale && !were_stale {
                    tracing::warn!("models in service are stale: {}", stale.join("; "));
                }
                were_stale = are_stale;
            }
        }
    }
}

/// Learns from lists whose time is over, and looks whether another command put other models in service.
async fn settle(app: &App) -> bool {
    let state = app.clone();
    let work = move || {
        if let Err(error) = state.learnt.settle(&state.outcomes, state.clock.now()) {
            tracing::warn!("what lists taught is not kept: {error:#}");
        }
        state.models.follow()
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

/// Renews the lists at once: the next request sees what editors decided.
///
/// # Errors
/// The registry cannot be read: what editors decided before stays in force.
pub async fn renew(app: &App) -> Result<(), RegistryError> {
    swap(app, None).await
}

/// Puts a view of the whole catalogue in service, with the newest lists.
///
/// # Errors
/// The registry cannot be read: the view of before stays.
pub async fn replace(app: &App, library: Library) -> Result<(), RegistryError> {
    swap(app, Some(library)).await
}

async fn swap(app: &App, library: Option<Library>) -> Result<(), RegistryError> {
    // One after the other: what read the decisions later must not be swapped out by what read them before.
    let _turn = app.renewing.lock().await;
    let Some(live) = live(app).await? else { return Ok(()) };
    let state = app.clone();
    let swap = move || {
        let now = library.map_or_else(|| state.library.load_full(), Arc::new);
        state.library.store(Arc::new(now.with_live(&live)));
    };
    if tokio::task::spawn_blocking(swap).await.is_err() {
        tracing::warn!("lists are not renewed, those of before stay");
    }
    Ok(())
}

/// What changes from minute to minute; `None` where counting broke down (which is logged).
///
/// # Errors
/// The registry cannot be read.
async fn live(app: &App) -> Result<Option<Live>, RegistryError> {
    let state = app.clone();
    // Counts of a province take longer than a request may wait for its turn.
    let counted = tokio::task::spawn_blocking(move || {
        let (now, counters) = (state.clock.now(), &state.counters);
        let (popular, trending) = counters.lists(now);
        let (crowds, exposure) = (counters.crowds(now), counters.exposure());
        Live { popular, trending, crowds, exposure, ..Live::default() }
    });
    let mut live = match counted.await {
        Ok(live) => live,
        Err(error) => {
            tracing::error!(error = %error, "lists are not renewed, those of before stay");
            return Ok(None);
        }
    };
    let rules = app.registry.rules(app.clock.now()).await?;
    for rule in rules {
        let Rule { kind, site, pipeline, item, factor, reason, expires_at: until, .. } = rule;
        match kind {
            RuleKind::Pin => live.pins.push(Pin { item, pipeline, site, until }),
            RuleKind::Boost => {
                let factor = factor as f32;
                live.boosts.push(Boost { item, factor, pipeline, site, until, reason });
            }
            RuleKind::Block => live.blocks.push(Block { item, pipeline, site, until, reason }),
            RuleKind::NeverFrom => live.never_from.push(item),
            RuleKind::NeverTo => live.never_to.push(item),
        }
    }
    Ok(Some(live))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn what_a_clock_ahead_says_happens_now() {
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let at = |ts| not_ahead(Arc::new(Event { ts, ..Event::default() }), now).ts;
        assert_eq!(at(now + SignedDuration::from_hours(22)), now);
        assert_eq!(at(now - SignedDuration::from_hours(22)), now - SignedDuration::from_hours(22));
    }
}
