//! Search from outside: what is found, marked, counted, suggested and corrected, and that an exact title stays first.

use serde_json::{Value, json};

use crate::harness::{VISITOR, demo, refused};

fn search(query: &str) -> Value {
    demo().json(&format!("/v1/search?{query}")).unwrap()
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

#[test]
fn a_search_finds_marks_and_counts() {
    let answer = search("q=公积金提取&limit=5");
    assert!(answer["total"].as_u64().unwrap() >= 2, "{answer}");
    let marked = |hit: &Value| {
        ["title_html", "snippet_html"]
            .iter()
            .any(|field| hit[*field].as_str().unwrap().contains("<em>"))
    };
    assert!(answer["items"].as_array().unwrap().iter().all(marked), "{answer}");
    let kinds = answer["facets"]["kind"].as_array().unwrap();
    let counted: u64 = kinds.iter().map(|value| value["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, answer["total"].as_u64().unwrap(), "every item has one kind");
}

#[test]
fn filters_narrow_to_what_they_say_and_pages_do_not_overlap() {
    let all = search("q=补贴&limit=50");
    let services = search("q=补贴&kind=service&limit=50");
    assert!(services["total"].as_u64() < all["total"].as_u64());
    assert!(services["items"].as_array().unwrap().iter().all(|hit| hit["kind"] == "service"));
    let legal = search("q=补贴&audience=legal&limit=50");
    assert!(
        legal["total"].as_u64().unwrap() > 0 && legal["total"].as_u64() < all["total"].as_u64()
    );
    let (first, second) = (search("q=补贴&limit=3"), search("q=补贴&limit=3&offset=3"));
    assert_eq!([ids(&first), ids(&second)].concat(), ids(&search("q=补贴&limit=6")));
    assert_eq!(refused(demo().get("/v1/search?q=a&kind=rumour")), (422, "kind".to_owned()));
    assert_eq!(refused(demo().get("/v1/search?q=a&limit=101")), (422, "limit".to_owned()));
    assert_eq!(refused(demo().get("/v1/search?q=a&year=soon")), (422, "year".to_owned()));
}

#[test]
fn an_exact_title_or_document_number_is_first_for_everybody() {
    let item = demo().json("/v1/items/employment-priority").unwrap();
    for query in [&item["title"]["zh"], &item["doc_number"]] {
        let path = format!("/v1/search?q={}&limit=3", query.as_str().unwrap());
        for visitor in ["demo-persona-new-parent", "demo-persona-shop-owner", "a-stranger"] {
            let answer = demo().json_as(visitor, &path).unwrap();
            assert_eq!(answer["items"][0]["id"], "employment-priority", "{visitor} {query}");
        }
    }
}

#[test]
fn suggestions_understand_characters_pinyin_and_initials() {
    let app = demo();
    for (typed, expected) in [("公积", "公积金"), ("gongjijin", "公积金"), ("gjj", "公积金")]
    {
        let answer = app.json(&format!("/v1/suggest?q={typed}&limit=8")).unwrap();
        let texts = answer["suggestions"].as_array().unwrap();
        assert!(
            texts.iter().any(|one| one["text"].as_str().unwrap().contains(expected)),
            "{typed}: {answer}"
        );
    }
    let few = app.json("/v1/suggest?q=g&limit=2").unwrap();
    assert!(few["suggestions"].as_array().unwrap().len() <= 2);
}

#[test]
fn what_was_meant_is_found_and_the_correction_is_told() {
    for (typed, meant) in [("gongjijin", "公积金"), ("社宝", "社保")] {
        let answer = search(&format!("q={typed}"));
        assert!(answer["total"].as_u64().unwrap() > 0, "{typed}: {answer}");
        assert_eq!(answer["did_you_mean"], meant, "{typed}");
    }
    let answer = search("q=公积金");
    assert!(answer.get("did_you_mean").is_none(), "{answer}");
    let nothing = search("q=qqzzxxqq");
    assert_eq!((&nothing["total"], &nothing["items"]), (&json!(0), &json!([])));
}

#[test]
fn who_switched_off_finds_exactly_what_nobody_in_particular_finds() {
    let (app, visitor) = (demo(), "demo-persona-graduate-founder");
    let switch = |on: bool| {
        let request =
            app.put("/v1/me/personalisation", &json!({ "on": on })).header(VISITOR, visitor);
        assert_eq!(request.send().unwrap().status(), 204);
    };
    switch(false);
    for query in ["补贴", "就业", "办理", ""] {
        let path = format!("/v1/search?q={query}&limit=30");
        let (own, anonymous) = (app.json_as(visitor, &path).unwrap(), app.json(&path).unwrap());
        assert_eq!(own["items"], anonymous["items"], "{query}");
        assert_eq!(own["facets"], anonymous["facets"], "{query}");
        assert_eq!(own["personalized"], false);
    }
    switch(true);
}

#[test]
fn interests_move_a_result_by_three_places_at_most_and_hide_nothing() {
    let app = demo();
    for query in ["补贴", "登记", "办理"] {
        let path = format!("/v1/search?q={query}&limit=100");
        let own = app.json_as("demo-persona-new-parent", &path).unwrap();
        let anonymous = app.json(&path).unwrap();
        let (own, anonymous) = (ids(&own), ids(&anonymous));
        assert_eq!(own.len(), anonymous.len());
        for (place, id) in own.iter().enumerate() {
            let before = anonymous.iter().position(|other| other == id).expect("nothing is hidden");
            assert!(before.abs_diff(place) <= 3, "{query}: {id} went from {before} to {place}");
        }
    }
}
