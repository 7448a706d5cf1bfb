//! Tests of the total order and the bounded list.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn the_best_n_are_the_first_n_of_the_sorted_list(
        scores in proptest::collection::vec(prop_oneof![
            (-5_i8..5).prop_map(f32::from), Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY)
        ], 0..60),
        n in 0_usize..12,
    ) {
        let mut best = Best::new(n);
        let mut sorted: Vec<(u32, f32)> = Vec::new();
        for (position, &score) in scores.iter().enumerate() {
            best.push(position as u32, score);
            sorted.push((position as u32, score));
        }
        sorted.sort_by(|&a, &b| best_first(a, b));
        sorted.truncate(n);
        let found: Vec<u32> = best.into_sorted().iter().map(|entry| entry.0).collect();
        let expected: Vec<u32> = sorted.iter().map(|entry| entry.0).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn what_is_not_finite_comes_last_and_ties_go_to_the_smaller_position() {
    let mut entries = [(0, f32::NAN), (1, 1.0), (2, f32::INFINITY), (3, 1.0), (4, 2.0)];
    entries.sort_by(|&a, &b| best_first(a, b));
    let order: Vec<u32> = entries.iter().map(|entry| entry.0).collect();
    assert_eq!(order, [4, 1, 3, 0, 2]);
}
