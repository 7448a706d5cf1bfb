//! One request in, one answer out, and what lies on disk between.

use std::sync::Arc;

use serde_json::{Value, json};
use vocab::{Channel, Event, SiteId};

use super::*;
use crate::{DeadLetter, SegmentRoute, SiteKey, StatRow};

mod throughput;

fn collector(dir: &std::path::Path) -> Collector {
    let definitions = Definitions::built_in().unwrap();
    let spool = Arc::new(Spool::open(definitions.spool_config(dir)).unwrap());
    let site = SiteKey {
        site: SiteId(4),
        write_key: "k".into(),
        pepper: [1; 32],
        time_zone: "Asia/Shanghai".into(),
        default_channel: Channel::Web,
        plan: None,
        origins: Vec::new(),
    };
    Collector::new(Sites::new([site]), definitions, spool).unwrap()
}

fn id(n: u32) -> String {
    format!("0192f0c1-2b3c-7000-8000-{n:012}")
}

async fn send(collector: &Collector, second: i64, events: Value) -> NativeResponse {
    let body = json!({"write_key": "k", "events": events}).to_string();
    let now = jiff::Timestamp::from_second(1_780_000_000 + second).unwrap();
    collector.native(&Request::new(body.as_bytes(), now)).await.unwrap()
}

fn view(n: u32, second: i64, more: &Value) -> Value {
    let mut event = json!({"event_id": id(n), "name": "page_view", "anonymous_id": "raw-browser-id",
        "ts": (1_780_000_000 + second) * 1_000});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn stored(collector: &Collector) -> Vec<Event> {
    let events = collector.spool().read::<Event>(0, 1_000).unwrap();
    events.into_iter().map(|(_, event)| event).collect()
}

#[tokio::test]
async fn each_event_of_a_request_gets_its_answer_and_its_place_in_the_sums() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    let mut feed = collector.subscribe();
    let answer = send(
        &collector,
        0,
        json!([
            view(1, 0, &json!({})),
            view(2, 0, &json!({"props": {"unplanned": 1}})),
            view(3, 0, &json!({"ts": "yesterday"})),
            view(4, 0, &json!({"consent": {"analytics": false}})),
            view(1, 0, &json!({})),
        ]),
    )
    .await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "results": {
        "0192f0c1-2b3c-7000-8000-000000000001": {
          "result": "ok"
        },
        "0192f0c1-2b3c-7000-8000-000000000002": {
          "result": "warning",
          "reason": "prop_not_in_plan",
          "detail": "/events/1/props/unplanned"
        },
        "0192f0c1-2b3c-7000-8000-000000000003": {
          "result": "drop",
          "reason": "bad_value",
          "detail": "/events/2/ts: expected an RFC 3339 time or milliseconds since 1970"
        },
        "0192f0c1-2b3c-7000-8000-000000000004": {
          "result": "drop",
          "reason": "consent_refused",
          "detail": "/events/3/consent/analytics: analytics is not agreed to"
        }
      }
    }
    "#);
    assert_eq!(stored(&collector).len(), 2);
    assert_eq!(feed.recv().await.unwrap().event_id.to_string(), id(1));
    let letters = collector.spool().read::<DeadLetter>(0, 10).unwrap();
    assert_eq!(letters[0].1.source, "/events/2/ts");
    assert!(!letters[0].1.payload.contains("raw-browser-id"));
    let rows = collector.spool().read::<StatRow>(0, 10).unwrap();
    let mut sums: Vec<_> = rows.iter().map(|(_, r)| (r.outcome.as_str(), r.n)).collect();
    sums.sort_unstable();
    assert_eq!(
        sums,
        [
            ("dead.bad_value", 1),
            ("stored", 2),
            ("suppressed.consent_refused", 1),
            ("suppressed.duplicate", 1),
            ("warning.prop_not_in_plan", 1)
        ]
    );
}

#[tokio::test]
async fn a_second_sending_is_ok_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    send(&collector, 0, json!([view(1, 0, &json!({}))])).await;
    let again = send(&collector, 9, json!([view(1, 0, &json!({}))])).await;
    let result = &again.results[&id(1)];
    assert_eq!((result.result, result.reason.as_deref()), (Verdict::Ok, Some("duplicate")));
    assert_eq!(stored(&collector).len(), 1);
}

#[tokio::test]
async fn a_visit_goes_on_over_a_restart_and_no_raw_id_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let first = collector(dir.path());
    send(&first, 0, json!([view(1, 0, &json!({}))])).await;
    drop(first);
    let second = collector(dir.path());
    send(&second, 600, json!([view(2, 600, &json!({}))])).await;
    send(&second, 9_000, json!([view(3, 9_000, &json!({}))])).await;
    let events = stored(&second);
    assert_eq!(events[0].session, events[1].session);
    assert_ne!(events[1].session, events[2].session);
    drop(second);
    assert!(!tree_contains(dir.path(), b"raw-browser-id"));
}

fn tree_contains(dir: &std::path::Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tree_contains(&path, needle)
        } else {
            let bytes = std::fs::read(&path).unwrap();
            bytes.windows(needle.len()).any(|part| part == needle)
        }
    })
}

