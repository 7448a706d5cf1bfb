//! Every question on a day small enough to count by hand, and what is learned from it.

mod day;

use analytics::Query;
use clickstream::{DeadLetter, DropReason, Intake};
use insight::Interactions;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use vocab::event::Protocol;
use vocab::{Channel, Event, ItemId, SiteId, VisitorId};
use warehouse::{Basis, ExportFormat, LoaderConfig};

use crate::fixture::base;
use crate::harness::{Bench, run};
use day::{feedback, small_day};

async fn loaded(database: &str, events: Vec<Event>) -> Bench {
    let bench = Bench::new(database).await;
    bench.append(events).await;
    bench.load(LoaderConfig::default()).await;
    bench
}

/// The day after the small day, 02:00 in Shanghai.
fn later() -> Timestamp {
    base() + SignedDuration::from_hours(26)
}

/// The answer, each row as its values in the order of the plan's columns, ratios cut to three places.
async fn ask(bench: &Bench, question: Value) -> Vec<Vec<Value>> {
    let mut question = question;
    if question["question"] != "realtime" {
        question["from"] = json!("2026-11-20");
        question["to"] = json!("2026-11-21");
    }
    let plan =
        Query::parse(question).unwrap().plan(base() + SignedDuration::from_mins(76)).unwrap();
    let answer = bench.warehouse.run(&plan).await.unwrap();
    let cut = |value: &Value| match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() != 0.0 => {
            json!((number * 1000.0).round() / 1000.0)
        }
        Some(number) => json!(number as i64),
        None => value.clone(),
    };
    answer
        .rows
        .iter()
        .map(|row| {
            assert_eq!(row.len(), answer.columns.len(), "columns differ: {row:?}");
            answer.columns.iter().map(|column| cut(&row[column.name])).collect()
        })
        .collect()
}

fn rows(expected: Value) -> Vec<Vec<Value>> {
    serde_json::from_value(expected).unwrap()
}

#[test]
fn trends_count_what_a_hand_counts() {
    run(async {
        let bench = loaded("trends", small_day()).await;
        let (one, two) = ("2026-11-20T00:00:00", "2026-11-21T00:00:00");
        let views = json!([[one, 4], [two, 1]]);
        assert_eq!(
            ask(&bench, json!({"question": "trends", "site": 1})).await,
            rows(views.clone())
        );
        // The same from the events: the rollup does not know topics of time zones with half hours.
        let fine = json!({"question": "trends", "site": 1, "time_zone": "Asia/Shanghai", "interval": "day", "metric": "page_views", "breakdown": "event"});
        assert_eq!(
            ask(&bench, fine).await,
            rows(json!([[one, "page_view", 4], [two, "page_view", 1]]))
        );
        let service = json!({"question": "trends", "kind": "service"});
        assert_eq!(ask(&bench, service).await, rows(json!([[one, 3], [two, 0]])));
        let bots = json!({"question": "trends", "include_bots": true});
        assert_eq!(ask(&bench, bots).await, rows(json!([[one, 5], [two, 1]])));
        let visitors = json!({"question": "trends", "metric": "visitors"});
        assert_eq!(ask(&bench, visitors).await, rows(views.clone()));
        let sessions = json!({"question": "trends", "metric": "sessions"});
        assert_eq!(ask(&bench, sessions).await, rows(views));
        let searches = json!({"question": "trends", "metric": "searches"});
        assert_eq!(ask(&bench, searches).await, rows(json!([[one, 4], [two, 0]])));
        let channels = json!({"question": "trends", "breakdown": "channel"});
        let by_channel = json!([
            [one, "app", 1],
            [two, "app", 1],
            [one, "kiosk", 1],
            [two, "kiosk", 0],
            [one, "web", 2],
            [two, "web", 0]
        ]);
        assert_eq!(ask(&bench, channels).await, rows(by_channel));
        let column = json!({"question": "trends", "breakdown": "column", "limit": 1});
        assert_eq!(ask(&bench, column).await, rows(json!([[one, "c1", 3], [two, "c1", 0]])));
        let hours = ask(&bench, json!({"question": "trends", "interval": "hour"})).await;
        assert_eq!(hours.len(), 48);
        assert_eq!(
            hours[..3],
            rows(json!([[one, 1], ["2026-11-20T01:00:00", 3], ["2026-11-20T02:00:00", 0]]))
        );
        let minutes = ask(&bench, json!({"question": "trends", "interval": "minute"})).await;
        assert_eq!(minutes[10], rows(json!([["2026-11-20T00:10:00", 1]]))[0]);
        assert!(
            ask(&bench, json!({"question": "trends", "site": 2}))
                .await
                .iter()
                .all(|row| row[1] == 0)
        );
    });
}

