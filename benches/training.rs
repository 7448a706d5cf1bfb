//! A whole training: 150,000 items, 1.5 million people, 10 million uses; EASE on a live catalogue; needs of real texts.

#[path = "harness/table.rs"]
mod table;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use insight::ease::{Ease, EaseParams};
use insight::{Interactions, InteractionsBuilder, ItemText, definition, train};
use table::Table;
use vocab::{SessionId, VisitorId};

const ITEMS: u64 = 150_000;
const PEOPLE: u64 = 1_500_000;
const USES: u64 = 10_000_000;
/// Items a circle of people keeps to, in half of its uses.
const CIRCLE: u64 = 500;
const DAYS_MS: f64 = 30.0 * 86_400_000.0;
/// Items of EASE, and people who used some.
const LIVE: u64 = 5_000;
const READERS: u64 = 200_000;

fn main() -> anyhow::Result<()> {
    let mut table = Table::default();
    let params = definition::Definitions::embedded()?.params().clone();
    let taxonomy = definition::taxonomy()?;

    let uses = behaviour(ITEMS, PEOPLE, USES);
    let started = Instant::now();
    let models = train(&uses, &[], &taxonomy, &params, &|_, _| {})?;
    table.row(
        "a training, 150,000 items, 1.5 M people, 10 M uses (s)",
        "",
        format!("{:.0}", started.elapsed().as_secs_f64()),
    );
    table.row("… peak memory, the uses included (MiB)", "≤ 2,048", peak()?.to_string());
    table.row("… its artefact (MB)", "", format!("{}", models.to_bytes()?.len() / 1_000_000));
    drop((uses, models));

    let matrix = behaviour(LIVE, READERS, 10 * READERS).canonical();
    let matrix = matrix.user_item(&params.get().weighting, matrix.reference_ms());
    let started = Instant::now();
    Ease::fit(&matrix, &EaseParams::default())?;
    let seconds = started.elapsed().as_secs_f64();
    table.row("EASE on 5,000 items (s)", "< 20", format!("{seconds:.1}"));

    match texts()? {
        Some(texts) => {
            let started = Instant::now();
            let none = Interactions::default();
            let models = train(&none, &texts, &taxonomy, &params, &|_, _| {})?;
            table.row(
                &format!("needs of {} articles of law (s)", texts.len()),
                "",
                format!("{:.0}", started.elapsed().as_secs_f64()),
            );
            table.row("… what they say of themselves", "", models.meta.needs.to_string());
        }
        None => table.row("needs of articles of law", "", "no ../shared/data here, left out"),
    }
    table.print();
    Ok(())
}

/// Some people do much, some items are used much; half of what anybody uses is of a circle of its own.
fn behaviour(items: u64, people: u64, uses: u64) -> Interactions {
    let mut nth = 0;
    let mut share = || {
        nth += 1;
        (spread(nth) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut builder = InteractionsBuilder::new();
    for use_nth in 0..uses {
        let person = (share().powi(2) * people as f64) as u64;
        let circle = person % (items / CIRCLE).max(1);
        let item = if share() < 0.5 {
            circle * CIRCLE + (share().powi(3) * CIRCLE as f64) as u64
        } else {
            (share().powi(4) * items as f64) as u64
        };
        let at = (use_nth as f64 / uses as f64 * DAYS_MS) as i64;
        // Two visits a day at most.
        let visit = SessionId(person * 64 + (at / 43_200_000) as u64);
        builder.push(VisitorId(person + 1), &format!("item-{item:06}"), visit, at, 1.0);
    }
    builder.build()
}

fn spread(number: u64) -> u64 {
    // SplitMix64.
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The most memory this process has held, in MiB.
fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("no VmHWM")?;
    let kib: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib >> 10)
}

fn texts() -> anyhow::Result<Option<Vec<ItemText>>> {
    let data = std::env::var_os("CIVICSENSE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let Ok(file) = std::fs::File::open(data.join("search/stard-lite/corpus.jsonl.gz")) else {
        return Ok(None);
    };
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    let text = |line: std::io::Result<String>| -> anyhow::Result<ItemText> {
        let article: serde_json::Value = serde_json::from_str(&line?)?;
        let field = |name: &str| article[name].as_str().unwrap_or_default().to_owned();
        let text = format!("{}\n{}", field("title"), field("text"));
        Ok(ItemText { id: article["id"].to_string().as_str().into(), text, labels: Vec::new() })
    };
    lines.map(text).collect::<anyhow::Result<_>>().map(Some)
}
