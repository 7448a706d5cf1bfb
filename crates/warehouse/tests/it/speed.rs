//! How fast: the loader end to end against what the engine takes as a bare insert, on one machine in one run.

use std::time::Instant;

use clickhouse::Client;
use warehouse::LoaderConfig;

use crate::fixture::event;
use crate::harness::{Bench, run, shared_engine};

const EVENTS: u64 = 200_000;

/// `cargo test -p civicsense-warehouse --release speed -- --ignored --nocapture`
#[test]
#[ignore = "measures; run it alone and optimised"]
fn loading_is_compared_with_a_bare_insert() {
    run(async {
        let bench = Bench::new("speed_loader").await;
        let began = Instant::now();
        bench.append((0..EVENTS).map(event).collect()).await;
        let spooled = began.elapsed();
        let began = Instant::now();
        bench.load(LoaderConfig::default()).await;
        let loaded = began.elapsed();

        // The same rows, as bytes ClickHouse wrote itself, into the same tables with the same views.
        let columns = bench
            .query("SELECT arrayStringConcat(groupArray(name), ', ') FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND default_kind = ''")
            .await;
        let engine = shared_engine().await;
        let client = |database: &str| {
            Client::default()
                .with_url(engine.url().as_str())
                .with_user(engine.user())
                .with_password(engine.password())
                .with_database(database)
                .with_compression(clickhouse::Compression::None)
        };
        let mut cursor = client("speed_loader")
            .query_raw(&format!("SELECT {columns} FROM events"))
            .fetch_bytes("RowBinary")
            .unwrap();
        let rows = cursor.collect().await.unwrap();
        let bare = Bench::new("speed_bare").await;
        let began = Instant::now();
        let mut insert = client("speed_bare")
            .insert_formatted_with(format!("INSERT INTO events ({columns}) FORMAT RowBinary"))
            .with_setting("async_insert", "0");
        insert.send(rows.clone()).await.unwrap();
        insert.end().await.unwrap();
        let inserted = began.elapsed();

        assert_eq!(bare.query("SELECT count() FROM events").await, EVENTS.to_string());
        assert_eq!(bench.query("SELECT count() FROM events").await, EVENTS.to_string());
        bench.warehouse.inspect("OPTIMIZE TABLE events FINAL").await.unwrap();
        let size = bench
            .query("SELECT round(sum(bytes_on_disk) / sum(rows), 1) FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active")
            .await;
        let rate = |took: std::time::Duration| EVENTS as f64 / took.as_secs_f64();
        println!("spooled (fsynced)  {:>9.0} events/s", rate(spooled));
        println!("loader             {:>9.0} rows/s", rate(loaded));
        println!(
            "bare insert        {:>9.0} rows/s, {} bytes a row",
            rate(inserted),
            rows.len() as u64 / EVENTS
        );
        println!("loader / bare      {:>9.2}", inserted.as_secs_f64() / loaded.as_secs_f64());
        println!("on disk            {size:>9} bytes an event");
    });
}
