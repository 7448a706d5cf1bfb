//! The demo portal in a real browser: the main path of a citizen and an analyst, by keyboard too.

use std::path::Path;
use std::process::Command;

use crate::harness::{demo, tool};

#[test]
fn the_demo_works_in_a_browser() {
    let Some(chromium) = tool("CIVICSENSE_CHROMIUM", "Chromium") else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/web/tests-browser/demo.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(&demo().url).env("CHROMIUM", chromium);
    if let Ok(folder) = std::env::var("CIVICSENSE_SCREENSHOTS") {
        command.arg(folder);
    }
    let output = command.output().expect("node runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{wrong}");
    assert!(told.contains("no console errors"), "{told}");
}
