//! The vendors' own tracker SDKs against a live collector: every event arrives, with its type, ids, time and properties.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Builder, TestApp, browser, tool, wait_until};

const SERVERS: [&str; 6] =
    ["segment-node", "rudder-node", "jitsu", "sensors-node", "sensors-miniprogram", "matomo"];
const BROWSERS: [&str; 6] = [
    "segment-browser",
    "rudder-browser",
    "rudder-beacon",
    "sensors-browser",
    "sensors-image",
    "sensors-beacon",
];
const PYTHONS: [&str; 3] = ["segment-python", "rudder-python", "sensors-python"];

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// The SDKs, where `npm ci` has put them.
fn modules() -> Option<()> {
    if scripts().join("node_modules").is_dir() {
        return Some(());
    }
    assert!(std::env::var("CIVICSENSE_NO_SKIP").is_err(), "run `npm ci` in tests/clients");
    println!("skipped: run `npm ci` in tests/clients");
    None
}

/// A server, and the pseudonyms of the ids that every client uses.
struct Portal {
    app: TestApp,
    key: String,
    names: Vec<(String, &'static str)>,
}

impl Portal {
    fn start() -> Self {
        let plans = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/plans");
        let app = Builder::default().setting("COLLECT__PLANS", plans.to_str().unwrap());
        let app = app.start().unwrap();
        let key = app.write_key().unwrap();
        let known = |anonymous: &str, person: Value| {
            json!({ "event_id": uuid::Uuid::new_v4(), "name": "known", "ts": jiff::Timestamp::now().to_string(),
                "anonymous_id": anonymous, "user_id": person, "consent": { "analytics": true, "personalisation": true } })
        };
        let events = [
            known("anon-1", json!("u-1")),
            known("0123456789abcdef", Value::Null),
            known("g-1", Value::Null),
        ];
        let sent = browser(app.post("/v1/events", &json!({ "write_key": key, "events": events })));
        assert_eq!(sent.send().unwrap().status(), 200);
        let mut portal = Self { app, key, names: Vec::new() };
        portal.settle();
        let rows = portal
            .app
            .sql("SELECT toString(visitor) v, toString(anonymous) a, toString(person) p FROM events WHERE event = 'known' ORDER BY ts, person DESC")
            .unwrap();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        for row in rows {
            if text(&row, "p") != "0" {
                portal.names.push((text(&row, "p"), "u-1"));
                portal.names.push((text(&row, "a"), "anon-1"));
            } else {
                portal.names.push((text(&row, "v"), "an id"));
            }
        }
        portal
    }

    /// The secret of the site that a server-side tracker is given.
    fn token(&self) -> String {
        let output = self.app.command(&["sites", "--tokens"]).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let row = text.lines().find(|line| line.contains(&self.key)).expect("the site is listed");
        row.split('\t').next_back().unwrap_or_default().to_owned()
    }

    /// Waits until everything the collector stored can be queried.
    fn settle(&self) {
        wait_until("every event is queryable", Duration::from_secs(20), || {
            let numbers = self.app.get("/metrics").send()?.text()?;
            let stored: u64 = numbers
                .lines()
                .filter(|line| {
                    line.starts_with("civicsense_clickstream_arrivals_total")
                        && line.contains("outcome=\"stored\"")
                })
                .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
                .sum();
            let rows = self.app.sql("SELECT toUInt32(count()) AS n FROM events")?;
            Ok(rows[0]["n"].as_u64() == Some(stored))
        })
        .unwrap();
    }

    /// What arrived from a client, in an order and in words that are the same every time.
    fn arrived(&self, client: &str, mut command: Command) -> Value {
        let from = jiff::Timestamp::now().as_millisecond();
        let output = command.output().expect("the interpreter runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{client}: {told}");
        self.settle();
        let rows = self.app.sql(&format!(
            "SELECT event, toString(proto) AS proto, toString(lib) AS lib, toString(channel) AS channel, toString(visitor) AS visitor,
               toString(anonymous) AS anonymous, toString(person) AS person, toString(host) AS host, path, title, toString(ref_host) AS ref_host,
               item_id, search_q, search_hits, value, toString(topic) AS topic, toString(browser) AS browser, toString(device) AS device, bot, props,
               toInt32(round((toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(ts)) / 60000)) AS minutes, session_id != 0 AS visit
             FROM events WHERE received_at >= fromUnixTimestamp64Milli({from}) ORDER BY event, path, item_id, ts"
        ));
        let events: Vec<Value> = rows.unwrap().into_iter().map(|row| self.plain(row)).collect();
        json!(events)
    }

    fn plain(&self, mut row: Value) -> Value {
        let fields = row.as_object_mut().unwrap();
        for key in ["visitor", "anonymous", "person"] {
            let id = fields[key].as_str().unwrap().to_owned();
            let name = self.names.iter().find(|(hash, _)| *hash == id).map(|(_, name)| *name);
            let name = name.unwrap_or(if id == "0" { "" } else { "another" });
            fields.insert(key.into(), name.into());
        }
        fields.retain(|_, value| {
            !(value == &json!("")
                || value == &json!(0)
                || value == &json!(-1)
                || value == &json!({}))
        });
        row
    }

    fn dead_letters(&self) -> Vec<Value> {
        self.app.sql("SELECT toString(proto) AS proto, toString(reason) AS reason, detail FROM dead_letters").unwrap()
    }
}

#[test]
fn every_event_of_the_vendors_clients_arrives() {
    let Some(()) = modules() else { return };
    let Some(chromium) = tool("CIVICSENSE_CHROMIUM", "Chromium") else { return };
    let Some(python) = tool("CIVICSENSE_PYTHON", "Python with the SDKs") else { return };
    let portal = Portal::start();
    let token = portal.token();
    let mut clients: Vec<(&str, Command)> = Vec::new();
    for (script, names) in [("node.mjs", SERVERS), ("browser.mjs", BROWSERS)] {
        for client in names {
            let mut command = Command::new("node");
            command.arg(scripts().join(script)).env("CHROMIUM", &chromium);
            clients.push((client, command));
        }
    }
    for client in PYTHONS {
        let mut command = Command::new(&python);
        command.arg(scripts().join("clients.py"));
        clients.push((client, command));
    }
    for (client, mut command) in clients {
        command.arg(client).arg(&portal.app.url).arg(&portal.key).arg(&token);
        let arrived = portal.arrived(client, command);
        insta::assert_yaml_snapshot!(client, arrived);
    }
    assert_eq!(portal.dead_letters(), Vec::<Value>::new());
}