#[tokio::test]
async fn a_kiosk_forgets_each_person() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    let kiosk = |n, second, name: &str, user: &Value| {
        view(n, second, &json!({"channel": "kiosk", "name": name, "user_id": user}))
    };
    let events = json!([
        kiosk(1, 0, "page_view", &json!("anna")),
        kiosk(2, 10, "page_view", &json!("anna")),
        kiosk(3, 20, "kiosk_reset", &json!(null)),
        kiosk(4, 30, "page_view", &json!(null)),
    ]);
    send(&collector, 60, events).await;
    let events = stored(&collector);
    assert_eq!(events[0].visitor, events[1].visitor);
    assert_ne!(events[1].visitor, events[3].visitor);
    assert!(events.iter().all(|event| event.person.0 == 0 && event.device == "kiosk"));
    assert!(events.iter().all(|event| event.anonymous == events[0].anonymous));
}

#[tokio::test]
async fn an_objector_is_another_visitor_each_day() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    for (n, second, dnt) in [(1, 0, true), (2, 60, true), (3, 86_400, true), (4, 86_460, false)] {
        let body =
            json!({"write_key": "k", "events": [view(n, second, &json!({"user_id": "anna"}))]});
        let body = body.to_string();
        let now = jiff::Timestamp::from_second(1_780_000_000 + second).unwrap();
        let request = Request { dnt, ..Request::new(body.as_bytes(), now) };
        collector.native(&request).await.unwrap();
    }
    let events = stored(&collector);
    assert_eq!(events[0].visitor, events[1].visitor);
    assert_ne!(events[1].visitor, events[2].visitor);
    assert_eq!(events[3].visitor, crate::visitor_id(&[1; 32], SiteId(4), "anna"));
    assert!(events[0].consent.contains(vocab::Consent::OBJECTED) && events[0].person.0 == 0);
}

#[tokio::test]
async fn segment_takes_the_good_items_of_a_bad_batch() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    let body = json!({"writeKey": "k", "batch": [
        {"type": "page", "anonymousId": "a", "messageId": "m1"}, 5, {"type": "track", "anonymousId": "a"}]});
    let body = body.to_string();
    let request =
        Request::new(body.as_bytes(), jiff::Timestamp::from_second(1_780_000_000).unwrap());
    collector.track(Route::Segment(SegmentRoute::Batch), &request).await.unwrap();
    assert_eq!(stored(&collector).len(), 1);
    assert_eq!(collector.spool().next_offset(crate::Lane::DeadLetters), 2);
}

#[tokio::test]
async fn a_replaced_table_of_sites_counts_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    collector.replace_sites(Sites::default());
    let request = Request::new(br#"{"write_key":"k","events":[]}"#, jiff::Timestamp::UNIX_EPOCH);
    assert!(matches!(collector.native(&request).await, Err(CollectError::UnknownKey)));
}

#[tokio::test]
async fn an_event_the_warehouse_could_not_take_is_replayed_although_its_id_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    let now = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    let event = Event { event_id: id(1).parse().unwrap(), site: SiteId(4), ..Event::default() };
    collector.accept(vec![event.clone()]).await.unwrap();
    let letter = Replay {
        letter: event.event_id,
        site: SiteId(4),
        proto: vocab::Protocol::Native,
        received_at: now,
        payload: serde_json::to_string(&event).unwrap(),
        stored_before: true,
    };
    for expected in [None, Some("duplicate".to_owned())] {
        let done = collector.replay(std::slice::from_ref(&letter), now).await.unwrap();
        assert_eq!((done[0].result.result, &done[0].result.reason), (Verdict::Ok, &expected));
    }
    assert_eq!(stored(&collector).len(), 2);
}

struct OnePage;

impl Pages for OnePage {
    fn at(&self, _: SiteId, path: &str) -> Option<Shown> {
        let shown = Shown { item: "svc-1".into(), kind: "service".into(), ..Shown::default() };
        (path == "/a").then_some(shown)
    }
}

#[tokio::test]
async fn a_view_is_of_the_item_at_its_address_and_a_click_there_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let collector = collector(dir.path());
    let pages: Arc<dyn Pages> = Arc::new(OnePage);
    collector.replace_pages(&pages);
    let event = |n: u32, name: &str, path: &str| {
        json!({"event_id": id(n), "name": name, "anonymous_id": "a", "ts": 1_779_999_999_000_i64,
            "page": {"url": format!("https://x.example{path}?y")}})
    };
    let events =
        [event(1, "page_view", "/a"), event(2, "click", "/a"), event(3, "page_view", "/b")];
    let body = json!({"write_key": "k", "events": events}).to_string();
    let now = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    collector.native(&Request::new(body.as_bytes(), now)).await.unwrap();
    let items: Vec<_> = stored(&collector).into_iter().map(|e| (e.item_id, e.item_kind)).collect();
    let none = (String::new(), String::new());
    assert_eq!(items, [("svc-1".into(), "service".into()), none.clone(), none]);
}
