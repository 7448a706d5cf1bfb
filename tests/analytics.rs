//! Behaviour questions from outside: every one over GET and POST, with the SQL that answered it.

use serde_json::{Value, json};

use crate::harness::{demo, problem, refused};

/// The address, and the same question as JSON.
fn questions() -> Vec<(&'static str, Value)> {
    vec![
        (
            "trends?metric=visitors&interval=day",
            json!({ "question": "trends", "metric": "visitors", "interval": "day" }),
        ),
        (
            "trends?metric=page_views&interval=hour&breakdown=channel",
            json!({ "question": "trends", "metric": "page_views", "interval": "hour", "breakdown": "channel" }),
        ),
        (
            "top_content?by=item&limit=5",
            json!({ "question": "top_content", "by": "item", "limit": 5 }),
        ),
        (
            "top_content?by=column&order=visitors",
            json!({ "question": "top_content", "by": "column", "order": "visitors" }),
        ),
        ("recommendations?by=position", json!({ "question": "recommendations", "by": "position" })),
        ("search?report=top", json!({ "question": "search", "report": "top" })),
        ("search?report=summary&k=3", json!({ "question": "search", "report": "summary", "k": 3 })),
        ("search?report=zero_results", json!({ "question": "search", "report": "zero_results" })),
        ("realtime?minutes=180", json!({ "question": "realtime", "minutes": 180 })),
    ]
}

#[test]
fn every_question_is_answered_over_get_and_post_with_its_sql() {
    let app = demo();
    for (address, body) in questions() {
        let got = app.json(&format!("/v1/analytics/{address}")).unwrap();
        let posted = app.post("/v1/analytics/query", &body).send().unwrap();
        assert_eq!(posted.status(), 200, "{address}");
        let posted: Value = posted.json().unwrap();
        assert!(got["sql"].as_str().unwrap().contains("SELECT"), "{address}");
        assert_eq!(got["sql"], posted["sql"], "{address}");
        assert_eq!(got["columns"], posted["columns"], "{address}");
        let rows = got["rows"].as_array().unwrap();
        assert!(!rows.is_empty(), "{address}: {got}");
        let width = got["columns"].as_array().unwrap().len();
        for row in rows {
            let row = row.as_array().unwrap();
            assert_eq!(row.len(), width, "{address}");
            assert!(!row.iter().all(Value::is_null), "{address}: {got}");
        }
    }
}

#[test]
fn a_funnel_narrows_from_step_to_step() {
    let body = json!({ "question": "funnel", "window_minutes": 1440,
        "steps": [{ "event": "page_view" }, { "event": "search" }] });
    let answer = demo().post("/v1/analytics/query", &body).send().unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().unwrap());
    let answer: Value = answer.json().unwrap();
    let columns = answer["columns"].as_array().unwrap();
    let count = columns.iter().position(|column| column["name"] == "walkers").unwrap();
    let counts: Vec<u64> =
        answer["rows"].as_array().unwrap().iter().map(|row| row[count].as_u64().unwrap()).collect();
    assert_eq!(counts.len(), 2, "{answer}");
    assert!(counts[0] >= counts[1] && counts[1] > 0, "{counts:?}");
}

#[test]
fn trends_add_up_and_bots_are_left_out_unless_asked_for() {
    let sum = |query: &str| -> u64 {
        let answer = demo().json(&format!("/v1/analytics/trends?{query}")).unwrap();
        let column = answer["columns"].as_array().unwrap().len() - 1;
        let rows = answer["rows"].as_array().unwrap();
        rows.iter().filter_map(|row| row[column].as_u64()).sum()
    };
    // A closed period, so that what other tests send does not matter.
    let to = jiff::Timestamp::now().strftime("%Y-%m-%dT00:00:00Z").to_string();
    let people = sum(&format!("metric=page_views&interval=day&to={to}"));
    let everybody = sum(&format!("metric=page_views&interval=day&to={to}&include_bots=true"));
    assert!(people > 1_000, "{people}");
    assert!(everybody > people, "{everybody} with bots, {people} without");
    let hourly = sum(&format!("metric=page_views&interval=hour&to={to}"));
    assert_eq!(hourly, people, "the same views, hour by hour");
}

#[test]
fn a_wrong_question_is_refused_by_the_name_of_its_field() {
    let app = demo();
    let wrong = |address: &str| refused(app.get(&format!("/v1/analytics/{address}")));
    assert_eq!(wrong("trends?metric=happiness"), (422, "metric".to_owned()));
    assert_eq!(wrong("trends?interval=century"), (422, "interval".to_owned()));
    assert_eq!(wrong("trends?from=yesterday"), (422, "from".to_owned()));
    assert_eq!(wrong("trends?colour=red"), (422, "colour".to_owned()));
    assert_eq!(wrong("search?k=0"), (422, "k".to_owned()));
    assert_eq!(wrong("realtime?minutes=many"), (422, "minutes".to_owned()));
    assert_eq!(wrong("trends?site=atlantis"), (422, "site".to_owned()));
    let (status, _) = problem(app.get("/v1/analytics/horoscope"));
    assert_eq!(status, 422);
    let splice = json!({ "question": "trends", "dept": "'; DROP TABLE events; --" });
    let answer = app.post("/v1/analytics/query", &splice).send().unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().unwrap();
    assert!(!answer["sql"].as_str().unwrap().contains("DROP"), "{answer}");
    assert!(answer["params"].to_string().contains("DROP"), "{answer}");
}

#[test]
fn answers_come_as_csv_too() {
    let response =
        demo().get("/v1/analytics/top_content?by=item&limit=3&format=csv").send().unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let text = response.text().unwrap();
    let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with('"') && lines.iter().all(|line| line.contains(',')));
}
