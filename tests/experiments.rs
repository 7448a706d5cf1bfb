//! Experiments from outside: who is in one, what they are shown, what editors see of it, and files that change.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Builder, TestApp, VISITOR, refused, wait_until};

const HOME: &str = "/v1/recommendations?surface=home";
const EXPERIMENTS: &str = r#"
format = 1
salt = "2026"

[[experiment]]
name = "length"
surface = "home"
layer = "home"
traffic = 1.0
arm = [{ name = "control", pipeline = "home", weight = 1 }, { name = "short", pipeline = "home-short", weight = 1 }]
"#;

/// The pipeline of home under another name, three items long, without its tests.
fn short() -> String {
    let home = include_str!("../pipelines/recommend/home.toml");
    let (definition, _) = home.split_once("[[test]]").unwrap();
    let named = definition.replacen("name = \"home\"", "name = \"home-short\"", 1);
    named.replacen("result_size = 12", "result_size = 3", 1)
}

fn write(dir: &Path, experiments: &str) {
    fs::write(dir.join("home-short.toml"), short()).unwrap();
    fs::write(dir.join("experiments.toml"), experiments).unwrap();
}

fn start(dir: &Path) -> TestApp {
    let file = dir.join("experiments.toml");
    Builder::default()
        .demo(&["--citizens", "50", "--days", "7", "--live", "0"])
        .setting("RECOMMEND__PIPELINES", dir.to_str().unwrap())
        .setting("RECOMMEND__EXPERIMENTS", file.to_str().unwrap())
        .start()
        .unwrap()
}

fn agree(app: &TestApp, visitor: &str) {
    let agreed = json!({ "analytics": true, "personalisation": true, "push": false });
    let request = app.put("/v1/me/consent", &agreed).header(VISITOR, visitor);
    assert_eq!(request.send().unwrap().status(), 204);
}

/// A click on the first item of a list.
fn click(visitor: &str, list: &Value) -> Value {
    json!({ "event_id": uuid::Uuid::new_v4(), "name": "click", "ts": jiff::Timestamp::now().to_string(),
        "anonymous_id": visitor, "item_id": list["items"][0]["id"], "rec_id": list["request_id"] })
}

/// A server with an experiment that so many people were in, two of three of whom clicked the first item.
pub(crate) fn seen_by(people: u64, dir: &Path) -> TestApp {
    write(dir, EXPERIMENTS);
    let app = start(dir);
    let mut clicks = Vec::new();
    for number in 0..people {
        let visitor = format!("one-of-many-in-an-arm-{number}");
        agree(&app, &visitor);
        let list = app.json_as(&visitor, HOME).unwrap();
        if number % 3 > 0 {
            clicks.push(click(&visitor, &list));
        }
    }
    assert_eq!(app.send_events(&clicks).unwrap().status(), 200);
    wait_until("everybody is counted", Duration::from_secs(30), || {
        let answer = app.json("/v1/console/experiments")?;
        let arms = answer["experiments"][0]["arms"].as_array().unwrap();
        let all = |field: &str| arms.iter().filter_map(|arm| arm[field].as_u64()).sum::<u64>();
        Ok(all("units") == people && all("clicks") == clicks.len() as u64)
    })
    .unwrap();
    app
}

fn experiment(list: &Value) -> &str {
    list["experiment"].as_str().unwrap()
}

#[test]
fn an_arm_makes_its_own_lists_and_editors_see_who_was_in_it() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), EXPERIMENTS);
    let app = start(dir.path());

    assert_eq!(experiment(&app.json(HOME).unwrap()), "", "a stranger is in no experiment");
    let mut arms = BTreeSet::new();
    let mut clicks = Vec::new();
    for number in 0..24 {
        let visitor = format!("a-citizen-of-an-arm-{number}");
        agree(&app, &visitor);
        let list = app.json_as(&visitor, HOME).unwrap();
        let again = app.json_as(&visitor, HOME).unwrap();
        assert_eq!(list["experiment"], again["experiment"], "always the same arm");
        let size = list["items"].as_array().unwrap().len();
        let policy = list["policy"].as_str().unwrap();
        match experiment(&list) {
            "length:short" => assert!(size <= 3 && policy.starts_with("home-short@"), "{list}"),
            "length:control" => assert!(size > 3 && policy.starts_with("home@"), "{list}"),
            other => panic!("{other} is no arm"),
        }
        arms.insert(experiment(&list).to_owned());
        // Two clicks on the same item of an answer are one.
        clicks.extend([click(&visitor, &list), click(&visitor, &list)]);
    }
    assert_eq!(arms.len(), 2);
    assert_eq!(app.send_events(&clicks).unwrap().status(), 200);

    wait_until("the units are counted", Duration::from_secs(30), || {
        let answer = app.json("/v1/console/experiments")?;
        let arms = answer["experiments"][0]["arms"].as_array().unwrap();
        let all = |field: &str| arms.iter().filter_map(|arm| arm[field].as_u64()).sum::<u64>();
        Ok(all("units") == 24 && all("clicks") == 24)
    })
    .unwrap();
    let answer = app.json("/v1/console/experiments?days=1").unwrap();
    let one = &answer["experiments"][0];
    assert_eq!((&one["name"], &one["arms"][1]["share"]), (&json!("length"), &json!(0.5)));
    assert!(one["ratio_p"].as_f64().unwrap() > 0.0 && one["mismatch"] == false, "{one}");
    for arm in one["arms"].as_array().unwrap() {
        let of = |field: &str| arm[field].as_u64().unwrap() as f64;
        let rate = arm["ctr"]["value"].as_f64().unwrap();
        assert!((rate - of("clicks") / of("impressions")).abs() < 1e-9, "{arm}");
        assert!(arm["ctr"].get("low").is_none(), "24 people tell nothing: {arm}");
    }
    let (control, short) = (&one["arms"][0], &one["arms"][1]);
    assert!(control.get("above_first").is_none() && short["above_first"]["value"].is_f64());
    assert_eq!(refused(app.get("/v1/console/experiments?days=0")).1, "days");

    // A broken file changes nothing, a good one counts without a restart.
    let broken = EXPERIMENTS.replace("home-short", "gone");
    fs::write(dir.path().join("experiments.toml"), broken).unwrap();
    std::thread::sleep(Duration::from_secs(5));
    let kept = app.json("/v1/console/experiments").unwrap();
    assert_eq!(kept["experiments"][0]["arms"][1]["pipeline"], "home-short");
    write(dir.path(), &EXPERIMENTS.replace("length", "brevity"));
    wait_until("the new experiment runs", Duration::from_secs(15), || {
        let list = app.json_as("a-citizen-of-an-arm-1", HOME)?;
        Ok(experiment(&list).starts_with("brevity:"))
    })
    .unwrap();
}

#[test]
fn experiments_are_validated_with_the_pipelines_beside_them() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("experiments.toml");
    let verdict = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_civicsense"));
        let output = command.arg("validate").arg(&file).output().unwrap();
        (
            output.status.success(),
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap(),
        )
    };
    write(dir.path(), EXPERIMENTS);
    assert!(verdict().0, "{}", verdict().1);
    // What the console shows where there is none.
    let panel = include_str!("../crates/web/src/console/panels/no-experiments.tsx");
    let example = &panel[panel.find("format = 1").unwrap()..panel.find("`;").unwrap()];
    write(dir.path(), example);
    assert!(verdict().0, "{}", verdict().1);
    fs::remove_file(dir.path().join("home-short.toml")).unwrap();
    let (ok, told) = verdict();
    assert!(!ok && told.contains("home-short of length does not exist"), "{told}");
}
