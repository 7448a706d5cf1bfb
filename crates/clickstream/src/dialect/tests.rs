//! Whatever bytes arrive, each dialect answers; what it reads is exact.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;
use vocab::{Channel, SiteId};

use crate::steps::Sessioniser;
use crate::{
    CollectError, Definitions, DropReason, Knowledge, Request, Route, SegmentRoute, SiteKey, Sites,
    road,
};

mod round_trip;

fn sites() -> Sites {
    Sites::new([SiteKey {
        site: SiteId(1),
        write_key: "k1".into(),
        pepper: [7; 32],
        time_zone: "Asia/Shanghai".into(),
        default_channel: Channel::Web,
        plan: Some(std::sync::Arc::new(crate::Plan::of_props(["plan"]))),
        origins: vec!["https://www.example.gov.cn".into()],
    }])
}

/// Read once: reading them takes longer than anything done with them.
static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| Definitions::built_in().unwrap());

fn now() -> jiff::Timestamp {
    "2026-05-28T20:26:40Z".parse().unwrap()
}

/// Every dialect reads the bytes, as body and as query; every arrival goes all the way.
fn read_all(body: &[u8]) -> Vec<DropReason> {
    let definitions = &*DEFINITIONS;
    let sites = sites();
    let sessions = Sessioniser::new(100);
    let query = String::from_utf8_lossy(body);
    let mut reasons = Vec::new();
    for (body, query) in [(body, ""), (&b""[..], &*query)] {
        for route in ROUTES {
            let definition = definitions.of(route.source());
            let mut request = Request::new(body, now());
            request.query = query;
            request.header_key = Some("k1");
            let Ok(opened) = road::open(definition, &request, route) else { continue };
            let Ok(arrivals) = road::read(definition, &sites, &request, &opened, route) else {
                continue;
            };
            for item in arrivals.items {
                let site = std::sync::Arc::clone(&item.site);
                let knowledge = Knowledge::default();
                let context = road::context(definition, &site, &request, &sessions, &knowledge);
                let item = road::walk(definition, &context, item);
                if let Err(fault) = &item.draft {
                    let mut intake = crate::Intake::default();
                    road::put_away(&mut intake, definition, &context, &item, fault);
                    reasons.push(fault.reason);
                }
            }
        }
    }
    reasons
}

const ROUTES: [Route; 7] = [
    Route::Native,
    Route::Segment(SegmentRoute::Track),
    Route::Segment(SegmentRoute::Batch),
    Route::Segment(SegmentRoute::Merge),
    Route::Pixel(SegmentRoute::Page),
    Route::Sensors,
    Route::Matomo,
];

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<f64>().prop_map(|n| json!(n)),
        any::<i64>().prop_map(|n| json!(n)),
        ".{0,12}".prop_map(|s| json!(s)),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| json!(v)),
            prop::collection::btree_map(key(), inner, 0..6).prop_map(|m| json!(m)),
        ]
    })
}

