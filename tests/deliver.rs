//! Delivery from outside: encrypted pushes to a service that checks the standards, inbox, streams and feeds.

use std::io::{BufRead as _, BufReader};
use std::sync::Arc;
use std::time::Duration;

use channels::testing::{Browser, PushService};
use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness::{Builder, TestApp, VISITOR, demo, problem, refused, wait_until};

const SITE: &str = "main";

/// A server that may push to this machine, and a push service on it.
struct Stage {
    app: TestApp,
    service: PushService,
    _runtime: Runtime,
}

impl Stage {
    fn set() -> Self {
        let runtime = Runtime::new().unwrap();
        let service = runtime.block_on(PushService::start(Arc::new(jiff::Timestamp::now))).unwrap();
        let app = Builder::default().setting("PUSH__ALLOW_LOOPBACK", "true").start().unwrap();
        Self { app, service, _runtime: runtime }
    }

    /// A visitor who agreed to messages, with a browser.
    fn visitor(&self, visitor: &str, push: bool) -> Browser {
        let agreed = json!({ "analytics": true, "personalisation": true, "push": push });
        let request = self.app.put("/v1/me/consent", &agreed).header(VISITOR, visitor);
        assert_eq!(request.send().unwrap().status(), 204);
        let key = self.app.json("/v1/push/key").unwrap();
        let browser = self.service.subscribe(key["key"].as_str().unwrap());
        let response = self.device(visitor, &json!(browser.subscription)).send().unwrap();
        assert_eq!(response.status(), 201, "{}", response.text().unwrap());
        browser
    }

    fn device(&self, visitor: &str, subscription: &Value) -> RequestBuilder {
        self.app.post("/v1/devices", subscription).header(VISITOR, visitor)
    }

    fn write(&self, class: &str, title: &str) -> String {
        let draft = json!({
            "site": SITE, "author": "editor", "class": class, "url": "/n/1",
            "title": { "zh": title, "en": "A message" }, "body": { "zh": "请留意。", "en": "Please note." },
        });
        let response = self.app.post("/v1/messages", &draft).send().unwrap();
        assert_eq!(response.status(), 201);
        response.json::<Value>().unwrap()["message_id"].as_str().unwrap().to_owned()
    }

    fn approve(&self, message: &str, reviewer: &str, audience: &Value) -> RequestBuilder {
        let approval = json!({ "reviewer": reviewer, "audience": audience });
        self.app.post(&format!("/v1/messages/{message}/approve"), &approval)
    }

    fn states(&self, message: &str) -> Vec<Value> {
        let report = self.app.json(&format!("/v1/messages/{message}")).unwrap();
        report["states"].as_array().unwrap().clone()
    }

    fn reached(&self, message: &str, medium: &str, state: &str) -> u64 {
        let states = self.states(message);
        let matching = states.iter().filter(|row| row["medium"] == medium && row["state"] == state);
        matching.map(|row| row["count"].as_u64().unwrap()).sum()
    }

    fn inbox(&self, visitor: &str) -> Value {
        self.app.json_as(visitor, "/v1/me/inbox").unwrap()
    }
}

