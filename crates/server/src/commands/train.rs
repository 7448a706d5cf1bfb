//! `civicsense train`: trains on what the warehouse holds and publishes for the server to load.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use insight::Interactions;
use jiff::SignedDuration;
use warehouse::Basis;

use super::Common;
use crate::clock::Clock;
use crate::jobs::train::fit;
use crate::serving::library::all_items;
use crate::serving::models::Shelf;
use crate::storage::Storage;

/// Arguments of `train`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense train
  civicsense train --data-dir /var/lib/civicsense --seed 7

A running server trains by itself (`training.every`); this is for a directory no server is using. A training that was
killed goes on where it was within 24 hours, on the same data, and gives the same models as one that never was.")]
pub struct Args {
    /// Seed of everything random; overrides `training.seed`.
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    common: Common,
}

/// Trains and publishes.
///
/// # Errors
/// A store that cannot be opened, or data that contradicts itself.
#[expect(clippy::print_stdout, reason = "the card is this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.common.config()?;
    let shelf = Shelf::open(config.data.dir.join("models"), config.training.max_age.0)?;
    let unfinished = shelf.begin(Clock::system().now())?;
    let (days, until) = (config.training.window_days, unfinished.until());
    let interactions = interactions(&args.common, None, days, until).await?;
    let storage = Storage::open(&config).await?;
    let items = all_items(&storage.registry).await;
    storage.close().await;
    let items = items?;
    let taxonomy = insight::definition::taxonomy()?;
    let seed = args.seed.unwrap_or(config.training.seed);
    let bar = ProgressBar::new(100)
        .with_style(ProgressStyle::with_template("{msg:16} {bar:40} {percent:>3} % {elapsed}")?);
    let told = bar.clone();
    let (models, unfinished) = tokio::task::spawn_blocking(move || {
        let progress: crate::jobs::train::Progress = Arc::new(move |stage, share: f32| {
            told.set_message(stage.as_str());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a percentage"
            )]
            told.set_position((share * 100.0) as u64);
        });
        fit(&interactions, &items, &taxonomy, seed, &progress, &unfinished)
            .map(|models| (models, unfinished))
    })
    .await??;
    bar.finish_and_clear();
    for told in unfinished.told() {
        println!("{told}");
    }
    println!("{}", models.card());
    if !crate::jobs::train::store(&shelf, &models, config.training.promote, Clock::system().now())?
    {
        println!("not in service: `civicsense models` says why");
    }
    unfinished.clear()?;
    Ok(())
}

/// What the warehouse holds of the `days` days before `until`.
pub(super) async fn interactions(
    common: &Common,
    site: Option<&str>,
    days: u32,
    until: jiff::Timestamp,
) -> anyhow::Result<Interactions> {
    let config = common.config()?;
    let storage = Storage::open(&config).await?;
    let found = async {
        let site = match site {
            Some(code) => Some(super::import::site(&storage.registry, Some(code)).await?.id),
            None => None,
        };
        let since = until - SignedDuration::from_hours(24 * i64::from(days));
        let definitions = insight::definition::Definitions::embedded()?;
        let (warehouse, interest) = (&storage.warehouse, definitions.interest());
        Ok(warehouse.interactions(site, since, until, Basis::Everyone, interest).await?)
    }
    .await;
    storage.close().await;
    found
}
