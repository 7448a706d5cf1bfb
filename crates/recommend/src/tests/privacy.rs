//! Invariants 3 to 6: modes, sensitive needs, reasons.

use vocab::{ReasonCode, Target};

use super::*;
use crate::{Answer, Profile, Response, recommend};

fn items() -> Vec<Item> {
    let mut items: Vec<Item> = (0..30).map(|n| item(&format!("i{n:02}"))).collect();
    items[3].needs = vec!["p.home.fund".into()];
    items[4].needs = vec!["p.home.fund".into()];
    for item in &mut items[20..] {
        item.dept = "税务局".into();
    }
    items[6].relates_to = vec!["i25".into()];
    items
}

fn rich() -> Profile {
    Profile {
        history: vec![used("i03", 5), used("i06", 10), used("i07", 300), used("i08", 60 * 24 * 3)],
        declared: vec!["p.home.fund".into()],
        subscriptions: vec![Target::Dept("税务局".into())],
        unwanted: vec!["i00".into()],
        ..Profile::default()
    }
}

fn answer(mode: PrivacyMode, profile: Profile) -> Answer {
    recommend(&home(), &Query { profile, ..query(mode) }, &world(&items()))
}

fn keys(response: &Response) -> Vec<String> {
    fn walk(value: &serde_json::Value, at: &str, out: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                map.iter().for_each(|(key, value)| walk(value, &format!("{at}.{key}"), out));
            }
            serde_json::Value::Array(values) => {
                values.iter().for_each(|value| walk(value, &format!("{at}[]"), out));
            }
            _ => out.push(at.to_owned()),
        }
    }
    let mut out = Vec::new();
    walk(&serde_json::to_value(response).unwrap(), "", &mut out);
    out
}

#[test]
fn opting_out_changes_the_schema_nowhere_and_the_length_neither() {
    let whole = answer(PrivacyMode::Profile, rich()).response;
    for mode in [PrivacyMode::None, PrivacyMode::Session] {
        let other = answer(mode, rich()).response;
        assert_eq!(keys(&other), keys(&whole));
    }
    assert!(whole.personalized);
}

#[test]
fn without_consent_a_person_gets_exactly_what_a_stranger_gets() {
    let person = answer(PrivacyMode::None, rich());
    let stranger = answer(PrivacyMode::None, Profile::default());
    assert_eq!(person.response, stranger.response);
    assert!(!person.response.personalized);
    for event in person.events {
        assert_eq!((event.visitor, event.session), (VisitorId(0), SessionId(0)));
    }
}

#[test]
fn a_session_uses_the_last_thirty_minutes_and_nothing_stored() {
    let now_only = Profile {
        history: vec![used("i03", 5), used("i06", 10)],
        unwanted: rich().unwanted,
        ..Profile::default()
    };
    let given_all = answer(PrivacyMode::Session, rich()).response;
    assert_eq!(given_all, answer(PrivacyMode::Session, now_only).response);
    assert!(given_all.items.iter().all(|item| item.reason.code != ReasonCode::Subscribed));
    assert!(given_all.items.iter().any(|item| item.reason.code == ReasonCode::Session));
}

#[test]
fn a_sensitive_need_is_served_where_declared_and_never_inferred() {
    let taxonomy = taxonomy();
    let sensitive = taxonomy
        .needs
        .iter()
        .find(|need| need.sensitivity == vocab::Sensitivity::Sensitive)
        .unwrap();
    let mut all: Vec<Item> = (0..30).map(|n| item(&format!("i{n:02}"))).collect();
    for item in &mut all[..2] {
        item.needs = vec![sensitive.id.clone()];
    }
    let world = world(&all);
    let of = |profile| {
        let answer = recommend(
            &home(),
            &Query { profile, limit: 30, ..query(PrivacyMode::Profile) },
            &world,
        );
        answer.response.items.iter().filter(|item| item.reason.code == ReasonCode::Need).count()
    };
    let history = (0..10).map(|n| used("i00", n)).collect();
    assert_eq!(of(Profile { history, ..Profile::default() }), 0);
    assert_eq!(of(Profile { declared: vec![sensitive.id.clone()], ..Profile::default() }), 2);
}

#[test]
fn a_deleted_need_is_not_inferred_again() {
    let history = vec![used("i03", 5)];
    let needs = |denied| {
        let answer = answer(
            PrivacyMode::Profile,
            Profile { history: history.clone(), denied, ..Profile::default() },
        );
        answer.stages.iter().any(|stage| stage.name == "needs" && stage.after > 0)
    };
    assert!(needs(vec![]));
    assert!(!needs(vec!["p.home.fund".into()]));
}

#[test]
fn every_item_says_why_in_both_languages() {
    for mode in [PrivacyMode::None, PrivacyMode::Session, PrivacyMode::Profile] {
        for shown in answer(mode, rich()).response.items {
            assert!(!shown.reason.text.zh.is_empty() && !shown.reason.text.en.is_empty());
            assert!(!shown.reason.text.zh.contains("“”") && !shown.reason.text.en.contains("“”"));
            assert!(!shown.source.is_empty());
        }
    }
}
