//! Graph signal filters: a person's items as a signal on the item graph, smoothed, then sharpened.
//!
//! `N = D_u^-½ R D_i^-½`, `P = NᵀN`. GF-CF (Shen et al., *How Powerful is Graph Convolution for Recommendation?*, CIKM
//! 2021) scores `xP + β L(x)` with the ideal low-pass `L(x) = x D_i^-½ V Vᵀ D_i^½` over the leading singular vectors.
//! BSPM (Choi et al., *Blurring-Sharpening Process Models for Collaborative Filtering*, SIGIR 2023) sharpens the result:
//! one fourth-order Runge-Kutta step of length `h` along `dx/dt = -xP`, which is the polynomial
//! `I - hP + h²/2 P² - h³/6 P³ + h⁴/24 P⁴`. Powers above the second act through the leading singular vectors alone,
//! where nearly all of their weight is: two sparse products a person instead of five.

use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::matrix::{Csr, LANES};
use crate::params::in_range;
use crate::spectral::Spectrum;

/// Rows of one parallel task while the operator is prepared.
const BLOCK_ROWS: usize = 1_024;

/// How the signal is filtered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GraphFilterParams {
    /// Leading singular vectors, 1 to 2,048.
    pub rank: u32,
    /// Rounds of subspace iteration.
    pub rounds: u32,
    /// β: weight of the ideal low-pass.
    pub low_pass: f32,
    /// h: length of the sharpening step; 0 is GF-CF.
    pub sharpening: f32,
}

impl Default for GraphFilterParams {
    fn default() -> Self {
        Self { rank: 448, rounds: 6, low_pass: 0.2, sharpening: 2.5 }
    }
}

impl GraphFilterParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("graph_filter.rank", self.rank as f32, 1.0, 2_048.0)?;
        in_range("graph_filter.rounds", self.rounds as f32, 1.0, 100.0)?;
        in_range("graph_filter.low_pass", self.low_pass, 0.0, 100.0)?;
        in_range("graph_filter.sharpening", self.sharpening, 0.0, 10.0)
    }
}

/// The graph and its leading vectors: what does not depend on the filter's shape.
#[derive(Clone, Debug)]
pub struct ItemSpectrum {
    normal: Csr,
    transposed: Csr,
    /// `D_i^-½` by item; 0 for items nobody used.
    scale: Vec<f32>,
    spectrum: Spectrum,
}

impl ItemSpectrum {
    /// Normalises visitors × items and finds its leading `rank` singular vectors.
    pub fn fit(matrix: &Csr, rank: u32, rounds: u32, seed: u64) -> Self {
        let inverse_root = |sums: Vec<f32>| -> Vec<f32> {
            sums.into_iter().map(|sum| if sum > 0.0 { sum.sqrt().recip() } else { 0.0 }).collect()
        };
        let scale = inverse_root(matrix.transpose().row_sums());
        let visitors = inverse_root(matrix.row_sums());
        let normal =
            matrix.map(|visitor, item, weight| weight * visitors[visitor] * scale[item as usize]);
        let transposed = normal.transpose();
        let spectrum =
            Spectrum::leading(&normal, &transposed, rank as usize, rounds as usize, seed);
        Self { normal, transposed, scale, spectrum }
    }
}

/// A filter of one shape over an [`ItemSpectrum`].
#[derive(Debug)]
pub struct GraphFilter<'a> {
    graph: &'a ItemSpectrum,
    params: GraphFilterParams,
    /// items × 2·rank: what multiplies the scaled and the plain projection of a signal.
    operator: Array2<f32>,
    /// Sharpening of powers above the second, by singular vector.
    tail: Vec<f32>,
}

/// Scores of one batch of people, a row of all items each.
#[derive(Clone, Debug, Default)]
pub struct Filtered {
    /// The filter's result.
    pub filtered: Vec<f32>,
    /// `xP²`: what is two steps away, mostly popular items; a blend subtracts it.
    pub two_steps: Vec<f32>,
}

