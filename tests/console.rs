//! What operators see and mend: dead letters and their way back, the ledger, and who counts as one person.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{TestApp, VISITOR, browser, demo, page_view, refused, wait_until};

fn send(app: &TestApp, events: &[Value]) {
    assert_eq!(app.send_events(events).unwrap().status(), 200);
}

fn letters(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.json(&format!("/v1/console/dead-letters{query}")).unwrap();
    answer["letters"].as_array().unwrap().clone()
}

fn until_letters(app: &TestApp, count: usize) -> Vec<Value> {
    wait_until("the letters are there", Duration::from_secs(15), || {
        Ok(letters(app, "").len() == count)
    })
    .unwrap();
    letters(app, "")
}

fn events(app: &TestApp) -> u64 {
    app.sql("SELECT toUInt32(count()) AS n FROM events").unwrap()[0]["n"].as_u64().unwrap()
}

fn balances(app: &TestApp) {
    wait_until("the ledger balances", Duration::from_secs(20), || {
        Ok(app.json("/v1/console/ledger?hours=1")?["balances"] == true)
    })
    .unwrap();
}

#[test]
fn a_dead_letter_is_mended_and_sent_through_again_once() {
    let app = TestApp::start().unwrap();
    let mut wrong = page_view("somebody", "/a");
    wrong["rec_pos"] = json!("first");
    wrong["item_id"] = json!("i-1");
    let nameless = json!({ "type": "track", "messageId": "m-1", "anonymousId": "somebody",
        "properties": { "item_id": "i-2", "form": "13800000000" } });
    send(&app, &[page_view("somebody", "/b"), wrong.clone()]);
    let key = app.write_key().unwrap();
    let batch = json!({ "batch": [nameless], "writeKey": key });
    assert_eq!(browser(app.post("/v1/batch", &batch)).send().unwrap().status(), 200);

    let kept = until_letters(&app, 2);
    let of = |proto: &str| kept.iter().find(|letter| letter["proto"] == proto).unwrap().clone();
    let (native, segment) = (of("native"), of("segment"));
    assert!(native["detail"].as_str().unwrap().starts_with("/events/1/rec_pos"), "{native}");
    let payload = native["payload"].as_str().unwrap();
    assert!(payload.contains("i-1") && !payload.contains("somebody"), "{payload}");
    assert!(!segment["payload"].as_str().unwrap().contains("13800000000"), "{segment}");
    assert_eq!(letters(&app, "?reason=missing_field").len(), 1);
    assert_eq!(letters(&app, "?site=99").len(), 0);

    // As it is, it fails again, and no second letter comes of it.
    let again = |letters: Value| -> Value {
        let order = json!({ "letters": letters });
        let response = app.post("/v1/console/dead-letters/replay", &order).send().unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().unwrap()["results"].clone()
    };
    let results = again(json!([{ "id": native["id"] }, { "id": uuid::Uuid::nil() }]));
    assert_eq!(results[0]["result"], "drop");
    assert_eq!(results[0]["reason"], "wrong_type");
    assert_eq!(results[1]["reason"], "not_found");

    let mut mended: Value = serde_json::from_str(payload).unwrap();
    mended["rec_pos"] = json!(1);
    let mut named: Value = serde_json::from_str(segment["payload"].as_str().unwrap()).unwrap();
    named["event"] = json!("Form Opened");
    let order = json!([
        { "id": native["id"], "payload": mended.to_string() },
        { "id": segment["id"], "payload": named.to_string() },
    ]);
    let results = again(order.clone());
    assert_eq!(
        (&results[0]["result"], &results[1]["result"]),
        (&json!("ok"), &json!("ok")),
        "{results}"
    );
    let results = again(order);
    assert_eq!(results[0]["reason"], "replayed_before");
    assert_eq!(letters(&app, "").len(), 0);
    assert_eq!(letters(&app, "?replayed=true").len(), 2);

    wait_until("three events", Duration::from_secs(10), || Ok(events(&app) == 3)).unwrap();
    let rows = app
        .sql("SELECT toUInt32(uniqExact(visitor)) AS people, toUInt32(countIf(event = 'form_opened' AND item_id = 'i-2')) AS opened FROM events")
        .unwrap();
    assert_eq!(rows[0], json!({ "people": 1, "opened": 1 }), "the pseudonyms are the same");
    balances(&app);
    let output = app.command(&["doctor", "ledger"]).unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("native") && told.contains("segment"), "{told}");

    assert_eq!(
        refused(app.post("/v1/console/dead-letters/replay", &json!({ "letters": [] }))).1,
        "letters"
    );
    assert_eq!(refused(app.get("/v1/console/dead-letters?limit=0")).1, "limit");
    assert_eq!(refused(app.get("/v1/console/dead-letters?cursor=x")).1, "cursor");
}