/// Keys the dialects know, so that odd values reach their readers.
fn key() -> impl Strategy<Value = String> {
    let known = [
        "event_id",
        "name",
        "anonymous_id",
        "user_id",
        "ts",
        "page",
        "url",
        "props",
        "consent",
        "rec_pos",
        "value",
        "type",
        "event",
        "messageId",
        "anonymousId",
        "userId",
        "timestamp",
        "sentAt",
        "context",
        "properties",
        "library",
        "campaign",
        "ip",
        "scroll_pct",
        "channel",
        "traits",
        "originalTimestamp",
        "title",
        "referrer",
        "analytics",
        "distinct_id",
        "login_id",
        "original_id",
        "identities",
        "lib",
        "$lib",
        "time",
        "_flush_time",
        "_track_id",
        "idsite",
        "rec",
        "_id",
        "cdt",
        "mergeProperties",
        "requests",
    ];
    prop::sample::select(known.map(String::from).to_vec())
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&body);
    }

    #[test]
    fn arbitrary_bytes_called_gzip_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut packed = vec![0x1f, 0x8b, 8];
        packed.extend(body);
        read_all(&packed);
    }

    #[test]
    fn arbitrary_events_never_panic(events in prop::collection::vec(any_json(), 0..6)) {
        read_all(json!({"events": events, "batch": events, "sentAt": "2026-05-28T20:26:39Z"}).to_string().as_bytes());
    }

    #[test]
    fn skew_is_taken_out(ahead in -400_000_i64..400_000, delay in 0_i64..600_000, waited in 0_i64..86_000_000) {
        // The sender's clock is `ahead` ms ahead; it queued the event for `waited` ms and the net took nothing.
        let received = now();
        let ms = |ms: i64| jiff::SignedDuration::from_millis(ms);
        let sent = received + ms(ahead);
        let original = sent - ms(waited) - ms(delay);
        let body = json!({"batch": [{"type": "page", "messageId": "m", "anonymousId": "a",
            "timestamp": original.to_string()}], "sentAt": sent.to_string()}).to_string();
        let definitions = &*DEFINITIONS;
        let mut request = Request::new(body.as_bytes(), received);
        request.query_key = Some("k1");
        let definition = definitions.of(BATCH.source());
        let opened = road::open(definition, &request, BATCH).unwrap();
        let arrivals = road::read(definition, &sites(), &request, &opened, BATCH).unwrap();
        let sessions = Sessioniser::new(10);
        let item = arrivals.items.into_iter().next().unwrap();
        let site = std::sync::Arc::clone(&item.site);
        let knowledge = Knowledge::default();
        let context = road::context(definition, &site, &request, &sessions, &knowledge);
        let item = road::walk(definition, &context, item);
        let event = item.draft.unwrap().event;
        prop_assert_eq!(event.ts, received - ms(waited) - ms(delay));
        prop_assert_eq!(event.props.contains_key("original_ts"), ahead.abs() > 300_000);
    }
}

const BATCH: Route = Route::Segment(SegmentRoute::Batch);

fn segment(request: &Request<'_>) -> Result<usize, CollectError> {
    let definition = DEFINITIONS.of(BATCH.source());
    let opened = road::open(definition, request, BATCH)?;
    Ok(road::read(definition, &sites(), request, &opened, BATCH)?.items.len())
}

