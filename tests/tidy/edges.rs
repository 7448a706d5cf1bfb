//! Which crate may use which: the table of the README, checked against `cargo metadata`.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate and what it may use; nothing else (dev-dependencies are free).
const EDGES: &[(&str, &[&str])] = &[
    ("vocab", &[]),
    ("clickstream", &["vocab"]),
    ("engine", &[]),
    ("analytics", &["vocab"]),
    ("insight", &["vocab"]),
    ("warehouse", &["vocab", "clickstream", "analytics", "insight"]),
    ("search", &["vocab"]),
    ("recommend", &["vocab", "insight", "search"]),
    ("channels", &["vocab"]),
    ("registry", &["vocab", "channels", "recommend"]),
    ("web", &[]),
    (
        "server",
        &[
            "vocab",
            "clickstream",
            "engine",
            "analytics",
            "insight",
            "warehouse",
            "search",
            "recommend",
            "channels",
            "registry",
            "web",
        ],
    ),
];

#[test]
fn crates_use_only_what_the_table_allows() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(name) = package.name.strip_prefix("civicsense-") else { continue };
        let (_, allowed) =
            EDGES.iter().find(|(known, _)| *known == name).expect("every crate is in the table");
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        for dependency in &package.dependencies {
            let Some(used) = dependency.name.strip_prefix("civicsense-") else { continue };
            if dependency.kind != DependencyKind::Development && !allowed.contains(used) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "edges the architecture does not have: {wrong:?}");
}

#[test]
fn pure_crates_do_no_io() {
    // `insight` and `analytics` take data and give data (invariant 10); these would be the ways out.
    const WAYS_OUT: &[&str] = &["tokio", "reqwest", "clickhouse", "sqlx", "hyper", "axum"];
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    for package in &metadata.packages {
        if matches!(
            package.name.as_str(),
            "civicsense-insight" | "civicsense-analytics" | "civicsense-vocab"
        ) {
            for dependency in &package.dependencies {
                assert!(
                    dependency.kind == DependencyKind::Development
                        || !WAYS_OUT.contains(&dependency.name.as_str()),
                    "{} must not depend on {}",
                    package.name,
                    dependency.name
                );
            }
        }
    }
}
