//! Made-up portals whose texts do, or do not, speak of who uses what.

use vocab::{ItemId, SessionId, VisitorId};

use super::*;
use crate::interactions::InteractionsBuilder;
use crate::params::TrainParams;
use crate::{Interactions, Models, train};

const CIRCLES: [[&str; 6]; 3] = [
    ["小学入学", "学区划分", "中考报名", "助学金申请", "教师资格", "转学手续"],
    ["驾驶证换领", "机动车年检", "交通违法处理", "车辆过户", "号牌补领", "驾照审验"],
    ["公司注册", "税务登记", "发票领用", "社保开户", "营业执照变更", "经营许可"],
];

/// Item `n` of a circle; odd ones of every tenth are never used.
fn id(circle: usize, n: usize) -> ItemId {
    format!("{circle}-{n:02}").as_str().into()
}

/// A number below `below`, the same for the same `of`.
fn chance(of: usize, below: usize) -> usize {
    (tokens::fnv(&of.to_le_bytes()) >> 32) as usize % below
}

fn is_cold(n: usize) -> bool {
    n % 10 == 9
}

/// Circles of people who use only their own items; where `speaks`, the texts tell the circles apart.
fn portal(speaks: bool) -> (Interactions, Vec<ItemText>) {
    let mut uses = InteractionsBuilder::new();
    for visitor in 0..240_usize {
        let circle = visitor % 3;
        for step in 0..6 {
            let n = chance(visitor * 6 + step, 40);
            if !is_cold(n) {
                let at = (visitor * 10_000 + step * 1_000) as i64;
                let session = SessionId(visitor as u64 + 1);
                uses.push(VisitorId(visitor as u64 + 1), id(circle, n).as_str(), session, at, 1.0);
            }
        }
    }
    // One visitor alone makes no behaviour: the item stays cold.
    uses.push(VisitorId(1), id(0, 9).as_str(), SessionId(1), 5, 1.0);
    let text = |circle: usize, n: usize| {
        let words = CIRCLES[if speaks { circle } else { chance(circle * 40 + n, 3) }];
        let text = format!("{}和{}的办理指南", words[n % 6], words[(n * 5 + 1) % 6]);
        ItemText { id: id(circle, n), text, labels: Vec::new() }
    };
    let texts = (0..3).flat_map(|circle| (0..40).map(move |n| text(circle, n)));
    (uses.build(), texts.collect())
}

fn trained(speaks: bool) -> Models {
    let (uses, texts) = portal(speaks);
    let taxonomy = crate::definition::taxonomy().unwrap();
    train(&uses, &texts, &taxonomy, &TrainParams::default().check().unwrap(), &|_, _| {}).unwrap()
}

fn person(models: &Models, circle: usize) -> Vec<f32> {
    let history: Vec<(u32, f32)> =
        (0..8).step_by(2).filter_map(|n| Some((models.position(&id(circle, n))?, 1.0))).collect();
    assert!(history.len() >= 2);
    models.factors.fold_in(&history)
}

#[test]
fn items_nobody_used_reach_those_whose_items_read_alike() {
    let models = trained(true);
    let content = &models.content;
    assert!(!content.is_silent());
    assert!(models.meta.metric("content.agreement").unwrap() > 0.1, "{:?}", models.meta.metrics);
    assert_eq!(content.cold().len(), 12);
    for circle in 0..3 {
        let found = content.cold().top_near(&person(&models, circle), 4, 16);
        for (at, _) in found {
            let item = &content.cold().items()[at as usize];
            assert!(item.as_str().starts_with(&format!("{circle}-")), "{item} for circle {circle}");
        }
    }
}

#[test]
fn a_text_that_came_after_the_training_is_placed_too() {
    let models = trained(true);
    let new = models.content.factors("驾驶证审验和车辆过户").unwrap();
    let scores: Vec<f32> =
        (0..3).map(|circle| crate::factors::dense::dot(&person(&models, circle), &new)).collect();
    assert!(scores[1] > scores[0] && scores[1] > scores[2], "{scores:?}");
    assert_eq!(models.content.factors("@@@"), None, "no known word");
}

#[test]
fn texts_that_say_nothing_of_behaviour_offer_nothing() {
    let models = trained(false);
    assert!(models.content.is_silent(), "{:?}", models.meta.metrics);
    assert_eq!(models.content.factors("驾驶证换领"), None);
    assert!(models.content.cold().is_empty());
}

#[test]
fn few_items_teach_nothing() {
    let (uses, texts) = portal(true);
    let taxonomy = crate::definition::taxonomy().unwrap();
    let params = TrainParams {
        content: ContentParams { min_items: 1_000, ..ContentParams::default() },
        ..TrainParams::default()
    };
    let models = train(&uses, &texts, &taxonomy, &params.check().unwrap(), &|_, _| {}).unwrap();
    assert_eq!(models.content, ContentModel::default());
}

#[test]
fn the_artefact_keeps_it_and_the_order_of_texts_does_not_matter() {
    let models = trained(true);
    assert_eq!(Models::from_bytes(&models.to_bytes().unwrap()).unwrap(), models);
    let (uses, mut texts) = portal(true);
    texts.reverse();
    let taxonomy = crate::definition::taxonomy().unwrap();
    let params = TrainParams::default().check().unwrap();
    let again = train(&uses, &texts, &taxonomy, &params, &|_, _| {}).unwrap();
    assert_eq!(again.meta.digest, models.meta.digest);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let digest = |threads| crate::samples::on_threads(threads, || trained(true).meta.digest);
    let one = digest(1);
    assert!([2, 3, 7].into_iter().all(|threads| digest(threads) == one));
}