#[test]
fn content_recommendations_and_searches_count_what_a_hand_counts() {
    run(async {
        let bench = loaded("counts", small_day()).await;
        let top = ask(&bench, json!({"question": "top_content", "site": 1})).await;
        assert_eq!(
            top,
            rows(json!([
                ["s1", "提取公积金", "service", 3, 3, 60, 20],
                ["n1", "新闻", "news", 2, 2, 0, 0]
            ]))
        );
        let columns =
            ask(&bench, json!({"question": "top_content", "by": "column", "order": "engaged"}))
                .await;
        assert_eq!(
            columns,
            rows(json!([["c1", "", "", 3, 3, 60, 20], ["c2", "", "", 2, 2, 0, 0]]))
        );

        let by =
            async |by: &str| ask(&bench, json!({"question": "recommendations", "by": by})).await;
        assert_eq!(by("policy").await, rows(json!([["home@1", 2, 1, 0.5], ["home@2", 1, 0, 0]])));
        assert_eq!(by("position").await, rows(json!([[0, 2, 1, 0.5], [1, 1, 0, 0]])));
        assert_eq!(by("reason").await, rows(json!([["need", 2, 1, 0.5], ["popular", 1, 0, 0]])));
        assert_eq!(by("item").await, rows(json!([["s1", 2, 1, 0.5], ["n1", 1, 0, 0]])));
        assert_eq!(by("day").await, rows(json!([["2026-11-20T00:00:00", 3, 1, 0.333]])));
        assert_eq!(by("hour").await.len(), 2);

        let report = async |report: &str| {
            ask(&bench, json!({"question": "search", "report": report, "k": 1})).await
        };
        let pension = json!(["公积金", 2, 2, 0, 0, 5, 1, 0.5]);
        let pets = json!(["宠物火化", 2, 2, 2, 1, 0, 0, 0]);
        assert_eq!(report("top").await, rows(json!([pension, pets])));
        assert_eq!(report("zero_results").await, rows(json!([pets])));
        assert_eq!(report("summary").await, rows(json!([[2, 4, 3, 2, 0.5, 2.5, 1, 0.25]])));
    });
}

#[test]
fn a_funnel_and_the_last_minutes_count_what_a_hand_counts() {
    run(async {
        let bench = loaded("funnel", small_day()).await;
        let funnel = |minutes: u32, breakdown: Value| {
            json!({"question": "funnel", "window_minutes": minutes, "breakdown": breakdown, "steps": [
                {"event": "page_view", "kind": "service"}, {"event": "search"},
                {"event": "service_submit", "service": "s1"}]})
        };
        assert_eq!(
            ask(&bench, funnel(60, Value::Null)).await,
            rows(json!([["", 1, 3, 1, 1], ["", 2, 2, 0.667, 0.667], ["", 3, 1, 0.333, 0.5]]))
        );
        let short = ask(&bench, funnel(20, Value::Null)).await;
        assert_eq!(short.iter().map(|row| row[2].clone()).collect::<Vec<_>>(), [3, 1, 1]);
        let split = ask(&bench, funnel(60, json!("channel"))).await;
        let levels: Vec<(String, i64)> = split
            .iter()
            .map(|row| (row[0].as_str().unwrap().to_owned(), row[2].as_i64().unwrap()))
            .collect();
        let expected = [
            ("app", 1),
            ("app", 1),
            ("app", 0),
            ("kiosk", 1),
            ("kiosk", 0),
            ("kiosk", 0),
            ("web", 1),
            ("web", 1),
            ("web", 1),
        ];
        assert_eq!(levels, expected.map(|(series, level)| (series.to_owned(), level)));

        let minutes = ask(&bench, json!({"question": "realtime", "minutes": 15})).await;
        assert_eq!(minutes.len(), 15);
        let views: Vec<&Value> =
            minutes.iter().filter(|row| row[1] != 0).map(|row| &row[0]).collect();
        assert_eq!(views, ["2026-11-20T01:05:00", "2026-11-20T01:10:00", "2026-11-20T01:15:00"]);
    });
}

