//! The official Rust client, with validation and LZ4 on: statements, inserts, errors.

use std::time::Duration;

use clickhouse::Row;
use clickhouse::error::Error;
use serde::{Deserialize, Serialize};

use crate::fixture::Running;

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Line {
    no: u32,
    name: String,
}

fn line(no: u32) -> Line {
    Line { no, name: format!("line {no}") }
}

#[tokio::test]
async fn statements_inserts_and_selects_pass() {
    let running = Running::start().await;
    running.client().query("CREATE DATABASE d").execute().await.expect("created");
    let client = running.client().with_database("d");
    client
        .query("CREATE TABLE t (no UInt32, name String) ENGINE = MergeTree ORDER BY no")
        .execute()
        .await
        .expect("created");

    let mut insert = client.insert::<Line>("t").await.expect("described");
    for no in 0..1000 {
        insert.write(&line(no)).await.expect("written");
    }
    insert.end().await.expect("stored");

    let mut inserter =
        client.inserter::<Line>("t").with_max_rows(100).with_period(Some(Duration::from_secs(1)));
    for no in 1000..1350 {
        inserter.write(&line(no)).await.expect("written");
        inserter.commit().await.expect("committed");
    }
    let rows = inserter.end().await.expect("stored");
    assert_eq!(rows.rows, 50, "the last batch is what is left after three of 100");

    let rows = client
        .query("SELECT ?fields FROM t WHERE no >= ? ORDER BY no")
        .bind(1347)
        .fetch_all::<Line>()
        .await;
    assert_eq!(rows.expect("read"), [line(1347), line(1348), line(1349)]);
    let one = client
        .query("SELECT ?fields FROM t WHERE no = {no:UInt32} AND name = {name:String}")
        .param("no", 7)
        .param("name", "line 7")
        .fetch_one::<Line>()
        .await;
    assert_eq!(one.expect("read"), line(7));
    let awkward = "it's a \"test\"\t\\ 中文\n";
    let echoed = client.query("SELECT {s:String}").param("s", awkward).fetch_one::<String>().await;
    assert_eq!(echoed.expect("read"), awkward);
    let bound = client.query("SELECT ?").bind(awkward).fetch_one::<String>().await;
    assert_eq!(bound.expect("read"), awkward);
    let none = client.query("SELECT ?fields FROM t WHERE no > 9999").fetch_optional::<Line>().await;
    assert_eq!(none.expect("read"), None);
    running.engine.stop().await;
}

#[tokio::test]
async fn two_hundred_thousand_rows_stream_through() {
    let running = Running::start().await;
    let sql = "SELECT toUInt32(number) AS no, concat('line ', toString(number)) AS name FROM numbers(200000)";
    for client in
        [running.client(), running.client().with_compression(clickhouse::Compression::None)]
    {
        let mut cursor = client.query(sql).fetch::<Line>().expect("sent");
        let mut next = 0;
        while let Some(row) = cursor.next().await.expect("read") {
            assert_eq!(row, line(next));
            next += 1;
        }
        assert_eq!(next, 200_000);
    }
    running.engine.stop().await;
}

