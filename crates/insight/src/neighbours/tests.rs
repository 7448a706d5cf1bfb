//! Tests of the item-to-item lists against brute force and by hand.

use proptest::prelude::*;
use vocab::{SessionId, VisitorId};

use super::*;
use crate::interactions::{DAY_MS, InteractionsBuilder, Weighting};
use crate::samples::{END_MS, clustered, on_threads};

fn visits(paths: &[(u64, i64, &[&str])]) -> Interactions {
    let mut builder = InteractionsBuilder::new();
    for (session, &(visitor, start, path)) in paths.iter().enumerate() {
        for (step, item) in path.iter().enumerate() {
            let session = SessionId(session as u64 + 1);
            builder.push(VisitorId(visitor), item, session, start + step as i64 * 1_000, 1.0);
        }
    }
    builder.build().canonical()
}

fn next(table: &Interactions, params: &CovisitParams, from: &str) -> Vec<(String, f32)> {
    let graph = ItemGraph::covisit(table, params, END_MS);
    let position = table.items.iter().position(|item| item.as_str() == from).unwrap();
    graph
        .of(position as u32)
        .map(|(item, score)| (table.items[item as usize].to_string(), score))
        .collect()
}

proptest! {
    #[test]
    fn similar_items_are_those_of_the_dense_formula(seed in 0_u64..50) {
        let table = clustered(seed, 15, 10, 2).canonical();
        let matrix = table.user_item(&Weighting { min_visitors: 1, ..Weighting::default() }, END_MS);
        let params = SimilarParams { min_support: 1, keep: 4, ..SimilarParams::default() };
        let graph = ItemGraph::similar(&matrix, &params);
        let (rows, columns) = (matrix.row_sums(), matrix.transpose().row_sums());
        let mut dense = vec![vec![0_f64; matrix.columns()]; matrix.rows()];
        for (visitor, cells) in dense.iter_mut().enumerate() {
            let (items, weights) = matrix.row(visitor);
            for (&item, &weight) in items.iter().zip(weights) {
                let scale = rows[visitor].powf(-params.visitor_exponent)
                    * columns[item as usize].powf(-params.item_exponent);
                cells[item as usize] = f64::from(weight * scale);
            }
        }
        for item in 0..matrix.columns() {
            let mut expected: Vec<f64> = (0..matrix.columns())
                .filter(|&other| other != item)
                .map(|other| dense.iter().map(|cells| cells[item] * cells[other]).sum::<f64>()
                    .powf(f64::from(params.sharpening)))
                .filter(|score| *score > 0.0)
                .collect();
            expected.sort_by(|a, b| b.total_cmp(a));
            expected.truncate(4);
            let found: Vec<f64> = graph.of(item as u32).map(|entry| f64::from(entry.1)).collect();
            prop_assert_eq!(found.len(), expected.len());
            for (a, b) in found.iter().zip(&expected) {
                prop_assert!((a - b).abs() < 1e-4 * (1.0 + b), "{} and {}", a, b);
            }
        }
    }

    #[test]
    fn lists_are_bounded_sorted_and_never_name_the_item_itself(seed in 0_u64..50, keep in 1_u32..6) {
        let table = clustered(seed, 20, 15, 3).canonical();
        let matrix = table.user_item(&Weighting::default(), END_MS);
        let params = NeighbourParams {
            similar: SimilarParams { keep, ..SimilarParams::default() },
            covisit: CovisitParams { keep, ..CovisitParams::default() },
        };
        let neighbours = Neighbours::build(&matrix, &table, &params, END_MS);
        for graph in [&neighbours.similar, &neighbours.covisit] {
            for item in 0..table.items.len() as u32 {
                let list: Vec<(u32, f32)> = graph.of(item).collect();
                prop_assert!(list.len() <= keep as usize);
                prop_assert!(list.iter().all(|entry| entry.0 != item && entry.1.is_finite()));
                prop_assert!(list.is_sorted_by(|&a, &b| crate::ranking::best_first(a, b).is_lt()));
            }
        }
        prop_assert!(neighbours.is_consistent(table.items.len()));
    }
}

#[test]
fn after_counts_more_than_before_near_more_than_far_and_new_more_than_old() {
    let old = END_MS - 28 * DAY_MS;
    let table = visits(&[
        (1, END_MS, &["a", "b", "c"]),
        (2, END_MS, &["a", "b", "c"]),
        (3, old, &["a", "d"]),
        (4, old, &["a", "d"]),
    ]);
    let params = CovisitParams { popularity_exponent: 0.0, ..CovisitParams::default() };
    let list = next(&table, &params, "a");
    let names: Vec<&str> = list.iter().map(|entry| entry.0.as_str()).collect();
    assert_eq!(names, ["b", "c", "d"]);
    // Two visitors one step ahead; two steps ahead; one step ahead two half-lives ago.
    for (found, expected) in list.iter().zip([2.0, 1.0, 0.5]) {
        assert!((found.1 - expected).abs() < 1e-3, "{found:?}, expected {expected}");
    }
    let back = next(&table, &params, "b");
    assert_eq!(back[0].0, "c");
    assert!((back[1].1 - 2.0 * params.backward).abs() < 1e-3, "{back:?}");
}

#[test]
fn one_visitor_moves_no_list_however_often_the_path_is_walked() {
    let honest: Vec<(u64, i64, &[&str])> =
        vec![(1, END_MS, &["a", "b"]), (2, END_MS, &["a", "b"]), (3, END_MS, &["c", "d"])];
    let mut poisoned = honest.clone();
    for step in 0..500 {
        poisoned.push((666, END_MS - step, &["a", "spam"]));
    }
    let params = CovisitParams { popularity_exponent: 0.0, ..CovisitParams::default() };
    assert_eq!(next(&visits(&honest), &params, "a"), next(&visits(&poisoned), &params, "a"));
}

#[test]
fn without_sessions_a_visitors_day_is_the_visit() {
    let mut builder = InteractionsBuilder::new();
    for visitor in 1..=2 {
        for (step, item) in ["a", "b"].iter().enumerate() {
            builder.push(VisitorId(visitor), item, SessionId(0), END_MS + step as i64, 1.0);
        }
        builder.push(VisitorId(visitor), "tomorrow", SessionId(0), END_MS + DAY_MS, 1.0);
    }
    let list = next(&builder.build().canonical(), &CovisitParams::default(), "a");
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].0, "b");
}

#[test]
fn related_joins_both_lists_without_repeats() {
    let table = visits(&[(1, END_MS, &["a", "b", "c"]), (2, END_MS, &["a", "b", "c"])]);
    let matrix = table.user_item(&Weighting::default(), END_MS);
    let neighbours = Neighbours::build(&matrix, &table, &NeighbourParams::default(), END_MS);
    let related = neighbours.related(0, 10);
    let mut items: Vec<u32> = related.iter().map(|entry| entry.0).collect();
    assert_eq!(items[0], 1, "next in the visit and used by the same people");
    items.sort_unstable();
    assert_eq!(items, [1, 2]);
    assert!(neighbours.related(99, 10).is_empty());
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let table = clustered(8, 50, 30, 3).canonical();
    let matrix = table.user_item(&Weighting::default(), END_MS);
    let build = || Neighbours::build(&matrix, &table, &NeighbourParams::default(), END_MS);
    assert_eq!(on_threads(1, build), on_threads(2, build));
}
