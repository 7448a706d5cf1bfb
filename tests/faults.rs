//! Faults from outside: the analytic engine dies while the server works, and neither answers nor events are lost.

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Builder, TestApp, alive, page_view, signal, tool, wait_until};

fn stored(app: &TestApp) -> anyhow::Result<u64> {
    let response = app.get("/v1/analytics/top_content?by=page&include_bots=true").send()?;
    if response.status() != 200 {
        return Ok(0);
    }
    let answer: Value = response.json()?;
    let rows = answer["rows"].as_array().unwrap();
    Ok(rows
        .iter()
        .find(|row| row[0] == "/during-the-fault")
        .map_or(0, |row| row[3].as_u64().unwrap()))
}

#[test]
fn a_killed_engine_costs_neither_an_answer_nor_an_event() {
    let app = TestApp::start().unwrap();
    let items: Vec<String> = (0..30)
        .map(|id| json!({ "id": format!("i{id}"), "title": format!("事项{id}"), "kind": "service", "dept": format!("d{}", id % 9) }).to_string())
        .collect();
    let file = app.data_dir().join("items.ndjson");
    fs::write(&file, items.join("\n")).unwrap();
    let path = file.to_str().unwrap();
    assert!(app.command(&["import", "catalogue", path, "--reviewed"]).unwrap().status.success());
    let served =
        || app.json("/v1/recommendations").map(|list| list["items"].as_array().unwrap().len());
    wait_until("the items are served", Duration::from_secs(30), || Ok(served()? >= 8)).unwrap();

    let mut sent = 0;
    let mut killed = Vec::new();
    for round in 0..30 {
        if matches!(round, 5 | 18) {
            let engine = app.children();
            assert_eq!(engine.len(), 1, "one engine: {engine:?}");
            signal("-KILL", engine[0]).unwrap();
            killed.push(engine[0]);
            // The next kill must hit an engine that is at work again.
            if round == 5 {
                wait_until("the engine is started again", Duration::from_secs(30), || {
                    sent += send(&app);
                    assert!(served()? >= 8);
                    let now = app.children();
                    Ok(now.len() == 1 && now != killed && stored(&app)? > 0)
                })
                .unwrap();
            }
        }
        sent += send(&app);
        assert!(served().unwrap() >= 8, "lists do not wait for the engine");
        assert_eq!(app.get("/livez").send().unwrap().status(), 200);
    }
    assert!(killed.iter().all(|pid| !alive(*pid)));
    let ready = app.get("/readyz").send().unwrap();
    assert_eq!(ready.status(), 200, "without the engine the server is still ready");

    let app = app.restart().unwrap();
    wait_until("every event is stored", Duration::from_secs(30), || Ok(stored(&app)? >= sent))
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(stored(&app).unwrap(), sent, "none twice");
}

fn send(app: &TestApp) -> u64 {
    let events: Vec<Value> = (0..20).map(|_| page_view("somebody", "/during-the-fault")).collect();
    let response = app.send_events(&events).unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().unwrap();
    assert!(
        answer["results"].as_object().unwrap().values().all(|one| one["result"] == "ok"),
        "{answer}"
    );
    20
}

/// Kills in one run. Each costs a start of the server or the engine.
const ROUNDS: u64 = 24;
/// Events of one request.
const BATCH: u64 = 50;