#[test]
fn a_push_needs_two_people_arrives_encrypted_and_ends_where_the_browser_left() {
    let stage = Stage::set();
    let staying = stage.visitor("staying", true);
    let leaving = stage.visitor("leaving", true);
    stage.visitor("silent", false);

    // An emergency goes out at any hour, so the test does too.
    let message = stage.write("emergency", "台风红色预警");
    let audience = json!({ "to": "devices" });
    assert_eq!(problem(stage.approve(&message, "editor", &audience)).0, 403);
    assert!(stage.states(&message).is_empty() && stage.service.asked() == 0);

    stage.service.unsubscribe(&leaving);
    let queued = stage.approve(&message, "reviewer", &audience).send().unwrap();
    assert_eq!(queued.status(), 202);
    let queued: Value = queued.json().unwrap();
    assert_eq!((&queued["people"], &queued["deliveries"]), (&json!(3), &json!(6)));
    wait_until("the push is delivered", Duration::from_secs(20), || {
        Ok(!stage.service.received().is_empty()
            && stage.reached(&message, "web_push", "accepted") == 1
            && stage.reached(&message, "web_push", "suppressed") == 2)
    })
    .unwrap_or_else(|error| panic!("{error}: {:?}", stage.states(&message)));

    let received = stage.service.received();
    assert_eq!(received.len(), 1, "the withdrawn and the silent get nothing");
    assert!(staying.subscription.endpoint.ends_with(&received[0].subscription));
    assert_eq!(received[0].urgency, "high");
    let payload: Value = serde_json::from_slice(&received[0].payload).unwrap();
    assert!(payload["id"] == message.as_str(), "{payload}");
    assert_eq!(stage.service.violations(), Vec::<String>::new());

    let total: u64 = stage.states(&message).iter().map(|row| row["count"].as_u64().unwrap()).sum();
    assert_eq!(total, 6, "the states sum to the audience: {:?}", stage.states(&message));
    let reasons: Vec<Value> =
        stage.states(&message).iter().map(|row| row["reason"].clone()).collect();
    assert!(reasons.contains(&json!("consent")) && reasons.contains(&json!("dead_target")));

    // The browser that left is forgotten: the next message does not ask for it again.
    let asked = stage.service.asked();
    let next = stage.write("emergency", "预警解除");
    let again =
        stage.approve(&next, "reviewer", &audience).send().unwrap().json::<Value>().unwrap();
    assert_eq!(again["people"], 2, "{again}");
    wait_until("the second push is delivered", Duration::from_secs(20), || {
        Ok(stage.service.received().len() == 2)
    })
    .unwrap();
    assert_eq!(stage.service.asked(), asked + 1);

    // Queued twice is sent once.
    let repeated = stage.approve(&next, "reviewer", &audience).send().unwrap();
    assert!(matches!(repeated.status().as_u16(), 202 | 409), "{}", repeated.status());
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(stage.service.received().len(), 2);
    the_inbox_lists_marks_and_forgets(&stage, &message);
    a_recall_is_told_to_open_pages(&stage);
    endpoints_inside_a_network_are_refused(&stage);
    a_notice_waits_for_the_morning(&stage);
    assert_eq!(stage.service.violations(), Vec::<String>::new());
}

fn a_notice_waits_for_the_morning(stage: &Stage) {
    let before = stage.service.received().len();
    let hour = || jiff::Timestamp::now().in_tz("Asia/Shanghai").unwrap().hour();
    let night = |hour: i8| !(8..21).contains(&hour);
    let began = hour();
    let message = stage.write("subscribed", "公园夜间开放");
    let audience = json!({ "to": "visitor", "visitor": "staying" });
    let queued = stage.approve(&message, "reviewer", &audience).send().unwrap();
    assert_eq!(queued.status(), 202);
    let told = || stage.reached(&message, "inbox", "accepted") == 1;
    wait_until("the inbox has it", Duration::from_secs(20), || Ok(told())).unwrap();
    if night(began) && night(hour()) {
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(
            stage.reached(&message, "web_push", "queued"),
            1,
            "{:?}",
            stage.states(&message)
        );
        assert_eq!(stage.service.received().len(), before, "nobody is woken");
    } else if !night(began) {
        wait_until("it is pushed by day", Duration::from_secs(20), || {
            Ok(stage.service.received().len() == before + 1)
        })
        .unwrap();
    }
}

fn the_inbox_lists_marks_and_forgets(stage: &Stage, message: &str) {
    wait_until("the inbox has both", Duration::from_secs(10), || {
        Ok(stage.inbox("staying")["items"].as_array().unwrap().len() == 2)
    })
    .unwrap();
    let inbox = stage.inbox("staying");
    assert_eq!(inbox["unread"], 2);
    assert_eq!(inbox["items"][0]["title"]["zh"], "预警解除", "newest first");
    let entry = format!("/v1/me/inbox/{message}");
    let read = stage.app.post(&format!("{entry}/read"), &json!({})).header(VISITOR, "staying");
    assert_eq!(read.send().unwrap().status(), 204);
    assert_eq!(stage.inbox("staying")["unread"], 1);
    let foreign = stage.app.delete(&entry).header(VISITOR, "somebody-else");
    assert_eq!(foreign.send().unwrap().status(), 404, "an inbox is its owner's");
    let own = stage.app.delete(&entry).header(VISITOR, "staying");
    assert_eq!(own.send().unwrap().status(), 204);
    assert_eq!(stage.inbox("staying")["items"].as_array().unwrap().len(), 1);
}

