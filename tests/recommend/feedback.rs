//! What people say of items they were shown: kept once, under what they agreed to, and heeded in the next list.

use std::time::Duration;

use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

use super::{HOME, agree, ids};
use crate::harness::{VISITOR, browser, demo, refused, wait_until};

fn give(visitor: &str, request: &str, query: &str, body: &Value) -> RequestBuilder {
    let path = format!("/v1/recommendations/{request}/feedback{query}");
    browser(demo().post(&path, body)).header(VISITOR, visitor)
}

fn given(request: RequestBuilder) -> Value {
    let response = request.send().unwrap();
    assert_eq!(response.status(), 200);
    response.json().unwrap()
}

/// A list for somebody nobody knows, and the id it was made under.
fn list_of(visitor: &str) -> (String, Vec<String>) {
    let list = demo().json_as(visitor, HOME).unwrap();
    (list["request_id"].as_str().unwrap().to_owned(), ids(&list))
}

/// The feedback events of a list as the warehouse has them.
fn stored(request: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT item_id, item_kind, rec_pos, channel, consent, bot, props['verdict'] AS verdict FROM events FINAL
         WHERE event = 'feedback' AND rec_id = '{request}' ORDER BY verdict"
    );
    demo().sql(&sql).unwrap()
}

fn until_stored(request: &str, count: usize) -> Vec<Value> {
    wait_until("the feedback is in the warehouse", Duration::from_secs(15), || {
        Ok(stored(request).len() >= count)
    })
    .unwrap();
    let found = stored(request);
    assert_eq!(found.len(), count, "{found:?}");
    found
}

#[test]
fn what_somebody_does_not_want_leaves_their_lists_and_is_kept_once() {
    let visitor = format!("somebody-with-an-opinion-{}", uuid::Uuid::new_v4());
    agree(&visitor, true, true);
    let list = demo().json_as(&visitor, HOME).unwrap();
    let (request, shown) = (list["request_id"].as_str().unwrap().to_owned(), ids(&list));
    // What every list must carry stays whatever anybody thinks of it.
    let is_free = |item: &Value| {
        !["emergency", "mandated", "curated"].contains(&item["reason"]["code"].as_str().unwrap())
    };
    let items = list["items"].as_array().unwrap();
    let place = items.iter().position(is_free).expect("something else is shown");
    let (unwanted, other) = (&shown[place], &shown[(place + 1) % shown.len()]);
    let opinion = json!({ "item": unwanted, "verdict": "not_interested", "position": place });
    let first = given(give(&visitor, &request, "", &opinion));
    assert_eq!((&first["result"], first.get("reason")), (&json!("ok"), None));
    wait_until("the item is gone from their lists", Duration::from_secs(2), || {
        Ok(!ids(&demo().json_as(&visitor, HOME)?).contains(unwanted))
    })
    .unwrap();
    let again = given(give(&visitor, &request, "", &opinion));
    assert_eq!(
        (&again["event_id"], &again["reason"]),
        (&first["event_id"], &json!("duplicate")),
        "the same said twice"
    );
    let useful = json!({ "item": other, "verdict": "useful" });
    assert_ne!(given(give(&visitor, &request, "", &useful))["event_id"], first["event_id"]);

    let found = until_stored(&request, 2);
    let one = &found[0];
    assert_eq!((&one["item_id"], &one["verdict"]), (&json!(unwanted), &opinion["verdict"]));
    assert_eq!((&one["rec_pos"], &one["consent"]), (&json!(place), &json!(0b11)));
    assert!(!one["item_kind"].as_str().unwrap().is_empty() && one["bot"] == 0, "{one}");
    assert_eq!((&found[1]["verdict"], &found[1]["rec_pos"]), (&json!("useful"), &json!(-1)));
}

#[test]
fn it_is_kept_under_what_the_visitor_agreed_to() {
    let id = |what: &str| format!("{what}-with-an-opinion-{}", uuid::Uuid::new_v4());
    let (never_asked, objecting, kiosk, refusing) =
        (id("never-asked"), id("objecting"), id("kiosk"), id("refusing"));
    let (request, shown) = list_of(&never_asked);
    let wrong = |place: usize| json!({ "item": shown[place], "verdict": "wrong" });
    assert_eq!(given(give(&never_asked, &request, "", &wrong(0)))["result"], "ok");
    agree(&objecting, true, true);
    let objects = give(&objecting, &request, "", &wrong(1)).header("sec-gpc", "1");
    assert_eq!(given(objects)["result"], "ok");
    agree(&kiosk, true, true);
    assert_eq!(given(give(&kiosk, &request, "?channel=kiosk", &wrong(2)))["result"], "ok");
    agree(&refusing, false, false);
    let refusal = given(give(&refusing, &request, "", &wrong(3)));
    assert_eq!(
        (&refusal["result"], &refusal["reason"]),
        (&json!("drop"), &json!("consent_refused"))
    );

    let found = until_stored(&request, 3);
    let of = |place: usize| found.iter().find(|one| one["item_id"] == json!(shown[place])).unwrap();
    assert_eq!((&of(0)["consent"], &of(0)["channel"]), (&json!(0b1), &json!("web")));
    assert_eq!(of(1)["consent"], json!(0b1000_0011), "the objection goes with it");
    assert_eq!(of(2)["channel"], "kiosk");
    let list = demo().json_as(&kiosk, &format!("{HOME}&channel=kiosk")).unwrap();
    assert_eq!(list["mode"], "session", "a terminal's person has no profile by it");
}

#[test]
fn what_cannot_be_taken_names_its_field() {
    let visitor = "somebody-with-wrong-opinions";
    let (request, shown) = list_of(visitor);
    let item = &shown[0];
    for (field, body) in [
        ("verdict", json!({ "item": item, "verdict": "great" })),
        ("verdict", json!({ "item": item })),
        ("item", json!({ "item": "nothing", "verdict": "useful" })),
        ("item", json!({ "verdict": "useful" })),
        ("comment", json!({ "item": item, "verdict": "useful", "comment": "so" })),
        ("position", json!({ "item": item, "verdict": "useful", "position": -1 })),
    ] {
        assert_eq!(refused(give(visitor, &request, "", &body)), (422, field.to_owned()), "{body}");
    }
    let useful = json!({ "item": item, "verdict": "useful" });
    assert_eq!(refused(give(visitor, "x", "", &useful)), (422, "request_id".to_owned()));
    let nobody = demo().post(&format!("/v1/recommendations/{request}/feedback"), &useful);
    assert_eq!(refused(nobody), (422, "X-Civicsense-Visitor".to_owned()));
    let nowhere = give(visitor, &request, "?site=atlantis", &useful);
    assert_eq!(refused(nowhere), (422, "site".to_owned()));
    assert_eq!(stored(&request), [] as [Value; 0]);
}
