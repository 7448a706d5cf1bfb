//! Trains on what the warehouse holds and publishes: by the clock, or when somebody asks.

use std::sync::Arc;

use anyhow::Context as _;
use insight::evaluate::HeldOut;
use insight::{Interactions, ItemText, Models, Stage};
use jiff::SignedDuration;
use vocab::Item;
use warehouse::Basis;

use crate::app::App;
use crate::config::Promote;
use crate::metrics;
use crate::serving::library::all_items;
use crate::serving::models::{Shelf, Unfinished};

/// Time between trainings while there is no behaviour to learn from yet: a new installation must not wait for hours.
const SOON: std::time::Duration = std::time::Duration::from_secs(300);

/// Told of each stage and the share of it done, 0 to 1.
pub type Progress = Arc<dyn Fn(Stage, f32) + Send + Sync>;

/// Trains every so often until the server stops.
pub async fn run(app: App) {
    let every = app.config.training.every.0;
    if every.is_zero() {
        return;
    }
    loop {
        let learnt = app.models.loaded().is_some_and(|loaded| loaded.models.meta.uses > 0);
        let due = if learnt { every } else { every.min(SOON) };
        tokio::select! {
            () = app.cancel.cancelled() => return,
            () = tokio::time::sleep(left(&app, due)) => {}
        }
        let turn = app.training.lock().await;
        let outcome = once(&app, Arc::new(|_, _| {})).await;
        drop(turn);
        let label = if outcome.is_ok() { "trained" } else { "failed" };
        ::metrics::counter!(metrics::TRAININGS, "outcome" => label).increment(1);
        if let Err(error) = outcome {
            tracing::error!("training failed, the models of before stay: {error:#}");
            // The age did not change: wait a while instead of trying in a circle.
            tokio::select! {
                () = app.cancel.cancelled() => return,
                () = tokio::time::sleep(std::time::Duration::from_secs(300)) => {}
            }
        }
    }
}

/// Time until the next training: a version that waits for approval, or that its gates refuse, was a training too.
fn left(app: &App, due: std::time::Duration) -> std::time::Duration {
    let trained = app.models.last_trained().ok().flatten();
    let age = trained.and_then(|at| app.clock.now().duration_since(at).try_into().ok());
    due.saturating_sub(age.unwrap_or(due))
}

/// Reads, trains, publishes, and puts the new models into the lists.
///
/// # Errors
/// A warehouse or registry that is away, or data that contradicts itself.
pub async fn once(app: &App, progress: Progress) -> anyhow::Result<()> {
    let (state, now) = (app.clone(), app.clock.now());
    let unfinished = tokio::task::spawn_blocking(move || state.models.begin(now)).await??;
    let window = SignedDuration::from_hours(24 * i64::from(app.config.training.window_days));
    let until = unfinished.until();
    let interactions = app
        .warehouse
        .interactions(None, until - window, until, Basis::Everyone, &app.interest)
        .await
        .context("behaviour cannot be read")?;
    let items = all_items(&app.registry).await?;
    let (taxonomy, seed) = (app.taxonomy.clone(), app.config.training.seed);
    let work = move || {
        fit(&interactions, &items, &taxonomy, seed, &progress, &unfinished)
            .map(|models| (models, unfinished))
    };
    let (models, unfinished) = tokio::task::spawn_blocking(work).await??;
    tracing::info!(
        model.digest = models.digest8(),
        model.uses = models.meta.uses,
        "models trained on {} uses",
        models.meta.uses
    );
    let (state, policy) = (app.clone(), app.config.training.promote);
    let stored = tokio::task::spawn_blocking(move || {
        let served = store(&state.models, &models, policy, now)?;
        unfinished.clear()?;
        anyhow::Ok(served)
    });
    if stored.await?? { super::follow::rebuild(app).await } else { Ok(()) }
}

/// Puts freshly trained models on the shelf, and in service where they may be; gives whether they are.
///
/// They may where they passed their gates and nobody has to approve them. What fails its gates is served only while
/// nothing better is: a new installation has few uses.
///
/// # Errors
/// A disk that does not take them.
pub fn store(
    shelf: &Shelf,
    models: &Models,
    policy: Promote,
    now: jiff::Timestamp,
) -> anyhow::Result<bool> {
    let refusals = insight::definition::Definitions::embedded()?.refusals(&models.meta, None);
    let served = shelf.versions()?.into_iter().find(|version| version.serving);
    let name = shelf.add(models, now, refusals.clone())?;
    tracing::info!(
        model.name = name,
        "held out: {}",
        HeldOut::of(&models.meta).unwrap_or_default()
    );
    let reason = match served {
        None => "nothing was served before",
        Some(_) if policy == Promote::Approval => {
            tracing::info!(
                model.name = name,
                "models wait for approval: civicsense models promote"
            );
            return Ok(false);
        }
        Some(_) if refusals.is_empty() => "passed its gates",
        Some(served) if !served.refusals.is_empty() => {
            "the former one did not pass its gates either"
        }
        Some(_) => {
            tracing::warn!(model.name = name, "models are not served: {}", refusals.join("; "));
            return Ok(false);
        }
    };
    shelf.serve(&name, "training", reason, now)?;
    Ok(true)
}

/// Fits everything on the calling thread and the pool, going on from what a killed training left in `unfinished`.
///
/// # Errors
/// Data that contradicts itself: what is unfinished is then forgotten, it would fail again.
pub fn fit(
    interactions: &Interactions,
    items: &[Item],
    taxonomy: &vocab::Taxonomy,
    seed: u64,
    progress: &Progress,
    unfinished: &Unfinished,
) -> anyhow::Result<Models> {
    let definitions = insight::definition::Definitions::embedded()?;
    let mut params = definitions.params().get().clone();
    params.seed = seed;
    let texts: Vec<ItemText> =
        items.iter().filter(|item| item.is_servable()).map(|item| text(item, taxonomy)).collect();
    let (params, progress) = (params.check()?, |stage, share| progress(stage, share));
    let fitted =
        insight::train_resumable(interactions, &texts, taxonomy, &params, &progress, unfinished);
    if fitted.is_err() {
        unfinished.clear()?;
    }
    Ok(fitted?)
}

/// What models read of an item, and the needs an editor gave it.
fn text(item: &Item, taxonomy: &vocab::Taxonomy) -> ItemText {
    let labels = item
        .needs
        .iter()
        .filter_map(|need| u16::try_from(taxonomy.position(need.as_str())?).ok())
        .collect();
    ItemText { id: item.id.clone(), text: item.reading(), labels }
}