/// A deterministic stranger: the same seed kills in the same order.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// The requests of one sender, in order, each again until it is acknowledged.
fn send_until(
    url: &Mutex<String>,
    key: &str,
    sender: u64,
    acknowledged: &AtomicU64,
    over: &AtomicBool,
) {
    let client =
        reqwest::blocking::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    for number in 0.. {
        let events: Vec<Value> = (0..BATCH)
            .map(|n| {
                let id = u128::from(sender) << 64
                    | u128::from(number * BATCH + n)
                    | 0x7000 << 76
                    | 0x8 << 60;
                let mut event = page_view(
                    &format!("somebody-{}", (number * 7 + n) % 40),
                    &format!("/{}", n % 5),
                );
                event["event_id"] = json!(uuid::Uuid::from_u128(id));
                event
            })
            .collect();
        let body = json!({ "write_key": key, "events": events });
        loop {
            let address = format!("{}/v1/events", url.lock().unwrap());
            let sent = crate::harness::browser(client.post(address)).json(&body).send();
            if sent.is_ok_and(|answer| answer.status() == 200 && answer.bytes().is_ok()) {
                acknowledged.fetch_add(BATCH, Ordering::SeqCst);
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        if over.load(Ordering::SeqCst) {
            return;
        }
    }
}

/// What every table says of the events, rollups included.
const TABLES: [(&str, &str); 8] = [
    ("events", "count() FROM events"),
    ("events, different", "uniqExact(event_id) FROM events"),
    ("visitor_log", "count() FROM visitor_log"),
    ("hourly", "sum(hits) FROM hourly"),
    (
        "sessions",
        "sum(n) FROM (SELECT uniqMerge(events) AS n FROM sessions GROUP BY site_id, session_id)",
    ),
    (
        "sessions, views",
        "sum(n) FROM (SELECT uniqMerge(views) AS n FROM sessions GROUP BY site_id, session_id)",
    ),
    ("ingest_stats", "sum(n) FROM ingest_stats WHERE outcome = 'stored'"),
    (
        "batches",
        "sum(n) FROM (SELECT any(rows) AS n FROM batches WHERE lane = 'events' OR startsWith(lane, 'late') GROUP BY token)",
    ),
];

/// Every table, rollups included, holds each acknowledged event once.
fn everything_is_there_once(app: &TestApp, acknowledged: u64) {
    let numbers = || -> anyhow::Result<Vec<(&'static str, u64)>> {
        let number = |(table, query): (&'static str, &'static str)| {
            let (value, from) = query.split_once(" FROM ").unwrap_or((query, ""));
            let rows = app.sql(&format!("SELECT toString({value}) AS text FROM {from}"))?;
            Ok((table, rows[0]["text"].as_str().unwrap_or_default().parse()?))
        };
        TABLES.into_iter().map(number).collect()
    };
    let expected = TABLES.map(|(table, _)| (table, acknowledged));
    // The views are written a moment after the events, and the ledger after the views.
    let there = wait_until("every table has every event", Duration::from_secs(120), || {
        Ok(numbers().is_ok_and(|numbers| numbers == expected))
    });
    assert!(there.is_ok(), "{acknowledged} acknowledged, found {:?}", numbers());
    let output = app.command(&["doctor", "ledger", "--hours", "72"]).unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("rows balance"), "{told}");
    assert_eq!(numbers().unwrap(), expected, "and nothing comes later");
}

#[test]
fn nothing_is_lost_and_nothing_doubled_whatever_is_killed() {
    let mut app = TestApp::start().unwrap();
    let key = app.write_key().unwrap();
    let url = Arc::new(Mutex::new(app.url.clone()));
    let (acknowledged, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let senders: Vec<_> = (1..=2)
        .map(|sender| {
            let (url, key) = (url.clone(), key.clone());
            let (acknowledged, over) = (acknowledged.clone(), over.clone());
            std::thread::spawn(move || send_until(&url, &key, sender, &acknowledged, &over))
        })
        .collect();
    let mut state = 0x5eed;
    for round in 0..ROUNDS {
        std::thread::sleep(Duration::from_millis(200 + next(&mut state) % 1_800));
        let engine = app.children();
        match round % 3 {
            0 => engine.iter().for_each(|pid| signal("-KILL", *pid).unwrap()),
            1 => {
                app.kill().unwrap();
                app = app.revive().unwrap();
            }
            _ => {
                app.kill().unwrap();
                engine.iter().for_each(|pid| drop(signal("-KILL", *pid)));
                app = app.revive().unwrap();
            }
        }
        url.lock().unwrap().clone_from(&app.url);
    }
    over.store(true, Ordering::SeqCst);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let acknowledged = acknowledged.load(Ordering::SeqCst);
    assert!(acknowledged > ROUNDS * BATCH, "{acknowledged} events in {ROUNDS} rounds are no load");
    println!("{acknowledged} events over {ROUNDS} kills");
    everything_is_there_once(&app, acknowledged);
}

#[test]
fn a_day_of_events_sent_again_changes_no_table() {
    let app = TestApp::start().unwrap();
    let key = app.write_key().unwrap();
    let now = jiff::Timestamp::now();
    let day: Vec<Value> = (0..40_u64)
        .map(|batch| {
            let events: Vec<Value> = (0..BATCH)
                .map(|n| {
                    let number = batch * BATCH + n;
                    let mut event =
                        page_view(&format!("somebody-{}", number % 97), &format!("/{}", n % 5));
                    event["event_id"] =
                        json!(uuid::Uuid::from_u128(u128::from(number) | 0x7000 << 76 | 0x8 << 60));
                    event["ts"] = json!(
                        (now - jiff::SignedDuration::from_secs(43 * number.cast_signed()))
                            .to_string()
                    );
                    event
                })
                .collect();
            json!({ "write_key": key, "events": events })
        })
        .collect();
    let send = || {
        for body in &day {
            let sent = crate::harness::browser(app.post("/v1/events", body)).send().unwrap();
            assert_eq!(sent.status(), 200);
        }
    };
    send();
    everything_is_there_once(&app, 40 * BATCH);
    send();
    let duplicates = || {
        app.sql(
            "SELECT toUInt32(sum(n)) AS n FROM ingest_stats WHERE outcome = 'suppressed.duplicate'",
        )
    };
    wait_until("the duplicates are counted", Duration::from_secs(20), || {
        Ok(duplicates()?[0]["n"] == 40 * BATCH)
    })
    .unwrap();
    everything_is_there_once(&app, 40 * BATCH);
}

/// A file system of its own and small, where this process may make one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(dir.path())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(dir));
        }
        println!("skipped: needs the right to mount a file system");
        None
    }

    /// Takes so many megabytes, or all that is left.
    fn fill(&self, name: &str, megabytes: usize) {
        let mut file = fs::File::create(self.0.path().join(name)).unwrap();
        let chunk = vec![0; 1 << 20];
        for _ in 0..megabytes {
            if file.write_all(&chunk).is_err() {
                return;
            }
        }
    }

    fn free(&self, name: &str) {
        fs::remove_file(self.0.path().join(name)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0.path()).status().unwrap();
    }
}

