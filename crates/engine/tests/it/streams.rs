//! Long results and long inserts: constant memory, back-pressure, cancellation.

use std::time::{Duration, Instant};

use futures::StreamExt as _;

use tokio::task::JoinSet;

use crate::fixture::Running;

/// 200 MB of rows in pieces of 1 MB, made as they are sent.
fn two_hundred_megabytes() -> impl futures::Stream<Item = Result<bytes::Bytes, std::io::Error>> {
    futures::stream::iter((0..200_u64).map(|piece| {
        // RowBinary of (UInt64, String): 8 bytes, a length byte, 91 bytes: 100 a row.
        let mut rows = Vec::with_capacity(1_000_000);
        for row in piece * 10_000..(piece + 1) * 10_000 {
            rows.extend_from_slice(&row.to_le_bytes());
            rows.push(91);
            rows.extend(std::iter::repeat_n(b'a' + u8::try_from(row % 26).expect("below 26"), 91));
        }
        Ok(bytes::Bytes::from(rows))
    }))
}

#[tokio::test]
async fn a_large_insert_and_a_large_result_leave_memory_flat() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a UInt64, b String) ENGINE = Null").await;
    let insert = |megabytes: usize| {
        let body = reqwest::Body::wrap_stream(two_hundred_megabytes().take(megabytes));
        running.post("query=INSERT+INTO+t+FORMAT+RowBinary&max_insert_block_size=65536&min_insert_block_size_rows=65536&min_insert_block_size_bytes=8388608").body(body).send()
    };
    assert!(insert(20).await.expect("answered").status().is_success());
    let before = running.resident_mib();
    let response = insert(200).await.expect("answered");
    assert!(response.status().is_success(), "{}", response.text().await.expect("whole"));
    let after = running.resident_mib();
    println!(
        "resident memory of the engine: {before} MiB after 20 MB, {after} MiB after 200 MB of insert"
    );
    assert!(after < before + 80, "200 MB of insert grew the engine from {before} to {after} MiB");

    let little = peak_of_a_result(&running, 400_000).await;
    let peak = peak_of_a_result(&running, 4_000_000).await;
    println!(
        "resident memory of the engine: at most {little} MiB during a result of 40 MB, {peak} MiB during one of 400 MB"
    );
    assert!(peak < little + 80, "a result of 400 MB grew the engine from {little} to {peak} MiB");
    running.engine.stop().await;
}