#[test]
fn letters_come_in_pages() {
    let app = TestApp::start().unwrap();
    for _ in 0..7 {
        send(&app, &[json!({ "name": "page_view" })]);
    }
    until_letters(&app, 7);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.json(&format!("/v1/console/dead-letters?limit=3{cursor}")).unwrap();
        seen.extend(
            page["letters"].as_array().unwrap().iter().map(|letter| letter["id"].to_string()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
}

#[test]
fn decisions_come_in_pages_by_kind_and_by_item() {
    let app = demo();
    let list = app.json("/v1/recommendations?surface=digest&limit=7").unwrap();
    let items: Vec<&Value> = list["items"].as_array().unwrap().iter().collect();
    assert_eq!(items.len(), 7);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    for (nth, item) in items.iter().enumerate() {
        // A boost by one changes no list.
        let mut decision = json!({ "kind": "boost", "factor": 1, "pipeline": "digest", "item": item["id"],
            "reason": "a page of them", "made_by": "li" });
        if nth == 0 {
            decision["expires_at"] = json!(soon.to_string());
        }
        let made = app.put("/v1/console/rules", &decision).send().unwrap();
        assert_eq!(made.status(), 200);
        assert_eq!(made.json::<Value>().unwrap()["in_force"], true);
    }
    wait_until("one has ended", Duration::from_secs(10), || Ok(jiff::Timestamp::now() > soon))
        .unwrap();
    let pages = |filter: &str| -> Vec<Value> {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.json(&format!("/v1/console/rules?limit=3{filter}{cursor}")).unwrap();
            assert!(page["rules"].as_array().unwrap().len() <= 3);
            let ours = |rule: &&Value| rule["reason"] == "a page of them";
            seen.extend(page["rules"].as_array().unwrap().iter().filter(ours).cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return seen,
            }
        }
    };
    let count = |filter: &str| {
        let mut found: Vec<String> =
            pages(filter).iter().map(|rule| rule["id"].to_string()).collect();
        let all = found.len();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), all, "{filter}: one came twice");
        all
    };
    assert_eq!(count(""), 6);
    assert_eq!(count("&ended=true"), 7);
    assert_eq!(count("&kind=boost"), 6);
    assert_eq!(count("&kind=pin&ended=true"), 0);
    let ended = pages(&format!("&ended=true&item={}", items[0]["id"].as_str().unwrap()));
    assert_eq!((ended.len(), &ended[0]["in_force"]), (1, &json!(false)));
    for (field, query) in
        [("limit", "limit=0"), ("limit", "limit=501"), ("cursor", "cursor=x"), ("kind", "kind=x")]
    {
        assert_eq!(refused(app.get(&format!("/v1/console/rules?{query}"))), (422, field.into()));
    }
    for rule in pages("&ended=true") {
        let query = [("id", rule["id"].as_str().unwrap()), ("made_by", "wang")];
        let taken = app.delete("/v1/console/rules").query(&query).send().unwrap();
        assert_eq!(taken.status(), 204);
    }
}

