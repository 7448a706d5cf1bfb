//! The demo portal in a real browser: the main path of a citizen and an analyst, by keyboard too; experiments.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::experiments;
use crate::harness::{demo, tool};

/// Walks a server's pages as a script says; nothing where there is no browser.
fn walk(script: &str, url: &str) {
    let Some(chromium) = tool("CIVICSENSE_CHROMIUM", "Chromium") else { return };
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/web/tests-browser");
    let mut command = Command::new("node");
    command.arg(scripts.join(script)).arg(url).env("CHROMIUM", chromium);
    if let Ok(folder) = std::env::var("CIVICSENSE_SCREENSHOTS") {
        command.arg(folder);
    }
    let output = command.output().expect("node runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{wrong}");
    assert!(told.contains("no console errors"), "{told}");
}

#[test]
fn the_demo_works_in_a_browser() {
    walk("demo.mjs", &demo().url);
}

#[test]
fn experiments_are_told_in_words_in_a_browser() {
    let dir = TempDir::new().unwrap();
    let app = experiments::seen_by(150, dir.path());
    walk("experiments.mjs", &app.url);
}
