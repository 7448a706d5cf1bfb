//! Definitions: read strictly, tested by themselves, swapped as a set.

use super::*;
use crate::{RecommendError, validate};

const SMALL: &str = r#"
format = 1
name = "small"
surface = "side"
result_size = 2
deadline = "10ms"
fallback = "popular"
source = [{ use = "popular", limit = 5 }]
filter = [{ use = "expired" }, { use = "duplicate" }]
score = [{ use = "weighted_sum", weights = { popular = 1 } }]
select = { use = "top_k", reserved = 1, max_per_dept = 0, max_per_need = 0 }
"#;

fn refused(text: &str) -> String {
    let error = Pipelines::load(&[("small.toml", text)]).expect_err("must be refused");
    let mut message = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        message += &inner.to_string();
        source = inner.source();
    }
    message
}

#[test]
fn the_embedded_definitions_keep_their_promises() {
    for (file, text) in EMBEDDED {
        let validated = validate(file, text, &taxonomy()).unwrap();
        assert!(validated.tests >= 4, "{file} has only {} tests", validated.tests);
    }
}

#[test]
fn a_wrong_definition_is_refused_with_the_key_named() {
    let cases = [
        ("format = 1", "format = 2", "format 2"),
        ("surface", "surfaces", "surfaces"),
        ("limit = 5", "limit = 5, model = \"x\"", "model"),
        ("limit = 5", "limit = -5", "-5"),
        ("use = \"popular\"", "use = \"psychic\"", "psychic"),
        ("weights = { popular = 1 }", "weights = { luck = 1 }", "luck"),
        ("weights = { popular = 1 }", "weights = { popular = nan }", "weights"),
        ("{ use = \"expired\" }, ", "", "expired"),
        ("result_size = 2", "result_size = 0", "result_size"),
        ("\"10ms\"", "\"soon\"", "deadline"),
        ("\"10ms\"", "\"-1s\"", "deadline"),
        ("fallback = \"popular\"", "fallback = \"hope\"", "hope"),
        ("name = \"small\"", "name = \"Small One\"", "name"),
        ("use = \"top_k\", ", "", "select"),
        ("use = \"top_k\", ", "use = \"mmr\", lambda = 1.5, ", "lambda"),
        ("use = \"top_k\", ", "use = \"dpp\", theta = -1, ", "theta"),
        ("use = \"top_k\", ", "use = \"dpp\", ", "theta"),
        ("reserved = 1", "reserved = 1, quota = { film = 1 }", "film"),
        (
            "reserved = 1",
            "reserved = 1, explore = { slots = 1, prior_clicks = 0 }",
            "explore.prior_clicks",
        ),
        ("reserved = 1", "reserved = 1, shuffle = true", "shuffle"),
    ];
    for (from, to, named) in cases {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL);
        let message = refused(&text);
        assert!(message.contains(named), "{to}: {message}");
    }
}

#[test]
fn the_digest_says_what_a_definition_does_and_nothing_else() {
    let policy = |text: &str| {
        Pipelines::load(&[("small.toml", text)]).unwrap().get("small").unwrap().policy().to_owned()
    };
    let small = policy(SMALL);
    assert_eq!(small.len(), "small@".len() + 8);
    assert_eq!(policy(&format!("# a comment\n{SMALL}")), small);
    assert_eq!(policy(&SMALL.replace("popular = 1 ", "popular = 1.0 ")), small);
    let tested = format!("{SMALL}\n[[test]]\nname = \"t\"\nitem = []\nexpect = {{ size = 0 }}\n");
    assert_eq!(policy(&tested), small);
    assert_ne!(policy(&SMALL.replace("popular = 1 ", "popular = 2 ")), small);
    assert_ne!(
        policy(&SMALL.replace(
            "\"expired\" }, { use = \"duplicate\"",
            "\"duplicate\" }, { use = \"expired\""
        )),
        small
    );
}

#[test]
fn a_set_is_replaced_whole_or_not_at_all() {
    let pipelines = Pipelines::embedded().unwrap();
    let before = pipelines.get("home").unwrap();
    let broken = format!(
        "{SMALL}\n[[test]]\nname = \"more than there is\"\nitem = [{{ id = \"a\" }}]\nexpect = {{ size = 2 }}\n"
    );
    let error =
        pipelines.replace(&[EMBEDDED[0], ("small.toml", &broken)], &taxonomy()).unwrap_err();
    assert!(
        matches!(&error, RecommendError::Test { test, .. } if test == "more than there is"),
        "{error}"
    );
    assert!(pipelines.get("small").is_none());
    assert!(Arc::ptr_eq(&pipelines.get("home").unwrap(), &before));
    assert!(pipelines.replace(&[EMBEDDED[0], EMBEDDED[0]], &taxonomy()).is_err());
    assert!(pipelines.replace(&[], &taxonomy()).is_err());
    pipelines.replace(&[EMBEDDED[0], ("small.toml", SMALL)], &taxonomy()).unwrap();
    assert!(pipelines.get("item").is_none());
    assert_eq!(pipelines.for_surface("side").unwrap().name(), "small");
}

#[test]
fn every_registered_component_can_be_used() {
    use crate::pipeline::registry::{EFFECTS, FILTERS, SCORERS, SELECTORS, SOURCES};
    let text: String = EMBEDDED.iter().map(|(_, text)| *text).collect();
    for name in SOURCES.iter().chain(&FILTERS).chain(&SCORERS).chain(&SELECTORS).chain(&EFFECTS) {
        assert!(text.contains(&format!("use = \"{name}\"")), "{name} is in no definition");
    }
}
