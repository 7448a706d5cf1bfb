//! ClickHouse away for half an hour of a province's peak: everything is acknowledged, nothing lost, nothing doubled.
//!
//! Time is simulated, volume is not: what arrives in 30 minutes at 5,000 events a second is sent as fast as it goes while
//! the engine's process is stopped. `CIVICSENSE_OUTAGE_EVENTS` sends another number.
#![expect(
    clippy::disallowed_methods,
    reason = "a bench reads the clock, the environment, and runs its own tasks"
)]

#[path = "harness/client.rs"]
mod client;
#[path = "harness/engine.rs"]
mod engine;
#[path = "harness/events.rs"]
mod events;
#[path = "harness/load.rs"]
mod load;
#[path = "harness/program.rs"]
mod program;
#[path = "harness/table.rs"]
mod table;

use std::fmt::Write as _;
use std::process::Command;

use anyhow::ensure;
use program::Program;
use table::Table;
use uuid::Uuid;

const PEAK: u64 = 5_000;
const MINUTES: u64 = 30;
const BATCH: u64 = 100;
const CONNECTIONS: u64 = 16;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let told = std::env::var("CIVICSENSE_OUTAGE_EVENTS").ok().and_then(|text| text.parse().ok());
    let events: u64 = told.unwrap_or(PEAK * MINUTES * 60);
    let dir = tempfile::tempdir()?;
    let program = Program::start(&["serve"], dir.path())?;
    let address = program.address.clone();
    let key = client::write_key(&address).await?;
    let engine = program.children();
    ensure!(engine.len() == 1, "one engine: {engine:?}");
    signal("-STOP", &engine)?;
    let now = jiff::Timestamp::now().to_string();
    let outcome = load::run(&address, CONNECTIONS, events / BATCH, None, move |n| {
        events::post(body(n, &key, &now).into())
    })
    .await?;
    ensure!(outcome.refused == 0, "{} batches were refused", outcome.refused);
    let list = reqwest::get(format!("http://{address}/v1/recommendations")).await?;
    ensure!(list.status() == 200, "lists go on without ClickHouse: {}", list.status());
    let status = client::json(&address, "/v1/console/status").await?;
    let held = status["spool"]["bytes"].as_u64().unwrap_or(0);
    signal("-CONT", &engine)?;
    let drained = client::until_loaded(&address).await?;
    let mut table = Table::default();
    table.row("events sent while ClickHouse was away", "", format!("{events}"));
    let accepted = outcome.rate() * BATCH as f64;
    table.row("acknowledged a second meanwhile", "", format!("{accepted:.0}"));
    table.row("answer time p99 meanwhile (ms)", "", format!("{:.0}", outcome.percentile_ms(0.99)));
    table.row("held by the spool (MiB)", "", format!("{}", held >> 20));
    table.row("in ClickHouse after it came back (s)", "", format!("{:.0}", drained.as_secs_f64()));
    let rate = events as f64 / drained.as_secs_f64();
    table.row("events a second into ClickHouse meanwhile", "", format!("{rate:.0}"));
    for (what, sql) in [
        ("events", "SELECT count() FROM events"),
        ("events, different", "SELECT uniqExact(event_id) FROM events"),
        ("visitor_log", "SELECT count() FROM visitor_log"),
        ("hourly", "SELECT sum(hits) FROM hourly"),
        (
            "sessions",
            "SELECT sum(n) FROM (SELECT uniqMerge(events) AS n FROM sessions GROUP BY site_id, session_id)",
        ),
        ("ingest_stats", "SELECT sum(n) FROM ingest_stats WHERE outcome = 'stored'"),
    ] {
        let found = engine::number(dir.path(), sql).await?;
        let lost = events as f64 - found;
        table.row(&format!("lost (or doubled, negative) in {what}"), "0", format!("{lost:.0}"));
    }
    table.row(
        "resident at the end, engine included (MiB)",
        "",
        format!("{}", program.resident_bytes() >> 20),
    );
    table.print();
    Ok(())
}

fn body(batch: u64, key: &str, now: &str) -> Vec<u8> {
    let mut body = format!("{{\"write_key\":\"{key}\",\"events\":[");
    for n in batch * BATCH..(batch + 1) * BATCH {
        let id = Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | u128::from(n));
        let (visitor, item) = (n * 7_919 % 500_000, n * 104_729 % 20_000);
        let comma = if n % BATCH == 0 { "" } else { "," };
        write!(
            body,
            "{comma}{{\"event_id\":\"{id}\",\"name\":\"page_view\",\"ts\":\"{now}\",\"anonymous_id\":\"visitor-{visitor}\",\
             \"page\":{{\"url\":\"https://portal.example/items/{item}.html\",\"title\":\"公积金提取办事指南\"}},\"item_id\":\"item-{item}\",\
             \"consent\":{{\"analytics\":true,\"personalisation\":true}}}}"
        )
        .expect("a string takes everything");
    }
    body.push_str("]}");
    body.into_bytes()
}

fn signal(name: &str, pids: &[u32]) -> anyhow::Result<()> {
    for pid in pids {
        ensure!(
            Command::new("kill").args([name, &pid.to_string()]).status()?.success(),
            "kill {name}"
        );
    }
    Ok(())
}
