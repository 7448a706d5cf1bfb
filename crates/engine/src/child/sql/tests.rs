//! Statements as clients really send them.

use super::*;

fn insert(text: &str) -> (String, String, String) {
    match head(text.as_bytes(), true) {
        Head::Insert { statement, format, data } => {
            (text[..statement].trim().to_owned(), format, text[data..].to_owned())
        }
        other => panic!("{text:?} gave {other:?}"),
    }
}

#[test]
fn an_insert_ends_where_its_data_begins() {
    assert_eq!(
        insert("INSERT INTO t (a, b) FORMAT RowBinary"),
        ("INSERT INTO t (a, b)".to_owned(), "RowBinary".to_owned(), String::new())
    );
    assert_eq!(insert("insert into db.t format JSONEachRow\n\n{}").2, "\n{}");
    assert_eq!(insert("insert into t format JSONEachRow {\"a\":1}").2, "{\"a\":1}");
    assert_eq!(
        insert("-- note\nINSERT INTO `FORMAT x` VALUES (1)").0,
        "-- note\nINSERT INTO `FORMAT x`"
    );
    assert_eq!(insert("INSERT INTO values VALUES (1)").2, " (1)");
    assert_eq!(
        insert("INSERT INTO x.values (format) SETTINGS a=1 FORMAT Native\r\n\x01").2,
        "\x01"
    );
    assert_eq!(insert("INSERT INTO FUNCTION file('a FORMAT b', CSV) FORMAT CSV").1, "CSV");
}

#[test]
fn an_insert_from_a_select_has_no_data() {
    for text in [
        "INSERT INTO t SELECT 1 FORMAT CSV",
        "INSERT INTO t (a) WITH 1 AS x SELECT x",
        "SELECT 1",
        "",
    ] {
        assert_eq!(head(text.as_bytes(), true), Head::Plain, "{text}");
    }
}

#[test]
fn a_head_cut_anywhere_asks_for_more_and_never_changes_its_mind() {
    let text = b"INSERT INTO db.format (a, `b ) FORMAT`) /* VALUES */ FORMAT RowBinary\n\x07";
    let whole = head(text, true);
    for cut in 0..text.len() {
        match head(&text[..cut], false) {
            Head::Incomplete => {}
            other => assert_eq!(other, whole, "cut at {cut}"),
        }
    }
    assert_eq!(head(text, false), whole);
}

#[test]
fn the_format_of_a_result_is_found() {
    let format = |text: &str| shape(text.as_bytes()).format;
    assert_eq!(format("SELECT 1 FORMAT JSON"), Some("JSON".to_owned()));
    assert_eq!(
        format("SELECT 'FORMAT x' -- FORMAT y\nformat TSV settings a=1;"),
        Some("TSV".to_owned())
    );
    assert_eq!(format("SELECT format('{}', 1), (SELECT 1 FORMAT x)"), None);
}

#[test]
fn client_files_and_session_statements_are_noticed() {
    assert!(shape(b"SELECT 1 INTO OUTFILE 'a'").client_file);
    assert!(shape(b"INSERT INTO t FROM INFILE 'a' FORMAT CSV").client_file);
    assert!(shape(b"set a = 1").session && shape(b"USE x").session);
    assert!(shape(b"CREATE TEMPORARY TABLE t (a Int8)").session);
    assert!(!shape(b"CREATE TABLE temporary (a Int8)").session);
    assert!(shape(b"(SELECT 1)").selects && shape(b"WITH 1 AS x SELECT x").selects);
}
