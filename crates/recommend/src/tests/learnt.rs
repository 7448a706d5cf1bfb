//! With models trained on made-up behaviour: plumbing only, no claim about quality.

use insight::{InteractionsBuilder, ItemText, Models, TrainParams, train};
use search::SearchIndex;
use vocab::ReasonCode;

use super::*;
use crate::{Profile, recommend};

/// Two circles of people: one uses the even items, one the odd ones.
fn models(items: &[Item]) -> Models {
    let mut builder = InteractionsBuilder::new();
    for visitor in 0..60_u64 {
        for step in 0..8_u64 {
            let number = (visitor * 7 + step * 5) % 15 * 2 + visitor % 2;
            let at = minutes_ago(60 * 24 * 20 - (visitor * 400 + step) as i64).as_millisecond();
            builder.push(
                VisitorId(visitor + 100),
                items[number as usize].id.as_str(),
                SessionId(visitor + 1),
                at,
                1.0,
            );
        }
    }
    let taxonomy = taxonomy();
    let texts: Vec<ItemText> = items
        .iter()
        .map(|item| ItemText {
            id: item.id.clone(),
            text: item.title.zh.clone(),
            labels: Vec::new(),
        })
        .collect();
    let params = TrainParams::default().check().unwrap();
    train(&builder.build(), &texts, &taxonomy, &params, &|_, _| {}).unwrap()
}

fn items() -> Vec<Item> {
    let words = ["住房公积金提取", "公积金贷款", "驾驶证换领", "机动车年检", "护照办理"];
    (0..30)
        .map(|n| {
            let mut item = item(&format!("i{n:02}"));
            item.title.zh = format!("{}{n}", words[n % words.len()]);
            item
        })
        .collect()
}

fn learnt() -> World {
    let items = items();
    let search = SearchIndex::in_memory().unwrap();
    search.apply(&items, &[]).unwrap();
    search.commit().unwrap();
    World::new(Parts {
        items: &items,
        taxonomy: taxonomy(),
        models: Some(Arc::new(models(&items))),
        search: Some(Arc::new(search)),
        streaming: None,
        outcomes: None,
        live: Live::default(),
    })
}

#[test]
fn behaviour_leads_to_items_of_the_same_circle() {
    let world = learnt();
    let profile = Profile {
        history: vec![used("i00", 60 * 24 * 2), used("i10", 60 * 24 * 2)],
        ..Profile::default()
    };
    let answer =
        recommend(&home(), &Query { profile, limit: 6, ..query(PrivacyMode::Profile) }, &world);
    assert!(!answer.response.degraded && answer.response.personalized);
    let stage =
        |name| answer.stages.iter().find(|stage| stage.stage == "source" && stage.name == name);
    assert!(stage("factors").is_some_and(|stage| stage.after > 0));
    assert!(stage("similar").is_some_and(|stage| stage.after > 0));
    let personal = answer
        .response
        .items
        .iter()
        .filter(|item| matches!(item.reason.code, ReasonCode::Factors | ReasonCode::Similar));
    let circle: Vec<bool> =
        personal.map(|item| item.id.as_str()[1..].parse::<u32>().unwrap() % 2 == 0).collect();
    assert!(!circle.is_empty());
    assert!(circle.iter().filter(|same| **same).count() * 2 > circle.len(), "{circle:?}");
}

#[test]
fn a_known_visitor_without_recent_history_is_served_from_the_stored_vector_in_profile_mode_only() {
    let world = learnt();
    let of = |mode| {
        let query = Query { visitor: Some(VisitorId(100)), ..query(mode) };
        let answer = recommend(&home(), &query, &world);
        answer.stages.iter().any(|stage| stage.name == "factors" && stage.after > 0)
    };
    assert!(of(PrivacyMode::Profile));
    assert!(!of(PrivacyMode::Session));
    assert!(!of(PrivacyMode::None));
}

#[test]
fn a_search_leads_to_what_it_was_for() {
    let world = learnt();
    let profile =
        Profile { searches: vec![("公积金".into(), minutes_ago(3))], ..Profile::default() };
    let answer = recommend(&home(), &Query { profile, ..query(PrivacyMode::Session) }, &world);
    let shown: Vec<_> = answer
        .response
        .items
        .iter()
        .filter(|item| item.reason.code == ReasonCode::Search)
        .collect();
    assert!(!shown.is_empty());
    assert!(shown.iter().all(|item| item.reason.text.zh == "与您搜索的“公积金”相关"));
}

#[test]
fn the_same_request_gets_the_same_answer() {
    let world = learnt();
    let profile = Profile { history: vec![used("i00", 5), used("i03", 50)], ..Profile::default() };
    let query = Query { profile, ..query(PrivacyMode::Profile) };
    let first = recommend(&home(), &query, &world).response;
    assert_eq!(first, recommend(&home(), &query, &world).response);
    assert_eq!(first, recommend(&home(), &query, &learnt()).response);
}