/// The engine's most resident memory, in MiB, during a result of 100 bytes a row. It is read slowly at first: the engine
/// has to wait, not to remember.
async fn peak_of_a_result(running: &Running, rows: usize) -> u64 {
    let sql = format!("SELECT number, repeat('x', 91) FROM numbers({rows}) FORMAT RowBinary");
    let mut result = running.post("").body(sql).send().await.expect("answered").bytes_stream();
    let (mut bytes, mut peak) = (0, 0);
    while let Some(piece) = result.next().await {
        bytes += piece.expect("whole").len();
        if bytes < 20_000_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        peak = peak.max(running.resident_mib());
    }
    assert_eq!(bytes, rows * 100);
    peak
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_query() {
    let running = Running::start().await;
    let others = "SELECT count() FROM system.processes WHERE query NOT LIKE '%system.processes%'";
    // One that has sent nothing yet, one in the middle of its result.
    for sql in [
        "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))",
        "SELECT sipHash64(number) FROM numbers(1000000000000) FORMAT RowBinary",
    ] {
        let request = running.post("").body(sql);
        let mut client = JoinSet::new();
        client.spawn(async move {
            let mut pieces = request.send().await.expect("answered").bytes_stream();
            while pieces.next().await.is_some() {}
        });
        let started = Instant::now();
        while running.ask(others).await != "1" {
            assert!(started.elapsed() < Duration::from_secs(10), "never started: {sql}");
        }
        client.abort_all();
        let gone = Instant::now();
        while running.ask(others).await != "0" {
            assert!(
                gone.elapsed() < Duration::from_secs(5),
                "still running 5 s after its client went: {sql}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        println!("cancelled {:?} after the client went", gone.elapsed());
    }
    running.engine.stop().await;
}

#[tokio::test]
async fn an_insert_that_breaks_off_stores_nothing() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let body = futures::stream::iter([
        Ok(bytes::Bytes::from_static(b"1\n2\n")),
        Err(std::io::Error::other("gone")),
    ]);
    let sent = running
        .post("query=INSERT+INTO+t+FORMAT+TSV")
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await;
    assert!(sent.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(running.ask("SELECT count() FROM t").await, "0");
    running.engine.stop().await;
}

#[tokio::test]
async fn writers_do_not_hold_up_readers() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    // More unfinished inserts than writers are allowed.
    let (mut senders, mut inserts) = (Vec::new(), JoinSet::new());
    for _ in 0..6 {
        let (sender, body) =
            futures::channel::mpsc::channel::<Result<bytes::Bytes, std::io::Error>>(1);
        senders.push(sender);
        inserts.spawn(
            running
                .post("query=INSERT+INTO+t+FORMAT+TSV")
                .body(reqwest::Body::wrap_stream(body))
                .send(),
        );
    }
    for sender in &mut senders {
        sender.try_send(Ok(bytes::Bytes::from_static(b"1\n"))).expect("room");
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    assert_eq!(running.ask("SELECT count() FROM t").await, "0");
    assert!(started.elapsed() < Duration::from_secs(2), "a reader waited {:?}", started.elapsed());
    drop(senders);
    for insert in inserts.join_all().await {
        assert!(insert.expect("answered").status().is_success());
    }
    assert_eq!(running.ask("SELECT count() FROM t").await, "6");
    running.engine.stop().await;
}

#[tokio::test]
async fn headers_of_a_streamed_result_come_once() {
    let running = Running::start().await;
    let rows = 300_000;
    for (format, lines) in [
        ("CSVWithNames", 1),
        ("TSVWithNamesAndTypes", 2),
        ("TabSeparatedWithNames", 1),
        ("JSONCompactEachRowWithNamesAndTypes", 2),
        ("JSONEachRow", 0),
    ] {
        let text =
            running.ask(&format!("SELECT number AS n FROM numbers({rows}) FORMAT {format}")).await;
        assert_eq!(text.lines().count(), rows + lines, "{format}");
    }
    let empty = running.ask("SELECT 1 AS a WHERE 0 FORMAT CSVWithNames").await;
    assert_eq!(empty, "\"a\"");
    let json =
        running.ask(&format!("SELECT number AS n FROM numbers({rows}) FORMAT JSONCompact")).await;
    assert_eq!(json.matches("\"meta\"").count(), 1);
    running.engine.stop().await;
}

#[tokio::test]
async fn more_clients_than_turns_are_all_served() {
    let running = Running::start().await;
    let mut clients = JoinSet::new();
    for n in 0..80 {
        clients.spawn(running.post("").body(format!("SELECT {n} + sleep(0.02)")).send());
    }
    for answer in clients.join_all().await {
        let answer = answer.expect("answered");
        assert!(answer.status().is_success(), "{}", answer.text().await.expect("whole"));
    }
    running.engine.stop().await;
}

#[tokio::test]
async fn a_slow_client_gets_all_that_came_before_an_exception() {
    let running = Running::start().await;
    // 30 MB and an exception: more than the connection holds, so most of it waits for the client.
    let sql = "SELECT throwIf(number = 300000), repeat('x', 99) FROM numbers(400000) \
               SETTINGS max_block_size = 10000 FORMAT RowBinary";
    let response = running.post("").body(sql).send().await.expect("answered");
    assert_eq!(response.status(), 200, "the exception comes after the head");
    let tag = response.headers()["x-clickhouse-exception-tag"].to_str().expect("text").to_owned();
    let mut result = response.bytes_stream();
    let (mut bytes, mut broken) = (Vec::new(), false);
    while let Some(piece) = result.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(_) => broken = true,
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(broken, "the answer looks whole");
    let end = String::from_utf8_lossy(&bytes[bytes.len() - 400..]).into_owned();
    assert!(end.contains("Code: 395. DB::Exception: "), "{end}");
    assert!(end.ends_with(&format!(" {tag}\r\n__exception__\r\n")), "{end}");
    assert!(bytes.len() > 20_000_000, "only {} bytes came", bytes.len());
    running.engine.stop().await;
}
