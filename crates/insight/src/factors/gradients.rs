//! Conjugate gradients from where the last round ended: a few steps instead of an exact solution.
//!
//! Takács, Pilászy, Tikk, *Applications of the Conjugate Gradient Method for Implicit Feedback Collaborative
//! Filtering* (`RecSys` 2011). One row at a time, so that its few vectors and the shared matrix stay in the nearest
//! cache, in the widest registers of the machine (`pulp`).

use rayon::prelude::*;

use super::als::Ridge;
use crate::matrix::Csr;

/// Rows of one task.
const TASK_ROWS: usize = 64;
/// A residual this small (squared, against the right-hand side's scale of 1) is solved.
const SOLVED: f32 = 1e-14;
/// Numbers kept in registers while the shared matrix is multiplied.
const LANES: usize = 32;

/// The other side of the matrix: what is held fixed while this one moves.
#[derive(Clone, Copy)]
pub(super) struct Fixed<'a> {
    pub(super) vectors: &'a [f32],
    /// `α₀ VᵀV`, both triangles.
    pub(super) gram: &'a [f32],
    pub(super) ridge: Ridge,
}

/// Moves every row of `out` a few steps towards the solution of its equations.
pub(super) fn descend(matrix: &Csr, fixed: Fixed<'_>, out: &mut [f32], dim: usize, steps: u32) {
    out.par_chunks_mut(TASK_ROWS * dim).enumerate().for_each_init(
        || Row::new(dim),
        |row, (task, vectors)| {
            let first = task * TASK_ROWS;
            pulp::Arch::new().dispatch(Task { row, matrix, first, fixed, vectors, dim, steps });
        },
    );
}

/// Some rows in a row. A type of its own, because only then is all of it compiled for the machine it runs on.
struct Task<'a> {
    row: &'a mut Row,
    matrix: &'a Csr,
    first: usize,
    fixed: Fixed<'a>,
    vectors: &'a mut [f32],
    dim: usize,
    steps: u32,
}

impl pulp::WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (offset, vector) in self.vectors.chunks_exact_mut(self.dim).enumerate() {
            self.row.run(self.matrix.row(self.first + offset), self.fixed, vector, self.steps);
        }
    }
}

/// Working memory: residual, direction, and what the equations make of the direction.
struct Row {
    residual: Vec<f32>,
    direction: Vec<f32>,
    image: Vec<f32>,
}

impl Row {
    fn new(dim: usize) -> Self {
        let empty = || vec![0_f32; dim];
        Self { residual: empty(), direction: empty(), image: empty() }
    }

    #[inline(always)]
    fn run(
        &mut self,
        (columns, weights): (&[u32], &[f32]),
        fixed: Fixed<'_>,
        vector: &mut [f32],
        steps: u32,
    ) {
        let dim = vector.len();
        if columns.is_empty() {
            vector.fill(0.0);
            return;
        }
        let lambda = fixed.ridge.lambda(columns.len());
        let Self { residual, direction, image } = self;
        shared(vector, fixed.gram, image);
        for ((sum, &image), &x) in residual.iter_mut().zip(&*image).zip(&*vector) {
            *sum = -image - lambda * x;
        }
        for (&column, &weight) in columns.iter().zip(weights) {
            let other = &fixed.vectors[column as usize * dim..][..dim];
            add(residual, other, weight * (1.0 - dot(vector, other)));
        }
        direction.copy_from_slice(residual);
        let mut before = dot(residual, residual);
        for _ in 0..steps {
            if before <= SOLVED {
                break;
            }
            shared(direction, fixed.gram, image);
            add(image, direction, lambda);
            for (&column, &weight) in columns.iter().zip(weights) {
                let other = &fixed.vectors[column as usize * dim..][..dim];
                add(image, other, weight * dot(direction, other));
            }
            let curvature = dot(direction, image);
            if curvature <= 0.0 {
                break;
            }
            let length = before / curvature;
            add(vector, direction, length);
            add(residual, image, -length);
            let after = dot(residual, residual);
            let keep = after / before;
            for (direction, &residual) in direction.iter_mut().zip(&*residual) {
                *direction = residual + keep * *direction;
            }
            before = after;
        }
    }
}

/// `image = vector · gram`, a stripe of columns at a time.
#[inline(always)]
fn shared(vector: &[f32], gram: &[f32], image: &mut [f32]) {
    let dim = vector.len();
    let whole = dim / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        let mut lanes = [0_f32; LANES];
        for (row, &value) in gram.chunks_exact(dim).zip(vector) {
            let stripe = &row[start..start + LANES];
            for lane in 0..LANES {
                lanes[lane] += value * stripe[lane];
            }
        }
        image[start..start + LANES].copy_from_slice(&lanes);
    }
    image[whole..].fill(0.0);
    for (row, &value) in gram.chunks_exact(dim).zip(vector) {
        add(&mut image[whole..], &row[whole..], value);
    }
}

#[inline(always)]
fn add(sum: &mut [f32], other: &[f32], factor: f32) {
    for (sum, &other) in sum.iter_mut().zip(other) {
        *sum += factor * other;
    }
}

/// Dot product in sixteen lanes, summed pairwise.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0_f32; 16];
    let (a_chunks, b_chunks) = (a.chunks_exact(16), b.chunks_exact(16));
    let mut tail = 0.0;
    for (x, y) in a_chunks.remainder().iter().zip(b_chunks.remainder()) {
        tail += x * y;
    }
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..16 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0] + tail
}
