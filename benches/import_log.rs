//! Server logs into the warehouse: lines a second and memory, for a log and one ten times as long.

#[path = "harness/table.rs"]
mod table;

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use table::Table;

const LINES: u64 = 1_000_000;

fn main() -> anyhow::Result<()> {
    let mut table = Table::default();
    let mut peaks = Vec::new();
    for lines in [LINES, 10 * LINES] {
        let dir = tempfile::tempdir()?;
        let log = dir.path().join("access.log");
        write_log(&log, lines)?;
        let run = import(&log, &dir.path().join("data"))?;
        let rate = |time: Duration| format!("{:.0}", lines as f64 / time.as_secs_f64());
        table.row(&format!("{lines} lines: a second into the spool"), "≥ 50,000", rate(run.read));
        table.row(&format!("{lines} lines: a second into ClickHouse"), "", rate(run.whole));
        table.row(
            &format!("{lines} lines: peak resident (MiB)"),
            "",
            format!("{}", run.peak >> 20),
        );
        peaks.push(run.peak as f64);
    }
    table.row(
        "peak for ten times the lines",
        "flat (≤ 1.3 ×)",
        format!("{:.2} ×", peaks[1] / peaks[0]),
    );
    table.print();
    Ok(())
}

struct Run {
    /// Until everything was in the spool.
    read: Duration,
    /// Until everything was in the warehouse, the engine's start and stop included.
    whole: Duration,
    /// Of the importing process, without the engine.
    peak: u64,
}

/// Runs the command and watches it: the peak is the kernel's own high-water mark.
fn import(log: &Path, data: &Path) -> anyhow::Result<Run> {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_civicsense"))
        .args(["import", "log", "--items", "pages", "--data-dir"])
        .args([data, log])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = peak.max(high_water(&child));
        pause(Duration::from_millis(20));
    }
    let whole = started.elapsed();
    let mut said = String::new();
    child.stdout.take().context("its output is piped")?.read_to_string(&mut said)?;
    ensure!(child.wait()?.success(), "the import failed: {said}");
    let seconds = said.lines().find_map(|line| line.split_once("  seconds of reading"));
    let read = seconds.context("the time of reading")?.0.trim().parse()?;
    Ok(Run { read: Duration::from_secs_f64(read), whole, peak })
}

fn high_water(child: &Child) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Combined Log Format: as many visitors, pages and browsers as a city's portal has, a tenth of the lines not pages.
fn write_log(path: &Path, lines: u64) -> anyhow::Result<()> {
    const AGENTS: [&str; 4] = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; HarmonyOS) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 MicroMessenger/8.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ];
    let mut out = BufWriter::new(File::create(path)?);
    let begin = jiff::Timestamp::from_second(1_790_000_000)?;
    for n in 0..lines {
        let visitor = n * 7_919 % 60_013;
        let page = n * 104_729 % 20_011;
        let at = (begin + jiff::SignedDuration::from_millis(i64::try_from(n * 30)?))
            .to_zoned(jiff::tz::TimeZone::UTC);
        let suffix = if n % 10 == 0 { "png" } else { "html" };
        writeln!(
            out,
            "10.{}.{}.{} - - [{}] \"GET /zwgk/{}/{page}.{suffix}?from=list HTTP/1.1\" 200 {} \"https://www.example.gov.cn/\" \"{}\"",
            visitor >> 16,
            visitor >> 8 & 255,
            visitor & 255,
            at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            page % 40,
            1_000 + page,
            AGENTS[usize::try_from(visitor % 4)?],
        )?;
    }
    out.flush()?;
    Ok(())
}
