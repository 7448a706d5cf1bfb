//! `civicsense evaluate`: how good the models are, on the portal's own behaviour or on public data.

mod input;
mod output;
mod plots;
mod questions;

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use insight::cold_start::ColdStartReport;
use insight::evaluate::prequential::{Lag, StreamParams, StreamReport, replay};
use insight::formats::Visits;
use insight::links::LinksReport;
use insight::off_policy::OpenBanditReport;
use insight::{EvalParams, Hooks, Interactions, Report, TrainParams, evaluate, evaluate_given};
use vocab::{ItemId, VisitorId};

use super::Common;
use super::demo::DEMO_DIR;
use input::Input;

/// Arguments of `evaluate`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Files are plain, gzip, xz or tar; a directory is all its files. The layout is recognised:
  user item [timestamp]        separated by commas, tabs, :: or spaces, with or without a header
  user item rating [timestamp] the same (MovieLens); every rating is a use
  user item item item ...      adjacency lists, as in the LightGCN data sets
  session clicks               a header naming item, time, and session (or user): Globo, Diginetica, RecBole, ...;
                               without one Yoochoose, and check-ins of Gowalla and Brightkite

Protocols:
  split    train on the past, tune on the next window, measure once on the last; without times a seeded hold-out;
           with --test the pairs given. All live items are ranked, nobody's training items.
  stream   each next click predicted before it is learnt, in full ranking and against 50 popular others;
           models know clicks at once, some time later, or hour by hour (--lag)

Examples:
  civicsense evaluate                                    what the portal's visitors did, imported logs included
  civicsense evaluate --data-dir civicsense-data/demo    what the demo's citizens did
  civicsense evaluate train.txt --test test.txt          the published protocol of Gowalla, Yelp2018, Amazon-Book
  civicsense evaluate clicks.tar.xz --out report         Globo; report.json, report.md and plots into a directory
  civicsense evaluate clicks.csv --lag 0 --lag 10m --lag hourly
  civicsense evaluate ratings.csv --json
  civicsense evaluate moves.csv --links links.csv        which page to link next, beside node2vec and log-likelihood
  civicsense evaluate train.csv --test cold.csv --items items.csv     items nobody has used
  civicsense evaluate random.csv.gz --test bts.csv.gz    off-policy estimators on Open Bandit logs
  civicsense evaluate --site main --days 60 --no-tune"
)]
pub struct Args {
    /// Files to read instead of the warehouse.
    files: Vec<PathBuf>,
    /// Files with the pairs to predict; all of them are measured.
    #[arg(long, requires = "files")]
    test: Vec<PathBuf>,
    /// Titles and features of items: how well items nobody has used (those of --test) find their people.
    #[arg(long, requires = "test")]
    items: Vec<PathBuf>,
    /// Links set by editors or standing in texts, beside files of moves between pages.
    #[arg(long, requires = "files")]
    links: Vec<PathBuf>,
    /// How to measure; by default visits are streamed and everything else is split.
    #[arg(long, value_enum, default_value_t = Protocol::Auto)]
    protocol: Protocol,
    /// How far models lag behind in a stream, several times: 0, 60s, 10m, 1h or hourly [default: 0 and hourly].
    #[arg(long, value_parser = lag)]
    lag: Vec<Lag>,
    /// Only this site's behaviour.
    #[arg(long, conflicts_with = "files")]
    site: Option<String>,
    /// Days of behaviour to look at.
    #[arg(long, default_value_t = 90, conflicts_with = "files")]
    days: u32,
    /// Use the definitions' settings instead of searching better ones on the tuning window.
    #[arg(long)]
    no_tune: bool,
    /// Seed of everything random.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Write report.json, report.md and plots into this directory, and the settings that won as models/*/model.toml.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// How to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Protocol {
    /// By what the data are.
    Auto,
    /// Past, tuning window, test window.
    Split,
    /// Click by click.
    Stream,
}

/// What was measured.
enum Found {
    Split(Box<Report>),
    Stream(Box<StreamReport>),
    Links(Box<LinksReport>),
    Cold(Box<ColdStartReport>),
    Policies(Box<OpenBanditReport>),
}

impl Found {
    /// The settings that won a search.
    fn chosen(&self) -> Option<&TrainParams> {
        match self {
            Self::Split(report) => report.chosen.as_ref(),
            _ => None,
        }
    }

    fn json(&self) -> serde_json::Result<String> {
        match self {
            Self::Split(report) => serde_json::to_string_pretty(report),
            Self::Stream(report) => serde_json::to_string_pretty(report),
            Self::Links(report) => serde_json::to_string_pretty(report),
            Self::Cold(report) => serde_json::to_string_pretty(report),
            Self::Policies(report) => serde_json::to_string_pretty(report),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split(report) => report.fmt(f),
            Self::Stream(report) => report.fmt(f),
            Self::Links(report) => report.fmt(f),
            Self::Cold(report) => report.fmt(f),
            Self::Policies(report) => report.fmt(f),
        }
    }
}

