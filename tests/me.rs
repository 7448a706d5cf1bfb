//! What a citizen sees and decides, from outside: needs with their evidence, tags, wishes, a copy, and erasure.

use std::time::Duration;

use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{VISITOR, demo, page_view, problem, refused, wait_until};

fn me(visitor: &str) -> Value {
    demo().json_as(visitor, "/v1/me").unwrap()
}

fn done(request: RequestBuilder, visitor: &str) {
    let response = request.header(VISITOR, visitor).send().unwrap();
    assert_eq!(response.status(), 204, "{}", response.text().unwrap());
}

fn agree(visitor: &str) {
    let agreed = json!({ "analytics": true, "personalisation": true, "push": true });
    done(demo().put("/v1/me/consent", &agreed), visitor);
}

fn with_source(answer: &Value, source: &str) -> Vec<Value> {
    let needs = answer["needs"].as_array().unwrap();
    needs.iter().filter(|need| need["source"] == source).cloned().collect()
}

#[test]
fn inferred_needs_come_with_evidence_and_a_sentence() {
    let answer = me("demo-persona-home-buyer");
    let inferred = with_source(&answer, "inferred");
    assert!(
        inferred.iter().any(|need| need["id"].as_str().unwrap().starts_with("p.home")),
        "{answer}"
    );
    for need in inferred {
        let evidence = need["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty(), "{need}");
        assert!(!evidence[0]["title"]["zh"].as_str().unwrap().is_empty());
        assert!((0.0..=1.0).contains(&need["score"].as_f64().unwrap()), "{need}");
        assert!((0.0..=1.0).contains(&need["confidence"].as_f64().unwrap()), "{need}");
        assert!(need["why"]["zh"].as_str().unwrap().chars().count() > 4, "{need}");
        assert_ne!(need["sensitivity"], "sensitive", "sensitive needs are declared only");
    }
    assert_eq!(refused(demo().get("/v1/me")), (422, "X-Civicsense-Visitor".to_owned()));
}

#[test]
fn a_deleted_tag_is_not_inferred_again() {
    let (app, visitor) = (demo(), "demo-persona-shop-owner");
    let before = with_source(&me(visitor), "inferred");
    let gone = before[0]["id"].as_str().expect("an inferred need").to_owned();
    let evidence = before[0]["evidence"][0]["item_id"].as_str().unwrap().to_owned();
    done(app.delete(&format!("/v1/me/needs/{gone}")), visitor);
    let has =
        |answer: &Value| answer["needs"].as_array().unwrap().iter().any(|need| need["id"] == gone);
    assert!(!has(&me(visitor)));
    // More of the same behaviour does not bring it back.
    let mut event = page_view(visitor, &format!("/item/{evidence}"));
    event["item_id"] = json!(evidence);
    assert_eq!(app.send_events(&[event]).unwrap().status(), 200);
    std::thread::sleep(Duration::from_millis(500));
    assert!(!has(&me(visitor)));
    let (status, document) = problem(app.delete("/v1/me/needs/p.no.such").header(VISITOR, visitor));
    assert_eq!((status, &document["code"]), (404, &json!("not_found")));
}

#[test]
fn declared_needs_may_be_sensitive_and_lead_the_list() {
    let (app, visitor) = (demo(), "visitor-who-declares");
    agree(visitor);
    let taxonomy = app.json("/v1/taxonomy").unwrap();
    let needs = taxonomy["need"].as_array().unwrap();
    let sensitive = needs.iter().find(|need| need["sensitivity"] == "sensitive").expect("one");
    let sensitive = sensitive["id"].as_str().unwrap();
    let declared = json!({ "declared": [sensitive, "p.elder.pension"] });
    done(app.put("/v1/me/needs", &declared), visitor);
    let own = with_source(&me(visitor), "declared");
    let ids: Vec<&str> = own.iter().map(|need| need["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&sensitive) && ids.contains(&"p.elder.pension"));

    let list = app.json_as(visitor, "/v1/recommendations").unwrap();
    assert_eq!(list["personalized"], true);
    let led = list["items"].as_array().unwrap().iter().filter(|item| item["personalized"] == true);
    assert!(led.count() >= 2, "{list}");

    let wrong = json!({ "declared": ["p.elder.pension", "p.flying.cars"] });
    let request = app.put("/v1/me/needs", &wrong).header(VISITOR, visitor);
    assert_eq!(refused(request), (422, "/declared/1".to_owned()));
    let typo = app.put("/v1/me/needs", &json!({ "declare": [] })).header(VISITOR, visitor);
    assert_eq!(refused(typo), (422, "declare".to_owned()));
    done(app.put("/v1/me/needs", &json!({ "declared": [] })), visitor);
    assert!(with_source(&me(visitor), "declared").is_empty());
}

#[test]
fn what_is_followed_is_listed_copied_and_let_go_again() {
    let (app, visitor) = (demo(), "visitor-who-follows");
    agree(visitor);
    let wish = json!({ "type": "need", "value": "p.home.fund" });
    for _ in 0..2 {
        done(app.post("/v1/me/subscriptions", &wish), visitor);
    }
    let follows = me(visitor)["subscriptions"].clone();
    assert_eq!(follows.as_array().unwrap().len(), 1, "again changes nothing: {follows}");
    assert_eq!(follows[0]["value"], "p.home.fund");
    assert!(!follows[0]["name"]["zh"].as_str().unwrap().is_empty());

    let wrong =
        |body: Value| refused(app.post("/v1/me/subscriptions", &body).header(VISITOR, visitor));
    assert_eq!(wrong(json!({ "type": "moon", "value": "x" })), (422, "/type".to_owned()));
    assert_eq!(wrong(json!({ "type": "need", "value": "p.x" })), (422, "/value".to_owned()));
    assert_eq!(wrong(json!({ "type": "need" })), (422, "value".to_owned()));

    let response = app.get("/v1/me/export").header(VISITOR, visitor).send().unwrap();
    assert!(response.headers()["content-disposition"].to_str().unwrap().contains("attachment"));
    let copy: Value = response.json().unwrap();
    assert!(copy["records"]["subscriptions"].to_string().contains("p.home.fund"), "{copy}");
    assert_eq!(copy["records"]["consents"].as_array().unwrap().len(), 1, "{copy}");

    let request = app.delete("/v1/me/subscriptions").json(&wish);
    done(request, visitor);
    assert_eq!(me(visitor)["subscriptions"], json!([]));
}

#[test]
fn erasure_gives_a_receipt_and_leaves_nothing() {
    let (app, visitor) = (demo(), "visitor-who-wants-to-be-forgotten");
    agree(visitor);
    done(
        app.post("/v1/me/subscriptions", &json!({ "type": "column", "value": "policy" })),
        visitor,
    );
    let path = "/only-the-forgotten-came-here";
    let events: Vec<Value> = (0..7).map(|_| page_view(visitor, path)).collect();
    assert_eq!(app.send_events(&events).unwrap().status(), 200);
    let views = || -> anyhow::Result<u64> {
        let answer = app.json("/v1/analytics/top_content?by=page&limit=1000")?;
        let rows = answer["rows"].as_array().unwrap();
        Ok(rows.iter().find(|row| row[0] == path).map_or(0, |row| row[3].as_u64().unwrap_or(0)))
    };
    wait_until("the views are counted", Duration::from_secs(15), || Ok(views()? == 7)).unwrap();

    let response = app.delete("/v1/me").header(VISITOR, visitor).send().unwrap();
    assert_eq!(response.status(), 200);
    let receipt: Value = response.json().unwrap();
    assert_eq!(receipt["events"], 7, "{receipt}");
    assert!(receipt["records"].as_u64().unwrap() >= 2, "{receipt}");
    assert!(receipt["receipt"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());

    assert_eq!(views().unwrap(), 0, "rollups are recomputed");

    // What was sent a moment ago and is still on its way goes too.
    assert_eq!(app.send_events(&[page_view(visitor, path)]).unwrap().status(), 200);
    assert_eq!(app.delete("/v1/me").header(VISITOR, visitor).send().unwrap().status(), 200);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(views().unwrap(), 0, "nothing arrives after the receipt");
    let after = me(visitor);
    assert_eq!((&after["needs"], &after["subscriptions"]), (&json!([]), &json!([])));
    assert_eq!(after["consent"]["personalisation"], false);
    let copy = app.json_as(visitor, "/v1/me/export").unwrap();
    assert_eq!(copy["recent_behaviour"], json!([]), "{copy}");
    assert_eq!(copy["records"]["consents"], json!([]), "{copy}");
}

#[test]
fn anybody_may_read_how_lists_are_made() {
    let told = demo().json("/v1/transparency").unwrap();
    let names = |list: &str, field: &str| -> Vec<String> {
        let list = told[list].as_array().unwrap().iter();
        list.map(|one| one[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("models", "name"), ["features", "factors", "neighbours", "needs", "content"]);
    for text in told["models"].as_array().unwrap().iter().map(|model| &model["about"]) {
        assert!(text["zh"].as_str().unwrap().chars().count() > 20, "{text}");
        assert!(text["en"].as_str().unwrap().len() > 40, "{text}");
    }
    // What an answer names can be looked up here.
    let list = demo().json("/v1/recommendations?surface=home").unwrap();
    assert!(names("lists", "policy").iter().any(|policy| list["policy"] == policy.as_str()));
    assert_eq!(told["learnt"]["version"].as_str().map(str::len), Some(8), "{told}");
    assert!(told["needs"]["declared_only"].as_u64().unwrap() > 0, "sensitive needs are told");
    // Every way out is an address of the interface.
    let routes = demo().json("/v1/openapi.json").unwrap()["paths"].clone();
    for call in names("ways_out", "call").iter().flat_map(|calls| calls.split(", ")) {
        let (method, path) = call.split_once(' ').unwrap();
        assert!(routes[path][method.to_lowercase()].is_object(), "{call}");
    }
}
