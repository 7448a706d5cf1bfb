//! Tests of the definitions: the embedded ones are valid and pass their own tests; wrong ones are refused by name.

use super::*;

fn with(name: &str, change: impl Fn(&str) -> String) -> Result<Definitions> {
    let text = EMBEDDED.iter().find(|known| known.0 == name).unwrap().1;
    Definitions::load(&[(name.to_owned(), change(text))])
}

#[test]
fn the_embedded_definitions_pass_their_own_tests() {
    let definitions = Definitions::embedded().unwrap();
    let outcomes = definitions.validate(&taxonomy().unwrap()).unwrap();
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.failure.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(outcomes.len() >= 7);
    assert_eq!(definitions.digest().len(), 64);
}

#[test]
fn a_definition_whose_test_fails_says_what_it_found() {
    let wrong = |text: &str| text.replace("expect = \"exam\"", "expect = \"vehicle\"");
    let definitions = with("factors/model.toml", wrong).unwrap();
    let outcomes = definitions.validate(&taxonomy().unwrap()).unwrap();
    let failure = outcomes[0].failure.as_ref().unwrap();
    assert!(failure.starts_with("expected vehicle, found "), "{failure}");
}

#[test]
fn unknown_keys_formats_ranges_and_names_are_refused_with_the_files_name() {
    let cases = [
        (
            "features.toml",
            "window_days = 180",
            "window_days = 180\nwindow = 3",
            "unknown field `window`",
        ),
        ("factors/model.toml", "format = 1", "format = 2", "format 2, this build reads format 1"),
        (
            "needs/model.toml",
            "name = \"needs\"",
            "name = \"factors\"",
            "name is factors, expected needs",
        ),
        ("features.toml", "click = 1.0", "click = -1.0", "events.click is -1"),
        ("features.toml", "window_days = 180", "window_days = 0", "window_days is 0"),
    ];
    for (name, old, new, expected) in cases {
        let error = with(name, |text| text.replacen(old, new, 1)).unwrap_err().to_string();
        assert!(error.starts_with(&format!("definition models/{name}: ")), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    let error = with("factors/model.toml", |text| text.replace("dim = 32", "dim = 9999"));
    assert!(error.unwrap_err().to_string().contains("factors.dim"));
    let error = Definitions::load(&[("other.toml".to_owned(), String::new())]).unwrap_err();
    assert!(error.to_string().contains("expected one of features.toml"), "{error}");
}

#[test]
fn the_digest_follows_every_character() {
    let before = Definitions::embedded().unwrap();
    let after = with("needs/model.toml", |text| format!("{text}\n# a remark\n")).unwrap();
    assert_ne!(before.digest(), after.digest());
    assert_eq!(before.params(), after.params());
}

#[test]
fn events_are_worth_what_the_definition_says() {
    let definitions = Definitions::embedded().unwrap();
    let weight = |event: &str| definitions.interest().weights().find(|(name, _)| *name == event);
    assert_eq!(weight(vocab::event::name::SERVICE_START), Some(("service_start", 3.0)));
    assert_eq!(weight(vocab::event::name::IMPRESSION), None);
}

#[test]
fn gates_refuse_with_reasons_and_know_when_a_model_is_stale() {
    let gates = Definitions::embedded().unwrap().factors.gates;
    let mut meta = crate::Meta { uses: 5, visitors: 1_000, ..crate::Meta::default() };
    assert_eq!(gates.refusals(&meta, None), ["5 uses, at least 100 needed"]);
    meta.uses = 5_000;
    assert!(gates.refusals(&meta, None).is_empty());
    let judged = |blend: f64| {
        let figures = [("people", 300.0), ("ndcg.blend", blend), ("ndcg.popularity", 0.2)];
        let metrics = figures.map(|(name, value)| (format!("held_out.{name}"), value)).into();
        gates.refusals(&crate::Meta { metrics, ..meta.clone() }, None)
    };
    assert!(judged(0.2).is_empty());
    assert_eq!(judged(0.19), ["NDCG 0.1900 against 0.2000 of popularity, at least 1 times needed"]);
    let day = crate::interactions::DAY_MS;
    assert!(!gates.is_stale(0, 7 * day));
    assert!(gates.is_stale(0, 7 * day + 1));
    let definitions = Definitions::embedded().unwrap();
    assert!(definitions.staleness(0, 7 * day).is_empty());
    let stale = definitions.staleness(0, 8 * day);
    assert_eq!(stale[0], "factors: its data end 8 days ago, at most 7 allowed");
    assert_eq!(stale.len(), 2, "needs of texts last longer: {stale:?}");
}
