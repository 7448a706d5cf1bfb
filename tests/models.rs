//! Models from outside: trained on demand, swapped while requests go on, kept over a restart.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Builder, TestApp, VISITOR, demo, page_view, refused, wait_until};

#[test]
fn new_models_are_swapped_in_without_dropping_a_request() {
    let app = demo();
    let before = app.json("/v1/models").unwrap();
    assert!(before["card"].as_str().unwrap().contains("uses"), "{before}");
    let (stop, answered) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for persona in ["demo-persona-retiree", "a-stranger-while-training"] {
            let (stop, answered) = (&stop, &answered);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let request = app.get("/v1/recommendations?surface=home&limit=6");
                    let response = request.header(VISITOR, persona).send().unwrap();
                    assert_eq!(response.status(), 200);
                    let list: serde_json::Value = response.json().unwrap();
                    assert_eq!(list["items"].as_array().unwrap().len(), 6, "{list}");
                    // Not asked: `degraded`. While a training has both cores a list may run out of its 30 ms.
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let trained = || {
            let response = app.client.post(format!("{}/v1/models/train", app.url)).send()?;
            anyhow::ensure!(response.status() == 202, "{}", response.status());
            wait_until("new models are served", Duration::from_secs(60), || {
                Ok(app.json("/v1/models")?["trained_at"] != before["trained_at"])
            })
        };
        let outcome = trained();
        stop.store(true, Ordering::Relaxed);
        outcome.unwrap();
    });
    assert!(answered.load(Ordering::Relaxed) > 20, "requests went on during the training");
}

/// Digests of the versions, the newest first, and which of them is in service.
fn versions(app: &TestApp) -> Vec<(String, bool)> {
    let answer = app.json("/v1/models/versions").unwrap();
    let versions = answer["versions"].as_array().unwrap().iter();
    versions
        .map(|one| (one["digest"].as_str().unwrap().to_owned(), one["serving"] == true))
        .collect()
}

#[test]
fn going_back_is_one_command_a_running_server_follows() {
    let app = Builder::default()
        .demo(&["--citizens", "60", "--days", "7", "--live", "0"])
        .start()
        .unwrap();
    let first = app.json("/v1/models").unwrap()["digest"].as_str().unwrap().to_owned();
    // Something new to learn from.
    let list = app.json("/v1/recommendations?surface=home&limit=1").unwrap();
    let mut view = page_view("somebody-new", "/new");
    view["item_id"] = list["items"][0]["id"].clone();
    app.send_events(&[view]).unwrap();
    wait_until("it is in the warehouse", Duration::from_secs(20), || {
        let found = app.sql("SELECT toUInt32(count()) AS n FROM events WHERE path = '/new'")?;
        Ok(found[0]["n"] == 1)
    })
    .unwrap();
    assert_eq!(app.post("/v1/models/train", &json!({})).send().unwrap().status(), 202);
    wait_until("a second version", Duration::from_secs(60), || Ok(versions(&app).len() > 1))
        .unwrap();
    let told = app.command(&["models"]).unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("in service") && told.contains("training"), "{told}");

    let nobody = app.command(&["models", "rollback"]).unwrap();
    assert!(!nobody.status.success(), "somebody has to say so");
    let back =
        app.command(&["models", "rollback", "--by", "li", "--reason", "complaints"]).unwrap();
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    wait_until("the server serves the first again", Duration::from_secs(20), || {
        let serving = versions(&app).into_iter().find(|version| version.1).map(|version| version.0);
        Ok(app.json("/v1/models")?["digest"] == first && serving == Some(first.clone()))
    })
    .unwrap();

    let order = |way: &str, order: &Value| app.post(&format!("/v1/models/{way}"), order);
    let again = json!({ "by": "wang", "reason": "it was not that" });
    assert_eq!(order("rollback", &again).send().unwrap().status(), 200);
    assert_ne!(app.json("/v1/models").unwrap()["digest"], first);
    let promoted = json!({ "version": &first[..8], "by": "wang", "reason": "measured again" });
    assert_eq!(order("promote", &promoted).send().unwrap().status(), 200);
    assert_eq!(app.json("/v1/models").unwrap()["digest"], first);
    let unknown = json!({ "version": "00000000", "by": "wang", "reason": "x" });
    assert_eq!(order("promote", &unknown).send().unwrap().status(), 404);
    assert_eq!(refused(order("rollback", &json!({ "by": "", "reason": "x" }))).1, "by");
    // Without a version nothing is gone back to by mistake.
    let nameless = order("promote", &json!({ "by": "wang", "reason": "x" })).send().unwrap();
    assert_eq!(nameless.status(), 422);
}
