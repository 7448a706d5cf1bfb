//! Import from outside: server logs and catalogues, the real ones where they are, each again without effect.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Builder, run, shared_data, wait_until};

fn good(dir: &Path, arguments: &[&str]) -> String {
    let output = run(dir, arguments).unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The summary's lines: what → how many.
fn counts(summary: &str) -> HashMap<String, u64> {
    let line = |line: &str| {
        let (count, what) = line.trim().split_once("  ")?;
        Some((what.trim().to_owned(), count.parse().ok()?))
    };
    summary.lines().filter_map(line).collect()
}

/// Events stored between two days, robots included.
fn stored(dir: &Path, from: &str, to: &str) -> u64 {
    let question = format!(
        r#"{{"question":"trends","metric":"events","interval":"day","include_bots":true,"from":"{from}","to":"{to}"}}"#
    );
    let rows = good(dir, &["query", &question, "--json"]);
    rows.lines()
        .map(|row| serde_json::from_str::<Value>(row).unwrap())
        .flat_map(|row| {
            row.as_object().unwrap().values().filter_map(Value::as_u64).collect::<Vec<_>>()
        })
        .sum()
}

#[test]
fn a_real_server_log_comes_in_once_and_can_be_learnt_from() {
    let Some(data) = shared_data() else { return };
    let dir = TempDir::new().unwrap();
    let log = data.join("clicks/nasa-1995-08-01.log.gz");
    let import =
        ["import", "log", log.to_str().unwrap(), "--items", "pages", "--consent", "profile"];
    let first = counts(&good(dir.path(), &import));
    assert_eq!(first["lines"], 30_969, "{first:?}");
    let rest: u64 = first.iter().filter(|(what, _)| *what != "lines").map(|(_, count)| count).sum();
    assert_eq!(
        rest, 30_969,
        "every line is an event, left out for a reason, or a dead letter: {first:?}"
    );
    assert!(first["events"] > 5_000, "{first:?}");
    let before = stored(dir.path(), "1995-08-01", "1995-08-02");
    assert!(before >= first["events"], "{before} stored, {first:?}");

    assert_eq!(counts(&good(dir.path(), &import))["lines"], 30_969);
    assert_eq!(stored(dir.path(), "1995-08-01", "1995-08-02"), before, "a second run adds nothing");
    let balance = run(dir.path(), &["doctor", "ledger"]).unwrap();
    assert!(balance.status.success(), "{}", told(&balance));

    let report = good(dir.path(), &["evaluate", "--days", "12000", "--no-tune"]);
    for expected in ["recall@20", "NDCG@20", "popularity", "item-kNN", "ALS"] {
        assert!(report.to_lowercase().contains(&expected.to_lowercase()), "{expected}:\n{report}");
    }
}

#[test]
fn a_log_that_breaks_off_fails_and_keeps_what_came_before() {
    let dir = TempDir::new().unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    for line in 0..20_000 {
        let (host, page) = (line % 97, line * 7919 % 1009);
        writeln!(
            packed,
            "h{host}.example.org - - [10/Oct/2026:{:02}:{:02}:{:02} +0800] \"GET /page/{page} HTTP/1.1\" 200 {} \"-\" \
             \"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\"",
            line / 3600 % 24, line / 60 % 60, line % 60, page * 31
        )
        .unwrap();
    }
    let bytes = packed.finish().unwrap();
    let file = dir.path().join("cut.log.gz");
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let output = run(dir.path(), &["import", "log", file.to_str().unwrap()]).unwrap();
    assert!(!output.status.success());
    assert!(told(&output).contains("cut.log.gz"), "{}", told(&output));
    let kept = stored(dir.path(), "2026-10-09", "2026-10-11");
    assert!(kept > 2_000 && kept < 20_000, "{kept}");

    // The whole file later adds exactly what is missing.
    fs::write(&file, &bytes).unwrap();
    let whole = counts(&good(dir.path(), &["import", "log", file.to_str().unwrap()]));
    assert_eq!(whole["lines"], 20_000);
    assert_eq!(stored(dir.path(), "2026-10-09", "2026-10-11"), whole["events"]);
}

#[test]
fn a_line_that_is_no_log_line_is_kept_as_a_dead_letter() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("mixed.log");
    let good_line = r#"198.51.100.7 - - [10/Oct/2026:08:00:00 +0800] "GET /a HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0""#;
    let image = good_line.replace("GET /a ", "GET /a.png ");
    fs::write(&file, format!("{good_line}\nnot a log line\n{image}\n")).unwrap();
    let told_all = good(dir.path(), &["import", "log", file.to_str().unwrap()]);
    assert!(
        told_all.contains("--items pages"),
        "without a catalogue nothing is learnt: {told_all}"
    );
    let summary = counts(&told_all);
    assert_eq!(summary["lines"], 3);
    assert_eq!(summary["events"], 1);
    assert_eq!(summary["dead letters (kept with file and line)"], 1);
    assert_eq!(summary["left out: static_asset"], 1, "{summary:?}");
    let missing = run(dir.path(), &["import", "log", "/no/such.log"]).unwrap();
    assert!(
        !missing.status.success() && told(&missing).contains("/no/such.log"),
        "{}",
        told(&missing)
    );
    let nowhere =
        run(dir.path(), &["import", "log", file.to_str().unwrap(), "--site", "atlantis"]).unwrap();
    assert!(!nowhere.status.success() && told(&nowhere).contains("atlantis"), "{}", told(&nowhere));
}

