//! What memory is filled with at start, so that the first request is answered like the thousandth.

use jiff::SignedDuration;
use recommend::Use;
use vocab::VisitorId;
use warehouse::Basis;

use crate::app::App;
use crate::jobs;
use crate::serving::counters::Counted;
use crate::serving::library::all_items;
use crate::serving::visitors::{SESSION_GAP, Trace};

/// How far back histories of consenting visitors are restored.
const HISTORY: SignedDuration = SignedDuration::from_hours(24 * 60);

/// Uses of a day up to which the stream is restored from the whole of it; of a busier one from the last hour.
const QUIET_DAY: u64 = 500_000;

/// Restores popular and trending from the warehouse; without it the lists begin from the models. Gives the uses of the
/// last day.
pub async fn counters(app: &App) -> u64 {
    let now = app.clock.now();
    let mut today = 0;
    match app.warehouse.item_counts(None, now).await {
        Ok(counts) => {
            for count in counts {
                today += count.day;
                // What the decayed counter would hold: the last hour whole, the day halved on average, then less.
                let (hour, day, week) = (count.hour as f32, count.day as f32, count.week as f32);
                app.counters.restore(count.item.clone(), hour, now);
                let half_day = now - SignedDuration::from_hours(12);
                app.counters.restore(count.item.clone(), day - hour, half_day);
                let half_week = now - SignedDuration::from_hours(84);
                app.counters.restore(count.item, week - day, half_week);
            }
        }
        Err(error) => tracing::warn!(error = %error, "popularity cannot be restored"),
    }
    today
}

/// Restores what parts of everybody use from the warehouse, for items of the catalogue. Whom a visit was for beyond what
/// its items say is not stored, so it begins anew.
pub async fn crowds(app: &App) {
    let now = app.clock.now();
    let counts = match app.warehouse.part_counts(now).await {
        Ok(counts) => counts,
        Err(error) => {
            tracing::warn!(error = %error, "what parts of everybody use cannot be restored");
            return;
        }
    };
    let state = app.clone();
    // A province's counts take a second.
    let restore = move || {
        let library = state.library.load_full();
        for count in counts.iter().filter(|count| library.card(&count.item).is_some()) {
            let ago = |hours: i64| now - SignedDuration::from_hours(hours);
            let (hour, day, days) = (count.hour as f32, count.day as f32, count.days as f32);
            state.counters.restore_parts(&Counted {
                channel: count.channel,
                region: &count.division,
                audience: library.audience(&count.item),
                item: &count.item,
                votes: [(hour, now), (day - hour, ago(12)), (days - day, ago(48))],
                visitors: &count.visitors,
            });
        }
    };
    if let Err(error) = tokio::task::spawn_blocking(restore).await {
        tracing::error!(error = %error, "what parts of everybody use cannot be restored");
    }
    if let Err(error) = jobs::live::renew(app).await {
        tracing::warn!(error = %error, "lists are not renewed, those of before stay");
    }
}

/// Restores what people go on to from the warehouse, for items of the catalogue.
pub async fn streaming(app: &App, today: u64) {
    let now = app.clock.now();
    let window = SignedDuration::from_hours(if today <= QUIET_DAY { 24 } else { 1 });
    let found = app.warehouse.interactions(None, now - window, now, Basis::Everyone, &app.interest);
    let mut table = match found.await {
        Ok(table) => table,
        Err(error) => {
            tracing::warn!(error = %error, "what people go on to cannot be restored");
            return;
        }
    };
    table.rows.sort_by_key(|row| (row.ts_ms, row.visitor, row.item));
    let library = app.library.load_full();
    let uses: Vec<Use> = table
        .rows
        .iter()
        .filter(|row| row.weight >= 1.0)
        .filter_map(|row| {
            let item = &table.items[row.item as usize];
            library.card(item)?;
            Some(Use {
                visitor: table.visitors[row.visitor as usize],
                session: vocab::SessionId(row.session),
                item: item.clone(),
                at: jiff::Timestamp::from_millisecond(row.ts_ms).ok()?,
                channel: vocab::Channel::default(),
                region: String::new(),
            })
        })
        .collect();
    let streaming = app.streaming.clone();
    let work = move || {
        streaming.observe(&uses);
        streaming.forget_before(now - SESSION_GAP);
    };
    if tokio::task::spawn_blocking(work).await.is_err() {
        tracing::warn!("restoring what people go on to broke off");
    }
}

/// Restores the histories of consenting visitors from the warehouse.
pub async fn visitors(app: &App) {
    let now = app.clock.now();
    let found =
        app.warehouse.interactions(None, now - HISTORY, now, Basis::Profiles, &app.interest).await;
    let mut table = match found {
        Ok(table) => table,
        Err(error) => {
            tracing::warn!(error = %error, "histories cannot be restored");
            return;
        }
    };
    table.rows.sort_by_key(|row| (row.visitor, row.ts_ms, row.item));
    for rows in table.rows.chunk_by(|a, b| a.visitor == b.visitor) {
        let Some(first) = rows.first() else { continue };
        let visitor: VisitorId = table.visitors[first.visitor as usize];
        let traces = rows.iter().filter_map(|row| {
            Some(Trace {
                item: table.items[row.item as usize].clone(),
                at: jiff::Timestamp::from_millisecond(row.ts_ms).ok()?,
                weight: row.weight,
                session: vocab::SessionId(row.session),
            })
        });
        app.visitors.restore(visitor, traces);
    }
}

/// Brings index and lists to the registry's state; returns the number of the last change taken in.
///
/// The index is rebuilt where it does not hold what the registry says it should: it is a copy, never the truth.
///
/// # Errors
/// A registry or an index that cannot be read.
pub async fn index(app: &App) -> anyhow::Result<i64> {
    let items = all_items(&app.registry).await?;
    let servable = items.iter().filter(|item| item.is_servable()).count();
    if app.search.len() == servable as u64 {
        let last = app.registry.last_change().await?;
        jobs::follow::rebuild(app).await?;
        // Changes between the count and now are applied again by the follower; applying twice changes nothing.
        return Ok(last);
    }
    app.search.clear()?;
    let last = jobs::follow::apply(app, 0).await?;
    if last == 0 {
        jobs::follow::rebuild(app).await?;
    }
    Ok(last)
}
