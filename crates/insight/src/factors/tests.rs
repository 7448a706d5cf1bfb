//! Tests of the factorisation: against a dense solution, downhill, the same on any threads, fold-in equals training.

use proptest::prelude::*;
use vocab::VisitorId;

use super::als::{Ridge, solve_row};
use super::*;
use crate::interactions::Weighting;
use crate::samples::{END_MS, clustered, on_threads};

fn sample() -> (Csr, Vec<VisitorId>) {
    let table = clustered(3, 60, 40, 4).canonical();
    (table.user_item(&Weighting::default(), END_MS), table.visitors)
}

fn params(dim: u32) -> FactorParams {
    FactorParams { dim, ..FactorParams::default() }
}

/// Gauss with pivoting in `f64`: slow, dense, and nothing like the code under test.
fn dense_solution(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&x, &y| a[x][column].abs().total_cmp(&a[y][column].abs()));
        let pivot = pivot.unwrap();
        a.swap(column, pivot);
        b.swap(column, pivot);
        let top = a[column].clone();
        for row in column + 1..n {
            let factor = a[row][column] / top[column];
            for (cell, above) in a[row].iter_mut().zip(&top) {
                *cell -= factor * above;
            }
            b[row] -= factor * b[column];
        }
    }
    let mut x = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| a[row][column] * x[column]).sum();
        x[row] = (b[row] - known) / a[row][row];
    }
    x
}

proptest! {
    #[test]
    fn a_row_is_the_solution_of_its_dense_normal_equations(seed in 0_u64..200, dim in 1_usize..12) {
        let items = 15;
        let fixed = dense::normal(seed, items * dim, 0.7);
        let observed: Vec<(u32, f32)> =
            (0..items as u32).filter(|item| (u64::from(*item) + seed) % 3 == 0)
                .map(|item| (item, 1.0 + item as f32 / 4.0)).collect();
        let ridge = Ridge { regularisation: 0.05, exponent: 0.5, unobserved: 0.2, others: items };
        let lambda = f64::from(ridge.lambda(observed.len()));
        let cell = |item: usize, k: usize| f64::from(fixed[item * dim + k]);
        let mut a = vec![vec![0_f64; dim]; dim];
        let mut b = vec![0_f64; dim];
        for (j, (line, side)) in a.iter_mut().zip(&mut b).enumerate() {
            for (k, sum) in line.iter_mut().enumerate() {
                *sum += if j == k { lambda } else { 0.0 };
                *sum += 0.2 * (0..items).map(|i| cell(i, j) * cell(i, k)).sum::<f64>();
                let seen = observed.iter().map(|&(i, w)| f64::from(w) * cell(i as usize, j) * cell(i as usize, k));
                *sum += seen.sum::<f64>();
            }
            *side = observed.iter().map(|&(i, w)| f64::from(w) * cell(i as usize, j)).sum();
        }
        let expected = dense_solution(a, b);
        let gram = dense::gram(&fixed, dim, 0.2);
        let mut found = vec![0_f32; dim];
        let mut scratch = vec![0_f32; dim * dim];
        solve_row(observed.iter().copied(), observed.len(), &fixed, &gram, ridge, &mut scratch, &mut found);
        for (x, y) in found.iter().zip(expected) {
            prop_assert!((f64::from(*x) - y).abs() < 2e-3 * (1.0 + y.abs()), "{} and {}", x, y);
        }
    }
}

#[test]
fn every_epoch_lowers_the_loss() {
    let (matrix, _) = sample();
    let params = params(8);
    let transposed = matrix.transpose();
    let mut fit = Fit::start(&matrix, &params, 1);
    fit.epoch(&matrix, &transposed, &params);
    let mut before = loss(&fit, &matrix, &params);
    let first = before;
    for _ in 0..10 {
        fit.epoch(&matrix, &transposed, &params);
        let after = loss(&fit, &matrix, &params);
        assert!(after <= before * (1.0 + 1e-6), "{after} after {before}");
        before = after;
    }
    assert!(before < 0.95 * first, "{before} after {first}");
}

#[test]
fn folding_a_training_history_in_gives_the_trained_vector() {
    let (matrix, visitors) = sample();
    let factors = Factors::fit(&matrix, &visitors, &params(16), 1, &|_| {});
    assert_eq!(factors.visitors().len(), visitors.len());
    for (row, &visitor) in visitors.iter().enumerate() {
        let (items, weights) = matrix.row(row);
        let history: Vec<(u32, f32)> = items.iter().copied().zip(weights.iter().copied()).collect();
        let folded = factors.fold_in(&history);
        for (a, b) in folded.iter().zip(factors.visitor(visitor).unwrap()) {
            assert!((a - b).abs() < 1e-4, "{a} and {b}");
        }
    }
}

#[test]
fn a_history_of_one_taste_ranks_that_taste_first() {
    let (matrix, visitors) = sample();
    let factors = Factors::fit(&matrix, &visitors, &params(4), 1, &|_| {});
    // Items are named item-0000 …, so position mod 4 is the taste.
    let person = factors.fold_in(&[(1, 1.0), (5, 1.0), (9, 1.0)]);
    let top = factors.top(&person, 5, &|item| [1, 5, 9].contains(&item));
    let right = top.iter().filter(|entry| entry.0 % 4 == 1).count();
    assert!(right >= 4, "{top:?}");
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let (matrix, visitors) = sample();
    let fit = || Factors::fit(&matrix, &visitors, &params(16), 9, &|_| {});
    assert_eq!(on_threads(1, fit), on_threads(2, fit));
}

