//! Gaps, order of arrival, memory, and what survives a restart.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vocab::Channel;

use super::*;

const GAP: SignedDuration = SignedDuration::from_mins(30);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

proptest! {
    #[test]
    fn in_order_a_visit_ends_exactly_at_a_gap(steps in prop::collection::vec(0_i64..4_000, 1..60)) {
        let sessions = Sessioniser::new(1_000);
        let mut now = 0;
        let mut before = None;
        for step in steps {
            now += step;
            let id = sessions.assign(VisitorId(7), at(now), GAP);
            if let Some(before) = before {
                prop_assert_eq!(id == before, step <= 1_800, "step {}", step);
            }
            before = Some(id);
        }
    }

    #[test]
    fn arrival_in_another_order_never_splits_what_lies_within_a_gap_of_the_first(
        offsets in prop::collection::vec(-1_800_i64..1_800, 1..40)
    ) {
        let sessions = Sessioniser::new(1_000);
        let first = sessions.assign(VisitorId(7), at(0), GAP);
        for offset in offsets {
            prop_assert_eq!(sessions.assign(VisitorId(7), at(offset), GAP), first);
        }
    }

    #[test]
    fn the_same_arrivals_make_the_same_visits(
        arrivals in prop::collection::vec((1_u64..20, 0_i64..20_000), 1..200)
    ) {
        let run = || {
            let sessions = Sessioniser::new(64);
            arrivals.iter().map(|(v, t)| sessions.assign(VisitorId(*v), at(*t), GAP)).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn two_visitors_never_share_a_visit(
        arrivals in prop::collection::vec((1_u64..50, 0_i64..20_000), 1..200)
    ) {
        let sessions = Sessioniser::new(1_000);
        let mut owners = BTreeMap::new();
        for (visitor, t) in arrivals {
            let id = sessions.assign(VisitorId(visitor), at(t), GAP);
            prop_assert_eq!(*owners.entry(id).or_insert(visitor), visitor);
        }
    }
}

#[test]
fn memory_stays_bounded() {
    let sessions = Sessioniser::new(1_600);
    for visitor in 1..100_000 {
        sessions.assign(VisitorId(visitor), at(0), GAP);
    }
    let held = |shard: &Mutex<Generations>| {
        let shard = shard.lock();
        shard.young.len() + shard.old.len()
    };
    let held: usize = sessions.shards.iter().map(held).sum();
    assert!(held <= 1_600, "{held}");
}

#[test]
fn a_restored_visit_goes_on() {
    let (before, after) = (Sessioniser::new(100), Sessioniser::new(100));
    let visitor = VisitorId(3);
    let id = before.assign(visitor, at(0), GAP);
    // Only a later event of the visit is still in the spool.
    before.assign(visitor, at(900), GAP);
    let event = Event { visitor, session: id, ts: at(900), ..Event::default() };
    after.restore(&event, "kiosk_reset");
    assert_eq!(after.assign(visitor, at(2_000), GAP), id);
    assert_ne!(after.assign(visitor, at(9_000), GAP), id);
}

#[test]
fn a_restored_terminal_knows_that_its_person_left() {
    let sessions = Sessioniser::new(100);
    let terminal = VisitorId(3);
    let event = |name: &str, ts| Event {
        name: name.into(),
        channel: Channel::Kiosk,
        anonymous: terminal,
        visitor: VisitorId(99),
        session: SessionId(5),
        ts: at(ts),
        ..Event::default()
    };
    sessions.restore(&event("page_view", 0), "kiosk_reset");
    sessions.restore(&event("kiosk_reset", 10), "kiosk_reset");
    assert_ne!(sessions.assign(terminal, at(20), GAP), SessionId(5));
}
