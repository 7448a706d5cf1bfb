//! Business rules, editors' decisions, pages of one list, and the account of a score.

use vocab::{Lang, SiteId};

use super::*;
use crate::{Block, Boost, Response, recommend};

/// A list of everything, with the components under test.
pub(crate) const RULES: &str = r#"
format = 1
name = "rules"
surface = "side"
result_size = 10
deadline = "60s"
fallback = "popular"
source = [{ use = "mandated", limit = 5 }, { use = "popular", limit = 50 }]
filter = [
    { use = "expired" },
    { use = "duplicate" },
    { use = "where", keep = 'kind == "service" and not (dept in ["closed"])' },
    { use = "language" },
    { use = "sensitivity" },
    { use = "never_from", items = ["i9"] },
    { use = "never_to", items = ["i8"] },
]
score = [
    { use = "weighted_sum", weights = { popular = 1, mandated = 1 } },
    { use = "boost", by = 'if(dept == "raised", 5, 1)' },
    { use = "boost", by = "1 / 0" },
]
select = { use = "top_k", reserved = 1, max_per_dept = 0, max_per_need = 0 }
effect = [{ use = "impressions" }]
"#;

fn rules() -> Pipeline {
    Definition::load("rules.toml", RULES).unwrap()
}

fn items() -> Vec<Item> {
    (0..10).map(|n| item(&format!("i{n}"))).collect()
}

fn answer(items: &[Item], live: Live, query: &Query) -> Response {
    let popular =
        (0_u8..10).map(|n| (format!("i{n}").as_str().into(), f32::from(20 - n))).collect();
    let live = Live { popular, ..live };
    let world = World::new(Parts {
        items,
        taxonomy: taxonomy(),
        models: None,
        search: None,
        streaming: None,
        outcomes: None,
        live,
    });
    recommend(&rules(), query, &world).response
}

fn ids(response: &Response) -> Vec<&str> {
    response.items.iter().map(|item| item.id.as_str()).collect()
}

#[test]
fn conditions_and_factors_of_the_definition_hold_and_orders_stay() {
    let mut items = items();
    items[0].dept = "closed".into();
    items[1].kind = ItemKind::News;
    (items[2].kind, items[2].mandated) = (ItemKind::News, true);
    (items[3].dept, items[3].emergency) = ("closed".into(), true);
    items[7].dept = "raised".into();
    let shown = answer(&items, Live::default(), &query(PrivacyMode::None));
    assert_eq!(ids(&shown), ["i3", "i2", "i7", "i4", "i5", "i6", "i9"]);
}

#[test]
fn a_page_without_titles_in_its_language_shows_only_what_has_one() {
    let mut items = items();
    for item in &mut items[..7] {
        item.title.en.clear();
    }
    let english = Query { lang: Lang::En, ..query(PrivacyMode::None) };
    assert_eq!(ids(&answer(&items, Live::default(), &english)), ["i7", "i9"]);
}

#[test]
fn a_public_screen_shows_nothing_about_guarded_needs() {
    let mut items = items();
    let taxonomy = taxonomy();
    let guarded =
        taxonomy.needs.iter().find(|need| need.sensitivity != vocab::Sensitivity::Normal).unwrap();
    items[0].needs = vec![guarded.id.clone()];
    let shown = answer(&items, Live::default(), &query(PrivacyMode::None));
    assert!(!ids(&shown).contains(&"i0") && ids(&shown).contains(&"i1"));
}

#[test]
fn pages_that_get_no_links_get_only_what_must_be_shown() {
    let mut items = items();
    items[2].mandated = true;
    let on = |id: &str, live| {
        let query = Query { item: Some(id.into()), ..query(PrivacyMode::None) };
        ids(&answer(&items, live, &query)).join(" ")
    };
    assert_eq!(on("i9", Live::default()), "i2");
    assert!(on("i1", Live::default()).len() > 10);
    let live =
        Live { never_from: vec!["i1".into()], never_to: vec!["i3".into()], ..Live::default() };
    assert_eq!(on("i1", live.clone()), "i2");
    assert!(!on("i4", live).contains("i3"));
}