#[test]
fn nonsense_in_a_history_is_left_out() {
    let factors = Factors::synthetic(1, 3, 10, 8);
    let clean = factors.fold_in(&[(2, 1.0)]);
    let dirty = factors.fold_in(&[(2, 1.0), (99, 1.0), (3, f32::NAN), (4, -1.0), (5, 0.0)]);
    assert_eq!(clean, dirty);
    assert!(factors.fold_in(&[]).iter().all(|value| value.abs() < f32::MIN_POSITIVE));
    assert!(factors.visitor(VisitorId(77)).is_none());
    assert!(factors.score(&clean, 99).abs() < f32::MIN_POSITIVE);
}

#[test]
fn top_is_the_sorted_scores_and_all_cells_together_are_all_items() {
    let factors = Factors::synthetic(5, 4, 6_000, 16);
    let person = factors.visitor(VisitorId(2)).unwrap().to_vec();
    let mut scores = Vec::new();
    factors.score_all(&person, &mut scores);
    let mut all: Vec<(u32, f32)> =
        scores.iter().enumerate().map(|(item, &score)| (item as u32, score)).collect();
    all.sort_by(|&a, &b| crate::ranking::best_first(a, b));
    all.retain(|entry| entry.0 % 2 == 0);
    all.truncate(20);
    let skip = |item: u32| item % 2 == 1;
    assert_eq!(factors.top(&person, 20, &skip), all);
    assert_eq!(factors.top_near(&person, 20, 10_000, &skip), all);
    // Even on random vectors, the worst case, a tenth of the cells holds most of the best.
    let near = factors.top_near(&person, 20, 16, &skip);
    let kept = near.iter().filter(|entry| all.contains(entry)).count();
    assert!(kept >= 10, "{kept} of 20");
}

#[test]
fn only_the_most_active_visitors_are_stored_where_there_are_too_many() {
    let matrix = Csr::from_triplets(
        3,
        3,
        vec![(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (2, 0, 1.0), (2, 1, 1.0), (2, 2, 1.0)],
    );
    let visitors = [VisitorId(1), VisitorId(2), VisitorId(3)];
    let stored = |most, min_items| {
        let params = FactorParams { max_stored_visitors: most, min_items, ..params(2) };
        Factors::fit(&matrix, &visitors, &params, 1, &|_| {}).visitors().to_vec()
    };
    assert_eq!(stored(9, 1), visitors);
    assert_eq!(stored(9, 2), [VisitorId(1), VisitorId(3)]);
    assert_eq!(stored(1, 1), [VisitorId(3)]);
}

#[test]
fn parameters_out_of_range_are_named() {
    let wrong = FactorParams { dim: 0, ..FactorParams::default() };
    assert_eq!(
        wrong.check().unwrap_err().to_string(),
        "parameter factors.dim: 0, expected 1 to 512"
    );
}

/// The size: 100 k items and 1 M people. Prints what a serving node pays.
#[test]
#[ignore = "a measurement; run with --release"]
#[expect(clippy::disallowed_methods, reason = "a measurement printed, not a result")]
fn a_province_in_memory() {
    let timed = |what: &str, times: u32, work: &mut dyn FnMut()| {
        let start = std::time::SystemTime::now();
        (0..times).for_each(|_| work());
        let each = start.elapsed().unwrap_or_default().as_secs_f64() / f64::from(times);
        println!("{what}: {:.1} µs", each * 1e6);
    };
    let mut made = None;
    timed("synthetic 1 M × 100 k × 32", 1, &mut || {
        made = Some(Factors::synthetic(1, 1_000_000, 100_000, 32));
    });
    let factors = made.unwrap();
    println!("{:.0} MB", factors.bytes() as f64 / 1e6);
    assert!(factors.bytes() < 1 << 30);
    let mut bytes = Vec::new();
    timed("encode", 1, &mut || bytes = postcard::to_stdvec(&factors).unwrap());
    let mut back = None;
    timed("decode", 1, &mut || back = Some(postcard::from_bytes::<Factors>(&bytes).unwrap()));
    assert_eq!(back.as_ref(), Some(&factors));
    let history: Vec<(u32, f32)> = (0..30).map(|n| (n * 3_001, 1.0)).collect();
    let mut person = Vec::new();
    timed("fold in 30 uses", 1_000, &mut || person = factors.fold_in(&history));
    timed("look a visitor up", 1_000, &mut || {
        assert!(factors.visitor(VisitorId(777_777)).is_some());
    });
    let mut all = Vec::new();
    timed("top 100 of all items", 100, &mut || all = factors.top(&person, 100, &|_| false));
    for cells in [8, 16, 32] {
        let mut near = Vec::new();
        timed(&format!("top 100 of {cells} cells"), 500, &mut || {
            near = factors.top_near(&person, 100, cells, &|_| false);
        });
        let kept = near.iter().filter(|entry| all.contains(entry)).count();
        println!("  {kept} of the exact 100 (random vectors, the worst case)");
    }
}
