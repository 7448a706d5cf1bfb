//! Tests of the interaction table: one order whatever came in, no robot, no visitor louder than the cap.

use proptest::prelude::*;
use vocab::{SessionId, VisitorId};

use super::*;
use crate::samples::{END_MS, clustered};

fn table(rows: &[(u64, &str, i64, f32)]) -> Interactions {
    let mut builder = InteractionsBuilder::new();
    for &(visitor, item, ts_ms, weight) in rows {
        builder.push(VisitorId(visitor), item, SessionId(0), ts_ms, weight);
    }
    builder.build()
}

fn no_decay() -> Weighting {
    Weighting { half_life_days: 0.0, min_visitors: 1, ..Weighting::default() }
}

#[test]
fn a_row_outside_the_dictionaries_is_refused_with_its_number() {
    let mut wrong = table(&[(1, "a", 0, 1.0), (2, "b", 0, 1.0)]);
    wrong.rows[1].item = 9;
    assert_eq!(wrong.check().unwrap_err().to_string(), "interactions, row 1: item 9 of 2");
    let mut wrong = table(&[(1, "a", 0, 1.0)]);
    wrong.rows[0].weight = f32::NAN;
    assert!(wrong.check().unwrap_err().to_string().contains("weight NaN"));
}

#[test]
fn the_builder_leaves_out_weights_that_say_nothing() {
    let built = table(&[(1, "a", 0, 0.0), (1, "a", 0, -1.0), (1, "a", 0, f32::INFINITY)]);
    assert!(built.rows.is_empty());
}

proptest! {
    #[test]
    fn canonical_does_not_depend_on_the_order_of_rows(seed in 0_u64..1000) {
        use rand::{SeedableRng, seq::SliceRandom};
        let table = clustered(seed, 6, 12, 2);
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..table.rows.len()).collect();
        order.shuffle(&mut random);
        let mut builder = InteractionsBuilder::new();
        for row in order.into_iter().map(|position| table.rows[position]) {
            let visitor = table.visitors[row.visitor as usize];
            let item = table.items[row.item as usize].as_str();
            builder.push(visitor, item, SessionId(row.session), row.ts_ms, row.weight);
        }
        prop_assert_eq!(builder.build().canonical(), table.canonical());
        prop_assert_eq!(table.canonical().canonical(), table.canonical());
    }
}

#[test]
fn duplicate_and_unused_dictionary_entries_disappear() {
    let mut twice = table(&[(1, "b", 0, 1.0), (1, "a", 1, 1.0)]);
    twice.items.push("b".into());
    twice.items.push("never".into());
    twice.rows.push(Interaction { visitor: 0, item: 2, session: 0, ts_ms: 2, weight: 1.0 });
    let canonical = twice.canonical();
    let items: Vec<&str> = canonical.items.iter().map(ItemId::as_str).collect();
    assert_eq!(items, ["a", "b"]);
    assert_eq!(canonical.rows[2].item, 1);
}

#[test]
fn repeats_decay_add_up_and_stop_at_the_cap() {
    let day = DAY_MS;
    let uses = table(&[(1, "a", END_MS, 1.0), (1, "a", END_MS - 10 * day, 1.0)]);
    let weighting = Weighting { half_life_days: 10.0, ..no_decay() };
    let matrix = uses.user_item(&weighting, END_MS);
    assert!((matrix.row(0).1[0] - 1.5).abs() < 1e-6);
    let many: Vec<_> = (0..1_000).map(|second| (1, "a", END_MS - second, 1.0)).collect();
    let capped = table(&many).user_item(&weighting, END_MS);
    assert!((capped.row(0).1[0] - weighting.cap).abs() < 1e-6);
}

#[test]
fn items_below_support_teach_nothing_and_long_histories_keep_the_newest() {
    let uses = table(&[(1, "a", 1, 1.0), (2, "a", 1, 1.0), (1, "b", 2, 1.0)]);
    let supported = uses.user_item(&Weighting { min_visitors: 2, ..no_decay() }, 3);
    assert_eq!(supported.stored(), 2);
    let long = table(&[(1, "old", 1, 1.0), (1, "new", 3, 1.0), (1, "mid", 2, 1.0)]);
    let short = long.user_item(&Weighting { max_items_per_visitor: 2, ..no_decay() }, 3);
    let kept: Vec<&str> =
        short.row(0).0.iter().map(|&item| long.items[item as usize].as_str()).collect();
    assert_eq!(kept, ["new", "mid"]);
}

#[test]
fn a_visitor_with_thousands_of_uses_a_day_is_left_out_with_every_use() {
    let mut rows: Vec<(u64, &str, i64, f32)> = vec![(1, "a", END_MS, 1.0)];
    rows.extend((0..50).map(|step| (66, "a", END_MS + step, 1.0)));
    let (rest, robots, dropped) = table(&rows).without_robots(49);
    assert_eq!((rest.rows.len(), robots, dropped), (1, 1, 50));
    assert_eq!(table(&rows).without_robots(50).1, 0);
}

#[test]
fn a_window_is_half_open() {
    let uses = table(&[(1, "a", 10, 1.0), (1, "b", 20, 1.0)]);
    assert_eq!(uses.between(10, 20).rows.len(), 1);
    assert_eq!(uses.between(10, 21).window(), Some((10, 20)));
    assert_eq!(uses.between(30, 40).window(), None);
}

#[test]
fn a_few_clocks_running_ahead_do_not_age_everything_else() {
    let mut rows: Vec<(u64, &str, i64, f32)> =
        (0..5_000).map(|n| (n, "a", n as i64, 1.0)).collect();
    assert_eq!(table(&rows).reference_ms(), 4_994);
    rows.extend([(9_999, "b", 400 * DAY_MS, 1.0); 5]);
    assert_eq!(table(&rows).reference_ms(), 4_999);
    assert_eq!(Interactions::default().reference_ms(), 0);
    assert_eq!(table(&rows[..3]).reference_ms(), 2);
}
