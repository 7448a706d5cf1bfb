//! How files open, how long they are, what they may not be called or contain.

use std::fs;
use std::path::{Path, PathBuf};

/// Past this a file is two ideas.
const LINES_AT_MOST: usize = 500;
/// Names that collect what has no home.
const GRAB_BAGS: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc", "mod"];
/// The top level is fixed.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "CHANGELOG.md",
    "README.md",
    "crates",
    "models",
    "pipelines",
    "deploy",
    "benches",
    "tests",
    "target",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for top in ["crates", "tests", "benches"] {
        walk(&root().join(top), &mut found);
    }
    found
}

fn walk(directory: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).expect("the directory is readable") {
        let path = entry.expect("the entry is readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "node_modules" | "dist" | "target") {
                walk(&path, found);
            }
        } else if matches!(
            path.extension().and_then(|extension| extension.to_str()),
            Some("rs" | "ts" | "tsx" | "css" | "mjs" | "sql")
        ) {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let short = path.strip_prefix(root()).expect("inside the tree").to_owned();
            found.push((short, text));
        }
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

#[test]
fn every_rust_file_opens_with_what_it_is() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| is_rust(path) && !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "no `//!` sentence on top: {silent:?}");
}

#[test]
fn no_file_is_longer_than_one_idea() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LINES_AT_MOST)
        .map(|(path, text)| format!("{} ({} lines)", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "longer than {LINES_AT_MOST} lines: {long:?}");
}

#[test]
fn nothing_is_a_grab_bag() {
    let bags: Vec<_> = sources()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            path.components().any(|part| {
                let name = part.as_os_str().to_string_lossy();
                GRAB_BAGS.contains(&name.split('.').next().unwrap_or_default())
            })
        })
        .collect();
    assert!(bags.is_empty(), "name them after what they do: {bags:?}");
}

#[test]
fn unsafe_code_lives_in_the_engine_only() {
    let keyword = concat!("unsafe", " ");
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| {
            is_rust(path)
                && !path.starts_with("crates/engine/src")
                && text.lines().any(|line| {
                    let code = line.split("//").next().unwrap_or_default();
                    code.contains(&format!("{keyword}{{")) || code.contains(&format!("{keyword}fn"))
                })
        })
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "unsafe code outside the engine: {found:?}");
}

#[test]
fn nothing_is_left_for_later() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let left: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| words.iter().any(|word| text.contains(word)))
        .map(|(path, _)| path)
        .collect();
    assert!(left.is_empty(), "finish or delete: {left:?}");
}

#[test]
fn log_messages_are_lower_case_without_a_full_stop() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !is_rust(&path) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let Some(message) = log_message(line) else { continue };
            let proper_name =
                ["ClickHouse", "SQLite", "Ctrl-C"].iter().any(|name| message.starts_with(name));
            if (message.starts_with(char::is_uppercase) && !proper_name) || message.ends_with('.') {
                wrong.push(format!("{}:{}: {message}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The message of a one-line `tracing` call.
fn log_message(line: &str) -> Option<&str> {
    let levels = ["tracing::error!(", "tracing::warn!(", "tracing::info!(", "tracing::debug!("];
    let call = levels.iter().find_map(|level| line.split_once(level))?.1;
    let (before, last) = call.rsplit_once('"').and_then(|(head, _)| head.rsplit_once('"'))?;
    // A quoted field value is not a message.
    (!before.trim_end().ends_with('=')).then_some(last)
}

#[test]
fn the_top_level_is_the_documented_one() {
    for entry in fs::read_dir(root()).expect("the tree is readable") {
        let name = entry.expect("the entry is readable").file_name().to_string_lossy().into_owned();
        assert!(
            name.starts_with('.')
                || TOP_LEVEL.contains(&name.as_str())
                || name == "civicsense-data",
            "{name} is not part of the top level"
        );
    }
}