#[test]
fn real_catalogues_come_in_and_again_change_nothing() {
    let Some(data) = shared_data() else { return };
    for (file, records) in [("gd-matters.jsonl", 2_262), ("guangan-matters.json", 1_135)] {
        let dir = TempDir::new().unwrap();
        let path = data.join("catalogue").join(file);
        let import =
            ["import", "catalogue", path.to_str().unwrap(), "--kind", "service", "--reviewed"];
        let first = counts(&good(dir.path(), &import));
        assert_eq!(first["records"], records, "{file}");
        assert!(first["new"] > records * 9 / 10, "{file}: {first:?}");
        let sum = first["new"] + first["changed"] + first["unchanged"] + first["not taken over"];
        assert_eq!(sum, records, "{file}: {first:?}");
        let again = counts(&good(dir.path(), &import));
        assert_eq!(
            (again["new"], again["not taken over"]),
            (0, first["not taken over"]),
            "{file}: {again:?}"
        );
    }
}

#[test]
fn a_wrong_column_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("items.csv");
    let path = file.to_str().unwrap();
    fs::write(&file, "编号,标题,颜色\n1,公告,红\n").unwrap();
    let output = run(dir.path(), &["import", "catalogue", path]).unwrap();
    assert!(!output.status.success());
    assert!(told(&output).contains("column 颜色 is not known"), "{}", told(&output));
    fs::write(&file, "编号,链接\n1,https://portal.example/1\n").unwrap();
    let output = run(dir.path(), &["import", "catalogue", path]).unwrap();
    assert!(!output.status.success());
    assert!(told(&output).contains("no column is the title"), "{}", told(&output));

    fs::write(&file, "编号,标题,发布日期\n1,公告一,2026-10-01\n2,公告二,昨天\n3,,2026-10-01\n")
        .unwrap();
    let summary = good(dir.path(), &["import", "catalogue", path]);
    assert!(summary.contains("line 3, 发布日期: "), "{summary}");
    assert!(summary.contains("line 4, title: is missing"), "{summary}");
    assert_eq!(counts(&summary)["new"], 1, "{summary}");
}

#[test]
fn a_growing_log_is_followed_by_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("access.log");
    let line = |minute: u32, path: &str| {
        let now = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(i64::from(minute));
        let time =
            now.to_zoned(jiff::tz::TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string();
        format!(
            "203.0.113.9 - - [{time}] \"GET {path} HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n"
        )
    };
    fs::write(&log, line(3, "/a")).unwrap();
    let followed = format!("[\"main={}\"]", log.display());
    let app = Builder::default().setting("COLLECT__LOGS", &followed).start().unwrap();
    let paths = || {
        let rows = app.sql("SELECT path FROM events WHERE proto = 'import' ORDER BY path").unwrap();
        rows.iter().map(|row| row["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    wait_until("the first line", Duration::from_secs(15), || Ok(paths() == ["/a"])).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(line(2, "/b").as_bytes()).unwrap();
    wait_until("the second line", Duration::from_secs(15), || Ok(paths() == ["/a", "/b"])).unwrap();
    fs::rename(&log, dir.path().join("access.log.1")).unwrap();
    fs::write(&log, line(1, "/c")).unwrap();
    wait_until("the line after rotation", Duration::from_secs(15), || {
        Ok(paths() == ["/a", "/b", "/c"])
    })
    .unwrap();
    // The file is read again from its beginning, and nothing comes twice.
    let app = app.restart().unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(line(0, "/d").as_bytes()).unwrap();
    let rows =
        || app.sql("SELECT toUInt32(count()) AS n FROM events WHERE proto = 'import'").unwrap();
    wait_until("the last line", Duration::from_secs(15), || Ok(rows()[0]["n"] == 4)).unwrap();
    let counts = app
        .sql(
            "SELECT toUInt32(sum(n)) AS n FROM ingest_stats WHERE outcome = 'suppressed.duplicate'",
        )
        .unwrap();
    assert_eq!(counts[0]["n"], 1, "the line of before was read again and known");
}
