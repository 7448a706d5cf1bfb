//! The filter against the dense formula of its paper.

use super::*;
use crate::interactions::Weighting;
use crate::samples::{END_MS, clustered, on_threads};

fn sample() -> Csr {
    clustered(5, 60, 40, 4).canonical().user_item(&Weighting::default(), END_MS)
}

/// The four-step formula, dense and in double precision, at full rank.
fn dense(matrix: &Csr, params: &GraphFilterParams) -> Array2<f64> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let mut r = Array2::<f64>::zeros((rows, columns));
    for row in 0..rows {
        let (items, weights) = matrix.row(row);
        for (&item, &weight) in items.iter().zip(weights) {
            r[[row, item as usize]] = f64::from(weight);
        }
    }
    let visitors = r.sum_axis(ndarray::Axis(1));
    let items = r.sum_axis(ndarray::Axis(0));
    let n = Array2::from_shape_fn((rows, columns), |(u, i)| {
        if r[[u, i]] > 0.0 { r[[u, i]] / (visitors[u] * items[i]).sqrt() } else { 0.0 }
    });
    let p = n.t().dot(&n);
    // At full rank the ideal low-pass lets everything through that the matrix spans.
    let mut x = r.dot(&p) + &(r.mapv(|value| value * f64::from(params.low_pass)));
    let (mut term, mut factor, base) = (x.clone(), 1.0, x.clone());
    x.assign(&base);
    for power in 1..=4 {
        term = term.dot(&p);
        factor *= -f64::from(params.sharpening) / f64::from(power);
        x = x + &term * factor;
    }
    x
}

#[test]
fn at_full_rank_it_is_the_formula_of_the_paper() {
    let matrix = sample();
    for sharpening in [0.0, 1.0, 2.5] {
        let params = GraphFilterParams { rank: 40, rounds: 30, low_pass: 0.2, sharpening };
        let graph = ItemSpectrum::fit(&matrix, params.rank, params.rounds, 1);
        let filter = GraphFilter::new(&graph, &params);
        let expected = dense(&matrix, &params);
        let people: Vec<_> = (0..20).map(|row| matrix.row(row)).collect();
        let found = filter.score(&people);
        for row in 0..20 {
            for item in 0..40 {
                let (a, b) = (f64::from(found.filtered[row * 40 + item]), expected[[row, item]]);
                assert!((a - b).abs() < 2e-3 * (1.0 + b.abs()), "h {sharpening}: {a} and {b}");
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let matrix = sample();
    let score = || {
        let graph = ItemSpectrum::fit(&matrix, 12, 4, 1);
        let params = GraphFilterParams { rank: 12, ..GraphFilterParams::default() };
        GraphFilter::new(&graph, &params).score(&[matrix.row(0), matrix.row(1)]).filtered
    };
    assert_eq!(on_threads(1, score), on_threads(4, score));
}
