//! Items nobody has used: offered to those whose items read alike, and said to be so.

use insight::{InteractionsBuilder, ItemText, TrainParams, train};
use vocab::ReasonCode;

use super::*;
use crate::{Affinity, Profile, recommend};

/// No words of the taxonomy: a need would be the stronger reason.
const WORDS: [[&str; 4]; 2] = [
    ["古塔修缮", "戏曲展演", "考古发现", "书画展览"],
    ["马拉松路线", "篮球联赛", "游泳馆开放", "龙舟竞渡"],
];

/// Every tenth item is never used.
fn is_cold(n: usize) -> bool {
    n % 10 == 9
}

fn items() -> Vec<Item> {
    let of = |circle: usize, n: usize| {
        let words = WORDS[circle];
        let mut item = item(&format!("{circle}-{n:02}"));
        item.title.zh = format!("{}和{}须知{n}", words[n % 4], words[(n / 4) % 4]);
        item.dept = format!("dept {}", n % 7);
        item
    };
    (0..2).flat_map(|circle| (0..40).map(move |n| of(circle, n))).collect()
}

/// Two circles of people, each with the items of its own; `new` came after the training.
fn world_with(new: &[Item]) -> World {
    let mut items = items();
    let mut uses = InteractionsBuilder::new();
    for visitor in 0..200_usize {
        for step in 0..8_usize {
            let n = (visitor * visitor + step * (visitor + 3) * 7) / 2 % 40;
            if !is_cold(n) {
                let id = format!("{}-{n:02}", visitor % 2);
                let at = minutes_ago(60 * 24 * 9 - (visitor * 60 + step) as i64).as_millisecond();
                let session = SessionId(visitor as u64 + 1);
                uses.push(VisitorId(visitor as u64 + 100), id.as_str(), session, at, 1.0);
            }
        }
    }
    let text = |item: &Item| ItemText {
        id: item.id.clone(),
        text: item.title.zh.clone(),
        labels: Vec::new(),
    };
    let texts: Vec<ItemText> = items.iter().map(text).collect();
    let params = TrainParams::default().check().unwrap();
    let models = train(&uses.build(), &texts, &taxonomy(), &params, &|_, _| {}).unwrap();
    assert!(!models.content.is_silent(), "{:?}", models.meta.metrics);
    items.extend_from_slice(new);
    World::new(Parts {
        items: &items,
        taxonomy: taxonomy(),
        models: Some(Arc::new(models)),
        ..Parts::default()
    })
}

fn newcomer() -> Item {
    Item { title: Text::new("游泳馆开放和龙舟竞渡的新规定", ""), ..item("new") }
}

/// Somebody who likes sports.
fn runner(mode: PrivacyMode) -> Query {
    let history = vec![used("1-00", 4), used("1-12", 5), used("1-21", 6)];
    Query { profile: Profile { history, ..Profile::default() }, limit: 100, ..query(mode) }
}

#[test]
fn what_nobody_has_used_reaches_those_whose_items_read_alike_with_its_reason() {
    let world = world_with(&[newcomer()]);
    let answer = recommend(&home(), &runner(PrivacyMode::Session), &world).response;
    let found: Vec<_> =
        answer.items.iter().filter(|item| item.reason.code == ReasonCode::Content).collect();
    let ids: Vec<&str> = found.iter().map(|item| item.id.as_str()).collect();
    let (first, rest) = ids.split_at(5);
    assert!(first.contains(&"new"), "came after the training: {ids:?}");
    assert!(first.iter().all(|id| !id.starts_with("0-")), "of the other circle: {ids:?}");
    assert!(rest.iter().all(|id| id.starts_with("0-")), "known to the training: {ids:?}");
    for item in found {
        assert!(item.reason.text.zh.starts_with("内容与“") && item.personalized);
    }
}

#[test]
fn without_consent_no_text_is_compared_with_a_person() {
    let world = world_with(&[newcomer()]);
    let answer = recommend(&home(), &runner(PrivacyMode::None), &world).response;
    assert!(answer.items.iter().all(|item| item.reason.code != ReasonCode::Content));
}

#[test]
fn a_search_knows_how_near_an_item_nobody_used_is() {
    let world = world_with(&[newcomer()]);
    let affinity = Affinity::new(&runner(PrivacyMode::Session), &world);
    let (near, far) = (affinity.of(&"new".into()), affinity.of(&"0-09".into()));
    assert!(near > far, "{near} {far}");
}
