//! Learning from lists: what is opened rises, the place is not taken for the merit, nobody teaches alone.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vocab::{ItemId, RequestId, VisitorId};

use super::*;

const BOTH: Weights = Weights { click: 1.0, useful: 1.0, completed: 1.0 };

fn request(nth: u64) -> RequestId {
    RequestId(Uuid::from_u128(u128::from(nth)))
}

fn row(of: usize) -> Row {
    let mut row = [0.0; FEATURES];
    row[of] = 1.0;
    row
}

/// Lists of two: kind 0 stands first; whoever looks on takes kind 1 twice as often.
fn taught(shown_first: usize) -> Outcomes {
    let outcomes = Outcomes::new().unwrap();
    let start = Timestamp::from_second(1_000_000).unwrap();
    for nth in 0..6_000_u64 {
        let (visitor, at) = (VisitorId(nth), start + SignedDuration::from_secs(nth as i64));
        let kinds = if shown_first == 0 { [0, 1] } else { [1, 0] };
        let items = kinds.iter().zip(0..).map(|(&kind, place)| ShownItem {
            item: ItemId::from(format!("kind-{kind}")),
            place,
            row: row(kind),
        });
        outcomes.shown(request(nth), visitor, at, items.collect());
        let opened = if nth % 10 < 2 { Some(1) } else { (nth % 10 == 2).then_some(0) };
        if let Some(kind) = opened {
            let item = ItemId::from(format!("kind-{kind}"));
            outcomes.opened(request(nth), visitor, &item);
            if kind == 1 && nth % 20 < 10 {
                outcomes.completed(visitor, &item);
            }
        }
        outcomes.settle(at);
    }
    outcomes.settle(start + SignedDuration::from_hours(10));
    outcomes
}

#[test]
fn what_is_opened_and_completed_is_worth_more_wherever_it_stood() {
    for first in [0, 1] {
        let outcomes = taught(first);
        let models = outcomes.models();
        assert!(models.is_ready());
        let (less, more) = (models.value(&row(0), BOTH), models.value(&row(1), BOTH));
        assert!(more > 1.3 * less, "{less} and {more} with kind {first} first");
    }
}

#[test]
fn a_visitor_with_a_thousand_lists_teaches_ten() {
    let outcomes = Outcomes::new().unwrap();
    let at = Timestamp::from_second(1_000_000).unwrap();
    for nth in 0..1_000 {
        let item = ShownItem { item: ItemId::from("pushed"), place: 0, row: row(0) };
        outcomes.shown(request(nth), VisitorId(1), at, vec![item]);
        outcomes.opened(request(nth), VisitorId(1), &ItemId::from("pushed"));
        // Another's id is not enough.
        outcomes.opened(request(nth), VisitorId(2), &ItemId::from("pushed"));
    }
    assert_eq!(outcomes.settle(at + SignedDuration::from_hours(1)), 10);
    assert_eq!(outcomes.models().examples()[0], (10, 10));
}

#[test]
fn whoever_is_forgotten_teaches_nothing() {
    let outcomes = Outcomes::new().unwrap();
    let at = Timestamp::from_second(1_000_000).unwrap();
    for visitor in [1, 2] {
        let item = ShownItem { item: ItemId::from("a"), place: 0, row: row(0) };
        outcomes.shown(request(visitor), VisitorId(visitor), at, vec![item]);
    }
    outcomes.forget(VisitorId(1));
    assert_eq!(outcomes.settle(at + SignedDuration::from_hours(1)), 1);
}

#[test]
fn what_lists_taught_is_kept_and_other_models_are_refused() {
    let learnt = taught(0).models();
    let text = learnt.to_json().unwrap();
    let kept = Objectives::from_json(&text).unwrap();
    assert_eq!(kept.examples(), learnt.examples());
    for of in 0..FEATURES {
        let (before, after) = (learnt.value(&row(of), BOTH), kept.value(&row(of), BOTH));
        assert!((before - after).abs() < 1e-6, "{of}: {before} and {after}");
    }
    let told = |text: &str| Objectives::from_json(text).unwrap_err().to_string();
    let renamed = text.replacen("search_intent", "searched", 1);
    assert_eq!(told(&renamed), "what lists taught cannot be taken up: it is of other features");
    assert!(told(&text[..text.len() / 2]).starts_with("what lists taught cannot be taken up: EOF"));
    let (_, rest) = text.split_once("\"weights\":[").unwrap();
    let fewer = text.replacen(rest, rest.split_once(',').unwrap().1, 1);
    assert!(told(&fewer).ends_with("its parts do not fit together"));
}
