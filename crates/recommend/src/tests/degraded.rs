//! When things are missing: the same schema, a simpler list.

use vocab::SiteId;

use super::*;
use crate::{Pin, recommend};

#[test]
fn an_empty_catalogue_gives_an_empty_list_and_no_error() {
    let answer = recommend(&home(), &query(PrivacyMode::Profile), &world(&[]));
    assert!(answer.response.items.is_empty() && answer.response.degraded);
    assert!(answer.events.is_empty());
}

#[test]
fn a_stranger_on_a_portal_without_any_behaviour_gets_a_full_list() {
    let items: Vec<Item> = (0..40).map(|n| item(&format!("i{n:02}"))).collect();
    let answer = recommend(&home(), &query(PrivacyMode::None), &world(&items));
    assert_eq!(answer.response.items.len(), 12);
    assert!(answer.response.degraded);
}

#[test]
fn a_division_of_another_province_empties_no_list_and_one_of_this_province_counts() {
    let mut items: Vec<Item> = (0..40).map(|n| item(&format!("i{n:02}"))).collect();
    for (n, item) in items.iter_mut().enumerate() {
        item.region = ["990000", "990100", "990200"][n % 3].into();
    }
    let world = world(&items);
    let shown = |region: &str| {
        let query = Query { region: region.to_owned(), ..query(PrivacyMode::None) };
        recommend(&home(), &query, &world).response.items
    };
    let regions = |region: &str| -> std::collections::BTreeSet<String> {
        let of =
            |id: &vocab::ItemId| items.iter().find(|item| item.id == *id).unwrap().region.clone();
        shown(region).iter().map(|item| of(&item.id)).collect()
    };
    assert_eq!(regions("990100"), ["990000".to_owned(), "990100".to_owned()].into());
    assert_eq!((shown("440300").len(), shown("").len()), (12, 12));
    assert_eq!(regions("440300"), regions(""));
}

#[test]
fn past_the_deadline_what_must_be_shown_is_still_shown() {
    let mut items: Vec<Item> = (0..20).map(|n| item(&format!("i{n:02}"))).collect();
    items[13].mandated = true;
    let mut late = home();
    late.deadline = Duration::ZERO;
    let answer = recommend(&late, &query(PrivacyMode::None), &world(&items));
    assert_eq!(answer.response.items[0].id.as_str(), "i13");
    assert_eq!(answer.response.items.len(), 12);
    assert!(answer.response.degraded);
    assert!(answer.stages.iter().all(|stage| stage.name != "fresh"));
}

#[test]
fn pins_stand_after_orders_for_their_pipeline_site_and_time_only() {
    let mut items: Vec<Item> = (0..20).map(|n| item(&format!("i{n:02}"))).collect();
    items[9].mandated = true;
    let pin =
        |id: &str| Pin { item: id.into(), pipeline: "home".into(), site: SiteId(0), until: None };
    let pins = vec![
        Pin { until: Some(minutes_ago(1)), ..pin("i15") },
        Pin { pipeline: "item".into(), ..pin("i16") },
        Pin { site: SiteId(3), ..pin("i17") },
        pin("i18"),
        pin("gone"),
    ];
    let world = world(&items).with_live(Live { pins, ..Live::default() });
    let mut query = query(PrivacyMode::None);
    query.site = SiteId(1);
    let shown = recommend(&home(), &query, &world).response.items;
    assert_eq!(shown[0].id.as_str(), "i09");
    assert_eq!(shown[1].id.as_str(), "i18");
    assert_eq!(shown[1].reason.code, vocab::ReasonCode::Curated);
    assert!(shown[2..].iter().all(|item| item.reason.code == vocab::ReasonCode::Popular
        || item.reason.code == vocab::ReasonCode::Fresh));
}

#[test]
fn newer_counts_change_the_list_without_rebuilding_the_rest() {
    let items: Vec<Item> = (0..20).map(|n| item(&format!("i{n:02}"))).collect();
    let world = world(&items);
    let live =
        Live { popular: vec![("i17".into(), 50.0), ("i03".into(), f32::NAN)], ..Live::default() };
    let shown =
        recommend(&home(), &query(PrivacyMode::None), &world.with_live(live)).response.items;
    assert_eq!(shown[0].id.as_str(), "i17");
}
