//! The weights against the conditions that define them.

use super::*;
use crate::interactions::Weighting;
use crate::samples::{END_MS, clustered, on_threads};

fn sample(items: u32) -> Csr {
    clustered(5, 200, items, 4).canonical().user_item(&Weighting::default(), END_MS)
}

#[test]
fn the_inverse_is_one_across_pivot_blocks() {
    let matrix = sample(300);
    let items = matrix.columns();
    let mut cells = gram(&matrix);
    for item in 0..items {
        cells[item * items + item] += 3.0;
    }
    let full = Array2::from_shape_vec((items, items), cells.clone()).unwrap();
    invert(&mut cells, items);
    let inverse = Array2::from_shape_fn((items, items), |(row, column)| {
        cells[row.max(column) * items + row.min(column)]
    });
    let product = full.dot(&inverse);
    for ((row, column), &value) in product.indexed_iter() {
        let expected = if row == column { 1.0 } else { 0.0 };
        assert!((value - expected).abs() < 1e-8, "{row} {column}: {value}");
    }
}

#[test]
fn an_item_never_speaks_for_itself_and_its_taste_speaks_for_it() {
    let matrix = sample(40);
    let ease = Ease::fit(&matrix, &EaseParams { regularisation: 10.0 }).unwrap();
    let mut scores = vec![0_f32; 40];
    ease.score_history(&[(1, 1.0), (5, 1.0)], &mut scores);
    assert!((ease.weight(3, 3)).abs() < f32::EPSILON);
    let mut best: Vec<(u32, f32)> = (0..40).zip(scores.iter().copied()).collect();
    best.retain(|entry| entry.0 != 1 && entry.0 != 5);
    best.sort_by(|&a, &b| crate::ranking::best_first(a, b));
    assert!(best[..4].iter().filter(|entry| entry.0 % 4 == 1).count() >= 3, "{best:?}");
}

#[test]
fn too_many_items_are_refused_and_threads_change_nothing() {
    let wide = Csr::from_triplets(1, MAX_ITEMS + 1, vec![(0, 0, 1.0)]);
    assert!(Ease::fit(&wide, &EaseParams::default()).is_err());
    let matrix = sample(150);
    let fit = || Ease::fit(&matrix, &EaseParams::default()).unwrap();
    assert_eq!(on_threads(1, fit), on_threads(4, fit));
}