fn a_recall_is_told_to_open_pages(stage: &Stage) {
    let message = stage.write("service", "作废的通知");
    let stream = stage.app.get("/v1/stream?channel=kiosk").send().unwrap();
    assert!(stream.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if told.send(line).is_err() {
                return;
            }
        }
    });
    let recall = json!({ "who": "reviewer", "reason": "wrong date" });
    let path = format!("/v1/messages/{message}/recall");
    assert_eq!(stage.app.post(&path, &recall).send().unwrap().status(), 204);
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| line.contains(&message)) {
        lines.push(heard.recv_timeout(Duration::from_secs(10)).expect("the retraction arrives"));
    }
    assert!(lines.contains(&"event: retract".to_owned()), "{lines:?}");
    let late = stage.approve(&message, "reviewer", &json!({ "to": "devices" })).send().unwrap();
    assert!(
        late.status().is_client_error(),
        "a recalled message cannot be sent: {}",
        late.status()
    );
}

fn endpoints_inside_a_network_are_refused(stage: &Stage) {
    let key =
        stage.service.subscribe(stage.app.json("/v1/push/key").unwrap()["key"].as_str().unwrap());
    for endpoint in [
        "https://10.0.0.7/push/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/x",
        "https://intranet.example/x",
        "http://fcm.googleapis.com/x",
        "https://user:secret@fcm.googleapis.com/x",
        "not an address",
    ] {
        let mut subscription = json!(key.subscription);
        subscription["endpoint"] = json!(endpoint);
        let refusal = refused(stage.device("attacker", &subscription));
        assert_eq!(refusal, (422, "endpoint".to_owned()), "{endpoint}");
    }
    let mut subscription = json!(key.subscription);
    subscription["keys"]["p256dh"] = json!("AAAA");
    assert_eq!(refused(stage.device("attacker", &subscription)).0, 422);
    subscription["time_zone"] = json!("Mars/Olympus");
    assert_eq!(refused(stage.device("attacker", &subscription)).1, "time_zone");
    let kiosk = stage.app.post("/v1/devices?channel=kiosk", &json!(key.subscription));
    assert_eq!(problem(kiosk.header(VISITOR, "attacker")).0, 403, "a kiosk is shared");
}

#[test]
fn a_column_can_be_read_as_rss_atom_and_json_feed() {
    let app = demo();
    for (file, kind) in [("policy.rss", "rss"), ("policy.atom", "atom"), ("all.json", "feed+json")]
    {
        let response = app.get(&format!("/feeds/yunchuan/{file}")).send().unwrap();
        assert_eq!(response.status(), 200, "{file}");
        assert!(response.headers()["content-type"].to_str().unwrap().contains(kind));
        let feed = feed_rs::parser::parse(response.bytes().unwrap().as_ref()).unwrap();
        assert!(feed.entries.len() >= 10, "{file}: {} entries", feed.entries.len());
        assert!(feed.title.unwrap().content.contains("云川省"));
        for entry in &feed.entries {
            assert!(entry.title.as_ref().is_some_and(|title| !title.content.is_empty()));
            assert!(entry.links[0].href.starts_with("http"), "{file}: {:?}", entry.links);
        }
        let dates: Vec<_> = feed.entries.iter().filter_map(|entry| entry.published).collect();
        assert!(dates.len() >= 10 && dates.is_sorted_by(|a, b| a >= b), "{file}: newest first");
    }
    assert_eq!(problem(app.get("/feeds/yunchuan/nowhere.rss")).0, 404);
    assert_eq!(problem(app.get("/feeds/yunchuan/policy.doc")).0, 404);
    assert_eq!(problem(app.get("/feeds/atlantis/all.rss")).0, 404);
}
