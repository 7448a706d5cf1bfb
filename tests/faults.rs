//! Faults from outside: the analytic engine dies while the server works, and neither answers nor events are lost.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{TestApp, alive, page_view, signal, wait_until};

fn stored(app: &TestApp) -> anyhow::Result<u64> {
    let response = app.get("/v1/analytics/top_content?by=page&include_bots=true").send()?;
    if response.status() != 200 {
        return Ok(0);
    }
    let answer: Value = response.json()?;
    let rows = answer["rows"].as_array().unwrap();
    Ok(rows
        .iter()
        .find(|row| row[0] == "/during-the-fault")
        .map_or(0, |row| row[3].as_u64().unwrap()))
}

#[test]
fn a_killed_engine_costs_neither_an_answer_nor_an_event() {
    let app = TestApp::start().unwrap();
    let items: Vec<String> = (0..30)
        .map(|id| json!({ "id": format!("i{id}"), "title": format!("事项{id}"), "kind": "service", "dept": format!("d{}", id % 9) }).to_string())
        .collect();
    let file = app.data_dir().join("items.ndjson");
    fs::write(&file, items.join("\n")).unwrap();
    let path = file.to_str().unwrap();
    assert!(app.command(&["import", "catalogue", path, "--reviewed"]).unwrap().status.success());
    let served =
        || app.json("/v1/recommendations").map(|list| list["items"].as_array().unwrap().len());
    wait_until("the items are served", Duration::from_secs(30), || Ok(served()? >= 8)).unwrap();

    let mut sent = 0;
    let mut killed = Vec::new();
    for round in 0..30 {
        if matches!(round, 5 | 18) {
            let engine = app.children();
            assert_eq!(engine.len(), 1, "one engine: {engine:?}");
            signal("-KILL", engine[0]).unwrap();
            killed.push(engine[0]);
            // The next kill must hit an engine that is at work again.
            if round == 5 {
                wait_until("the engine is started again", Duration::from_secs(30), || {
                    sent += send(&app);
                    assert!(served()? >= 8);
                    let now = app.children();
                    Ok(now.len() == 1 && now != killed && stored(&app)? > 0)
                })
                .unwrap();
            }
        }
        sent += send(&app);
        assert!(served().unwrap() >= 8, "lists do not wait for the engine");
        assert_eq!(app.get("/livez").send().unwrap().status(), 200);
    }
    assert!(killed.iter().all(|pid| !alive(*pid)));
    let ready = app.get("/readyz").send().unwrap();
    assert_eq!(ready.status(), 200, "without the engine the server is still ready");

    let app = app.restart().unwrap();
    wait_until("every event is stored", Duration::from_secs(30), || Ok(stored(&app)? >= sent))
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(stored(&app).unwrap(), sent, "none twice");
}

fn send(app: &TestApp) -> u64 {
    let events: Vec<Value> = (0..20).map(|_| page_view("somebody", "/during-the-fault")).collect();
    let response = app.send_events(&events).unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().unwrap();
    assert!(
        answer["results"].as_object().unwrap().values().all(|one| one["result"] == "ok"),
        "{answer}"
    );
    20
}
