//! What search may know of a person.

use vocab::Target;

use super::*;
use crate::{Affinity, Profile};

fn near(mode: PrivacyMode, id: &str) -> f32 {
    let mut items: Vec<Item> = (0..6).map(|n| item(&format!("i{n}"))).collect();
    items[1].dept = "税务局".into();
    items[2].needs = vec!["p.home.fund".into()];
    items[3].dept = "公安局".into();
    items[4].dept = "公安局".into();
    let profile = Profile {
        history: vec![used("i3", 5)],
        declared: vec!["p.home.fund".into()],
        subscriptions: vec![Target::Dept("税务局".into())],
        ..Profile::default()
    };
    let world = world(&items);
    Affinity::new(&Query { profile, ..query(mode) }, &world).of(&id.into())
}

#[test]
fn wishes_needs_and_the_visit_bring_items_nearer() {
    assert!((near(PrivacyMode::Profile, "i1") - 1.0).abs() < 1e-6);
    assert!((near(PrivacyMode::Profile, "i2") - 1.0).abs() < 1e-6);
    assert!((near(PrivacyMode::Session, "i4") - 0.3).abs() < 1e-6);
    assert!(near(PrivacyMode::Profile, "i5").abs() < 1e-6);
    assert!(near(PrivacyMode::Profile, "gone").abs() < 1e-6);
}

#[test]
fn the_privacy_mode_holds_for_search_as_for_lists() {
    for id in ["i1", "i2", "i3", "i4", "i5"] {
        assert!(near(PrivacyMode::None, id).abs() < 1e-6);
    }
    assert!(near(PrivacyMode::Session, "i1").abs() < 1e-6);
    assert!(near(PrivacyMode::Session, "i2").abs() < 1e-6);
}
