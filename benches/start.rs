//! How long a start on existing data takes, and what the demo holds in memory.

#[path = "harness/engine.rs"]
mod engine;
#[path = "harness/program.rs"]
mod program;
#[path = "harness/table.rs"]
mod table;

use std::time::{Duration, Instant};

use anyhow::ensure;
use program::Program;
use table::Table;

const STARTS: usize = 3;

fn main() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let started = Instant::now();
    let demo = Program::start(&["demo"], dir.path())?;
    let first = started.elapsed();
    // A minute of the demo's own traffic, with lists and searches beside it.
    let until = Instant::now() + Duration::from_secs(60);
    let client = reqwest::blocking::Client::new();
    let mut asked = 0_u64;
    while Instant::now() < until {
        for path in ["/v1/recommendations?surface=home", "/v1/search?q=%E5%85%AC%E7%A7%AF%E9%87%91"]
        {
            let answer = client.get(format!("http://{}{path}", demo.address)).send()?;
            ensure!(answer.status() == 200, "{path}: {}", answer.status());
            asked += 1;
        }
    }
    let resident = demo.resident_bytes();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bytes = runtime.block_on(engine::number(
        dir.path(),
        "SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'",
    ))?;
    drop(demo);

    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let program = Program::start(&["serve"], dir.path())?;
        let list = format!("http://{}/v1/recommendations?surface=home", program.address);
        ensure!(client.get(list).send()?.status() == 200, "the first list is not answered");
        starts.push(started.elapsed());
    }
    starts.sort_unstable();

    let mut table = Table::default();
    table.row(
        "`demo` on nothing: 2,000 citizens simulated, loaded, trained (s)",
        "",
        seconds(first),
    );
    let what = format!("`demo` resident, engine included, after {asked} requests (MiB)");
    table.row(&what, "< 2,048", format!("{}", resident >> 20));
    table.row(
        "bytes on disk an event of the demo, indexes included",
        "≤ 45",
        format!("{bytes:.1}"),
    );
    let middle = starts.get(STARTS / 2).copied().unwrap_or_default();
    table.row("`serve` on that data, to the first list: median of 3 (s)", "< 5", seconds(middle));
    table.print();
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}
