//! Measurements, run by hand: `cargo test --release -p civicsense-clickstream throughput -- --ignored --nocapture`.

use std::io::Write;
use std::time::{Duration, Instant};

use super::*;
use crate::{Lane, log};

const CLIENTS: u32 = 32;
const REQUESTS: u32 = 150;
const BATCH: u32 = 100;
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";

fn body(client: u32, request: u32) -> String {
    let events = (0..BATCH).map(|n| {
        let id = uuid::Uuid::new_v4();
        json!({"event_id": id, "name": "page_view", "anonymous_id": format!("b-{}", (client * 7 + n) % 5_000),
            "ts": 1_780_000_000_000_i64 + i64::from(request), "item_id": format!("svc-{}", n * 31 % 400),
            "page": {"url": format!("https://www.example.gov.cn/service/{n}?from=home"), "title": "出生登记一件事",
                "referrer": "https://www.example.gov.cn/"}, "consent": {"analytics": true, "personalisation": true}})
    });
    json!({"write_key": "k", "events": events.collect::<Vec<_>>()}).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: needs a release build and a quiet machine"]
async fn throughput_of_batches_of_a_hundred() {
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let collector = Arc::new(collector(dir.path()));
    let bodies: Vec<Vec<String>> =
        (0..CLIENTS).map(|client| (0..REQUESTS).map(|n| body(client, n)).collect()).collect();
    let began = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for bodies in bodies {
        let collector = Arc::clone(&collector);
        clients.spawn(async move {
            let mut slowest = Duration::ZERO;
            for body in bodies {
                let mut request = Request::new(
                    body.as_bytes(),
                    jiff::Timestamp::from_second(1_780_000_000).unwrap(),
                );
                request.user_agent = Some(AGENT);
                request.accept_language = Some("zh-CN");
                let sent = Instant::now();
                collector.native(&request).await.unwrap();
                slowest = slowest.max(sent.elapsed());
            }
            slowest
        });
    }
    let slowest = clients.join_all().await.into_iter().max().unwrap();
    let took = began.elapsed().as_secs_f64();
    let events = collector.spool().next_offset(Lane::Events);
    assert_eq!(events, u64::from(CLIENTS * REQUESTS * BATCH));
    let syncs = collector.spool().next_offset(Lane::Stats);
    let bytes = collector.spool().held_bytes();
    println!(
        "fjall: {:.0} events/s, {events} events in {took:.2} s, {syncs} syncs, {} bytes an event, slowest request {slowest:?}",
        events as f64 / took,
        bytes / events
    );

    // The same bytes in as many synced appends to one file: the most a plain segmented log could do.
    let mut file = std::fs::File::create(dir.path().join("plain.log")).unwrap();
    let chunk = vec![7_u8; (bytes / syncs) as usize];
    let began = Instant::now();
    for _ in 0..syncs {
        file.write_all(&chunk).unwrap();
        file.sync_data().unwrap();
    }
    println!("plain appends alone: {:.2} s", began.elapsed().as_secs_f64());
}

#[test]
#[ignore = "a measurement: needs a release build and a quiet machine"]
fn throughput_of_a_log() {
    for lines in [300_000_usize, 3_000_000] {
        let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let path = dir.path().join("access.log");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        for n in 0..lines {
            let (second, path) = (n / 50, n * 7_919 % 10_007);
            writeln!(
                file,
                "10.{}.{}.7 - - [28/May/2026:{:02}:{:02}:{:02} +0800] \"GET /p/{path}.html HTTP/1.1\" 200 5120 \"https://www.example.gov.cn/list\" \"{AGENT}\"",
                n * 31 % 251, n % 97, second / 3600 % 24, second / 60 % 60, second % 60
            )
            .unwrap();
        }
        file.flush().unwrap();
        drop(file);
        let definitions = Definitions::built_in().unwrap();
        let options = log::Options {
            knowledge: crate::Knowledge::default(),
            site: SiteKey {
                site: SiteId(4),
                write_key: "k".into(),
                pepper: [1; 32],
                time_zone: "Asia/Shanghai".into(),
                default_channel: Channel::Web,
                plan: None,
                origins: Vec::new(),
            },
            host: String::new(),
            clock: &|| jiff::Timestamp::UNIX_EPOCH,
            consent: vocab::Consent::ANALYTICS,
            resolve: &|_| None,
            threads: 2,
        };
        for spooled in [false, true] {
            let spool = Spool::open(definitions.spool_config(dir.path().join("spool"))).unwrap();
            let began = Instant::now();
            let summary = log::import(
                definitions.log(),
                std::slice::from_ref(&path),
                &options,
                &mut |_| {},
                &mut |intake| {
                    if spooled {
                        spool.append_blocking(&intake, Duration::from_secs(60))?;
                    }
                    Ok(())
                },
            )
            .unwrap();
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
            println!(
                "log: {:.0} lines/s, {} lines, into the spool: {spooled}, {peak}",
                summary.lines as f64 / began.elapsed().as_secs_f64(),
                summary.lines
            );
        }
    }
}
