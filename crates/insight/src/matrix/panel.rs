//! Sparse times dense, many right-hand sides at once: the memory traffic of one, the arithmetic of all.
//!
//! A panel is row-major, `lanes` numbers a row. Sums run in the order of the stored cells, so results do not depend on
//! the number of threads; the widest vector registers of the machine are chosen at run time (`pulp`).

use rayon::prelude::*;

use super::Csr;

/// Right-hand sides a scorer takes at once: two to eight vector registers.
pub const LANES: usize = 32;
/// Rows of one parallel task.
const TASK_ROWS: usize = 256;

impl Csr {
    /// `out = self · input` for exactly [`LANES`] right-hand sides; `input` has a row a column of the matrix.
    pub fn times_lanes(&self, input: &[f32], out: &mut [f32]) {
        debug_assert_eq!(input.len(), self.columns * LANES);
        debug_assert_eq!(out.len(), self.rows() * LANES);
        pulp::Arch::new().dispatch(Narrow { matrix: self, input, out });
    }

    /// `self · input` for any number of right-hand sides, rows in parallel.
    #[must_use]
    pub fn times(&self, input: &[f32], lanes: usize) -> Vec<f32> {
        debug_assert_eq!(input.len(), self.columns * lanes);
        let mut out = vec![0_f32; self.rows() * lanes];
        out.par_chunks_mut(TASK_ROWS * lanes.max(1)).enumerate().for_each(|(task, out)| {
            let first = task * TASK_ROWS;
            pulp::Arch::new().dispatch(Wide { matrix: self, input, lanes, first, out });
        });
        out
    }
}

/// A product whose row fits into registers. A type of its own, because only then is all of it compiled for the machine
/// it runs on.
struct Narrow<'a> {
    matrix: &'a Csr,
    input: &'a [f32],
    out: &'a mut [f32],
}

impl pulp::WithSimd for Narrow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (row, sums) in self.out.chunks_exact_mut(LANES).enumerate() {
            let (columns, values) = self.matrix.row(row);
            let mut lanes = [0_f32; LANES];
            for (&column, &value) in columns.iter().zip(values) {
                let start = column as usize * LANES;
                let other = &self.input[start..start + LANES];
                for lane in 0..LANES {
                    lanes[lane] += value * other[lane];
                }
            }
            sums.copy_from_slice(&lanes);
        }
    }
}

/// Some rows of a product of any width.
struct Wide<'a> {
    matrix: &'a Csr,
    input: &'a [f32],
    lanes: usize,
    first: usize,
    out: &'a mut [f32],
}

impl pulp::WithSimd for Wide<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (offset, sums) in self.out.chunks_exact_mut(self.lanes).enumerate() {
            let (columns, values) = self.matrix.row(self.first + offset);
            for (&column, &value) in columns.iter().zip(values) {
                let start = column as usize * self.lanes;
                let other = &self.input[start..start + self.lanes];
                for (sum, &other) in sums.iter_mut().zip(other) {
                    *sum += value * other;
                }
            }
        }
    }
}
