//! What a crash must not change: the same batch again, a killed engine, a stopped loader.

use std::time::Duration;

use clickstream::Lane;
use tokio_util::sync::CancellationToken;
use warehouse::LoaderConfig;

use crate::fixture::{mixture, profiled};
use crate::harness::{Bench, copy_dir, now, open_spool, run, start_engine};

#[test]
fn a_batch_sent_again_after_a_crash_changes_no_table() {
    run(async {
        let mut bench = Bench::new("again").await;
        bench.append(mixture(12_000)).await;
        // Cut but not finished: what is on disk when the process dies between the insert and the commit.
        for lane in Lane::ALL {
            while bench.spool.cut(lane, 5_000, now()).unwrap().is_some() {}
        }
        let (spool, crashed) = (bench.dir.path().join("spool"), bench.dir.path().join("crashed"));
        bench.spool = open_spool(&bench.dir.path().join("unused"));
        copy_dir(&spool, &crashed);

        bench.spool = open_spool(&spool);
        bench.load(LoaderConfig::default()).await;
        let first = bench.sums().await;
        assert!(first[0].starts_with("events: 12000\t12000\t"), "{first:?}");

        bench.spool = open_spool(&crashed);
        assert_eq!(bench.spool.open_batches(Lane::Events).len(), 3);
        // Other limits after the restart must not cut the old batches anew.
        bench.load(LoaderConfig { max_rows: 777, ..LoaderConfig::default() }).await;
        assert!(bench.spool.open_batches(Lane::Events).is_empty());
        assert_eq!(bench.sums().await, first);
        bench.warehouse.inspect("OPTIMIZE TABLE events FINAL").await.unwrap();
        assert_eq!(bench.sums().await, first);
        // The sums do see a single row that comes twice under another token.
        let twice = "INSERT INTO events (site_id, event, visitor, event_id, ts, received_at)
            SELECT site_id, event, visitor, event_id, ts, received_at FROM events LIMIT 1";
        bench.warehouse.inspect(twice).await.unwrap();
        let doubled = bench.query("SELECT sum(hits) FROM hourly").await;
        assert_eq!(doubled, "12001");
    });
}

#[test]
fn a_divided_batch_sent_again_is_divided_again() {
    run(async {
        let mut bench = Bench::new("divided").await;
        bench
            .warehouse
            .inspect("ALTER TABLE events ADD CONSTRAINT clean CHECK path != '/p/13'")
            .await
            .unwrap();
        bench.append(mixture(40)).await;
        bench.spool.cut(Lane::Events, 1000, now()).unwrap();
        let (spool, crashed) = (bench.dir.path().join("spool"), bench.dir.path().join("crashed"));
        bench.spool = open_spool(&bench.dir.path().join("unused"));
        copy_dir(&spool, &crashed);
        bench.spool = open_spool(&spool);
        bench.load(LoaderConfig::default()).await;
        let first = bench.sums().await;
        assert!(first[0].starts_with("events: 39\t39\t"), "{first:?}");
        // The schema was mended meanwhile: sent whole, the batch would now be stored twice.
        bench.warehouse.inspect("ALTER TABLE events DROP CONSTRAINT clean").await.unwrap();
        bench.spool = open_spool(&crashed);
        bench.load(LoaderConfig::default()).await;
        let again = bench.query("SELECT count(), uniqExact(event_id) FROM events").await;
        assert_eq!(again, "40\t40", "each once, and the one that was refused at last");
        assert_eq!(bench.query("SELECT sum(hits) FROM hourly").await, "40");
    });
}

#[test]
fn an_engine_killed_while_loading_loses_and_doubles_nothing() {
    run(async {
        let data = tempfile::TempDir::new().unwrap();
        let engine = start_engine(data.path()).await;
        let bench = Bench::on(&engine, "killed").await;
        let events = mixture(60_000);
        bench.append(events.clone()).await;
        let cancel = CancellationToken::new();
        let loader = bench.loader(LoaderConfig { max_rows: 4_000, ..LoaderConfig::default() });
        let killer = async {
            let mut kills = 0;
            while kills < 5 {
                // Not a multiple of anything, so the kills fall at different places of an insert.
                tokio::time::sleep(Duration::from_millis(170 + 83 * kills)).await;
                engine.ready().await;
                if loader.backlog(Lane::Events) == 0 {
                    break;
                }
                let Some(pid) = engine.pid() else { continue };
                let killed =
                    std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(killed.unwrap().success());
                kills += 1;
            }
            kills
        };
        let (loaded, kills) = tokio::join!(loader.drain(&cancel), killer);
        loaded.unwrap();
        engine.ready().await;
        println!("killed {kills} times");
        assert!(kills >= 2, "the load was over before it was disturbed");
        let sums = bench.sums().await;
        let log = profiled(&events);
        assert!(sums[0].starts_with("events: 60000\t60000\t"), "{sums:?}");
        assert_eq!(sums[1], format!("visitor_log: {log}\t{log}"));
        assert!(sums[2].starts_with("sessions: 3001\t60000\t60000"), "{sums:?}");
        assert!(sums[3].starts_with("hourly: 60000\t"), "{sums:?}");
        assert!(sums[6].ends_with("\t0"), "{sums:?}");
        engine.stop().await;
    });
}

#[test]
fn a_stopped_loader_goes_on_where_it_was() {
    run(async {
        let bench = Bench::new("stopped").await;
        bench.append(mixture(30_000)).await;
        let config = LoaderConfig { max_rows: 2_000, eager_rows: 1_000, ..LoaderConfig::default() };
        let mut stops = 0;
        while bench.loader(config).backlog(Lane::Events) > 0 {
            let cancel = CancellationToken::new();
            let loader = bench.loader(config);
            let stop = async {
                tokio::time::sleep(Duration::from_millis(150)).await;
                cancel.cancel();
            };
            let (ran, ()) = tokio::join!(loader.run(cancel.clone()), stop);
            ran.unwrap();
            stops += 1;
            assert!(stops < 500, "loading makes no progress");
        }
        let sums = bench.sums().await;
        assert!(sums[0].starts_with("events: 30000\t30000\t"), "after {stops} stops: {sums:?}");
        assert!(sums[3].starts_with("hourly: 30000\t"), "{sums:?}");
    });
}