#[test]
fn editors_raise_and_block_for_their_pipeline_site_and_time_only() {
    let boost = |pipeline: &str, site, minutes: i64| Boost {
        item: "i6".into(),
        factor: 90.0,
        pipeline: pipeline.to_owned(),
        site: SiteId(site),
        until: Some(minutes_ago(-minutes)),
        reason: "campaign".to_owned(),
    };
    let block = |item: &str, pipeline: &str, minutes: i64| Block {
        item: item.into(),
        pipeline: pipeline.to_owned(),
        site: SiteId(0),
        until: Some(minutes_ago(-minutes)),
        reason: "wrong number".to_owned(),
    };
    let query = Query { site: SiteId(1), ..query(PrivacyMode::None) };
    let first = |boost| {
        let live = Live { boosts: vec![boost], ..Live::default() };
        ids(&answer(&items(), live, &query))[0].to_owned()
    };
    assert_eq!(first(boost("rules", 1, 5)), "i6");
    assert_eq!(first(boost("", 0, 5)), "i6");
    assert_eq!(first(boost("home", 1, 5)), "i0");
    assert_eq!(first(boost("rules", 2, 5)), "i0");
    assert_eq!(first(boost("rules", 1, -5)), "i0");
    let mut items = items();
    items[3].emergency = true;
    items[4].mandated = true;
    let live = Live {
        blocks: vec![
            block("i0", "", 5),
            block("i1", "home", 5),
            block("i2", "rules", -5),
            block("i3", "rules", 5),
            block("i4", "rules", 5),
        ],
        ..Live::default()
    };
    assert_eq!(ids(&answer(&items, live, &query)), ["i3", "i1", "i2", "i5", "i6", "i7", "i9"]);
}

#[test]
fn the_next_page_of_a_list_gives_nothing_again_and_counts_on() {
    let mut items = items();
    items[5].emergency = true;
    let mut query = Query { limit: 3, ..query(PrivacyMode::None) };
    let mut seen = Vec::new();
    for page in 0..3_usize {
        let list = answer(&items, Live::default(), &query);
        let at: Vec<usize> = list.items.iter().map(|item| usize::from(item.position)).collect();
        assert_eq!(at, (page * 3..page * 3 + 3).collect::<Vec<_>>());
        seen.extend(list.items.iter().map(|item| item.id.clone()));
        query.exclude.clone_from(&seen);
    }
    let distinct: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (9, 9));
    assert_eq!(seen[0].as_str(), "i5");
}

#[test]
fn an_account_adds_up_to_the_score_and_is_there_for_those_who_ask() {
    let mut items = items();
    items[3].dept = "raised".into();
    let plain = query(PrivacyMode::None);
    assert!(answer(&items, Live::default(), &plain).items.iter().all(|i| i.features.is_none()));
    let asked = Query { explain: true, ..plain };
    let list = answer(&items, Live::default(), &asked);
    assert_eq!(list.items[0].id.as_str(), "i3");
    for item in list.items {
        let features = item.features.unwrap();
        let sum: f32 = features
            .iter()
            .filter(|(name, _)| name.starts_with("score."))
            .map(|(_, moved)| moved)
            .sum();
        assert!((sum - item.score).abs() < 1e-5, "{features:?}");
        assert!(features.contains_key("source.popular") && features.contains_key("score.boost"));
    }
}

#[test]
fn an_expression_that_is_wrong_is_refused_with_key_and_place() {
    for (from, to, says) in [
        ("kind == ", "kid == ", "keep of filter where: at character 1: no field `kid`"),
        (
            "by = \"1 / 0\"",
            "by = \"mandated\"",
            "by of score boost: at character 1: expected a number",
        ),
        ("items = [\"i9\"]", "item = [\"i9\"]", "item"),
    ] {
        let text = RULES.replace(from, to);
        assert_ne!(text, RULES);
        let error = Definition::load("rules.toml", &text).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let message = format!("{error} {}", source.unwrap_or_default());
        assert!(message.contains(says), "{message}");
    }
}