/// Reads a lag.
fn lag(text: &str) -> Result<Lag, String> {
    if text == "hourly" {
        return Ok(Lag::Hourly);
    }
    if text == "0" {
        return Ok(Lag::Ms(0));
    }
    let span: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}; or hourly"))?;
    let ms = i64::try_from(span.as_millis()).map_err(|error| error.to_string())?;
    if ms < 0 { Err("must not be negative".to_owned()) } else { Ok(Lag::Ms(ms)) }
}

/// Measures and prints.
///
/// # Errors
/// Data that cannot be read, or too little of it to split.
#[expect(clippy::print_stdout, reason = "the report is this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let definitions = insight::definition::Definitions::embedded()?;
    let train = definitions.params().get().clone();
    let found = if args.files.is_empty() {
        let (site, now) = (args.site.as_deref(), crate::clock::Clock::system().now());
        let interactions = super::train::interactions(&args.common, site, args.days, now).await?;
        ensure!(!interactions.rows.is_empty(), "{}", nothing(&args)?);
        let params = params(&args, train, 20_000);
        tokio::task::spawn_blocking(move || split(&interactions, None, params)).await??
    } else {
        let args = args.clone();
        tokio::task::spawn_blocking(move || measure_files(&args, train)).await??
    };
    if let Some(dir) = &args.out {
        output::write(dir, &found)?;
    }
    if args.json {
        println!("{}", found.json()?);
    } else {
        println!("{found}");
    }
    Ok(())
}

fn measure_files(args: &Args, train: TrainParams) -> anyhow::Result<Found> {
    let parts = input::parts(&args.files)?;
    match args.protocol {
        Protocol::Stream => return stream(&input::visits(&parts)?, args),
        Protocol::Auto => {
            if let Some(found) = questions::answer(args, &parts)? {
                return Ok(found);
            }
        }
        Protocol::Split => {}
    }
    match input::read(&parts, &args.test)? {
        Input::Visits(visits) if args.protocol == Protocol::Auto => stream(&visits, args),
        Input::Visits(visits) => split(&visits.interactions(), None, of_files(args, train)),
        Input::Uses(uses, test) => split(&uses, test.as_deref(), of_files(args, train)),
    }
}

/// Parameters for public data: whoever is in them is meant to be, so nobody is cut off as a robot or capped.
fn of_files(args: &Args, mut train: TrainParams) -> EvalParams {
    train.weighting.robot_uses_per_day = u32::MAX;
    train.weighting.max_items_per_visitor = u32::MAX;
    train.weighting.min_visitors = 1;
    train.neighbours.similar.min_support = 1;
    train.neighbours.similar.keep = 400;
    params(args, train, 1_000_000)
}

fn params(args: &Args, train: TrainParams, max_people: u32) -> EvalParams {
    EvalParams { seed: args.seed, tune: !args.no_tune, train, max_people, ..EvalParams::default() }
}

/// Why there is nothing to evaluate on.
fn nothing(args: &Args) -> anyhow::Result<String> {
    let dir = args.common.config()?.data.dir;
    let days = args.days;
    Ok(format!(
        "nobody used an item in the last {days} days (--days) in {}; the demo's citizens are in --data-dir {DEMO_DIR}",
        dir.display()
    ))
}

fn split(
    uses: &Interactions,
    test: Option<&[(VisitorId, ItemId)]>,
    params: EvalParams,
) -> anyhow::Result<Found> {
    ensure!(!uses.rows.is_empty(), "nobody uses an item in these files");
    let params = params.check()?;
    let report = watched(|hooks| match test {
        Some(test) => evaluate_given(uses, test, &params, hooks),
        None => evaluate(uses, &params, hooks),
    })?;
    Ok(Found::Split(Box::new(report)))
}

fn stream(visits: &Visits, args: &Args) -> anyhow::Result<Found> {
    let mut params = StreamParams { seed: args.seed, ..StreamParams::default() };
    if !args.lag.is_empty() {
        params.lags.clone_from(&args.lag);
    }
    let params = params.check()?;
    Ok(Found::Stream(Box::new(watched(|hooks| replay(visits, &params, hooks))?)))
}

/// Runs with a progress bar and a stopwatch.
fn watched<T>(work: impl FnOnce(Hooks<'_>) -> insight::Result<T>) -> anyhow::Result<T> {
    let bar = ProgressBar::new(100)
        .with_style(ProgressStyle::with_template("{msg:24} {bar:40} {percent:>3} % {elapsed}")?);
    let started = Instant::now();
    let stage = RefCell::new(String::new());
    let progress = |name: &str, share: f32| {
        if *stage.borrow() != name {
            name.clone_into(&mut stage.borrow_mut());
            bar.set_message(name.to_owned());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a percentage"
        )]
        bar.set_position((share * 100.0) as u64);
    };
    let seconds = || started.elapsed().as_secs_f64();
    let found = work(Hooks { progress: &progress, seconds: &seconds })?;
    bar.finish_and_clear();
    Ok(found)
}
