//! `civicsense evaluate`: recall@20 and NDCG@20 on a time split, against popularity and item-kNN.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use insight::formats::Format;
use insight::{EvalParams, Hooks, Interactions, InteractionsBuilder, Report, evaluate};

use super::Common;
use super::demo::DEMO_DIR;

/// Arguments of `evaluate`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense evaluate                                    what the portal's visitors did, imported logs included
  civicsense evaluate --data-dir civicsense-data/demo    what the demo's citizens did
  civicsense evaluate clicks.csv --json                  `user item [timestamp]`, LightGCN lists or session clicks
  civicsense evaluate --site main --days 60 --no-tune")]
pub struct Args {
    /// Files to read instead of the warehouse, plain or gzip; the format is recognised.
    files: Vec<PathBuf>,
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
    #[command(flatten)]
    common: Common,
}

/// Measures and prints.
///
/// # Errors
/// Data that cannot be read, or too little of it to split.
#[expect(clippy::print_stdout, reason = "the report is this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let interactions = if args.files.is_empty() {
        super::train::interactions(&args.common, args.site.as_deref(), args.days).await?
    } else {
        read(&args.files)?
    };
    ensure!(!interactions.rows.is_empty(), "{}", nothing(&args)?);
    let params = EvalParams {
        seed: args.seed,
        tune: !args.no_tune,
        train: insight::definition::Definitions::embedded()?.params().get().clone(),
        ..EvalParams::default()
    };
    let report = tokio::task::spawn_blocking(move || measure(&interactions, params)).await??;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(())
}

/// Why there is nothing to evaluate on.
fn nothing(args: &Args) -> anyhow::Result<String> {
    if !args.files.is_empty() {
        return Ok("nobody uses an item in these files".to_owned());
    }
    let dir = args.common.config()?.data.dir;
    let days = args.days;
    Ok(format!(
        "nobody used an item in the last {days} days (--days) in {}; the demo's citizens are in --data-dir {DEMO_DIR}",
        dir.display()
    ))
}

fn measure(interactions: &Interactions, params: EvalParams) -> anyhow::Result<Report> {
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
    let report =
        evaluate(interactions, &params.check()?, Hooks { progress: &progress, seconds: &seconds })?;
    bar.finish_and_clear();
    Ok(report)
}

fn read(files: &[PathBuf]) -> anyhow::Result<Interactions> {
    let mut builder = InteractionsBuilder::new();
    for path in files {
        read_one(path, &mut builder).with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(builder.build())
}

fn read_one(path: &Path, builder: &mut InteractionsBuilder) -> anyhow::Result<()> {
    let head: Vec<String> = open(path)?.lines().take(5).collect::<Result<_, _>>()?;
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    Format::detect(&head).read(open(path)?, builder)?;
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<BufReader<Box<dyn std::io::Read>>> {
    let mut file = BufReader::new(File::open(path)?);
    let gzip = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn std::io::Read> =
        if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::new(reader))
}
