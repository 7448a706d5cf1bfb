//! The built-in definitions prove themselves, and wrong ones are refused by name.

use super::*;

/// A built-in definition on the built-in road, with one text replaced in both.
fn changed(name: &str, from: &str, to: &str) -> Result<Definition, CollectError> {
    let text = built_in(name);
    assert!(text.contains(from) || Road::BUILT_IN.contains(from), "{from}");
    Definition::parse(&text.replace(from, to), &Road::parse(&Road::BUILT_IN.replace(from, to))?)
}

fn refused(text: &str) -> String {
    Definition::parse(text, &Road::built_in().unwrap()).map(drop).unwrap_err().to_string()
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
        ("sensors", "item_id = \"svc-1\"", "item_id = \"svc-2\""),
        ("matomo", "search_hits = 0", "search_hits = 1"),
        ("log", "drop = \"monitor\"", "drop = \"declared_bot\""),
        ("native", "error = \"malformed request at /events\"", "error = \"x\""),
    ] {
        let outcome = changed(name, from, to).unwrap().validate();
        assert_eq!(outcome.is_ok(), from == to, "{from}");
    }
}

#[test]
fn parameters_really_rule_the_steps() {
    for (name, from, to) in [
        ("native", "assume_analytics = true", "assume_analytics = false"),
        ("native", "\"crawl\", \"spider\", ", ""),
        ("native", "objectors_daily = true", "objectors_daily = false"),
        ("native", "[\"MicroMessenger\", \"WeChat\"],", ""),
        ("native", "keep_original_after = \"5m\"", "keep_original_after = \"200h\""),
        ("segment", "future_clamp = \"23h\"", "future_clamp = \"2300h\""),
        ("segment", "products_searched = \"search\"", ""),
        ("segment", "results = \"search_hits\"", ""),
        ("sensors", "\"$url\" = \"url\"", ""),
        ("matomo", "c_n = \"item_id\"", ""),
        ("log", "\"kube-probe\", ", ""),
        ("log", "\"curl/\", ", ""),
        ("log", "\"gif\", \"jpg\", \"jpeg\", \"png\", ", ""),
    ] {
        // The word "bot" is in half of the crawlers' names.
        let road = Road::BUILT_IN.replace("\"bot\", ", "").replace(from, to);
        let text = built_in(name);
        assert!(text.contains(from) || Road::BUILT_IN.contains(from), "{from}");
        let road = Road::parse(&road).unwrap();
        let outcome = Definition::parse(&text.replace(from, to), &road).unwrap().validate();
        assert!(outcome.is_err(), "{name}: '{from}' changes nothing");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    for (name, from, to, expected) in [
        ("native", "format = 1", "format = 2", "format 2 is not known"),
        ("native", "max_events = 5_000", "max_event = 5_000", "max_event"),
        ("native", "do = \"enrich\"", "do = \"enlarge\"", "enlarge"),
        ("native", "gap = \"30m\"", "gap = 30", "duration"),
        (
            "native",
            "do = \"bot\"\nfrom = \"road\"",
            "do = \"bot\"\nfrom = \"elsewhere\"",
            "known is \"road\"",
        ),
        ("native", "do = \"parse\"", "do = \"parse\"\nfrom = \"road\"", "has no step parse"),
        ("segment", "q = \"search_q\"", "q = \"search\"", "search is not a field"),
        (
            "log",
            "[[step]]\ndo = \"filter\"",
            "[[step]]\ndo = \"consent\"\n\n[[step]]\ndo = \"filter\"",
            "consent does not belong",
        ),
        ("native", "[[step]]\ndo = \"authenticate\"\n", "", "authenticate is missing"),
    ] {
        let message = changed(name, from, to).map(drop).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_order_that_cannot_work_is_refused() {
    let native = built_in("native");
    let (consent, pseudonymise) = ("do = \"consent\"", "do = \"pseudonymise\"");
    let text = native
        .replace(consent, "swap")
        .replace(pseudonymise, consent)
        .replace("swap", pseudonymise);
    assert!(refused(&text).contains("consent must come before pseudonymise"));
}

#[test]
fn pipelines_that_share_a_spool_agree_on_it() {
    let native = built_in("native")
        .replace("do = \"dedup\"\nfrom = \"road\"", "do = \"dedup\"\nwindow = \"24h\"");
    let error = Definitions::load(&[&native], &Road::built_in().unwrap()).unwrap_err().to_string();
    assert!(error.contains("share one spool"), "{error}");
    let config = Definitions::built_in().unwrap().spool_config("x");
    assert_eq!(config.dedup_window.as_secs(), 72 * 3600);
}
