//! `kill -9` while many clients insert: what was acknowledged is there afterwards, once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::fixture::{Running, kill_9};

const ROUNDS: u32 = 6;
const CLIENTS: u64 = 4;
const ROWS: u64 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_insert_survives_kill_9() {
    let running = Arc::new(Running::start().await);
    running
        .ask("CREATE TABLE t (batch UInt64, row UInt64) ENGINE = MergeTree ORDER BY (batch, row)")
        .await;
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let next = Arc::new(AtomicU64::new(0));
    for round in 0..ROUNDS {
        let pid = running.engine.pid().expect("running");
        let before = acknowledged.lock().await.len();
        let clients: JoinSet<()> = (0..CLIENTS)
            .map(|_| {
                let (running, acknowledged, next) =
                    (Arc::clone(&running), Arc::clone(&acknowledged), Arc::clone(&next));
                async move {
                    loop {
                        let batch = next.fetch_add(1, Ordering::Relaxed);
                        let body: String =
                            (0..ROWS).map(|row| format!("{batch}\t{row}\n")).collect();
                        let sent =
                            running.post("query=INSERT+INTO+t+FORMAT+TSV").body(body).send().await;
                        match sent {
                            Ok(response) if response.status().is_success() => {
                                acknowledged.lock().await.insert(batch)
                            }
                            Ok(response) => {
                                panic!("refused: {}", response.text().await.unwrap_or_default())
                            }
                            Err(_) => return,
                        };
                    }
                }
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300 + 130 * u64::from(round))).await;
        kill_9(pid);
        clients.join_all().await;
        while running.engine.pid() == Some(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        running.engine.ready().await;

        let stored =
            running.ask("SELECT batch, count(), uniqExact(row) FROM t GROUP BY batch").await;
        let mut whole = BTreeSet::new();
        for line in stored.lines() {
            let mut numbers = line.split('\t').map(|n| n.parse::<u64>().expect("a number"));
            let (batch, rows, distinct) = (numbers.next(), numbers.next(), numbers.next());
            assert_eq!((rows, distinct), (Some(ROWS), Some(ROWS)), "batch {batch:?} is not whole");
            whole.insert(batch.expect("three columns"));
        }
        let acknowledged = acknowledged.lock().await;
        let lost: Vec<_> = acknowledged.difference(&whole).collect();
        assert!(
            lost.is_empty(),
            "round {round}: {} acknowledged batches are gone: {lost:?}",
            lost.len()
        );
        println!(
            "round {round}: {} acknowledged, {} stored, none lost",
            acknowledged.len(),
            whole.len()
        );
        assert!(
            acknowledged.len() > before,
            "nothing was acknowledged in round {round}, so it tested nothing"
        );
    }
    assert_eq!(running.engine.restarts(), u64::from(ROUNDS));
    let running = Arc::into_inner(running).expect("clients are done");
    running.engine.stop().await;
}
