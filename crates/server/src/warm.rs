//! What memory is filled with at start, so that the first request is answered like the thousandth.

use jiff::SignedDuration;
use vocab::VisitorId;
use warehouse::Basis;

use crate::app::App;
use crate::jobs;
use crate::serving::library::all_items;
use crate::serving::visitors::Trace;

/// How far back histories of consenting visitors are restored.
const HISTORY: SignedDuration = SignedDuration::from_hours(24 * 60);

/// Restores popular and trending from the warehouse; without it the lists begin from the models.
pub async fn counters(app: &App) {
    let now = app.clock.now();
    match app.warehouse.item_counts(None, now).await {
        Ok(counts) => {
            for count in counts {
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
