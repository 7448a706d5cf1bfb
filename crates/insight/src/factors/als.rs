//! Alternating least squares: with one side fixed, every row of the other has a closed solution, reached exactly or
//! approached by a few conjugate-gradient steps a round.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::gradients::{Fixed, descend};
use super::{FactorParams, dense};
use crate::matrix::Csr;

/// How much longer the last round descends than the others.
const LAST_STEPS: u32 = 5;

/// The vectors of all visitors and items, before any are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Length of a vector.
    pub dim: usize,
    /// Row-major, one row a visitor.
    #[serde(with = "crate::models::packed")]
    pub visitors: Vec<f32>,
    /// Row-major, one row an item.
    #[serde(with = "crate::models::packed")]
    pub items: Vec<f32>,
}

/// What a row's equation needs besides the observed weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ridge {
    pub(super) regularisation: f32,
    pub(super) exponent: f32,
    pub(super) unobserved: f32,
    /// Rows on the other side.
    pub(super) others: usize,
}

impl Ridge {
    fn of(params: &FactorParams, others: usize) -> Self {
        Self {
            regularisation: params.regularisation,
            exponent: params.frequency_exponent,
            unobserved: params.unobserved,
            others,
        }
    }

    /// `λ (|I_u| + α₀ n)^ν`.
    pub(super) fn lambda(self, observed: usize) -> f32 {
        let frequency = observed as f32 + self.unobserved * self.others as f32;
        self.regularisation * frequency.powf(self.exponent)
    }
}

impl Fit {
    /// Runs all epochs.
    pub fn run(matrix: &Csr, params: &FactorParams, seed: u64, progress: &dyn Fn(f32)) -> Self {
        let start = Self::start(matrix, params, seed);
        start.go_on(0, matrix, params, &mut |done, _| {
            progress(done as f32 / params.epochs as f32);
        })
    }

    /// Runs the epochs left after `done` of them, and the closing one. `after` sees every epoch's number, from 1, and
    /// vectors. Going on from what it saw gives the same bits as never having stopped.
    pub fn go_on(
        mut self,
        done: u32,
        matrix: &Csr,
        params: &FactorParams,
        after: &mut dyn FnMut(u32, &Self),
    ) -> Self {
        let transposed = matrix.transpose();
        for epoch in done..params.epochs {
            self.epoch(matrix, &transposed, params);
            after(epoch + 1, &self);
        }
        // Once more against the final items: a stored vector is then what folding its history in gives.
        let ridge = Ridge::of(params, matrix.columns());
        let last = FactorParams { steps: params.steps * LAST_STEPS, ..params.clone() };
        move_side(matrix, &self.items, &mut self.visitors, &last, ridge);
        self
    }

    /// Whether it belongs to a matrix of this size; asked of everything read from outside.
    pub(crate) fn is_consistent(&self, matrix: &Csr, params: &FactorParams) -> bool {
        self.dim == params.dim as usize
            && self.visitors.len() == matrix.rows() * self.dim
            && self.items.len() == matrix.columns() * self.dim
    }

    /// Start vectors: items normal, visitors zero (they are solved first).
    pub fn start(matrix: &Csr, params: &FactorParams, seed: u64) -> Self {
        let dim = params.dim as usize;
        let spread = params.spread / (dim as f32).sqrt();
        let mut items = dense::normal(seed, matrix.columns() * dim, spread);
        // An item nobody used must not score by chance before the first solve touches it.
        let mut used = vec![false; matrix.columns()];
        for row in 0..matrix.rows() {
            for &column in matrix.row(row).0 {
                used[column as usize] = true;
            }
        }
        for (vector, is_used) in items.chunks_exact_mut(dim).zip(used) {
            if !is_used {
                vector.fill(0.0);
            }
        }
        Self { dim, visitors: vec![0.0; matrix.rows() * dim], items }
    }

    /// One round: all visitors, then all items.
    pub fn epoch(&mut self, matrix: &Csr, transposed: &Csr, params: &FactorParams) {
        let (visitors, items) = (matrix.rows(), matrix.columns());
        let ridge = Ridge::of(params, items);
        move_side(matrix, &self.items, &mut self.visitors, params, ridge);
        let ridge = Ridge::of(params, visitors);
        move_side(transposed, &self.visitors, &mut self.items, params, ridge);
    }
}

