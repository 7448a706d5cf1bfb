//! From a real spool into every table, with all that can be wrong with an event.

use clickstream::{DeadLetter, DropReason, Intake, Lane, Suppressed};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use vocab::event::Protocol;
use vocab::{Event, SiteId, VisitorId};
use warehouse::{LoaderConfig, Warehouse, WarehouseConfig};

use crate::fixture::{base, event, mixture, profiled};
use crate::harness::{Bench, run, shared_engine};

#[test]
fn fifty_thousand_events_are_the_same_in_every_table() {
    run(async {
        let bench = Bench::new("fifty_thousand").await;
        let events = mixture(50_000);
        bench.append(events.clone()).await;
        bench.load(LoaderConfig { max_rows: 20_000, ..LoaderConfig::default() }).await;

        let people = 50_000 - 5_000;
        let sums = bench.sums().await;
        assert!(sums[0].starts_with("events: 50000\t50000\t"), "{sums:?}");
        let log = profiled(&events);
        assert_eq!(sums[1], format!("visitor_log: {log}\t{log}"));
        assert!(sums[2].starts_with("sessions: 3001\t50000\t50000"), "{sums:?}");
        assert_eq!(bench.query("SELECT sum(hits) FROM hourly").await, "50000");
        assert_eq!(
            bench.query("SELECT sum(hits) FROM hourly WHERE bot = 0").await,
            people.to_string()
        );
        assert_eq!(
            bench.query("SELECT count() FROM events WHERE bot = 0").await,
            people.to_string()
        );
        // Three cuts; each with an insert of recent events and one for each year of late ones.
        let lanes = bench.query(
            "SELECT lane, count(), sum(rows) FROM batches WHERE lane != 'stats' GROUP BY lane ORDER BY lane",
        );
        assert_eq!(lanes.await, "events\t3\t47500\nlate-1995\t3\t1250\nlate-2020\t3\t1250");
        for lane in Lane::ALL {
            assert_eq!(bench.loader(LoaderConfig::default()).backlog(lane), 0);
        }
        let ledger =
            bench.warehouse.ledger(Timestamp::UNIX_EPOCH, "2027-01-01T00:00:00Z".parse().unwrap());
        let ledger = ledger.await.unwrap();
        assert!(ledger.balances(), "{:?}", ledger.differences().next());
        assert_eq!(ledger.rows.iter().map(|row| row.accepted()).sum::<u64>(), 50_000);
    });
}

#[test]
fn an_event_comes_back_as_it_went_in() {
    run(async {
        let bench = Bench::new("round_trip").await;
        let sent = Event {
            person: VisitorId(42),
            ip: Some("2001:db8::".parse().unwrap()),
            search_q: "公积金\t'提取'\\".to_owned(),
            search_hits: 0,
            rec_pos: 3,
            value: -1.5,
            engaged_ms: 4_000_000_000,
            scroll_pct: 100,
            props: [("a".to_owned(), "1".to_owned()), ("乙".to_owned(), "二\n".to_owned())].into(),
            ..event(7)
        };
        bench.append(vec![sent]).await;
        bench.load(LoaderConfig::default()).await;
        let row = bench
            .query(
                "SELECT toString(event_id), visitor, anonymous, person, session_id, toString(ts), consent, toString(ip), search_q = '公积金\\t\\'提取\\'\\\\',
                 search_hits, search_pos, rec_pos, value, engaged_ms, scroll_pct, props['乙'] = '二\\n', length(props), title, day FROM events",
            )
            .await;
        assert_eq!(
            row,
            "12340000-0000-0000-0000-000000000007\t1007\t0\t42\t5007\t2026-11-19 16:00:11.900\t3\t2001:db8::\t1\t0\t-1\t3\t-1.5\t4000000000\t100\t1\t2\t页面 7\t2026-11-19"
        );
    });
}

#[test]
fn compressed_inserts_are_the_same_inserts() {
    run(async {
        let mut bench = Bench::new("compressed").await;
        let engine = shared_engine().await;
        let (url, user, password) = (engine.url().as_str(), engine.user(), engine.password());
        let config = WarehouseConfig::new(url, user, password, "compressed");
        bench.warehouse = Warehouse::connect(WarehouseConfig { compress: true, ..config }).unwrap();
        bench.append(mixture(3_000)).await;
        bench.load(LoaderConfig::default()).await;
        let sums = bench.sums().await;
        assert!(sums[0].starts_with("events: 3000\t3000\t"), "{sums:?}");
        assert!(sums[3].starts_with("hourly: 3000\t"), "{sums:?}");
    });
}

