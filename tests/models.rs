//! Models from outside: trained on demand, swapped while requests go on, kept over a restart.

use std::process::{Command, Stdio};
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

/// Trains again on something new, and puts that in service; gives the digest served before.
fn second_version(app: &TestApp) -> String {
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
    wait_until("a second version is served", Duration::from_secs(60), || {
        let list = app.json("/v1/recommendations?surface=home&limit=1")?;
        Ok(versions(app).len() > 1 && list["models"] != first[..8])
    })
    .unwrap();
    first
}

#[test]
fn going_back_is_one_command_a_running_server_follows() {
    let app = Builder::default()
        .demo(&["--citizens", "60", "--days", "7", "--live", "0"])
        .start()
        .unwrap();
    let first = second_version(&app);
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

/// The digest a card names.
fn digest(card: &str) -> &str {
    let line = card.lines().find_map(|line| line.strip_prefix("- digest: "));
    line.unwrap_or_else(|| panic!("no digest: {card}"))
}

#[test]
fn a_training_killed_in_the_middle_goes_on_to_the_same_models() {
    let mut app = Builder::default()
        .demo(&["--citizens", "60", "--days", "7", "--live", "0"])
        .start()
        .unwrap();
    app.stop().unwrap();
    let train = || {
        let output = app.command(&["train"]).unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        told
    };
    let never_killed = train();
    assert!(!never_killed.contains("killed"), "{never_killed}");

    let unfinished = app.data_dir().join("models/unfinished");
    assert!(!unfinished.exists(), "a finished training leaves nothing");
    let mut killed = Command::new(env!("CARGO_BIN_EXE_civicsense"))
        .args(["train", "--data-dir"])
        .arg(app.data_dir())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("a checkpoint", Duration::from_secs(60), || Ok(unfinished.join("factors").exists()))
        .unwrap();
    killed.kill().unwrap();
    assert!(!killed.wait().unwrap().success(), "it was killed before its end");
    assert!(unfinished.exists());

    let gone_on = train();
    assert!(gone_on.contains("a training that was killed"), "{gone_on}");
    assert!(gone_on.contains("factors: "), "{gone_on}");
    assert_eq!(digest(&gone_on), digest(&never_killed));
    assert!(!unfinished.exists());
}

#[test]
fn other_models_are_tried_by_a_share_of_the_visitors_and_compared_without_anybody_seeing_them() {
    let app = Builder::default()
        .demo(&["--citizens", "60", "--days", "7", "--live", "0"])
        .start()
        .unwrap();
    let first = second_version(&app)[..8].to_owned();
    let second = app.json("/v1/models").unwrap()["digest"].as_str().unwrap()[..8].to_owned();
    let order = |way: &str, order: &Value| app.post(&format!("/v1/models/{way}"), order);
    let order_of = |percent: f64| json!({ "version": first, "percent": percent, "by": "li", "reason": "measured" });
    let approval = json!({ "by": "li", "reason": "seen enough" });
    assert_eq!(refused(order("canary", &order_of(80.0))), (422, "percent".to_owned()));
    assert_eq!(order("canary/stop", &approval).send().unwrap().status(), 409);
    assert_eq!(order("canary", &order_of(50.0)).send().unwrap().status(), 200);
    let told = app.command(&["models"]).unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("tried on 50 %"), "{told}");

    let made_by = |visitor: &str| {
        let list = app.json_as(visitor, "/v1/recommendations?surface=home&limit=4").unwrap();
        list["models"].as_str().unwrap().to_owned()
    };
    let visitors: Vec<String> = (0..24).map(|nth| format!("someone-{nth}")).collect();
    for visitor in &visitors {
        assert_eq!(made_by(visitor), second, "who agreed to nothing tries nothing");
        let agreed = json!({ "analytics": true, "personalisation": true, "push": false });
        let agree = app.put("/v1/me/consent", &agreed).header(VISITOR, visitor);
        assert_eq!(agree.send().unwrap().status(), 204);
    }
    let made: Vec<String> = visitors.iter().map(|visitor| made_by(visitor)).collect();
    let tried = made.iter().filter(|models| **models == first).count();
    assert!((4..20).contains(&tried), "{tried} of 24");
    assert_eq!(made, visitors.iter().map(|visitor| made_by(visitor)).collect::<Vec<_>>());

    wait_until("both versions have impressions", Duration::from_secs(20), || {
        let found = app.json("/v1/analytics/recommendations?by=models")?;
        let rows = found["rows"].as_array().unwrap();
        let has = |models: &str| rows.iter().any(|row| row[0] == models && row[1] != 0);
        Ok(has(&first) && has(&second))
    })
    .unwrap();
    let promoted = json!({ "version": first, "by": "wang", "reason": "more clicks" });
    assert_eq!(order("promote", &promoted).send().unwrap().status(), 200);
    assert_eq!(order("canary/stop", &approval).send().unwrap().status(), 409);
    assert!(visitors.iter().all(|visitor| made_by(visitor) == first));
    let versions = app.json("/v1/models/versions").unwrap();
    let record: Vec<&Value> = versions["versions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["trials"].as_array().unwrap())
        .collect();
    assert_eq!((&record[0]["percent"], &record[1]["percent"]), (&json!(50.0), &json!(0.0)));

    let shadow = json!({ "version": second, "percent": 100.0, "by": "li", "reason": "to compare" });
    assert_eq!(order("shadow", &shadow).send().unwrap().status(), 200);
    wait_until("lists are compared", Duration::from_secs(20), || {
        assert!(visitors.iter().all(|visitor| made_by(visitor) == first), "nobody sees a shadow");
        Ok(app.json("/v1/models/versions")?["shadow"]["lists"].as_u64() > Some(3))
    })
    .unwrap();
    let compared = &app.json("/v1/models/versions").unwrap()["shadow"];
    let overlap = compared["overlap_at_10"].as_f64().unwrap();
    assert!((0.3..=1.0).contains(&overlap) && compared["mean_ms"] != 0.0, "{compared}");
    let metrics = app.get("/metrics").send().unwrap().text().unwrap();
    assert!(metrics.contains("civicsense_server_shadow_overlap_ratio"), "{metrics}");
    assert_eq!(order("shadow/stop", &approval).send().unwrap().status(), 200);
    assert!(app.json("/v1/models/versions").unwrap()["shadow"].is_null());
}
