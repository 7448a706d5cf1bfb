//! Search over HTTP at a fixed rate: 57,742 articles of law and 1,235 questions of laymen.
#![expect(
    clippy::disallowed_methods,
    reason = "a bench reads the environment and runs its own tasks"
)]

#[path = "harness/load.rs"]
mod load;
#[path = "harness/program.rs"]
mod program;
#[path = "harness/table.rs"]
mod table;

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use flate2::read::GzDecoder;
use load::Call;
use program::Program;
use serde_json::{Value, json};
use table::Table;

const PER_SECOND: f64 = 100.0;
const REQUESTS: u64 = 3_000;
const CONNECTIONS: u64 = 16;

#[expect(clippy::print_stdout, reason = "a bench says why it is skipped")]
fn main() -> anyhow::Result<()> {
    let data = data().join("search/stard-lite");
    if !data.join("corpus.jsonl.gz").exists() {
        println!("skipped: {} is not there", data.display());
        return Ok(());
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(run(&data))
}

/// Where the real data lie.
fn data() -> PathBuf {
    std::env::var("CIVICSENSE_DATA").map_or_else(
        |_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data").into(),
        PathBuf::from,
    )
}

async fn run(data: &Path) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let items = dir.path().join("items.ndjson");
    let count = write_items(&data.join("corpus.jsonl.gz"), &items)?;
    let store = dir.path().join("data");
    let imported = Command::new(env!("CARGO_BIN_EXE_civicsense"))
        .args([
            "import",
            "catalogue",
            "--reviewed",
            "--format",
            "ndjson",
            "--kind",
            "policy",
            "--data-dir",
        ])
        .args([&store, &items])
        .output()?;
    ensure!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));

    let questions: Arc<Vec<String>> = Arc::new(questions(&data.join("queries.jsonl"))?);
    let program = Program::start(&["serve"], &store)?;
    let call = {
        let questions = Arc::clone(&questions);
        move |n: u64| Call {
            method: "GET",
            path: format!(
                "/v1/search?limit=10&q={}",
                questions[usize::try_from(n).unwrap_or(0) % questions.len()]
            ),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    };
    // The system's file cache warms up over the first hundred.
    load::run(&program.address, CONNECTIONS, 300, Some(PER_SECOND), call.clone()).await?;
    let outcome =
        load::run(&program.address, CONNECTIONS, REQUESTS, Some(PER_SECOND), call.clone()).await?;
    ensure!(outcome.refused == 0, "{} searches were refused", outcome.refused);
    let most = load::run(&program.address, CONNECTIONS, REQUESTS, None, call).await?;

    let mut table = Table::default();
    let at = |share| format!("{:.1}", outcome.percentile_ms(share));
    table.row(
        &format!("{count} items, at {:.0} searches a second: p50 (ms)", outcome.rate()),
        "",
        at(0.5),
    );
    table.row("p95 (ms)", "< 20", at(0.95));
    table.row("p99 (ms)", "", at(0.99));
    table.row("searches a second, as fast as it goes", "", format!("{:.0}", most.rate()));
    table.row("resident, engine included (MiB)", "", format!("{}", program.resident_bytes() >> 20));
    table.print();
    Ok(())
}

fn write_items(corpus: &Path, into: &Path) -> anyhow::Result<u64> {
    let lines = BufReader::new(GzDecoder::new(File::open(corpus)?)).lines();
    let mut out = BufWriter::new(File::create(into)?);
    let mut count = 0;
    for line in lines {
        let article: Value = serde_json::from_str(&line?)?;
        let item = json!({ "id": article["id"], "title": article["title"], "body": article["text"],
                           "url": format!("https://law.example/{}", article["id"].as_str().unwrap_or_default()) });
        writeln!(out, "{item}")?;
        count += 1;
    }
    out.flush()?;
    Ok(count)
}

/// The questions, ready for an address.
fn questions(path: &Path) -> anyhow::Result<Vec<String>> {
    let lines = BufReader::new(File::open(path)?).lines();
    let read = |line: std::io::Result<String>| {
        let question: Value = serde_json::from_str(&line?)?;
        let text = question["text"].as_str().context("a question has a text")?;
        Ok(text.bytes().map(|byte| format!("%{byte:02X}")).collect())
    };
    lines.map(read).collect()
}
