//! Brings the demo's world into the real stores, through the same doors a portal uses.

use std::time::Duration;

use clickstream::{Lane, Request};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use registry::{Column, ConsentRecord, Registry, Site, Upsert};
use vocab::Consent;

use super::simulate::{Batch, Live, Simulation};
use crate::api::me::PURPOSES;
use crate::app::App;
use crate::config::Config;
use crate::progress::Step;

/// Requests under way at once, as many browsers would have.
const UNDER_WAY: usize = 64;

/// Sites, columns, items and the personas' agreements; again changes nothing.
///
/// # Errors
/// A registry that cannot be opened or written.
pub async fn stores(config: &Config, now: Timestamp) -> anyhow::Result<()> {
    let registry = Registry::open(&config.data.dir.join("registry.sqlite")).await?;
    for demo in super::sites()? {
        let code = demo.write_key.trim_start_matches("demo-").to_owned();
        let site = Site {
            write_key: demo.write_key,
            level: demo.level,
            region: demo.region,
            ..Site::new(demo.id, &code, demo.name, &demo.host, now)?
        };
        registry.put_site(&site).await?;
        for column in super::columns()? {
            registry
                .put_column(&Column {
                    site: site.id,
                    code: column.id,
                    name: column.name,
                    parent: String::new(),
                    cadence_days: column.days,
                })
                .await?;
        }
    }
    let items: Vec<Upsert> =
        super::catalogue(now)?.into_iter().map(|item| Upsert { item, dated: true }).collect();
    registry.put_items(&items, "demo", now).await?;
    let sites = registry.sites().await?;
    for persona in super::personas()? {
        let Some(site) = sites.first() else { continue };
        let visitor = clickstream::visitor_id(&site.pepper, site.id, &persona.anonymous_id);
        let agreed = Consent::ANALYTICS.with(Consent::PERSONALISATION).with(Consent::PUSH);
        let record = ConsentRecord {
            consent: agreed,
            purpose_version: PURPOSES.to_owned(),
            text_hash: String::new(),
            channel: persona.channel,
            given_at: now,
        };
        registry.record_consent(site.id, visitor, &record).await?;
        for need in &persona.declared {
            registry.declare_need(site.id, visitor, need, now).await?;
        }
    }
    registry.close().await;
    Ok(())
}

/// Sends everything the citizens did through the collector; returns how many events.
///
/// # Errors
/// A collector that refuses, which it must not.
pub async fn behaviour(app: &App, simulation: Simulation, step: &Step) -> anyhow::Result<u64> {
    let mut simulation = simulation;
    let mut events = 0;
    loop {
        // A slice of batches at a time keeps memory constant and the progress bar moving.
        let (next, slice) = tokio::task::spawn_blocking(move || {
            let slice: Vec<Batch> = simulation.by_ref().take(500).collect();
            (simulation, slice)
        })
        .await?;
        simulation = next;
        if slice.is_empty() || app.cancel.is_cancelled() {
            return Ok(events);
        }
        events += slice.iter().map(|batch| u64::from(batch.events)).sum::<u64>();
        stream::iter(slice)
            .map(|batch| send(app, batch))
            .buffered(UNDER_WAY)
            .try_collect::<()>()
            .await?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a thousand"
        )]
        step.at((simulation.progress() * 1_000.0) as u64);
        step.say(format!("{events} events"));
    }
}

/// One request, received when the simulation says it was sent.
async fn send(app: &App, batch: Batch) -> anyhow::Result<()> {
    let request = Request {
        user_agent: Some(batch.user_agent),
        accept_language: batch.accept_language,
        dnt: batch.dnt,
        peer: Some(batch.peer),
        ..Request::new(&batch.body, batch.at)
    };
    loop {
        match app.collector.native(&request).await {
            Ok(_) => return Ok(()),
            Err(clickstream::CollectError::Overloaded { retry_after }) => {
                tokio::time::sleep(retry_after).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until the spool is in the warehouse.
///
/// # Errors
/// The server is told to stop.
pub async fn until_loaded(app: &App, step: &Step) -> anyhow::Result<()> {
    loop {
        let waiting = app.loader.backlog(Lane::Events);
        if waiting == 0 {
            return Ok(());
        }
        anyhow::ensure!(!app.cancel.is_cancelled(), "stopped");
        step.say(format!("{waiting} events to go"));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Lets the citizens go on living until the server stops.
pub async fn go_on(app: App, mut live: Live) {
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            () = app.cancel.cancelled() => return,
            _ = tick.tick() => {}
        }
        for mut batch in live.due(app.clock.now()) {
            batch.at = app.clock.now();
            if let Err(error) = send(&app, batch).await {
                tracing::warn!("a simulated request was refused: {error:#}");
            }
        }
    }
}
