//! EASE: the best linear item-to-item model in one closed formula.
//!
//! Steck, *Embarrassingly Shallow Autoencoders for Sparse Data* (WWW 2019): `P = (XᵀX + λI)⁻¹`, `B = I - P / diag(P)`.
//! Cubic in the number of items, so for catalogues of some thousand live items only.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::matrix::Csr;
use crate::params::in_range;
use crate::{InsightError, Result};

/// Catalogues above this are refused: 1.2 GB and a minute on two cores.
pub const MAX_ITEMS: usize = 12_000;
/// Width of a pivot block.
const PIVOTS: usize = 128;
/// Rows of one parallel task.
const TASK_ROWS: usize = 256;

/// How the model is regularised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EaseParams {
    /// λ, > 0: larger keeps to popular evidence.
    pub regularisation: f32,
}

impl Default for EaseParams {
    fn default() -> Self {
        Self { regularisation: 250.0 }
    }
}

impl EaseParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("ease.regularisation", self.regularisation, 1e-3, 1e7)
    }
}

/// The weights, items × items; the diagonal is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Ease {
    items: usize,
    weights: Vec<f32>,
}

impl Ease {
    /// Solves for the weights.
    ///
    /// # Errors
    /// More than [`MAX_ITEMS`] items.
    pub fn fit(matrix: &Csr, params: &EaseParams) -> Result<Self> {
        let items = matrix.columns();
        if items > MAX_ITEMS {
            let detail = format!("{items} items, at most {MAX_ITEMS}");
            return Err(InsightError::Fit { model: "ease", detail });
        }
        let mut gram = gram(matrix);
        for item in 0..items {
            gram[item * items + item] += f64::from(params.regularisation);
        }
        invert(&mut gram, items);
        let diagonal: Vec<f64> = (0..items).map(|item| gram[item * items + item]).collect();
        let mut weights = vec![0_f32; items * items];
        weights.par_chunks_mut(items.max(1)).enumerate().for_each(|(row, out)| {
            for (column, out) in out.iter_mut().enumerate() {
                // Only the lower triangle is kept up.
                let (low, high) = (row.min(column), row.max(column));
                if low != high {
                    *out = (-gram[high * items + low] / diagonal[column]) as f32;
                }
            }
        });
        Ok(Self { items, weights })
    }

    /// Adds the score of every item for a history of (item, weight).
    pub fn score_history(&self, history: &[(u32, f32)], scores: &mut [f32]) {
        for &(item, weight) in history {
            let row = &self.weights[item as usize * self.items..][..self.items];
            for (score, &value) in scores.iter_mut().zip(row) {
                *score += weight * value;
            }
        }
    }

    /// What one item says about another.
    pub fn weight(&self, from: u32, to: u32) -> f32 {
        self.weights[from as usize * self.items + to as usize]
    }
}

/// `XᵀX`, dense; each row summed by one task in order of visitors.
fn gram(matrix: &Csr) -> Vec<f64> {
    let (items, transposed) = (matrix.columns(), matrix.transpose());
    let mut cells = vec![0_f64; items * items];
    cells.par_chunks_mut(items.max(1)).enumerate().for_each(|(item, row)| {
        let (visitors, weights) = transposed.row(item);
        for (&visitor, &weight) in visitors.iter().zip(weights) {
            let (others, values) = matrix.row(visitor as usize);
            for (&other, &value) in others.iter().zip(values) {
                row[other as usize] += f64::from(weight) * f64::from(value);
            }
        }
    });
    cells
}

/// Inverts a positive definite matrix in place by block sweeps (Goodnight, *A Tutorial on the SWEEP Operator*, 1979).
/// Lower triangle in, lower triangle out.
fn invert(cells: &mut [f64], size: usize) {
    for start in (0..size).step_by(PIVOTS) {
        let width = PIVOTS.min(size - start);
        // panel = A[pivots, :], both sides of the diagonal.
        let mut panel = Array2::<f64>::zeros((width, size));
        for pivot in 0..width {
            let at = start + pivot;
            for column in 0..size {
                let (low, high) = (at.min(column), at.max(column));
                panel[[pivot, column]] = cells[high * size + low];
            }
        }
        let inverse = small_inverse(&panel.slice(ndarray::s![.., start..start + width]).to_owned());
        let scaled = inverse.dot(&panel);
        cells.par_chunks_mut(TASK_ROWS * size).enumerate().for_each(|(task, rows)| {
            let first = task * TASK_ROWS;
            let count = rows.len() / size;
            let until = first + count;
            let mut block = ArrayViewMut2::from_shape((count, size), rows).expect("whole rows");
            let left: ArrayView2<'_, f64> = panel.slice(ndarray::s![.., first..until]);
            let right = scaled.slice(ndarray::s![.., ..until]);
            let mut target = block.slice_mut(ndarray::s![.., ..until]);
            general_mat_mul(-1.0, &left.t(), &right, 1.0, &mut target);
            for offset in 0..count {
                let row = first + offset;
                let is_pivot = (start..start + width).contains(&row);
                for column in 0..until {
                    let pivot_column = (start..start + width).contains(&column);
                    if is_pivot && pivot_column {
                        block[[offset, column]] = -inverse[[row - start, column - start]];
                    } else if is_pivot {
                        block[[offset, column]] = scaled[[row - start, column]];
                    } else if pivot_column {
                        block[[offset, column]] = scaled[[column - start, row]];
                    }
                }
            }
        });
    }
    cells.par_iter_mut().for_each(|cell| *cell = -*cell);
}

/// Gauss-Jordan of one pivot block; positive definite, so no pivoting.
fn small_inverse(block: &Array2<f64>) -> Array2<f64> {
    let size = block.nrows();
    let (mut left, mut right) = (block.clone(), Array2::<f64>::eye(size));
    for pivot in 0..size {
        let scale = left[[pivot, pivot]].recip();
        for column in 0..size {
            left[[pivot, column]] *= scale;
            right[[pivot, column]] *= scale;
        }
        for row in (0..size).filter(|&row| row != pivot) {
            let factor = left[[row, pivot]];
            for column in 0..size {
                left[[row, column]] -= factor * left[[pivot, column]];
                right[[row, column]] -= factor * right[[pivot, column]];
            }
        }
    }
    right
}

#[cfg(test)]
mod tests;
