//! Weighted implicit-feedback matrix factorisation: one short vector an item and a person, their dot product the score.
//!
//! Hu, Koren, Volinsky, *Collaborative Filtering for Implicit Feedback Datasets* (ICDM 2008), with the
//! frequency-scaled regularisation of Rendle, Krichene, Zhang, Koren, *Revisiting the Performance of iALS on Item
//! Recommendation Benchmarks* (2021): `λ_u = λ (|I_u| + α₀ n)^ν`.

mod all;
mod als;
mod cells;
pub(crate) mod dense;
mod gradients;
mod serving;

use serde::{Deserialize, Serialize};
use vocab::VisitorId;

use crate::Result;
use crate::matrix::Csr;
use crate::params::{in_range, positive};

pub use all::top_for_all;
pub use als::{Fit, loss};
pub use cells::Cells;

/// How the factors are fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FactorParams {
    /// Length of a vector, 1 to 512.
    pub dim: u32,
    /// Rounds over visitors and items.
    pub epochs: u32,
    /// Conjugate-gradient steps towards each row's solution in a round; 0 solves every row exactly, which is slower and
    /// no better after a few rounds.
    pub steps: u32,
    /// Weight α₀ of "not used" against one observed page view, > 0.
    pub unobserved: f32,
    /// Regularisation λ, > 0.
    pub regularisation: f32,
    /// Exponent ν of the frequency scaling, 0 to 1.
    pub frequency_exponent: f32,
    /// Spread of the start vectors, divided by √dim.
    pub spread: f32,
    /// Visitors with fewer items get no stored vector; they are folded in when they come.
    pub min_items: u32,
    /// At most this many visitors' vectors are stored, the most active ones. 1 M × 32 numbers are 128 MB.
    pub max_stored_visitors: u32,
}

impl Default for FactorParams {
    fn default() -> Self {
        Self {
            dim: 32,
            epochs: 12,
            steps: 3,
            unobserved: 0.1,
            regularisation: 0.01,
            frequency_exponent: 0.5,
            spread: 0.1,
            min_items: 2,
            max_stored_visitors: 2_000_000,
        }
    }
}

impl FactorParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("factors.dim", self.dim as f32, 1.0, 512.0)?;
        in_range("factors.epochs", self.epochs as f32, 1.0, 1_000.0)?;
        in_range("factors.unobserved", self.unobserved, 1e-6, 100.0)?;
        in_range("factors.regularisation", self.regularisation, 1e-8, 100.0)?;
        in_range("factors.frequency_exponent", self.frequency_exponent, 0.0, 1.0)?;
        in_range("factors.spread", self.spread, 1e-6, 10.0)?;
        positive("factors.max_stored_visitors", self.max_stored_visitors)
    }
}

/// Fitted vectors, row-major `f32`: items by their position in the artefact, stored visitors by their sorted id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    dim: usize,
    unobserved: f32,
    regularisation: f32,
    frequency_exponent: f32,
    visitors: Vec<VisitorId>,
    #[serde(with = "crate::models::packed")]
    visitor_vectors: Vec<f32>,
    #[serde(with = "crate::models::packed")]
    item_vectors: Vec<f32>,
    /// `α₀ YᵀY`: the part of the normal equations every fold-in shares.
    #[serde(with = "crate::models::packed")]
    gram: Vec<f32>,
    cells: Cells,
}

impl Factors {
    /// Fits the vectors to visitors × items. `visitors` names the rows, in ascending order. `progress` gets the share
    /// done, 0 to 1. The result does not depend on the number of threads.
    pub fn fit(
        matrix: &Csr,
        visitors: &[VisitorId],
        params: &FactorParams,
        seed: u64,
        progress: &dyn Fn(f32),
    ) -> Self {
        Self::of(Fit::run(matrix, params, seed, progress), matrix, visitors, params, seed)
    }

    /// What is served of a finished fit.
    pub(crate) fn of(
        fit: Fit,
        matrix: &Csr,
        visitors: &[VisitorId],
        params: &FactorParams,
        seed: u64,
    ) -> Self {
        let stored = most_active(matrix, params);
        let dim = fit.dim;
        let mut vectors = Vec::with_capacity(stored.len() * dim);
        for &row in &stored {
            vectors.extend_from_slice(&fit.visitors[row * dim..(row + 1) * dim]);
        }
        let names = stored.iter().map(|&row| visitors[row]).collect();
        Self::assemble(params, seed, names, vectors, fit.items)
    }

    fn assemble(
        params: &FactorParams,
        seed: u64,
        visitors: Vec<VisitorId>,
        visitor_vectors: Vec<f32>,
        item_vectors: Vec<f32>,
    ) -> Self {
        let dim = params.dim as usize;
        let gram = dense::gram(&item_vectors, dim, params.unobserved);
        let cells = Cells::build(&item_vectors, dim, seed);
        Self {
            dim,
            unobserved: params.unobserved,
            regularisation: params.regularisation,
            frequency_exponent: params.frequency_exponent,
            visitors,
            visitor_vectors,
            item_vectors,
            gram,
            cells,
        }
    }

    /// Random vectors of the given size, **for benches only**: right in shape and memory, without meaning. Visitor
    /// ids are 1 to `visitors`.
    pub fn synthetic(seed: u64, visitors: u32, items: u32, dim: u32) -> Self {
        let params = FactorParams { dim, ..FactorParams::default() };
        let spread = 1.0 / (dim as f32).sqrt();
        let item_vectors = dense::normal(seed, items as usize * dim as usize, spread);
        let visitor_vectors =
            dense::normal(seed ^ 0x5EED, visitors as usize * dim as usize, spread);
        let names = (1..=u64::from(visitors)).map(VisitorId).collect();
        Self::assemble(&params, seed, names, visitor_vectors, item_vectors)
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.item_vectors.len() / self.dim
    }

    /// Stored visitors, ascending.
    pub fn visitors(&self) -> &[VisitorId] {
        &self.visitors
    }

    /// Bytes the vectors take in memory.
    pub fn bytes(&self) -> usize {
        4 * (self.visitor_vectors.len() + self.item_vectors.len() + self.gram.len())
            + 8 * self.visitors.len()
            + self.cells.bytes()
    }

    /// Whether the parts fit together; run on everything read from outside.
    pub(crate) fn is_consistent(&self, items: usize) -> bool {
        (1..=512).contains(&self.dim)
            && self.item_vectors.len() == items * self.dim
            && self.visitor_vectors.len() == self.visitors.len() * self.dim
            && self.gram.len() == self.dim * self.dim
            && self.visitors.is_sorted()
            && self.cells.is_consistent(items, self.dim)
    }
}

/// Rows that get a stored vector: enough items, and where there are too many, those with the most; ascending.
fn most_active(matrix: &Csr, params: &FactorParams) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..matrix.rows())
        .filter(|&row| matrix.row_len(row) >= params.min_items.max(1) as usize)
        .collect();
    let most = params.max_stored_visitors as usize;
    if rows.len() > most {
        rows.sort_by_key(|&row| (std::cmp::Reverse(matrix.row_len(row)), row));
        rows.truncate(most);
        rows.sort_unstable();
    }
    rows
}

#[cfg(test)]
mod tests;
