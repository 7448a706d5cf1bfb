//! `civicsense import catalogue`: items from a file or an address, each bad record named with line and field.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use registry::{Format, ImportOptions, ImportProgress, ImportSummary, Registry};
use vocab::{ItemKind, ReviewState};

use crate::boot;
use crate::clock::Clock;
use crate::commands::Common;

/// Dead letters shown; `--json` has all that were kept.
const SHOWN: usize = 20;

/// Arguments of `import catalogue`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense import catalogue items.ndjson --site main --reviewed
  civicsense import catalogue https://www.example.gov.cn/sitemap.xml --kind news
  civicsense import catalogue matters.csv --kind service --json

Importing the same file again changes nothing. A running server shows changes within seconds.")]
pub struct Args {
    /// A file (plain or gzip) or an http(s) address.
    source: String,
    /// Code of the site the items belong to; the first site unless told.
    #[arg(long)]
    site: Option<String>,
    /// `ndjson`, `json`, `csv`, `feed` or `sitemap`; looked up at the beginning of the file unless told.
    #[arg(long)]
    format: Option<String>,
    /// Kind of records that do not say it: `service`, `policy`, `interpretation`, `qa`, `news`, `notice`.
    #[arg(long)]
    kind: Option<String>,
    /// Column of records that do not say it.
    #[arg(long, default_value = "")]
    column: String,
    /// The content was reviewed where it comes from, so it may be served; otherwise it waits as drafts.
    #[arg(long)]
    reviewed: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Imports.
///
/// # Errors
/// A source that cannot be read or breaks off, a wrong column in a CSV, an unknown site, no record that is sound.
pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.common.config()?;
    std::fs::create_dir_all(&config.data.dir)?;
    let registry = Registry::open(&config.data.dir.join("registry.sqlite")).await?;
    let clock = Clock::system();
    boot::ensure_site(&registry, clock.now()).await?;
    let site = super::site(&registry, args.site.as_deref()).await?;
    let taxonomy = Arc::new(insight::definition::taxonomy()?);
    let options = ImportOptions {
        format: args.format.as_deref().map(format).transpose()?,
        kind: args.kind.as_deref().map(kind).transpose()?,
        column: args.column.clone(),
        review: if args.reviewed { ReviewState::Approved } else { ReviewState::Draft },
        ..ImportOptions::new(site.id, taxonomy)
    };
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
        "{bar:40} {bytes}/{total_bytes} {msg} ({elapsed})",
    )?);
    let reader = open(&args.source, &bar).await?;
    let mut progress = |at: ImportProgress| {
        bar.set_position(at.bytes);
        bar.set_message(format!("{} records", at.records));
    };
    let summary = registry.import_catalogue(reader, options, clock.now(), &mut progress).await;
    bar.finish_and_clear();
    registry.close().await;
    tell(&summary?, args.json)
}

async fn open(source: &str, bar: &ProgressBar) -> anyhow::Result<Box<dyn Read + Send>> {
    if !source.starts_with("http://") && !source.starts_with("https://") {
        let path = Path::new(source);
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        bar.set_length(file.metadata()?.len());
        return Ok(Box::new(file));
    }
    let client = reqwest::Client::builder().timeout(Duration::from_secs(300)).build()?;
    let response = client.get(source).send().await?.error_for_status()?;
    if let Some(length) = response.content_length() {
        bar.set_length(length);
    }
    // A catalogue arrives once in a while: a temporary file keeps memory constant and the importer simple.
    let mut file = tempfile::tempfile()?;
    let mut response = response;
    while let Some(chunk) = response.chunk().await? {
        std::io::Write::write_all(&mut file, &chunk)?;
    }
    std::io::Seek::rewind(&mut file)?;
    Ok(Box::new(file))
}

fn format(name: &str) -> anyhow::Result<Format> {
    Ok(match name {
        "ndjson" => Format::Ndjson,
        "json" => Format::JsonArray,
        "csv" => Format::Csv,
        "feed" | "rss" | "atom" => Format::Feed,
        "sitemap" => Format::Sitemap,
        other => bail!("`{other}` is no format: ndjson, json, csv, feed or sitemap"),
    })
}

fn kind(name: &str) -> anyhow::Result<ItemKind> {
    ItemKind::parse(name).with_context(|| {
        let known: Vec<&str> = ItemKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("`{name}` is no kind: {}", known.join(", "))
    })
}

#[expect(clippy::print_stdout, reason = "the summary is this command's output")]
fn tell(summary: &ImportSummary, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(summary)?);
    } else {
        println!("{:>10}  records", summary.records);
        println!("{:>10}  new", summary.created);
        println!("{:>10}  changed", summary.changed);
        println!("{:>10}  unchanged", summary.unchanged);
        println!("{:>10}  not taken over", summary.dead);
        for letter in summary.dead_letters.iter().take(SHOWN) {
            println!("            line {}, {}: {}", letter.line, letter.field, letter.reason);
        }
        for (field, count) in &summary.ignored_fields {
            println!("{count:>10}  times an unknown field: {field}");
        }
        for (value, count) in &summary.unmapped_values {
            println!("{count:>10}  times a value without a place in the taxonomy: {value}");
        }
    }
    if let Some(why) = &summary.stopped {
        bail!("the file breaks off: {why}; what came before it was taken over");
    }
    if summary.records > 0 && summary.dead == summary.records {
        bail!("none of the {} records could be taken over", summary.records);
    }
    Ok(())
}
