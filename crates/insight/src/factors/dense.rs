//! The dense kernels under the factors: dot, Gram matrix, Cholesky solve, seeded normal numbers. Sums run in one fixed
//! order, whatever the number of threads.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Rows summed by one task; fixed, so the order of additions is.
const BLOCK_ROWS: usize = 1024;

/// Dot product in eight lanes, so the compiler can use vector registers.
#[inline(always)]
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
#[inline(always)]
pub(crate) fn add_outer(matrix: &mut [f32], vector: &[f32], factor: f32) {
    let dim = vector.len();
    for (row, &left) in vector.iter().enumerate() {
        let scaled = factor * left;
        let cells = &mut matrix[row * dim..row * dim + row + 1];
        for (cell, &right) in cells.iter_mut().zip(vector) {
            *cell += scaled * right;
        }
    }
}

/// `factor · VᵀV` of row-major vectors, lower triangle filled, upper zero. Blocks of rows are summed in order.
pub(crate) fn gram(vectors: &[f32], dim: usize, factor: f32) -> Vec<f32> {
    let parts: Vec<Array2<f32>> = vectors
        .par_chunks(BLOCK_ROWS * dim)
        .map(|block| {
            let rows = ArrayView2::from_shape((block.len() / dim, dim), block).expect("whole rows");
            rows.t().dot(&rows)
        })
        .collect();
    let mut total = vec![0_f64; dim * dim];
    for part in &parts {
        for (sum, &value) in total.iter_mut().zip(part) {
            *sum += f64::from(value);
        }
    }
    let mut cells: Vec<f32> =
        total.into_iter().map(|sum| (sum * f64::from(factor)) as f32).collect();
    for row in 0..dim {
        cells[row * dim + row + 1..(row + 1) * dim].fill(0.0);
    }
    cells
}

/// `out[person, item] = person · item`, a row a person.
pub(crate) fn products(people: &[f32], items: &[f32], dim: usize, out: &mut [f32]) {
    let shape = (people.len() / dim, items.len() / dim);
    let people = ArrayView2::from_shape((shape.0, dim), people).expect("whole rows");
    let items = ArrayView2::from_shape((shape.1, dim), items).expect("whole rows");
    let mut out = ArrayViewMut2::from_shape(shape, out).expect("a cell a pair");
    general_mat_mul(1.0, &people, &items.t(), 0.0, &mut out);
}

/// The lower triangle mirrored into the upper.
pub(crate) fn symmetric(mut lower: Vec<f32>, dim: usize) -> Vec<f32> {
    for row in 0..dim {
        for column in row + 1..dim {
            lower[row * dim + column] = lower[column * dim + row];
        }
    }
    lower
}

/// Solves `A x = b` in place by Cholesky; `a` holds the lower triangle of a positive definite matrix and is destroyed.
#[inline(always)]
pub(crate) fn solve(a: &mut [f32], b: &mut [f32]) {
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
pub(crate) fn normal(seed: u64, count: usize, spread: f32) -> Vec<f32> {
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