#[test]
fn browsers_of_one_person_count_once_until_they_are_parted() {
    let app = TestApp::start().unwrap();
    let signed_in = |browser: &str, person: &str| {
        let mut event = page_view(browser, "/mine");
        event["user_id"] = json!(person);
        event
    };
    let mut silent = signed_in("silent", "anna");
    silent["consent"] = json!({ "analytics": true });
    send(
        &app,
        &[
            page_view("phone", "/a"),
            signed_in("phone", "anna"),
            page_view("desk", "/a"),
            signed_in("desk", "anna"),
            // A family's computer is nobody's.
            page_view("family", "/a"),
            signed_in("family", "anna"),
            signed_in("family", "bert"),
            // Without consent nothing joins a browser and a person.
            page_view("silent", "/a"),
            silent,
        ],
    );
    let people = || -> anyhow::Result<u64> {
        let answer =
            app.json("/v1/analytics/trends?metric=people&interval=day&include_bots=true")?;
        let rows = answer["rows"].as_array().unwrap();
        Ok(rows.iter().filter_map(|row| row.as_array()?.last()?.as_u64()).sum())
    };
    // anna (phone, desk), bert, the family's computer, the silent browser.
    wait_until("four people", Duration::from_secs(15), || Ok(people()? == 4)).unwrap();

    let rows = app
        .sql("SELECT toString(visitor) AS v, toString(person) AS p FROM people ORDER BY v")
        .unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let (visitor, person) = (rows[0]["v"].as_str().unwrap(), rows[0]["p"].as_str().unwrap());
    let decide = |linked: bool| {
        let decision = json!({ "site": 1, "visitor": visitor, "person": person, "linked": linked });
        let response = app.post("/v1/console/identity", &decision).send().unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().unwrap()["pairs"][0].clone()
    };
    let parted = decide(false);
    assert_eq!((&parted["merged"], &parted["decided_by"]), (&json!(false), &json!("staff")));
    assert_eq!(people().unwrap(), 5);
    // Signing in again does not undo what was decided.
    send(&app, &[signed_in("phone", "anna"), signed_in("desk", "anna")]);
    wait_until("they are there", Duration::from_secs(10), || Ok(events(&app) == 11)).unwrap();
    assert_eq!(people().unwrap(), 5);
    assert_eq!(decide(true)["merged"], true);
    assert_eq!(people().unwrap(), 4);
    let pairs = app.json(&format!("/v1/console/identity?site=1&id={person}")).unwrap();
    assert_eq!(pairs["pairs"].as_array().unwrap().len(), 3, "{pairs}");
    // Who is erased is in no pair, and nothing was kept under the pseudonym of a day either.
    let objecting = browser(app.post(
        "/v1/events",
        &json!({
            "write_key": app.write_key().unwrap(), "events": [page_view("anna", "/objected")]
        }),
    ));
    assert_eq!(objecting.header("sec-gpc", "1").send().unwrap().status(), 200);
    let left = |sql: &str| {
        app.sql(&format!("SELECT toUInt32(count()) AS n FROM {sql}")).unwrap()[0]["n"]
            .as_u64()
            .unwrap()
    };
    wait_until("it is there", Duration::from_secs(10), || {
        Ok(left("events WHERE path = '/objected'") == 1)
    })
    .unwrap();
    let erased = app.delete("/v1/me").header(VISITOR, "anna").send().unwrap();
    assert_eq!(erased.status(), 200);
    assert_eq!(left("events WHERE path = '/objected'"), 0);
    let theirs = format!("events WHERE visitor = {visitor} OR anonymous = {visitor}");
    assert_eq!(left(&theirs), 0, "what was done before signing in");
    for table in ["events", "identity", "identity_decisions"] {
        assert_eq!(left(&format!("{table} WHERE person = {person}")), 0, "{table}");
    }
    let wrong = json!({ "site": 1, "visitor": "phone", "person": person, "linked": true });
    assert_eq!(refused(app.post("/v1/console/identity", &wrong)).1, "visitor");
}

#[test]
fn people_are_grouped_by_needs_and_nobody_is_named() {
    let app = demo();
    let mut answer = Value::Null;
    wait_until("people have needs that may be kept", Duration::from_secs(30), || {
        answer = app.json("/v1/console/segments")?;
        Ok(answer["segments"].as_array().is_some_and(|found| !found.is_empty()))
    })
    .unwrap();
    let segments = answer["segments"].as_array().unwrap();
    let sizes: Vec<u64> =
        segments.iter().map(|segment| segment["people"].as_u64().unwrap()).collect();
    assert!(
        sizes.iter().all(|people| *people >= 20) && sizes.is_sorted_by(|a, b| a >= b),
        "{answer}"
    );
    assert!(sizes.iter().sum::<u64>() <= answer["people"].as_u64().unwrap(), "{answer}");
    for segment in segments {
        let first = &segment["needs"][0];
        assert!(first["zh"].is_string() && first["strength"].as_f64().unwrap() > 0.0, "{answer}");
    }
    let told = answer.to_string();
    assert!(!told.contains("p.birth.adoption") && !told.contains("visitor"), "{told}");
}
