//! `civicsense import log`: server logs as behaviour.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clickstream::log::{Options, Progress, Summary};
use clickstream::{Definitions, Spool};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;
use vocab::{Consent, ItemId};
use warehouse::{Loader, LoaderConfig};

use crate::boot;
use crate::clock::Clock;
use crate::commands::Common;
use crate::serving::library::all_items;
use crate::serving::pages::ByAddress;
use crate::serving::pipelines;
use crate::serving::plans::Plans;
use crate::serving::sites::tracker_key;
use crate::storage::Storage;

/// How long to wait for room in the spool: the warehouse may be slow, but not away for ever.
const PATIENCE: Duration = Duration::from_secs(600);

/// Bytes the reading may be ahead of the warehouse: a few batches. More would only fill memory and disk, and end no sooner.
const AHEAD: u64 = 256 << 20;

/// Arguments of `import log`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense import log access.log
  civicsense import log /var/log/nginx/access.log*.gz --site main
  civicsense import log old.log.gz --items pages          pages are the items, where there is no catalogue

Common, Combined, JSON (nginx's variables) and W3C Extended (IIS) are told apart by their lines. A log that is still being
written is followed by the server itself: `[collect] logs = ['main=/var/log/nginx/access.log']`.

Importing the same file again changes nothing.")]
pub struct Args {
    /// Log files, oldest first.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Code of the site the log is of; the first site unless told.
    #[arg(long)]
    site: Option<String>,
    /// What an item is: `catalogue` looks addresses up, `pages` takes each page as an item of its own.
    #[arg(long, value_enum, default_value_t = Items::Catalogue)]
    items: Items,
    /// What the visitors had agreed to; you answer for it.
    #[arg(long, value_enum, default_value_t = Agreed::Analytics)]
    consent: Agreed,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Items {
    Catalogue,
    Pages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Agreed {
    Analytics,
    Profile,
}

/// Imports and loads.
///
/// # Errors
/// A file that cannot be read or is cut off (what came before it is kept), or a store in use.
pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.common.config()?;
    let storage = Storage::open(&config).await?;
    let outcome = import(&args, &config, &storage).await;
    storage.close().await;
    outcome
}

async fn import(
    args: &Args,
    config: &crate::config::Config,
    storage: &Storage,
) -> anyhow::Result<()> {
    let clock = Clock::system();
    boot::ensure_site(&storage.registry, clock.now()).await?;
    let site = super::site(&storage.registry, args.site.as_deref()).await?;
    let pages = ByAddress::new(&all_items(&storage.registry).await?);
    let (known, shared) = pages.count(site.id);
    if known + shared == 0 && args.items == Items::Catalogue {
        note(
            "the site has no item with an address: pages are counted, but nothing is learnt from them; \
             import the catalogue first, or take pages as items with --items pages",
        );
    }
    let definitions = pipelines::load(config)?;
    let mut spool = pipelines::spool_config(&definitions, config);
    spool.max_bytes = spool.max_bytes.min(AHEAD);
    let spool =
        Arc::new(Spool::open(spool).context("the spool; is a server using this data directory?")?);
    let loader = Arc::new(Loader::new(
        storage.warehouse.clone(),
        spool.clone(),
        LoaderConfig::default(),
        move || Clock::system().now(),
    ));
    let cancel = CancellationToken::new();
    let (running, token) = (loader.clone(), cancel.clone());
    let tasks = tokio_util::task::TaskTracker::new();
    let loading = tasks.spawn(async move { running.run(token).await });

    let (files, items, consent) = (args.files.clone(), args.items, args.consent);
    let (now, sink) = (clock.now(), spool.clone());
    let knowledge = boot::knowledge(config, &insight::definition::taxonomy()?)?;
    let read = tokio::task::spawn_blocking(move || {
        let resolve = |path: &str| match items {
            Items::Catalogue => pages.item(site.id, path).cloned(),
            Items::Pages => Some(ItemId::from(path)),
        };
        let consent = match consent {
            Agreed::Analytics => Consent::ANALYTICS,
            Agreed::Profile => Consent::ANALYTICS.with(Consent::PERSONALISATION),
        };
        let host = site.host.clone();
        let options = Options {
            site: tracker_key(&site, &Plans::new()),
            host,
            clock: &|| now,
            consent,
            resolve: &resolve,
            knowledge,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        };
        let started = Instant::now();
        read(&definitions, &files, &options, &sink).map(|summary| (summary, started.elapsed()))
    })
    .await?;
    // What was read before an error is kept and loaded.
    cancel.cancel();
    loading.await??;
    loader.drain(&CancellationToken::new()).await?;
    let (summary, elapsed) = read?;
    tell(&summary, elapsed);
    if shared > 0 && args.items == Items::Catalogue {
        note(&format!(
            "{shared} paths are those of several items; their views are counted as pages, not for an item"
        ));
    }
    Ok(())
}

fn read(
    definitions: &Definitions,
    files: &[PathBuf],
    options: &Options<'_>,
    spool: &Spool,
) -> anyhow::Result<Summary> {
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
        "{bar:40} {bytes}/{total_bytes} {msg} ({elapsed}, {eta} left)",
    )?);
    let mut progress = |at: Progress| {
        bar.set_length(at.total);
        bar.set_position(at.bytes);
        bar.set_message(format!("{} lines", at.lines));
    };
    let mut sink = |intake| spool.append_blocking(&intake, PATIENCE).map(drop);
    let summary =
        clickstream::log::import(definitions.log(), files, options, &mut progress, &mut sink)?;
    bar.finish_and_clear();
    Ok(summary)
}

#[expect(clippy::print_stdout, reason = "what the operator should know of the import")]
fn note(text: &str) {
    println!("note: {text}");
}

#[expect(clippy::print_stdout, reason = "the summary is this command's output")]
fn tell(summary: &Summary, elapsed: Duration) {
    let seconds = elapsed.as_secs_f64();
    println!("{:>12}  lines", summary.lines);
    println!("{:>12}  events", summary.events);
    println!("{:>12}  dead letters (kept with file and line)", summary.dead);
    for (reason, count) in &summary.suppressed {
        println!("{count:>12}  left out: {}", reason.as_str());
    }
    let rate = summary.lines as f64 / seconds.max(0.001);
    println!("{seconds:>12.2}  seconds of reading ({rate:.0} lines a second)");
}