#[test]
fn an_export_streams_the_same_rows() {
    run(async {
        let bench = loaded("export", small_day()).await;
        let question = json!({"question": "trends", "from": "2026-11-20", "to": "2026-11-21"});
        let plan = Query::parse(question).unwrap().plan(later()).unwrap();
        let mut export = bench.warehouse.export(&plan, ExportFormat::Csv).unwrap();
        let mut file = Vec::new();
        while let Some(piece) = export.next().await.unwrap() {
            file.extend_from_slice(&piece);
        }
        let file = String::from_utf8(file).unwrap();
        assert_eq!(
            file,
            "\"time\",\"value\"\n\"2026-11-20T00:00:00\",4\n\"2026-11-21T00:00:00\",1\n"
        );
        let mut parquet = bench.warehouse.export(&plan, ExportFormat::Parquet).unwrap();
        assert!(parquet.next().await.unwrap().unwrap().starts_with(b"PAR1"));
    });
}

#[test]
fn hostile_text_is_only_ever_a_value() {
    run(async {
        let bench = loaded("hostile", small_day()).await;
        for text in
            ["' OR 1=1 --", "\\", "\t\n\\N", "{site:UInt64}", "公积金'; DROP TABLE events; --"]
        {
            let question = json!({"question": "trends", "dept": text, "topic": text});
            assert!(ask(&bench, question).await.iter().all(|row| row[1] == 0), "{text:?}");
        }
        let odd = Event { dept: "\t'\\N".to_owned(), ..small_day().remove(0) };
        let odd = Event { event_id: uuid::Uuid::from_u128(99_999), ..odd };
        bench.append(vec![odd]).await;
        bench.load(LoaderConfig::default()).await;
        let found =
            ask(&bench, json!({"question": "trends", "metric": "events", "dept": "\t'\\N"})).await;
        assert_eq!(found[0][1], 1, "a value with every special character is found again");
    });
}

async fn uses(bench: &Bench, basis: Basis) -> Interactions {
    let interest = interest();
    let all = bench.warehouse.interactions(
        None,
        Timestamp::UNIX_EPOCH,
        later() + SignedDuration::from_hours(1),
        basis,
        &interest,
    );
    let all = all.await.unwrap();
    all.check().unwrap();
    all
}

fn weights(of: &Interactions) -> Vec<(u64, &str, u64, f32)> {
    let mut rows: Vec<_> = of
        .rows
        .iter()
        .map(|row| {
            let (visitor, item) = (row.visitor as usize, row.item as usize);
            (of.visitors[visitor].0, of.items[item].as_str(), row.session, row.weight)
        })
        .collect();
    rows.sort_by_key(|row| (row.2, row.1));
    rows
}

#[test]
fn only_consenting_humans_teach_a_profile() {
    run(async {
        let bench = loaded("profiles", small_day()).await;
        let profiles = uses(&bench, Basis::Profiles).await;
        assert_eq!(
            weights(&profiles),
            [(1, "s1", 11, 10.0), (2, "n1", 12, 1.5), (2, "s1", 12, 1.0), (2, "n1", 13, 1.0)]
        );
        let everyone = uses(&bench, Basis::Everyone).await;
        let rows = weights(&everyone);
        assert_eq!(
            rows.iter().map(|row| (row.1, row.2)).collect::<Vec<_>>(),
            [("s1", 11), ("n1", 12), ("s1", 12), ("n1", 13), ("n1", 14), ("s1", 15)]
        );
        let strangers: Vec<u64> = rows.iter().filter(|row| row.2 >= 14).map(|row| row.0).collect();
        assert!(
            strangers.iter().all(|id| ![3, 5].contains(id)),
            "a stranger's number leads nowhere: {strangers:?}"
        );

        bench.append(vec![feedback(2, "n1", "not_interested")]).await;
        bench.load(LoaderConfig::default()).await;
        let items: Vec<_> = weights(&uses(&bench, Basis::Profiles).await)
            .iter()
            .map(|row| (row.0, row.1.to_owned()))
            .collect();
        assert_eq!(items, [(1, "s1".to_owned()), (2, "s1".to_owned())]);
    });
}

#[test]
fn an_item_is_counted_once_a_visit_and_hour() {
    run(async {
        let bench = loaded("popular", small_day()).await;
        let counts = bench.warehouse.item_counts(None, later()).await.unwrap();
        let counts: Vec<_> =
            counts.iter().map(|c| (c.item.clone(), c.hour, c.day, c.week, c.month)).collect();
        assert_eq!(counts, [(ItemId::from("n1"), 1, 1, 3, 3), (ItemId::from("s1"), 0, 0, 3, 3)]);
    });
}