/// Numbered batches, each sent once or again under the same ids.
struct Sender<'a> {
    app: &'a TestApp,
    key: String,
}

impl Sender<'_> {
    /// The status of the answer.
    fn send(&self, number: u64) -> u16 {
        let now = jiff::Timestamp::now().to_string();
        let events: Vec<Value> = (0..BATCH)
            .map(|n| {
                let number = number * BATCH + n;
                let mut event =
                    page_view(&format!("somebody-{}", number % 97), &format!("/{}", n % 5));
                event["event_id"] =
                    json!(uuid::Uuid::from_u128(u128::from(number) | 0x7000 << 76 | 0x8 << 60));
                event["ts"] = json!(now);
                event["page"]["title"] = json!("题".repeat(900));
                event
            })
            .collect();
        let body = json!({ "write_key": self.key, "events": events });
        crate::harness::browser(self.app.post("/v1/events", &body))
            .send()
            .unwrap()
            .status()
            .as_u16()
    }
}

#[test]
fn a_full_disk_costs_no_event_in_any_table() {
    let Some(disk) = SmallDisk::new(320) else { return };
    let data = disk.0.path().join("data");
    fs::create_dir(&data).unwrap();
    let app = Builder::default().setting("SPOOL__MIN_FREE", "32MiB").start_at(&data).unwrap();
    let sender = Sender { app: &app, key: app.write_key().unwrap() };
    let mut acknowledged = 0;
    for _ in 0..20 {
        assert_eq!(sender.send(acknowledged), 200);
        acknowledged += 1;
    }
    // The engine takes nothing, and the spool fills what is left.
    let engine = app.children()[0];
    signal("-STOP", engine).unwrap();
    disk.fill("half", 150);
    let refused = loop {
        match sender.send(acknowledged) {
            200 => acknowledged += 1,
            status => break status,
        }
        assert!(acknowledged < 20_000, "the disk never fills");
    };
    assert_eq!(refused, 503);
    // Now there is no room for the engine either.
    disk.fill("rest", 400);
    signal("-CONT", engine).unwrap();
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(sender.send(acknowledged), 503);
    disk.free("rest");
    disk.free("half");
    for _ in 0..10 {
        wait_until("there is room again", Duration::from_secs(30), || {
            Ok(sender.send(acknowledged) == 200)
        })
        .unwrap();
        acknowledged += 1;
    }
    everything_is_there_once(&app, acknowledged * BATCH);
    drop(app);
}

#[test]
fn a_clock_that_jumps_costs_no_event_in_any_table() {
    let Some(library) = tool("CIVICSENSE_FAKETIME", "libfaketime") else { return };
    let dir = tempfile::tempdir().unwrap();
    let clock = dir.path().join("clock");
    let set = |offset: &str| fs::write(&clock, format!("{offset}\n")).unwrap();
    set("+0");
    let app = Builder::default()
        .environment("LD_PRELOAD", &library)
        .environment("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
        .environment("FAKETIME_NO_CACHE", "1")
        .environment("DONT_FAKE_MONOTONIC", "1")
        .start()
        .unwrap();
    let sender = Sender { app: &app, key: app.write_key().unwrap() };
    let mut sent = 0;
    for offset in ["+0", "+3h", "+0", "-2h", "+26h", "-1h", "+0"] {
        set(offset);
        for again in 0..2 {
            // Each comes twice, whatever the clock says.
            for number in sent..sent + 10 {
                assert_eq!(sender.send(number), 200, "{offset}, {again}");
            }
        }
        if sent > 0 {
            assert_eq!(sender.send(sent - 1), 200);
        }
        sent += 10;
    }
    everything_is_there_once(&app, sent * BATCH);
    let hours =
        app.sql("SELECT toUInt32(uniqExact(toStartOfHour(received_at))) AS n FROM events").unwrap();
    assert!(hours[0]["n"].as_u64().unwrap() >= 4, "the clock did jump: {hours:?}");
}