#[tokio::test]
async fn errors_reach_the_client() {
    let running = Running::start().await;
    let client = running.client();
    let error = client.query("SELECT * FROM nope").execute().await.expect_err("no such table");
    let Error::BadResponse(text) = &error else { panic!("{error:?}") };
    assert!(
        text.starts_with("Code: 60. DB::Exception: ") && text.contains("UNKNOWN_TABLE"),
        "{text}"
    );

    let wrong = running
        .client()
        .with_password("wrong")
        .query("SELECT 1")
        .execute()
        .await
        .expect_err("refused");
    assert!(wrong.to_string().contains("Code: 516"), "{wrong}");

    client
        .query("CREATE TABLE t (no UInt64, name String) ENGINE = Memory")
        .execute()
        .await
        .expect("created");
    let mut insert = client.insert::<Line>("t").await.expect("described");
    let mismatch = insert.write(&line(1)).await.expect_err("UInt64 is not u32");
    assert!(matches!(mismatch, Error::SchemaMismatch(_)), "{mismatch:?}");

    let mut insert = client.insert_formatted_with("INSERT INTO t FORMAT JSONEachRow");
    insert.send("{\"no\":1}\n{\"no\":\"x\"}\n".into()).await.expect("sent");
    let error = insert.end().await.expect_err("not a number");
    assert!(
        error.to_string().contains("Code: 27") || error.to_string().contains("Code: 72"),
        "{error}"
    );
    running.engine.stop().await;
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_result_is_not_mistaken_for_its_end() {
    let running = Running::start().await;
    let sql = "SELECT toUInt32(number) AS no, toString(throwIf(number = 1000000)) AS name FROM numbers(2000000)";
    let plain = running.client().with_compression(clickhouse::Compression::None);
    for (client, compressed) in [(running.client(), true), (plain, false)] {
        let mut cursor = client.query(sql).fetch::<Line>().expect("sent");
        let mut rows = 0;
        let error = loop {
            match cursor.next().await {
                Ok(Some(_)) => rows += 1,
                Ok(None) => panic!("the result ended without an error after {rows} rows"),
                Err(error) => break error,
            }
        };
        assert!(rows > 0, "the error came before the result");
        // Without compression the crate looks for the exception within one read of the connection, and finds the
        // connection broken when a read ends in the middle of it; `streams` shows that the exception is there.
        let told = error.to_string().contains("Code: 395. DB::Exception: ");
        assert!(told || (!compressed && matches!(error, Error::Network(_))), "{error}");
    }
    let whole = running
        .client()
        .query(sql)
        .with_setting("wait_end_of_query", "1")
        .fetch_all::<Line>()
        .await;
    assert!(whole.expect_err("fails at once").to_string().contains("Code: 395"));
    running.engine.stop().await;
}

#[tokio::test]
async fn results_come_in_any_format() {
    let running = Running::start().await;
    let client = running.client();
    for (format, rows) in
        [("JSONEachRow", 10_u64), ("Parquet", 500_000), ("ArrowStream", 500_000), ("CSV", 500_000)]
    {
        let query =
            client.query("SELECT number AS n FROM numbers({rows:UInt64})").param("rows", rows);
        let bytes = query.fetch_bytes(format).expect("sent").collect().await.expect("read");
        match format {
            "Parquet" => assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1")),
            "JSONEachRow" => assert!(bytes.starts_with(b"{\"n\":0}\n")),
            "CSV" => assert!(bytes.ends_with(b"499999\n")),
            _ => assert!(
                bytes.starts_with(b"\xff\xff\xff\xff"),
                "an Arrow stream begins with a continuation mark"
            ),
        }
        // What came out goes in again, and is the same.
        client
            .query("CREATE OR REPLACE TABLE t (n UInt64) ENGINE = Memory")
            .execute()
            .await
            .expect("created");
        let mut insert = client.insert_formatted_with(format!("INSERT INTO t FORMAT {format}"));
        insert.send(bytes).await.expect("sent");
        insert.end().await.expect("stored");
        let (count, sum) = client
            .query("SELECT count(), sum(n) FROM t")
            .fetch_one::<(u64, u64)>()
            .await
            .expect("read");
        assert_eq!((count, sum), (rows, rows * (rows - 1) / 2), "{format}");
    }
    running.engine.stop().await;
}

#[tokio::test]
async fn a_batch_sent_twice_is_stored_once() {
    let running = Running::start().await;
    let client = running.client();
    let create = "CREATE TABLE t (no UInt32, name String) ENGINE = MergeTree ORDER BY no \
                  SETTINGS non_replicated_deduplication_window = 100";
    client.query(create).execute().await.expect("created");
    client
        .query(
            "CREATE TABLE sums (no UInt32, n UInt64) ENGINE = SummingMergeTree ORDER BY no \
                  SETTINGS non_replicated_deduplication_window = 100",
        )
        .execute()
        .await
        .expect("created");
    client
        .query("CREATE MATERIALIZED VIEW v TO sums AS SELECT no, count() AS n FROM t GROUP BY no")
        .execute()
        .await
        .expect("created");
    for token in ["one", "one", "two", "one"] {
        let mut insert = client
            .insert::<Line>("t")
            .await
            .expect("described")
            .with_setting("insert_deduplication_token", token)
            .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1");
        for no in 0..10 {
            insert.write(&line(no)).await.expect("written");
        }
        insert.end().await.expect("accepted");
    }
    let counts = client
        .query("SELECT count(), assumeNotNull((SELECT sum(n) FROM sums)) FROM t")
        .fetch_one::<(u64, u64)>()
        .await;
    assert_eq!(counts.expect("read"), (20, 20), "two tokens, ten rows each");
    running.engine.stop().await;
}
