//! The collector from outside: what is answered is on disk, what is wrong is named, nothing is lost.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::harness::{Builder, TestApp, browser, wait_until};

fn view(id: u128, visitor: &str) -> Value {
    json!({
        "event_id": uuid::Uuid::from_u128(id),
        "name": "page_view",
        "ts": jiff::Timestamp::now().to_string(),
        "anonymous_id": visitor,
        "page": { "url": "https://portal.example/a", "title": "页面" },
        "consent": { "analytics": true, "personalisation": true },
    })
}

fn stored(app: &TestApp) -> anyhow::Result<u64> {
    let answer = app.json("/v1/analytics/trends?metric=events&interval=day&include_bots=true")?;
    let column = answer["columns"].as_array().unwrap().len() - 1;
    let rows = answer["rows"].as_array().unwrap();
    Ok(rows.iter().filter_map(|row| row[column].as_u64()).sum())
}

#[test]
fn an_event_is_queryable_within_ten_seconds_and_counted_once() {
    let app = TestApp::start().unwrap();
    let events: Vec<Value> = (1..=50).map(|id| view(id, "somebody")).collect();
    for _ in 0..3 {
        let answer: Value = app.send_events(&events).unwrap().json().unwrap();
        assert_eq!(answer["results"].as_object().unwrap().len(), 50);
    }
    wait_until("events are queryable", Duration::from_secs(10), || Ok(stored(&app)? == 50))
        .unwrap();
}

#[test]
fn what_was_acknowledged_survives_kill_nine() {
    let mut app = TestApp::start().unwrap();
    let events: Vec<Value> = (1..=100).map(|id| view(id, "somebody")).collect();
    assert_eq!(app.send_events(&events).unwrap().status(), 200);
    app.kill().unwrap();
    let app = app.revive().unwrap();
    wait_until("events are queryable", Duration::from_secs(20), || Ok(stored(&app)? == 100))
        .unwrap();
}