#[test]
fn people_are_counted_where_they_are_once_each() {
    run(async {
        let mut day = small_day();
        for event in &mut day {
            event.region = if event.visitor == VisitorId(1) { "440305" } else { "" }.to_owned();
        }
        let bench = loaded("parts", day).await;
        let counts = bench.warehouse.part_counts(later()).await.unwrap();
        let of = |channel, division: &str| -> Vec<_> {
            counts
                .iter()
                .filter(|count| count.channel == channel && count.division == division)
                .map(|count| (count.item.to_string(), count.days, count.visitors.clone()))
                .collect()
        };
        let one = |item: &str, visitor| (item.to_owned(), 1, vec![VisitorId(visitor)]);
        assert_eq!(of(Channel::Web, "4403"), [one("s1", 1)], "{counts:?}");
        assert_eq!(of(Channel::Kiosk, ""), [one("s1", 5)], "{counts:?}");
        assert!(
            counts.iter().all(|count| !count.visitors.contains(&VisitorId(9))),
            "a bot is nobody"
        );
        assert!(counts.iter().all(|count| count.hour <= count.day && count.day <= count.days));
    });
}

#[test]
fn an_erased_person_is_gone_from_every_table_and_every_sum() {
    run(async {
        let bench = loaded("erased", small_day()).await;
        let without: Vec<Event> =
            small_day().into_iter().filter(|e| e.visitor != VisitorId(1)).collect();
        let other = loaded("never_there", without).await;
        // As the collector keeps them: a person's number in hexadecimal.
        let letter = |id: u64| DeadLetter {
            received_at: base(),
            site: SiteId(1),
            proto: Protocol::Native,
            lib: String::new(),
            id: None,
            reason: DropReason::WrongType,
            source: "/events/0/rec_pos".to_owned(),
            detail: String::new(),
            payload: format!(r#"{{"user_id":"~{id:016x}"}}"#),
        };
        for bench in [&bench, &other] {
            let dead = (1..=2).map(letter).collect();
            bench.spool.append(&Intake { dead, ..Intake::default() }).await.unwrap();
            bench.load(LoaderConfig::default()).await;
        }
        let erased = bench.warehouse.erase(VisitorId(1), &[]).await.unwrap();
        let letters =
            "SELECT groupArray(payload) FROM (SELECT payload FROM dead_letters ORDER BY payload)";
        assert_eq!(bench.query(letters).await, r#"['','{"user_id":"~0000000000000002"}']"#);
        assert_eq!((erased.events, erased.sessions, erased.hours), (8, 1, 1));
        let (left, never) = (bench.sums().await, other.sums().await);
        assert_eq!(left[..5], never[..5]);
        for table in ["events", "visitor_log"] {
            assert_eq!(
                bench.query(&format!("SELECT count() FROM {table} WHERE visitor = 1")).await,
                "0"
            );
        }
        let hours = "SELECT groupArray((hour, event, channel, hits, v)) FROM (SELECT hour, event, channel, sum(hits) AS hits,
            uniqCombined64Merge(15)(visitors) AS v FROM hourly GROUP BY hour, event, channel ORDER BY hour, event, channel)";
        assert_eq!(bench.query(hours).await, other.query(hours).await);
        let visits = "SELECT groupArray((session_id, a, b, v, e)) FROM (SELECT session_id, min(start) AS a, max(stop) AS b,
            argMaxMerge(visitor) AS v, uniqMerge(events) AS e FROM sessions GROUP BY session_id ORDER BY session_id)";
        assert_eq!(bench.query(visits).await, other.query(visits).await);
        let ledger =
            bench.warehouse.ledger(base(), later() + SignedDuration::from_hours(1)).await.unwrap();
        assert!(ledger.balances(), "{:?}", ledger.differences().next());
        // Again, as after a crash.
        assert_eq!(bench.warehouse.erase(VisitorId(1), &[]).await.unwrap().events, 0);
        assert_eq!(bench.sums().await, left);
    });
}

fn interest() -> vocab::Interest {
    let weights =
        [("page_view", 1.0), ("click", 1.5), ("search_click", 2.0), ("service_start", 3.0)];
    let more = [("service_submit", 5.0), ("service_finish", 5.0)];
    let table = weights.into_iter().chain(more).map(|(event, weight)| (event.to_owned(), weight));
    vocab::Interest::new(table.collect()).unwrap()
}
