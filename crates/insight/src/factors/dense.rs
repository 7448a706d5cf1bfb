//! The dense kernels under the factors: dot, Gram matrix, Cholesky solve, seeded normal numbers. Sums run in one fixed
//! order, whatever the number of threads.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Rows summed by one task; fixed, so the order of additions is.
const BLOCK_ROWS: usize = 1024;

/// Dot product in eight lanes, so the compiler can use vector registers.
#[inline]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0_f32; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let mut tail = 0.0;
    for (x, y) in a_chunks.remainder().iter().zip(b_chunks.remainder()) {
        tail += x * y;
    }
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let pairs =
        [lanes[0] + lanes[4], lanes[1] + lanes[5], lanes[2] + lanes[6], lanes[3] + lanes[7]];
    (pairs[0] + pairs[2]) + (pairs[1] + pairs[3]) + tail
}

/// `matrix += factor · v vᵀ`, lower triangle only.
#[inline]
pub(super) fn add_outer(matrix: &mut [f32], vector: &[f32], factor: f32) {
    let dim = vector.len();
    for (row, &left) in vector.iter().enumerate() {
        let scaled = factor * left;
        let cells = &mut matrix[row * dim..row * dim + row + 1];
        for (cell, &right) in cells.iter_mut().zip(vector) {
            *cell += scaled * right;
        }
    }
}

/// `factor · VᵀV` of row-major vectors, lower triangle filled, upper zero.
pub(super) fn gram(vectors: &[f32], dim: usize, factor: f32) -> Vec<f32> {
    let parts: Vec<Vec<f32>> = vectors
        .par_chunks(BLOCK_ROWS * dim)
        .map(|block| {
            let mut part = vec![0_f32; dim * dim];
            for vector in block.chunks_exact(dim) {
                add_outer(&mut part, vector, 1.0);
            }
            part
        })
        .collect();
    let mut total = vec![0_f64; dim * dim];
    for part in parts {
        for (sum, value) in total.iter_mut().zip(part) {
            *sum += f64::from(value);
        }
    }
    total.into_iter().map(|sum| (sum * f64::from(factor)) as f32).collect()
}

/// Solves `A x = b` in place by Cholesky; `a` holds the lower triangle of a positive definite matrix and is destroyed.
pub(super) fn solve(a: &mut [f32], b: &mut [f32]) {
    let dim = b.len();
    for row in 0..dim {
        let (done, rest) = a.split_at_mut(row * dim);
        let current = &mut rest[..=row];
        for column in 0..row {
            let other = &done[column * dim..column * dim + column];
            let sum = current[column] - dot(&current[..column], other);
            current[column] = sum / done[column * dim + column];
        }
        let pivot = current[row] - dot(&current[..row], &current[..row]);
        // Rounding may push a pivot of a nearly singular system to zero; the regulariser keeps true ones far above.
        current[row] = pivot.max(1e-12).sqrt();
    }
    for row in 0..dim {
        let sum = b[row] - dot(&a[row * dim..row * dim + row], &b[..row]);
        b[row] = sum / a[row * dim + row];
    }
    for row in (0..dim).rev() {
        let mut sum = b[row];
        for below in row + 1..dim {
            sum -= a[below * dim + row] * b[below];
        }
        b[row] = sum / a[row * dim + row];
    }
}

/// Seeded normal numbers (Box–Muller), made in order.
pub(super) fn normal(seed: u64, count: usize, spread: f32) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut numbers = Vec::with_capacity(count + 1);
    while numbers.len() < count {
        let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
        let angle = std::f64::consts::TAU * random.random::<f64>();
        numbers.push((radius * angle.cos()) as f32 * spread);
        numbers.push((radius * angle.sin()) as f32 * spread);
    }
    numbers.truncate(count);
    numbers
}
