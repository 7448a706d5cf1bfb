//! Models from outside: trained on demand, swapped while requests go on, kept over a restart.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crate::harness::{VISITOR, demo, wait_until};

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
