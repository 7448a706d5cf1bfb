//! The shared stream: a use counts at once, strangers too, robots' habits do not, and nobody is kept.

use super::*;

fn used(visitor: u64, session: u64, item: &str, second: i64) -> Use {
    Use {
        visitor: VisitorId(visitor),
        session: SessionId(session),
        item: ItemId::from(item),
        at: Timestamp::from_second(second).unwrap(),
        channel: Channel::Web,
        region: "440300".to_owned(),
    }
}

/// Many go from `from` to `to`, many others read `crowd`.
fn taught() -> Streaming {
    let streaming = Streaming::default();
    let mut uses = Vec::new();
    for visitor in 0..60 {
        let at = 10_000 + visitor as i64 * 5;
        uses.push(used(visitor, visitor, "from", at));
        uses.push(used(visitor, visitor, "to", at + 2));
        uses.push(used(1_000 + visitor, visitor, "other", at + 3));
        uses.push(used(1_000 + visitor, visitor, "crowd", at + 4));
    }
    uses.chunks(1).for_each(|one| streaming.observe(one));
    streaming
}

fn next(streaming: &Streaming, visit: &[&str], limit: usize) -> Vec<Next> {
    let visit: Vec<ItemId> = visit.iter().map(|item| ItemId::from(*item)).collect();
    let visit: Vec<&ItemId> = visit.iter().collect();
    let now = Timestamp::from_second(10_400).unwrap();
    streaming.next(&visit, &[], (Channel::Web, "440300"), now, limit, &|_| true)
}

#[test]
fn what_a_visit_leads_to_comes_first_and_says_so() {
    let streaming = taught();
    let found = next(&streaming, &["from"], 2);
    assert_eq!(found[0].item, ItemId::from("to"));
    assert!(found[0].from_visit && (found[0].score - 1.0).abs() < f32::EPSILON);
    assert!(found.iter().all(|next| next.item != ItemId::from("from")));
    let crowd = next(&streaming, &[], 4);
    assert!(!crowd.is_empty() && crowd.iter().all(|next| !next.from_visit), "{crowd:?}");
}

#[test]
fn choices_teach_the_ranker() {
    assert!(taught().choices() > 20);
}

#[test]
fn one_visitor_a_million_times_moves_nothing() {
    let streaming = taught();
    let (before, choices) = (next(&streaming, &["from"], 5), streaming.choices());
    let mut uses = Vec::new();
    for nth in 0..1_000_000_u64 {
        uses.push(used(9_999, nth / 2, if nth % 2 == 0 { "from" } else { "pushed" }, 10_399));
        if uses.len() == 10_000 {
            streaming.observe(&uses);
            uses.clear();
        }
    }
    assert!(streaming.choices() <= choices + 2, "{} choices", streaming.choices() - choices);
    let after = next(&streaming, &["from"], 5);
    let items = |found: &[Next]| -> Vec<ItemId> {
        let known = found.iter().filter(|next| next.item != ItemId::from("pushed"));
        known.map(|next| next.item.clone()).collect()
    };
    assert_eq!(items(&before), items(&after));
    let pushed = after.iter().position(|next| next.item == ItemId::from("pushed"));
    assert_ne!(pushed, Some(0));
    let crowd = next(&streaming, &[], 3);
    assert!(crowd.iter().all(|next| next.item != ItemId::from("pushed")), "{crowd:?}");
}

#[test]
fn visits_end_and_are_forgotten() {
    let streaming = taught();
    assert!(streaming.forget_before(Timestamp::from_second(10_000).unwrap()) > 0);
    assert_eq!(streaming.forget_before(Timestamp::from_second(99_999).unwrap()), 0);
    assert_eq!(next(&streaming, &["from"], 1)[0].item, ItemId::from("to"));
}
