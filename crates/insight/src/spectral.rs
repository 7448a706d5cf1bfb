//! The leading singular vectors of a sparse matrix, by randomised subspace iteration.
//!
//! Halko, Martinsson, Tropp, *Finding Structure with Randomness* (SIAM Review 2011), algorithm 4.4, with Cholesky QR
//! (twice, which is as good as Householder for these shapes). Deterministic: same matrix and seed, same bits.

use linfa_linalg::eigh::{EigSort, EighInto};
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;

use crate::factors::dense::normal;
use crate::matrix::Csr;

/// Extra directions carried along, so that the last wanted ones converge too.
const OVERSAMPLING: usize = 32;
/// Rows of one parallel task; fixed, so the order of additions is.
const BLOCK_ROWS: usize = 2_048;

/// Singular values and right singular vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Number of vectors.
    pub rank: usize,
    /// Singular values, largest first.
    pub values: Vec<f32>,
    /// columns × rank, row-major.
    pub vectors: Vec<f32>,
}

impl Spectrum {
    /// The first `rank` right singular vectors of `matrix`; fewer where the matrix is smaller. `rounds` of iteration:
    /// 4 to 8 are enough for recommendations.
    pub fn leading(matrix: &Csr, transposed: &Csr, rank: usize, rounds: usize, seed: u64) -> Self {
        let columns = matrix.columns();
        let width = (rank + OVERSAMPLING).min(columns).min(matrix.rows()).max(1);
        let mut basis = orthonormal(normal(seed, columns * width, 1.0), width);
        for _ in 0..rounds {
            basis = orthonormal(transposed.times(&matrix.times(&basis, width), width), width);
        }
        // Rayleigh-Ritz: the best vectors inside the basis.
        let image = matrix.times(&basis, width);
        let gram = gram(&image, width);
        let (values, rotation) = gram.eigh_into().map_or_else(
            |_| (ndarray::Array1::zeros(width), Array2::eye(width)),
            EigSort::sort_eig_desc,
        );
        let rank = rank.min(width);
        let rotation = rotation.slice(s![.., ..rank]).mapv(|value| value as f32);
        let vectors = times_dense(&basis, width, &rotation);
        let values = values.iter().take(rank).map(|&value| value.max(0.0).sqrt() as f32).collect();
        Self { rank, values, vectors }
    }
}

/// `blockᵀ block` in double precision, blocks summed in order.
fn gram(panel: &[f32], width: usize) -> Array2<f64> {
    let parts: Vec<Array2<f32>> = panel
        .par_chunks(BLOCK_ROWS * width)
        .map(|block| {
            let view = view(block, width);
            view.t().dot(&view)
        })
        .collect();
    let mut sum = Array2::<f64>::zeros((width, width));
    for part in parts {
        sum.zip_mut_with(&part, |sum, &value| *sum += f64::from(value));
    }
    sum
}

/// `panel · right`, rows in parallel.
fn times_dense(panel: &[f32], width: usize, right: &Array2<f32>) -> Vec<f32> {
    let parts: Vec<Vec<f32>> = panel
        .par_chunks(BLOCK_ROWS * width)
        .map(|block| view(block, width).dot(right).into_raw_vec_and_offset().0)
        .collect();
    parts.concat()
}

fn view(block: &[f32], width: usize) -> ArrayView2<'_, f32> {
    let shape = (block.len() / width, width);
    ArrayView2::from_shape(shape, block).expect("a block holds whole rows")
}

/// Cholesky QR, twice.
fn orthonormal(mut panel: Vec<f32>, width: usize) -> Vec<f32> {
    for _ in 0..2 {
        let inverse = inverse_factor(&gram(&panel, width));
        panel = times_dense(&panel, width, &inverse);
    }
    panel
}

/// `L⁻ᵀ` of `gram = L Lᵀ`; directions without any length left are dropped to zero.
fn inverse_factor(gram: &Array2<f64>) -> Array2<f32> {
    let width = gram.nrows();
    let scale = gram.diag().iter().fold(0.0, |most: f64, &value| most.max(value));
    let mut lower = Array2::<f64>::zeros((width, width));
    for row in 0..width {
        for column in 0..=row {
            let (left, right) = (lower.slice(s![row, ..column]), lower.slice(s![column, ..column]));
            let rest = gram[[row, column]] - left.dot(&right);
            lower[[row, column]] = if row == column {
                if rest > scale * 1e-12 { rest.sqrt() } else { f64::INFINITY }
            } else if lower[[column, column]].is_finite() {
                rest / lower[[column, column]]
            } else {
                0.0
            };
        }
    }
    // Forward substitution against the identity, column by column.
    let mut inverse = Array2::<f64>::zeros((width, width));
    for column in 0..width {
        for row in column..width {
            let known =
                lower.slice(s![row, column..row]).dot(&inverse.slice(s![column..row, column]));
            let own = if row == column { 1.0 } else { 0.0 };
            let pivot = lower[[row, row]];
            inverse[[row, column]] = if pivot.is_finite() { (own - known) / pivot } else { 0.0 };
        }
    }
    inverse.t().mapv(|value| value as f32)
}
