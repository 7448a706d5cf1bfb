//! The order, the reasons, the book and the splitting of migrations.

use super::split::statements;
use super::*;

fn entry(migration: &Migration) -> Entry {
    Entry {
        number: migration.number,
        name: migration.name.to_owned(),
        checksum: migration.checksum(),
    }
}

#[test]
fn every_file_is_listed_in_order_with_a_reason() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed: Vec<String> = MIGRATIONS.iter().map(|m| format!("{}.sql", m.name)).collect();
    assert_eq!(listed, files);
    for (position, migration) in MIGRATIONS.iter().enumerate() {
        assert_eq!(migration.number as usize, position + 1);
        assert!(migration.name.starts_with(&format!("{:04}_", migration.number)));
        assert!(migration.reason().len() > 20, "{} has no reason line", migration.name);
        assert!(!migration.statements().is_empty());
        let dropped =
            |table: &str| migration.sql.contains(&format!("DROP TABLE IF EXISTS {table} SYNC"));
        for statement in migration.statements() {
            let filled = statement
                .split_once("INSERT INTO ")
                .and_then(|(_, rest)| rest.split_whitespace().next());
            let again = statement.contains("IF NOT EXISTS") || statement.contains("IF EXISTS");
            // What the file drops at its beginning it may fill again.
            assert!(again || filled.is_some_and(dropped), "cannot be run twice: {statement}");
        }
    }
}

#[test]
fn an_edited_migration_is_found() {
    let mut entries: Vec<Entry> = MIGRATIONS.iter().map(entry).collect();
    assert!(missing(MIGRATIONS, &entries).unwrap().is_empty());
    entries[2].checksum = "0".repeat(64);
    let error = missing(MIGRATIONS, &entries).unwrap_err();
    assert!(matches!(error, WarehouseError::EditedMigration(name) if name == "0003_sessions"));
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let mut entries: Vec<Entry> = MIGRATIONS.iter().map(entry).collect();
    entries.push(Entry { number: 99, name: "0099_later".to_owned(), checksum: String::new() });
    assert!(matches!(missing(MIGRATIONS, &entries), Err(WarehouseError::UnknownMigration(_))));
}

#[test]
fn what_is_not_in_the_book_is_pending_in_order() {
    let entries = [entry(&MIGRATIONS[0]), entry(&MIGRATIONS[2])];
    let names: Vec<&str> = missing(MIGRATIONS, &entries).unwrap().iter().map(|m| m.name).collect();
    assert_eq!(names[..3], ["0002_visitor_log", "0004_hourly", "0005_ledger"]);
    assert_eq!(names.len(), MIGRATIONS.len() - 2);
}

#[test]
fn a_semicolon_inside_quotes_or_comments_ends_nothing() {
    let sql = "-- first; comment\nSELECT ';', \"a;b\", `c;d`; /* not; here */ SELECT 'it''s; \\'; x';\n-- last;\n";
    assert_eq!(
        statements(sql),
        ["-- first; comment\nSELECT ';', \"a;b\", `c;d`", "/* not; here */ SELECT 'it''s; \\'; x'"]
    );
    assert_eq!(statements("SELECT 1"), ["SELECT 1"]);
    assert_eq!(statements("SELECT 'open; "), ["SELECT 'open;"]);
    assert!(statements(" ;; -- nothing").is_empty());
}
