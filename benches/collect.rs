//! Events over HTTP, acknowledged after fsync, into ClickHouse; beside it what a bare insert of the same rows takes.
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and runs its own tasks")]

#[path = "harness/client.rs"]
mod client;
#[path = "harness/events.rs"]
mod events;
#[path = "harness/load.rs"]
mod load;
#[path = "harness/program.rs"]
mod program;
#[path = "harness/table.rs"]
mod table;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use engine::{Engine, EngineConfig};
use load::Call;
use program::Program;
use serde_json::{Value, json};
use table::Table;
use uuid::Uuid;

const EVENTS: u64 = 400_000;
const BATCH: u64 = 100;
const CONNECTIONS: u64 = 16;
/// Half of 20,000 events a second and core, on two cores.
const HALF: f64 = 20_000.0;
/// Events sent at that rate: ten seconds of them.
const STEADY: u64 = 200_000;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let program = Program::start(&["serve"], dir.path())?;
    let address = program.address.clone();
    let bodies = Arc::new(bodies(&client::write_key(&address).await?)?);
    let steady = load::run(&address, CONNECTIONS, STEADY / BATCH, Some(HALF / BATCH as f64), {
        let bodies = Arc::clone(&bodies);
        move |n| call(&bodies, n + EVENTS / BATCH)
    })
    .await?;
    ensure!(steady.refused == 0, "{} batches were refused", steady.refused);
    client::until_loaded(&address).await?;
    let sent = Arc::clone(&bodies);
    let started = Instant::now();
    let outcome =
        load::run(&address, CONNECTIONS, EVENTS / BATCH, None, move |n| call(&sent, n)).await?;
    ensure!(outcome.refused == 0, "{} batches were refused", outcome.refused);
    let after = client::until_loaded(&address).await?;
    let whole = started.elapsed();
    ensure!(stored(&address).await? == EVENTS + STEADY, "not every event is queryable");
    let resident = program.resident_bytes();
    drop(program);
    let raw = raw_insert(dir.path()).await?;

    let accepted = outcome.rate() * BATCH as f64;
    let loaded = EVENTS as f64 / whole.as_secs_f64();
    let bare = EVENTS as f64 / raw.as_secs_f64();
    let mut table = Table::default();
    table.row("events accepted, fsynced, a second", "≥ 20,000", format!("{accepted:.0}"));
    let (p50, p99) = (outcome.percentile_ms(0.5), outcome.percentile_ms(0.99));
    table.row("answer time p50, p99 (ms), as fast as it goes", "", format!("{p50:.0}, {p99:.0}"));
    let (s50, s99) = (steady.percentile_ms(0.5), steady.percentile_ms(0.99));
    table.row(
        "answer time p50, p99 at 20,000 events a second (ms)",
        "p99 < 50",
        format!("{s50:.0}, {s99:.0}"),
    );
    table.row("last event queryable after (s)", "< 10", format!("{:.1}", after.as_secs_f64()));
    table.row("events a second end to end into ClickHouse", "", format!("{loaded:.0}"));
    table.row("bare RowBinary insert of the same rows a second", "", format!("{bare:.0}"));
    table.row("end to end of the bare insert", "", format!("{:.0} %", 100.0 * loaded / bare));
    table.row("resident, engine included (MiB)", "", format!("{}", resident >> 20));
    table.print();
    Ok(())
}

fn call(bodies: &[Bytes], n: u64) -> Call {
    events::post(bodies[usize::try_from(n).expect("there are few batches")].clone())
}

/// What a portal's pages send, in batches as its tracker's queue would.
fn bodies(write_key: &str) -> anyhow::Result<Vec<Bytes>> {
    let now = jiff::Timestamp::now().to_string();
    let body = |batch: u64| {
        let events: Vec<Value> = (batch * BATCH..(batch + 1) * BATCH)
            .map(|n| {
                let (visitor, item) = (n * 7_919 % 50_000, n * 104_729 % 20_000);
                json!({
                    "event_id": Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | u128::from(n)),
                    "name": "page_view",
                    "ts": now,
                    "anonymous_id": format!("visitor-{visitor}"),
                    "page": { "url": format!("https://portal.example/items/{item}.html"), "title": "公积金提取办事指南",
                              "referrer": "https://portal.example/" },
                    "item_id": format!("item-{item}"),
                    "item_kind": "service",
                    "consent": { "analytics": true, "personalisation": true },
                })
            })
            .collect();
        Ok(serde_json::to_vec(&json!({ "write_key": write_key, "events": events }))?.into())
    };
    (0..(EVENTS + STEADY) / BATCH).map(body).collect()
}

async fn stored(address: &str) -> anyhow::Result<u64> {
    let path = "/v1/analytics/trends?metric=events&interval=day&include_bots=true";
    let answer = client::json(address, path).await?;
    let rows = answer["rows"].as_array().context("rows")?;
    Ok(rows.iter().filter_map(|row| row.as_array()?.last()?.as_u64()).sum())
}

/// The limit: the same rows, all columns, from memory into a table of the same shape, in the loader's batch size.
async fn raw_insert(data_dir: &Path) -> anyhow::Result<Duration> {
    const ROWS: u64 = 100_000;
    let config = EngineConfig {
        data_dir: data_dir.join("clickhouse"),
        cache_dir: server::config::user_cache_dir()?.join("civicsense"),
        library: None,
        program: env!("CARGO_BIN_EXE_civicsense").into(),
        args: vec!["engine".into()],
        port: 0,
    };
    let engine = Engine::start(config, Arc::new(|_| {})).await?;
    let http = reqwest::Client::new();
    let ask = async |sql: &str, body: Bytes| -> anyhow::Result<Bytes> {
        let request = http.post(engine.url().clone()).query(&[("query", sql)]);
        let request = request.basic_auth(engine.user(), Some(engine.password())).body(body);
        let response = request.send().await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        ensure!(status == 200, "{sql}: {}", String::from_utf8_lossy(&bytes));
        Ok(bytes)
    };
    ask("CREATE TABLE civicsense.bare AS civicsense.events", Bytes::new()).await?;
    let mut parts = Vec::new();
    for part in 0..EVENTS / ROWS {
        let offset = part * ROWS;
        let sql = format!(
            "SELECT * FROM civicsense.events ORDER BY event_id LIMIT {ROWS} OFFSET {offset} FORMAT RowBinary"
        );
        parts.push(ask(&sql, Bytes::new()).await?);
    }
    let started = Instant::now();
    for part in parts {
        ask("INSERT INTO civicsense.bare FORMAT RowBinary", part).await?;
    }
    let elapsed = started.elapsed();
    let rows = ask("SELECT count() FROM civicsense.bare", Bytes::new()).await?;
    ensure!(rows.trim_ascii() == EVENTS.to_string().as_bytes(), "the bare insert lost rows");
    engine.stop().await;
    Ok(elapsed)
}