#[test]
fn bad_input_gets_a_problem_document_that_names_the_field() {
    let app = TestApp::start().unwrap();
    let key = app.write_key().unwrap();
    let problem = |body: Vec<u8>| {
        let url = format!("{}/v1/events?write_key={key}", app.url);
        let response = browser(app.client.post(url)).body(body).send().unwrap();
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{status}");
        (status, response.json::<Value>().unwrap())
    };

    let truncated = {
        let body = json!({ "events": [view(1, "somebody")] }).to_string();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(body.as_bytes()).unwrap();
        let mut bytes = gzip.finish().unwrap();
        bytes.truncate(bytes.len() - 12);
        bytes
    };
    let many = format!(r#"{{"events":[{}]}}"#, ["{}"; 5_001].join(","));
    for (body, status, code, field) in [
        (b"{ not json".to_vec(), 400, "malformed", ""),
        (b"{}".to_vec(), 400, "malformed", "/events"),
        (br#"{"events":"one"}"#.to_vec(), 400, "malformed", "/events"),
        (br#"{"events":[],"sent_at":"soon"}"#.to_vec(), 400, "malformed", "/sent_at"),
        (br#"{"events":[],"write_key":5}"#.to_vec(), 400, "malformed", "/write_key"),
        (vec![b'x'; 5_000_000], 413, "too_large", ""),
        (many.into_bytes(), 413, "too_large", "/events"),
        (truncated, 400, "malformed", ""),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let (found, document) = problem(body);
        assert_eq!((found, document["code"].as_str()), (status, Some(code)), "{shown}: {document}");
        assert_eq!(document["errors"][0]["field"], field, "{shown}: {document}");
        assert!(document["request_id"].as_str().is_some_and(|id| id.len() > 8));
    }

    for body in [r#"{"requests":5}"#, r#"{"token_auth":"x"}"#, r#"{"requests":["?idsite=1"#] {
        let request = app.client.post(format!("{}/matomo.php", app.url)).body(body);
        assert_eq!(crate::harness::refused(request), (400, "/requests".to_owned()), "{body}");
    }

    // A client that is still sending must hear why, not lose its connection.
    for _ in 0..5 {
        assert_eq!(problem(vec![b'x'; 12_000_000]).0, 413);
    }

    let response =
        app.post("/v1/events", &json!({ "write_key": "nobody", "events": [] })).send().unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.json::<Value>().unwrap()["errors"][0]["field"], "write_key");
}

#[test]
fn a_bad_event_is_named_and_does_not_sink_the_others() {
    let app = TestApp::start().unwrap();
    let mut wrong = view(2, "somebody");
    wrong["ts"] = json!(true);
    let mut future = view(3, "somebody");
    future["ts"] = json!("2099-01-01T00:00:00Z");
    let response = app.send_events(&[view(1, "somebody"), wrong.clone(), future.clone()]).unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().unwrap();
    let result = |event: &Value| answer["results"][event["event_id"].as_str().unwrap()].clone();
    assert_eq!(result(&view(1, ""))["result"], "ok");
    assert_eq!(result(&wrong)["result"], "drop");
    assert!(result(&wrong)["detail"].as_str().unwrap().contains("ts"), "{answer}");
    assert_eq!(result(&future)["result"], "warning");
    wait_until("two events are stored", Duration::from_secs(10), || Ok(stored(&app)? == 2))
        .unwrap();
}

#[test]
fn segment_clients_are_understood() {
    let app = TestApp::start().unwrap();
    let key = app.write_key().unwrap();
    let basic = |path: &str, body: &Value| {
        browser(app.post(path, body)).basic_auth(&key, Some("")).send().unwrap().status().as_u16()
    };
    let item = json!({ "type": "page", "messageId": "m-1", "anonymousId": "a", "name": "Home",
        "properties": { "url": "https://portal.example/" } });
    assert_eq!(basic("/v1/batch", &json!({ "batch": [item, { "type": "nonsense" }] })), 200);
    let track = json!({ "messageId": "m-2", "anonymousId": "a", "event": "Button Pressed" });
    assert_eq!(basic("/v1/track", &track), 200);
    assert_eq!(basic("/v1/page", &json!({ "messageId": "m-3", "anonymousId": "a" })), 200);
    assert_eq!(
        basic("/v1/identify", &json!({ "messageId": "m-4", "anonymousId": "a", "userId": "u" })),
        200
    );
    wait_until("four events are stored", Duration::from_secs(10), || Ok(stored(&app)? == 4))
        .unwrap();
}

#[test]
fn overload_is_said_so_that_every_client_sends_again() {
    // A spool of nothing: full from the first byte on.
    let app = Builder::default().setting("SPOOL__LIMIT", "0B").start().unwrap();
    let key = app.write_key().unwrap();
    let event = view(1, "somebody");
    let response = app.send_events(std::slice::from_ref(&event)).unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    let document: Value = response.json().unwrap();
    let result = &document["results"][event["event_id"].as_str().unwrap()];
    assert_eq!(
        (&result["result"], &result["reason"]),
        (&json!("retry"), &json!("overloaded")),
        "{document}"
    );
    let page = json!({ "writeKey": key, "batch": [{ "type": "page", "messageId": "m", "anonymousId": "a" }] });
    for path in ["/v1/batch", "/v1/b/", "/beacon/v1/batch"] {
        let response = browser(app.post(path, &page)).send().unwrap();
        assert_eq!(response.status(), 503, "{path}");
        assert!(response.headers().contains_key("retry-after"), "{path}");
    }
}

#[test]
fn whatever_bytes_come_to_whatever_door_the_server_answers_and_stands() {
    let app = TestApp::start().unwrap();
    let key = app.write_key().unwrap();
    let doors = [
        "/v1/events",
        "/v1/batch",
        "/v1/t",
        "/v1/merge",
        "/beacon/v1/batch",
        "/api/s/page",
        "/sa",
        "/sa.gif",
        "/matomo.php",
        "/piwik.php",
        "/pixel/v1/page",
        "/pixel/v1/track",
        "/sourceConfig/",
        "/v1/projects/x/settings",
    ];
    let mut state = 0x5eed_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let shapes = [
        r#"{"batch":[{"type":"page","context":{"page":7}}],"events":[[]],"requests":["?idsite=1&rec=1",7,{"idsite":1,"rec":1}]}"#,
        "data=eyJhIjoxfQ==&data_list=W10=&gzip=1&crc=1",
        "idsite=1&rec=1&cdt=999999999999999999&_id=%00%ff&c_i=&e_v=nan",
        r#"[{"type":"track","time":1e300,"identities":7,"lib":[]}]"#,
        "\u{1f}\u{8b}\u{8}",
    ];
    for round in 0..600 {
        let mut body = shapes[(next() % 5) as usize].as_bytes().to_vec();
        for _ in 0..next() % 8 {
            let at = (next() as usize) % body.len();
            body[at] = next() as u8;
        }
        let door = doors[round % doors.len()];
        let query: String =
            String::from_utf8_lossy(&body).chars().filter(char::is_ascii_graphic).collect();
        let query = query.replace(['#', '"', '<', '>', '\\', '^', '`', '{', '}', '|'], "");
        let url = format!("{}{door}?token={key}&write_key={key}&{query}", app.url);
        for request in [app.client.post(&url).body(body.clone()), app.client.get(&url)] {
            let status = request.send().unwrap().status().as_u16();
            // No redirect: SDKs take it for success and throw the events away.
            assert!(
                (200..500).contains(&status) && !(300..400).contains(&status),
                "{door}: {status} for {body:?}"
            );
        }
    }
    assert_eq!(app.send_events(&[view(7, "somebody")]).unwrap().status(), 200);
}

#[test]
fn an_operators_pipelines_stand_in_for_the_built_in_ones() {
    let dir = tempfile::tempdir().unwrap();
    let road = include_str!("../pipelines/clickstream/road.toml");
    let strict = road.replace("action = \"mark\"", "action = \"drop\"");
    // Its own tests are the dialect's: what they expect must hold under the operator's road.
    let native = include_str!("../pipelines/clickstream/native.toml")
        .replace("expect = [{ bot = \"declared\" }]", "expect = [{ drop = \"declared_bot\" }]");
    std::fs::write(dir.path().join("road.toml"), &strict).unwrap();
    std::fs::write(dir.path().join("native.toml"), &native).unwrap();
    let path = dir.path().to_str().unwrap();
    let app = Builder::default().setting("COLLECT__PIPELINES", path).start().unwrap();
    let body = json!({ "write_key": app.write_key().unwrap(), "events": [view(1, "somebody")] });
    let sent = app.post("/v1/events", &body).header("user-agent", "SomeBot/1.0").send().unwrap();
    let answer: Value = sent.json().unwrap();
    let result = answer["results"].as_object().unwrap().values().next().unwrap();
    assert_eq!(
        (&result["result"], &result["reason"]),
        (&json!("drop"), &json!("declared_bot")),
        "{answer}"
    );
    drop(app);

    std::fs::write(
        dir.path().join("native.toml"),
        native.replace("drop = \"declared_bot\"", "drop = \"monitor\""),
    )
    .unwrap();
    let refused = Builder::default().setting("COLLECT__PIPELINES", path).start();
    assert!(refused.is_err(), "a definition whose test fails runs nowhere");
}
