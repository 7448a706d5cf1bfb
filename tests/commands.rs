//! The commands from outside: definitions validated, a demo stopped, looked into, and started again.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Builder, TestApp, VISITOR};

const PROGRAM: &str = env!("CARGO_BIN_EXE_civicsense");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn told(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// Sub-commands a help text lists.
fn listed(help: &str) -> Vec<&str> {
    let list = help.split_once("Commands:\n").map(|(_, list)| list).unwrap_or_default();
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

#[test]
fn the_help_of_every_command_has_examples() {
    let (ok, help) = told(&["--help"]);
    assert!(ok && help.contains("Examples:"), "{help}");
    let commands = listed(&help);
    assert!(commands.len() >= 9 && !commands.contains(&"engine"), "{commands:?}");
    for command in commands {
        let (ok, help) = told(&[command, "--help"]);
        assert!(ok && help.contains("Examples:"), "{command}: {help}");
        for inner in listed(&help) {
            let (ok, help) = told(&[command, inner, "--help"]);
            // What `doctor ledger` is for stands in the examples of `doctor`.
            assert!(
                ok && (help.contains("Examples:") || command == "doctor"),
                "{command} {inner}: {help}"
            );
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn definitions_are_validated_and_a_broken_one_is_named() {
    let root = Path::new(ROOT);
    let (models, pipelines) = (root.join("models"), root.join("pipelines"));
    let (ok, verdict) = told(&["validate", models.to_str().unwrap(), pipelines.to_str().unwrap()]);
    assert!(ok, "{verdict}");
    assert!(verdict.contains("recommend/home.toml") && !verdict.contains("(0 tests)"), "{verdict}");
    assert!(told(&["validate"]).0);

    let dir = TempDir::new().unwrap();
    let broken = dir.path().join("pipelines");
    copy(&pipelines, &broken);
    let file = broken.join("recommend/home.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("use = \"popular\"", "use = \"horoscope\"", 1)).unwrap();
    let (ok, verdict) = told(&["validate", broken.to_str().unwrap()]);
    assert!(!ok, "{verdict}");
    assert!(verdict.contains("home.toml") && verdict.contains("horoscope"), "{verdict}");
    assert!(
        verdict.contains("ok      ") && verdict.contains("item.toml"),
        "the others are still told"
    );

    let (ok, told) = told(&["validate", "/no/such/directory"]);
    assert!(!ok && told.contains("/no/such/directory"), "{told}");
}

fn views(app: &TestApp) -> u64 {
    let answer =
        app.json("/v1/analytics/trends?metric=page_views&interval=day&include_bots=true").unwrap();
    let column = answer["columns"].as_array().unwrap().len() - 1;
    answer["rows"].as_array().unwrap().iter().filter_map(|row| row[column].as_u64()).sum()
}

#[test]
fn a_demo_can_be_stopped_looked_into_and_started_again() {
    let demo = ["--citizens", "60", "--days", "3", "--live", "0"];
    let mut app = Builder::default().demo(&demo).start().unwrap();
    let home = "/v1/recommendations?limit=12";
    assert_eq!(app.json_as("demo-persona-retiree", home).unwrap()["personalized"], true);
    let wish = json!({ "type": "column", "value": "policy" });
    let request = app.post("/v1/me/subscriptions", &wish).header(VISITOR, "a-loyal-visitor");
    assert_eq!(request.send().unwrap().status(), 204);
    let before = views(&app);
    assert!(before > 100, "{before}");
    // Beside the server its engine answers, and goes on answering afterwards.
    let beside = app.command(&["query", r#"{"question":"trends","metric":"visitors"}"#]).unwrap();
    assert!(beside.status.success(), "{}", String::from_utf8_lossy(&beside.stderr));
    assert_eq!(views(&app), before);
    // Fails where a child process is left behind.
    app.stop().unwrap();

    let answer = app.command(&["query", r#"{"question":"trends","metric":"visitors"}"#]).unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    assert!(answer.status.success() && text.contains("SELECT"), "{text}");
    let wrong = app.command(&["query", r#"{"question":"trends","metric":"luck"}"#]).unwrap();
    assert!(!wrong.status.success());
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("metric"));
    let ledger = app.command(&["doctor", "ledger"]).unwrap();
    let text = String::from_utf8(ledger.stdout).unwrap();
    assert!(ledger.status.success() && text.contains("rows balance"), "{text}");
    assert!(text.lines().count() > 3, "the ledger has entries: {text}");

    let began = Instant::now();
    let app = app.revive().unwrap();
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(8),
        "the second run reuses what is there, but took {took:?}"
    );
    assert_eq!(views(&app), before, "nothing was simulated again");
    assert_eq!(app.json_as("demo-persona-retiree", home).unwrap()["personalized"], true);
    let me = app.json_as("a-loyal-visitor", "/v1/me").unwrap();
    assert_eq!(me["subscriptions"][0]["value"], "policy");
}

/// Ten tastes of five items: everybody uses four items of one taste, and the fifth is to be predicted.
fn adjacency(dir: &Path) -> [String; 2] {
    let (mut train, mut test) = (String::new(), String::new());
    for person in 0..200 {
        let (taste, left_out) = (person % 10, person / 10 % 5);
        let item = |nth: usize| (taste * 5 + nth).to_string();
        let used: Vec<String> = (0..5).filter(|nth| *nth != left_out).map(item).collect();
        train.push_str(&format!("{person} {}\n", used.join(" ")));
        test.push_str(&format!("{person} {}\n", item(left_out)));
    }
    [("train.txt", train), ("test.txt", test)].map(|(name, text)| {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn evaluate_knows_what_files_ask_by_their_layout() {
    let dir = TempDir::new().unwrap();
    let [train, test] = adjacency(dir.path());
    let (ok, told_) = told(&["evaluate", &train, "--test", &test, "--json"]);
    assert!(ok, "{told_}");
    let report: Value = serde_json::from_str(&told_).unwrap();
    assert!(report["split"].as_str().unwrap().starts_with("the test pairs given"), "{report}");
    let entries = report["entries"].as_array().unwrap();
    let recall = |model: &str| {
        let entry = entries.iter().find(|entry| entry["model"] == model).unwrap();
        entry["recall"]["mean"].as_f64().unwrap()
    };
    assert!(recall("blend") > 0.99 && recall("item-knn") > 0.99, "{report}");
    assert!(recall("popularity") < 0.9, "{report}");

    let drawn = dir.path().join("drawn");
    let (ok, told_) =
        told(&["evaluate", &train, "--test", &test, "--out", drawn.to_str().unwrap()]);
    assert!(ok, "{told_}");
    let picture = fs::read_to_string(drawn.join("recall-new.svg")).unwrap();
    assert!(picture.contains("<svg") && picture.contains("Recall@20") && picture.contains("blend"));
    assert!(fs::read_to_string(drawn.join("report.md")).unwrap().contains("](recall-new.svg)"));
    // What won is written as definitions that are read and tested like those of the project.
    let models = drawn.join("models");
    let (ok, told_) = told(&["validate", models.to_str().unwrap()]);
    assert!(ok && models.join("factors/model.toml").is_file(), "{told_}");

    let clicks = dir.path().join("clicks.csv");
    let mut text = "session_id,item_id,timestamp,device\n".to_owned();
    for visit in 0..400_u64 {
        for step in 0..3 {
            let (item, at) = (visit % 7 * 3 + step, 1_500_000_000 + visit * 60 + step * 10);
            text.push_str(&format!("{visit},{item},{at},phone\n"));
        }
    }
    fs::write(&clicks, text).unwrap();
    let out = dir.path().join("report");
    let (clicks, out_) = (clicks.to_str().unwrap(), out.to_str().unwrap());
    let (ok, told_) = told(&["evaluate", clicks, "--lag", "0", "--out", out_]);
    assert!(ok && told_.contains("streaming") && !told_.contains("hour-batched"), "{told_}");
    let saved = fs::read_to_string(out.join("report.json")).unwrap();
    let saved: Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(saved["next_clicks"], 800);
    assert!(
        out.join("full-streaming.svg").is_file() && out.join("sampled-streaming.svg").is_file()
    );
    let best = saved["lags"][0]["full"][0]["mrr_10"]["mean"].as_f64().unwrap();
    assert!(best > 0.9, "{saved}");

    let wrong = dir.path().join("wrong.csv");
    fs::write(&wrong, "session_id,item_id,timestamp\n1,a,yesterday\n").unwrap();
    let (ok, told_) = told(&["evaluate", wrong.to_str().unwrap()]);
    assert!(!ok && told_.contains("wrong.csv") && told_.contains("line 2"), "{told_}");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let program = env!("CARGO_BIN_EXE_civicsense");
    for command in ["completions bash", "validate"] {
        let pipe = format!("{program} {command} | head -n 1");
        let output = std::process::Command::new("sh").args(["-c", &pipe]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.is_empty() && !output.stdout.is_empty(), "{command}: {told}");
    }
}
