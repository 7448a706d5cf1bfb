//! The built-in definitions prove themselves, and wrong ones are refused by name.

use super::*;

fn refused(text: &str) -> String {
    Definition::parse(text).map(drop).unwrap_err().to_string()
}

fn built_in(name: &str) -> String {
    let found = Definitions::BUILT_IN.into_iter().find(|(known, _)| *known == name);
    found.unwrap().1.to_owned()
}

#[test]
fn the_built_in_definitions_pass_their_own_tests() {
    assert!(Definitions::built_in().unwrap().validate().unwrap() >= 13);
}

#[test]
fn a_definition_whose_test_does_not_hold_is_refused() {
    for (name, from, to) in [
        ("native", "gap = \"30m\"", "gap = \"30m\""),
        ("native", "path = \"/service/1\"", "path = \"/service/2\""),
        ("segment", "lib = \"analytics-node\"", "lib = \"another\""),
        ("log", "drop = \"monitor\"", "drop = \"declared_bot\""),
        ("native", "error = \"malformed request at /events\"", "error = \"x\""),
    ] {
        let text = built_in(name);
        assert!(text.contains(from), "{from}");
        let outcome = Definition::parse(&text.replace(from, to)).unwrap().validate();
        assert_eq!(outcome.is_ok(), from == to, "{from}");
    }
}

#[test]
fn parameters_really_rule_the_steps() {
    for (name, from, to) in [
        ("native", "assume_analytics = true", "assume_analytics = false"),
        ("native", "\"spider\", ", ""),
        ("native", "objectors_daily = true", "objectors_daily = false"),
        ("native", "[\"MicroMessenger\", \"WeChat\"],", ""),
        ("native", "keep_original_after = \"5m\"", "keep_original_after = \"200h\""),
        ("segment", "future_clamp = \"23h\"", "future_clamp = \"2300h\""),
        ("segment", "products_searched = \"search\"", ""),
        ("segment", "results = \"search_hits\"", ""),
        ("log", "\"kube-probe\", ", ""),
        ("log", "\"gif\", \"jpg\", \"jpeg\", \"png\", ", ""),
    ] {
        let text = built_in(name);
        assert!(text.contains(from), "{from}");
        let changed = text.replace(from, to).replace("\"bot\", \"crawl\", ", "");
        let outcome = Definition::parse(&changed).unwrap().validate();
        assert!(outcome.is_err(), "{name}: '{from}' changes nothing");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let native = built_in("native");
    let cases = [
        (native.replace("format = 1", "format = 2"), "format 2 is not known"),
        (native.replace("max_events = 5_000", "max_event = 5_000"), "max_event"),
        (native.replace("do = \"enrich\"", "do = \"enlarge\""), "enlarge"),
        (native.replace("gap = \"30m\"", "gap = 30"), "duration"),
        (
            built_in("segment").replace("q = \"search_q\"", "q = \"search\""),
            "search is not a field",
        ),
        (
            built_in("log").replace(
                "[[step]]\ndo = \"parse\"",
                "[[step]]\ndo = \"consent\"\n\n[[step]]\ndo = \"parse\"",
            ),
            "consent does not belong",
        ),
        (native.replace("[[step]]\ndo = \"authenticate\"\n", ""), "authenticate is missing"),
    ];
    for (text, expected) in cases {
        let message = refused(&text);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_order_that_cannot_work_is_refused() {
    let native = built_in("native");
    let swap = |text: &str| {
        text.replace("do = \"consent\"\nassume_analytics = true", "do = \"swap\"")
            .replace(
                "do = \"pseudonymise\"\nobjectors_daily = true",
                "do = \"consent\"\nassume_analytics = true",
            )
            .replace("do = \"swap\"", "do = \"pseudonymise\"\nobjectors_daily = true")
    };
    assert!(refused(&swap(&native)).contains("consent must come before pseudonymise"));
}

#[test]
fn pipelines_that_share_a_spool_agree_on_it() {
    let native = built_in("native").replace("window = \"72h\"", "window = \"24h\"");
    let error = Definitions::load(&[&native]).unwrap_err().to_string();
    assert!(error.contains("share one spool"), "{error}");
    let config = Definitions::built_in().unwrap().spool_config("x");
    assert_eq!(config.dedup_window.as_secs(), 72 * 3600);
}