#[test]
fn dead_letters_and_suppressed_arrivals_are_in_the_ledger() {
    run(async {
        let bench = Bench::new("letters").await;
        let letter = |nth: u32| DeadLetter {
            received_at: base(),
            site: SiteId(1),
            proto: Protocol::Segment,
            lib: "analytics.js".to_owned(),
            id: None,
            reason: DropReason::WrongType,
            source: format!("/batch/{nth}/timestamp"),
            detail: "expected an instant".to_owned(),
            payload: "{}".to_owned(),
        };
        let suppressed = Suppressed {
            received_at: base(),
            site: SiteId(1),
            proto: Protocol::Segment,
            lib: "analytics.js".to_owned(),
            reason: DropReason::ConsentRefused,
            count: 7,
        };
        let intake = Intake {
            noted: Vec::new(),
            events: (0..30).map(event).collect(),
            dead: (0..5).map(letter).collect(),
            suppressed: vec![suppressed],
        };
        bench.spool.append(&intake).await.unwrap();
        bench.load(LoaderConfig::default()).await;
        let ledger =
            bench.warehouse.ledger(base(), base() + SignedDuration::from_hours(1)).await.unwrap();
        assert!(ledger.balances(), "{ledger:?}");
        let sum =
            |of: &dyn Fn(&warehouse::LedgerRow) -> u64| ledger.rows.iter().map(of).sum::<u64>();
        assert_eq!(sum(&|row| row.stored), 30);
        assert_eq!(sum(&|row| row.dead), 5);
        assert_eq!(sum(&|row| row.suppressed), 7);
        assert_eq!(sum(&|row| row.accepted()), 42);
        assert_eq!(
            bench.query("SELECT count() FROM dead_letters WHERE reason = 'wrong_type'").await,
            "5"
        );

        bench
            .warehouse
            .inspect("ALTER TABLE events DELETE WHERE path = '/p/3' SETTINGS mutations_sync = 2")
            .await
            .unwrap();
        let ledger =
            bench.warehouse.ledger(base(), base() + SignedDuration::from_hours(1)).await.unwrap();
        let differences: Vec<i64> = ledger.differences().map(|row| row.difference()).collect();
        assert_eq!(differences, [1], "a lost event must show");
    });
}

#[test]
fn a_row_clickhouse_refuses_becomes_a_dead_letter_and_the_rest_arrives() {
    run(async {
        let bench = Bench::new("poison").await;
        bench
            .warehouse
            .inspect("ALTER TABLE events ADD CONSTRAINT clean CHECK path != '/poison'")
            .await
            .unwrap();
        let mut events: Vec<Event> = (0..300).map(event).collect();
        for nth in [0, 77, 299] {
            events[nth].path = "/poison".to_owned();
        }
        events[100].ts = "1969-01-01T00:00:00Z".parse().unwrap();
        bench.append(events).await;
        bench.load(LoaderConfig::default()).await;
        let sums = bench.sums().await;
        assert!(sums[0].starts_with("events: 296\t296\t"), "{sums:?}");
        assert_eq!(sums[1], "visitor_log: 296\t296");
        assert_eq!(bench.query("SELECT sum(hits) FROM hourly").await, "296");
        assert_eq!(sums[4], "dead_letters: 4\t4");
        assert_eq!(
            bench.query("SELECT countIf(detail LIKE '%clean%'), countIf(detail = 'ts is before 1990'), uniqExact(reason), min(JSONExtractString(payload, 'name')) FROM dead_letters").await,
            "3\t1\t1\tpage_view"
        );
        let ledger =
            bench.warehouse.ledger(base(), base() + SignedDuration::from_hours(1)).await.unwrap();
        assert!(ledger.balances(), "{ledger:?}");
    });
}

#[test]
fn a_missing_table_holds_events_back_until_it_returns() {
    run(async {
        let bench = Bench::new("missing").await;
        bench.append((0..500).map(event).collect()).await;
        bench.warehouse.inspect("RENAME TABLE hourly TO away").await.unwrap();
        let cancel = CancellationToken::new();
        let loader = bench.loader(LoaderConfig::default());
        let patient = async {
            tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
            assert_eq!(loader.backlog(Lane::Events), 500, "nothing may be let go");
            bench.warehouse.inspect("RENAME TABLE away TO hourly").await.unwrap();
        };
        let (loaded, ()) = tokio::join!(loader.drain(&cancel), patient);
        loaded.unwrap();
        let sums = bench.sums().await;
        assert!(sums[0].starts_with("events: 500\t500\t"), "{sums:?}");
        assert_eq!(sums[1], "visitor_log: 500\t500");
        assert_eq!(bench.query("SELECT sum(hits) FROM hourly").await, "500");
    });
}

#[test]
fn a_running_loader_makes_a_lone_event_visible_within_two_seconds() {
    run(async {
        let bench = Bench::new("lone").await;
        let cancel = CancellationToken::new();
        let loader = bench.loader(LoaderConfig::default());
        let watch = async {
            bench.append(vec![event(1)]).await;
            let began = std::time::Instant::now();
            while bench.query("SELECT count() FROM events").await != "1" {
                assert!(began.elapsed().as_secs() < 20, "the event never arrived");
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            cancel.cancel();
            began.elapsed()
        };
        let (ran, latency) = tokio::join!(loader.run(cancel.clone()), watch);
        ran.unwrap();
        println!("event to queryable: {latency:?}");
        // One second of waiting for company; the rest is room for a busy machine.
        assert!(latency.as_secs() < 10, "{latency:?}");
    });
}
