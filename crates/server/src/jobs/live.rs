//! Feeds what just happened into memory: visitors within a moment, lists every few seconds.

use std::sync::Arc;
use std::time::Duration;

use recommend::{Block, Boost, Live, Pin, Use};
use registry::{Rule, RuleKind};
use tokio::sync::broadcast::error::RecvError;
use vocab::{Event, ItemId, RequestId, VisitorId};

use crate::app::App;
use crate::metrics;
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
                app.visitors.observe(&event, &app.interest);
                // What is not in the catalogue would only fill memory.
                let item = ItemId::from(event.item_id.as_str());
                if app.library.load().card(&item).is_some() {
                    app.counters.observe(&event, &app.interest);
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

/// Notes what somebody did with an item of a list.
fn note_outcome(app: &App, event: &Event, item: &ItemId) {
    use vocab::event::name;
    if !is_person(event) {
        return;
    }
    let visitor = event.visitor;
    match event.name.as_str() {
        name::IMPRESSION => {}
        name::FEEDBACK => match event.props.get("verdict").map(String::as_str) {
            Some("useful") => app.outcomes.judged(visitor, item, true),
            Some("not_useful" | "wrong") => app.outcomes.judged(visitor, item, false),
            _ => {}
        },
        name::SERVICE_FINISH => app.outcomes.completed(visitor, item),
        _ => {
            if let Ok(request) = event.rec_id.parse() {
                app.outcomes.opened(RequestId(request), visitor, item);
            }
        }
    }
}

fn is_person(event: &Event) -> bool {
    event.bot == vocab::BotClass::Human && event.visitor != VisitorId(0)
}

/// What the stream learns of an event: people's uses of items.
fn used(app: &App, event: &Event, item: &ItemId) -> Option<Use> {
    let speaks = app.interest.of(event).is_some_and(|weight| weight >= 1.0);
    if !is_person(event) || !speaks {
        return None;
    }
    Some(Use {
        visitor: event.visitor,
        session: event.session,
        item: item.clone(),
        // One from the future would make all others old.
        at: event.ts.min(app.clock.now()),
        channel: event.channel,
        region: event.region.clone(),
    })
}

/// Renews the lists and forgets who left, until the server stops.
pub async fn refresh(app: App) {
    let mut lists = tokio::time::interval(REFRESH);
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            () = app.cancel.cancelled() => return,
            _ = lists.tick() => {
                app.outcomes.settle(app.clock.now());
                if app.models.follow() && let Err(error) = super::follow::rebuild(&app).await {
                    tracing::error!("models were changed and cannot be shown: {error:#}");
                }
                renew(&app).await;
            }
            _ = sweep.tick() => {
                let now = app.clock.now();
                app.streaming.forget_before(now - SESSION_GAP);
                let remaining = app.visitors.sweep(now);
                ::metrics::gauge!(metrics::LIVE_VISITORS).set(remaining as f64);
            }
        }
    }
}

/// Renews the lists at once: the next request sees what editors decided.
pub async fn renew(app: &App) {
    let live = live(app).await;
    app.library.rcu(|library| Arc::new(library.with_live(live.clone())));
}

/// What changes from minute to minute; without the registry the editors' decisions stay away, not the lists.
pub async fn live(app: &App) -> Live {
    let (popular, trending) = app.counters.lists(app.clock.now());
    let rules = match app.registry.rules(app.clock.now()).await {
        Ok(rules) => rules,
        Err(error) => {
            tracing::warn!(error = %error, "the editors' decisions cannot be read");
            Vec::new()
        }
    };
    let mut live = Live { popular, trending, exposure: app.counters.exposure(), ..Live::default() };
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
    live
}