#[test]
fn the_key_may_be_in_any_of_four_places() {
    let body = br#"{"batch":[{}]}"#;
    let plain = Request::new(body, now());
    let places = [
        Request { authorization: Some("Basic azE6"), ..plain.clone() },
        Request { header_key: Some("k1"), ..plain.clone() },
        Request { query_key: Some("k1"), ..plain.clone() },
        Request::new(br#"{"batch":[{}],"writeKey":"k1"}"#, now()),
    ];
    for request in places {
        assert_eq!(segment(&request).unwrap(), 1);
    }
    assert!(matches!(segment(&plain), Err(CollectError::UnknownKey)));
    let wrong = Request { header_key: Some("k2"), ..plain.clone() };
    assert!(matches!(segment(&wrong), Err(CollectError::UnknownKey)));
    let foreign = Request { header_key: Some("k1"), origin: Some("https://evil.example"), ..plain };
    assert!(matches!(segment(&foreign), Err(CollectError::ForeignOrigin)));
}

#[test]
fn gzip_is_known_by_its_bytes_and_bounded() {
    use std::io::Write;
    let pack = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let packed = pack(br#"{"batch":[{},{}],"writeKey":"k1"}"#);
    assert_eq!(segment(&Request::new(&packed, now())).unwrap(), 2);
    let torn = &packed[..packed.len() - 12];
    assert!(matches!(segment(&Request::new(torn, now())), Err(CollectError::Truncated { .. })));
    let bomb = pack(&vec![b' '; 5 << 20]);
    let refused = segment(&Request::new(&bomb, now()));
    assert!(matches!(refused, Err(CollectError::TooLarge { unit: "bytes", .. })));
    let many = format!(r#"{{"writeKey":"k1","batch":[{}]}}"#, vec!["{}"; 5_001].join(","));
    let refused = segment(&Request::new(many.as_bytes(), now()));
    assert!(matches!(
        refused,
        Err(CollectError::TooLarge { limit: 5_000, unit: "events", field: "/batch" })
    ));
}

#[test]
fn an_event_over_its_limit_is_a_dead_letter() {
    let long = "x".repeat(33 << 10);
    let body =
        json!({"events": [{"event_id": "0192f0c1-2b3c-7000-8000-000000000001", "name": long}]});
    assert_eq!(read_all(body.to_string().as_bytes())[0], DropReason::EventTooLarge);
}

#[test]
fn a_batch_of_the_node_sdk_reads_as_recorded() {
    // As `@segment/analytics-node` 3.1.0 and `analytics-next` 1.84 write them.
    let body = include_str!("tests/segment-batch.json");
    let definitions = &*DEFINITIONS;
    let mut request = Request::new(body.as_bytes(), now());
    request.authorization = Some("Basic azE6");
    request.user_agent = Some("node-fetch/1.0");
    request.peer = Some("203.0.113.7".parse().unwrap());
    let definition = definitions.of(BATCH.source());
    let opened = road::open(definition, &request, BATCH).unwrap();
    let arrivals = road::read(definition, &sites(), &request, &opened, BATCH).unwrap();
    let sessions = Sessioniser::new(100);
    let read: Vec<_> = arrivals
        .items
        .into_iter()
        .map(|item| {
            let site = std::sync::Arc::clone(&item.site);
            let knowledge = Knowledge::default();
            let context = road::context(definition, &site, &request, &sessions, &knowledge);
            match road::walk(definition, &context, item).draft {
                Ok(draft) => {
                    json!({"event": draft.event, "warnings": format!("{:?}", draft.warnings)})
                }
                Err(fault) => json!({"fault": format!("{fault:?}")}),
            }
        })
        .collect();
    insta::assert_yaml_snapshot!(read);
}

#[test]
fn a_payload_keeps_its_shape_without_its_people() {
    let key = sites().find("k1").unwrap();
    let text =
        r#"{"userId":"anna","traits":{"name":"Anna"},"context":{"ip":"203.0.113.9"},"event":"x"}"#;
    let kept = super::redact::payload(text, &key.key);
    assert!(!kept.contains("anna") && !kept.contains("Anna") && !kept.contains("203.0.113.9"));
    let value: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(value["event"], "x");
    assert!(value["userId"].as_str().unwrap().starts_with('~'));
    let text = r#"{"page":{"url":"https://x.example/a?name=anna","referrer":"/s?q=anna#anna"},"search_q":"anna",
        "props":{"form":"anna","n":5},"context":{"page":{"search":"?name=anna"}}}"#;
    let kept = super::redact::payload(text, &key.key);
    assert!(!kept.contains("anna"), "{kept}");
    let value: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(value["page"]["url"], "https://x.example/a");
    assert_eq!(value["props"], json!({"form": "text of 4 characters", "n": "a number"}));
}

#[test]
fn a_line_keeps_its_shape_without_its_people() {
    let key = sites().find("k1").unwrap();
    let line = |text: &str| super::redact::line(text, &key.key);
    let kept = line(
        r#"203.0.113.9 - anna.li [01/Aug/1995:00:00:01 -0400] "GET /q?idcard=3201 HTTP/1.0" x - "https://a.example/?n=anna" "Moz" "203.0.113.77, 10.0.0.1""#,
    );
    for person in ["203.0.113", "anna", "3201", "10.0.0.1"] {
        assert!(!kept.contains(person), "{kept}");
    }
    assert!(kept.contains(r#" - - [01/Aug/1995:00:00:01 -0400] "GET /q HTTP/1.0" x - "https://a.example/" "Moz" "~"#), "{kept}");
    for other in ["203.0.113.9 - broken", r#"{"ip": "203.0.113.9", "tags": ["a", "b"]}"#, "anna"] {
        assert_eq!(line(other), format!("{} bytes of another format, not kept", other.len()));
    }
}