fn move_side(matrix: &Csr, fixed: &[f32], out: &mut [f32], params: &FactorParams, ridge: Ridge) {
    let dim = params.dim as usize;
    if params.steps == 0 {
        return solve_side(matrix, fixed, out, dim, ridge);
    }
    let gram = dense::symmetric(dense::gram(fixed, dim, ridge.unobserved), dim);
    descend(matrix, Fixed { vectors: fixed, gram: &gram, ridge }, out, dim, params.steps);
}

fn solve_side(matrix: &Csr, fixed: &[f32], out: &mut [f32], dim: usize, ridge: Ridge) {
    let gram = dense::gram(fixed, dim, ridge.unobserved);
    out.par_chunks_mut(dim).enumerate().for_each_init(
        || vec![0_f32; dim * dim],
        |scratch, (row, vector)| {
            let (columns, weights) = matrix.row(row);
            let observed = columns.iter().copied().zip(weights.iter().copied());
            solve_row(observed, columns.len(), fixed, &gram, ridge, scratch, vector);
        },
    );
}

/// The closed solution of one row: `(α₀G + Σ w yyᵀ + λI) x = Σ w y`.
#[inline(always)]
pub(super) fn solve_row(
    observed: impl Iterator<Item = (u32, f32)>,
    count: usize,
    fixed: &[f32],
    gram: &[f32],
    ridge: Ridge,
    scratch: &mut [f32],
    vector: &mut [f32],
) {
    let dim = vector.len();
    vector.fill(0.0);
    if count == 0 {
        return;
    }
    scratch.copy_from_slice(gram);
    for (column, weight) in observed {
        let start = column as usize * dim;
        let other = &fixed[start..start + dim];
        dense::add_outer(scratch, other, weight);
        for (sum, &value) in vector.iter_mut().zip(other) {
            *sum += weight * value;
        }
    }
    let lambda = ridge.lambda(count);
    for diagonal in 0..dim {
        scratch[diagonal * dim + diagonal] += lambda;
    }
    dense::solve(scratch, vector);
}

/// The objective the fit descends: `Σ_obs w (x·y − 1)² + α₀ Σ_all (x·y)² + Σ λ_u|x|² + Σ λ_i|y|²`.
pub fn loss(fit: &Fit, matrix: &Csr, params: &FactorParams) -> f64 {
    let dim = fit.dim;
    let transposed = matrix.transpose();
    let mut observed = 0.0;
    for row in 0..matrix.rows() {
        let (columns, weights) = matrix.row(row);
        let vector = &fit.visitors[row * dim..(row + 1) * dim];
        for (&column, &weight) in columns.iter().zip(weights) {
            let start = column as usize * dim;
            let error = f64::from(dense::dot(vector, &fit.items[start..start + dim])) - 1.0;
            observed += f64::from(weight) * error * error;
        }
    }
    // Σ_all (x·y)² = ⟨XᵀX, YᵀY⟩; the Gram matrices are lower triangles.
    let (left, right) = (dense::gram(&fit.visitors, dim, 1.0), dense::gram(&fit.items, dim, 1.0));
    let mut all = 0.0;
    for row in 0..dim {
        for column in 0..=row {
            let twice = if column == row { 1.0 } else { 2.0 };
            let cell = row * dim + column;
            all += twice * f64::from(left[cell]) * f64::from(right[cell]);
        }
    }
    let penalty = |vectors: &[f32], side: &Csr, others: usize| -> f64 {
        let ridge = Ridge::of(params, others);
        vectors
            .chunks_exact(dim)
            .enumerate()
            .map(|(row, vector)| {
                f64::from(ridge.lambda(side.row_len(row))) * f64::from(dense::dot(vector, vector))
            })
            .sum()
    };
    observed
        + f64::from(params.unobserved) * all
        + penalty(&fit.visitors, matrix, matrix.columns())
        + penalty(&fit.items, &transposed, matrix.rows())
}
