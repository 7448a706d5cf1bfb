//! Ours: a ridge regression from content to the whole column of users, in closed form.
//!
//! An item's column of the user × item matrix is predicted from its features, all users at once: with warm vectors `X`
//! the prediction for a cold vector `z` is `R (XXᵀ + λI)⁻¹ X z`, so each warm item of a history adds a learned weight
//! instead of a raw similarity. This is the dual form of ridge regression (Saunders, Gammerman, Vovk, ICML 1998) and
//! the cold-start counterpart of linear item models such as EASE (Steck, WWW 2019). Memory and time grow with the
//! square and the cube of warm items: fine to about ten thousand.

use rayon::prelude::*;

use super::Features;
use crate::matrix::Csr;
use crate::{InsightError, Result};

/// Weights warm × cold.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentMap {
    cold: usize,
    weights: Vec<f32>,
}

impl ContentMap {
    /// Solves for all cold items.
    ///
    /// # Errors
    /// A ridge that is not above 0.
    pub fn fit(features: &Features, ridge: f64) -> Result<Self> {
        if !(ridge.is_finite() && ridge > 0.0) {
            let detail = format!("{ridge}, expected above 0");
            return Err(InsightError::Parameter { name: "cold_start.ridges", detail });
        }
        let (warm, cold) = (features.warm(), features.cold());
        let count = warm.rows();
        let mut kernel: Vec<f64> = products(warm, warm).into_iter().map(f64::from).collect();
        for place in 0..count {
            kernel[place * count + place] += ridge;
        }
        factorise(&mut kernel, count);
        let right = products(cold, warm);
        let solved: Vec<Vec<f32>> = right
            .par_chunks(count.max(1))
            .map(|row| solve(&kernel, row.iter().map(|&value| f64::from(value)).collect()))
            .collect();
        let mut weights = vec![0_f32; count * cold.rows()];
        for (column, solution) in solved.iter().enumerate() {
            for (row, &weight) in solution.iter().enumerate() {
                weights[row * cold.rows() + column] = weight;
            }
        }
        Ok(Self { cold: cold.rows(), weights })
    }

    /// Plain dot products.
    pub(super) fn from_products(warm: &Csr, cold: &Csr) -> Self {
        Self { cold: cold.rows(), weights: products(warm, cold) }
    }

    /// Mean weight of the history's warm items, for every cold item.
    pub fn score(&self, history: &[u32], scores: &mut [f32]) {
        scores.fill(0.0);
        for &item in history {
            let start = item as usize * self.cold;
            for (score, weight) in scores.iter_mut().zip(&self.weights[start..start + self.cold]) {
                *score += weight;
            }
        }
        scores.iter_mut().for_each(|score| *score /= history.len().max(1) as f32);
    }

    /// Predicted log popularity of the cold items.
    pub fn prior(&self, counts: &[f32]) -> Vec<f32> {
        let mean =
            counts.iter().map(|count| count.ln_1p()).sum::<f32>() / counts.len().max(1) as f32;
        let mut prior = vec![0_f32; self.cold];
        for (row, count) in self.weights.chunks_exact(self.cold.max(1)).zip(counts) {
            for (sum, weight) in prior.iter_mut().zip(row) {
                *sum += weight * (count.ln_1p() - mean);
            }
        }
        prior
    }

    /// Predicted vectors of the cold items from those of the warm ones, row-major.
    pub fn factors(&self, warm: &[f32], dim: usize) -> Vec<f32> {
        let mut vectors = vec![0_f32; self.cold * dim];
        for (row, own) in self.weights.chunks_exact(self.cold.max(1)).zip(warm.chunks_exact(dim)) {
            for (vector, weight) in vectors.chunks_exact_mut(dim).zip(row) {
                for (value, own) in vector.iter_mut().zip(own) {
                    *value += weight * own;
                }
            }
        }
        vectors
    }
}

/// Dot products of all rows of `left` with all rows of `right`, row-major.
fn products(left: &Csr, right: &Csr) -> Vec<f32> {
    let columns = right.transpose();
    let width = right.rows();
    let mut all = vec![0_f32; left.rows() * width];
    all.par_chunks_mut(width.max(1)).enumerate().for_each(|(row, sums)| {
        let (features, values) = left.row(row);
        for (&feature, &value) in features.iter().zip(values) {
            let (others, theirs) = columns.row(feature as usize);
            for (&other, &their) in others.iter().zip(theirs) {
                sums[other as usize] += value * their;
            }
        }
    });
    all
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0_f64; 4];
    let (left, right) = (a.chunks_exact(4), b.chunks_exact(4));
    let tail: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for lane in 0..4 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + tail
}

/// Cholesky in place, lower triangle, column by column so that the rows below a pivot run in parallel.
fn factorise(a: &mut [f64], size: usize) {
    for column in 0..size {
        let (done, below) = a.split_at_mut((column + 1) * size);
        let pivot_row = &mut done[column * size..];
        let square = dot(&pivot_row[..column], &pivot_row[..column]);
        let pivot = (pivot_row[column] - square).max(1e-12).sqrt();
        pivot_row[column] = pivot;
        let pivot_row = &pivot_row[..column];
        below.par_chunks_mut(size).with_min_len(64).for_each(|row| {
            row[column] = (row[column] - dot(&row[..column], pivot_row)) / pivot;
        });
    }
}

/// Forward and backward substitution.
fn solve(lower: &[f64], mut b: Vec<f64>) -> Vec<f32> {
    let size = b.len();
    for row in 0..size {
        let start = row * size;
        b[row] = (b[row] - dot(&lower[start..start + row], &b[..row])) / lower[start + row];
    }
    for row in (0..size).rev() {
        b[row] /= lower[row * size + row];
        let (above, rest) = b.split_at_mut(row);
        for (value, factor) in above.iter_mut().zip(&lower[row * size..row * size + row]) {
            *value -= factor * rest[0];
        }
    }
    b.into_iter().map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solution_solves() {
        let mut a = vec![4.0, 1.0, 0.5, 1.0, 3.0, 0.25, 0.5, 0.25, 2.0];
        let matrix = a.clone();
        factorise(&mut a, 3);
        let x = solve(&a, vec![1.0, 2.0, 3.0]);
        for row in 0..3 {
            let sum: f64 =
                (0..3).map(|column| matrix[row * 3 + column] * f64::from(x[column])).sum();
            assert!((sum - (row + 1) as f64).abs() < 1e-6);
        }
    }
}