impl<'a> GraphFilter<'a> {
    /// Prepares the operator. The spectrum's rank bounds the filter's.
    pub fn new(graph: &'a ItemSpectrum, params: &GraphFilterParams) -> Self {
        let rank = (params.rank as usize).min(graph.spectrum.rank);
        let (items, h) = (graph.scale.len(), f64::from(params.sharpening));
        let full = ArrayView2::from_shape((items, graph.spectrum.rank), &graph.spectrum.vectors)
            .expect("a row an item");
        let vectors = full.slice(s![.., ..rank]);
        let root =
            |item: usize| if graph.scale[item] > 0.0 { graph.scale[item].recip() } else { 0.0 };
        let powers: Vec<f64> = graph
            .spectrum
            .values
            .iter()
            .take(rank)
            .map(|&value| f64::from(value) * f64::from(value))
            .collect();
        // (h²/2 - h³/6 λ + h⁴/24 λ²) λ³ for the signal, minus what the exact powers leave out.
        let curve = |p: f64| h * h / 2.0 - h.powi(3) / 6.0 * p + h.powi(4) / 24.0 * p * p;
        let tail = powers.iter().map(|&p| (curve(p) * p.powi(3)) as f32).collect();
        let sharpened: Vec<f32> =
            powers.iter().map(|&p| (curve(p) * p * p - h * p) as f32).collect();

        // mixed = Vᵀ D^½ V, in blocks summed in order.
        let blocks: Vec<Array2<f32>> = (0..items)
            .step_by(BLOCK_ROWS)
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|start| {
                let block = vectors.slice(s![start..(start + BLOCK_ROWS).min(items), ..]);
                let mut scaled = block.to_owned();
                for (offset, mut row) in scaled.rows_mut().into_iter().enumerate() {
                    row *= root(start + offset);
                }
                block.t().dot(&scaled)
            })
            .collect();
        let mut mixed = Array2::<f32>::zeros((rank, rank));
        for block in blocks {
            mixed += &block;
        }
        // A column of `mixed` belongs to a singular vector the sharpening acts on.
        let beta = params.low_pass;
        let gain = Array2::from_shape_fn((rank, rank), |(of, on)| sharpened[of] * mixed[[of, on]]);
        let mut operator = Array2::<f32>::zeros((items, 2 * rank));
        operator
            .as_slice_mut()
            .expect("standard layout")
            .par_chunks_mut(BLOCK_ROWS * 2 * rank)
            .enumerate()
            .for_each(|(task, rows)| {
                let start = task * BLOCK_ROWS;
                let count = rows.len() / (2 * rank);
                let block = vectors.slice(s![start..start + count, ..]);
                let turned = block.dot(&gain);
                for (offset, row) in rows.chunks_exact_mut(2 * rank).enumerate() {
                    let root = root(start + offset);
                    for at in 0..rank {
                        let own = block[[offset, at]];
                        row[at] = beta * (own * root + turned[[offset, at]]);
                        row[rank + at] = own;
                    }
                }
            });
        Self { graph, params: params.clone(), operator, tail }
    }

    /// The settings, for a report.
    pub fn params(&self) -> &GraphFilterParams {
        &self.params
    }

    /// Scores all items for up to [`LANES`] people, given their items and weights.
    pub fn score(&self, people: &[(&[u32], &[f32])]) -> Filtered {
        let items = self.graph.scale.len();
        let rank = self.tail.len();
        let mut signal = vec![0_f32; items * LANES];
        // Scaled and plain projections, one column a person.
        let mut projected = Array2::<f32>::zeros((2 * rank, LANES));
        for (lane, (columns, weights)) in people.iter().enumerate() {
            let mut plain = vec![0_f32; 2 * rank];
            for (&column, &weight) in columns.iter().zip(*weights) {
                let item = column as usize;
                signal[item * LANES + lane] = weight;
                let start = item * self.graph.spectrum.rank;
                let vector = &self.graph.spectrum.vectors[start..start + rank];
                let scaled = weight * self.graph.scale[item];
                for (at, &value) in vector.iter().enumerate() {
                    plain[at] += scaled * value;
                    plain[rank + at] += weight * value;
                }
            }
            for at in 0..rank {
                projected[[at, lane]] = plain[at];
                projected[[rank + at, lane]] = plain[rank + at] * self.tail[at];
            }
        }
        let low = self.operator.dot(&projected);
        let (normal, transposed) = (&self.graph.normal, &self.graph.transposed);
        let mut visitors = vec![0_f32; normal.rows() * LANES];
        normal.times_lanes(&signal, &mut visitors);
        transposed.times_lanes(&visitors, &mut signal);
        let first = signal.clone();
        normal.times_lanes(&first, &mut visitors);
        transposed.times_lanes(&visitors, &mut signal);
        let h = self.params.sharpening;
        let mut out = Filtered {
            filtered: vec![0_f32; people.len() * items],
            two_steps: vec![0_f32; people.len() * items],
        };
        let low = low.as_slice().expect("standard layout");
        for item in 0..items {
            for lane in 0..people.len() {
                let cell = item * LANES + lane;
                out.filtered[lane * items + item] = first[cell] - h * signal[cell] + low[cell];
                out.two_steps[lane * items + item] = signal[cell];
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
