//! People who used the same things: what they used besides, each weighted by how much is shared.
//!
//! User-based nearest neighbours with the exponents of the item side: `s_uv = Σ_i N_ui N_vi` over
//! `N = D_u^-a R D_i^-b`, and `score(i) = d_i^-c Σ_v s_uv^s R_vi`. In a blend it says what graph and factors do not.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::matrix::Csr;
use crate::params::in_range;

/// How alike people are found and listened to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlikeParams {
    /// Exponent a: how much a busy person's likeness is discounted.
    pub visitor_exponent: f32,
    /// Exponent b: how little a popular item says about likeness.
    pub item_exponent: f32,
    /// Exponent s: above 1 listens more to the most alike.
    pub sharpening: f32,
    /// Exponent c: how much a popular item is discounted in the list.
    pub popularity_exponent: f32,
}

impl Default for AlikeParams {
    fn default() -> Self {
        Self {
            visitor_exponent: 0.5,
            item_exponent: 0.3,
            sharpening: 1.6,
            popularity_exponent: 0.3,
        }
    }
}

impl AlikeParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("alike.visitor_exponent", self.visitor_exponent, 0.0, 2.0)?;
        in_range("alike.item_exponent", self.item_exponent, 0.0, 2.0)?;
        in_range("alike.sharpening", self.sharpening, 0.1, 10.0)?;
        in_range("alike.popularity_exponent", self.popularity_exponent, 0.0, 2.0)
    }
}

/// Visitors × items, ready to look alike people up.
#[derive(Clone, Debug)]
pub struct Alike {
    matrix: Csr,
    normal: Csr,
    transposed: Csr,
    discount: Vec<f32>,
    sharpening: f32,
}

/// Working memory of one thread.
#[derive(Clone, Debug, Default)]
pub struct AlikeScratch {
    sums: Vec<f32>,
    touched: Vec<u32>,
}

impl Alike {
    /// Normalises the matrix.
    pub fn fit(matrix: &Csr, params: &AlikeParams) -> Self {
        let power = |sums: &[f32], exponent: f32| -> Vec<f32> {
            sums.iter().map(|&sum| if sum > 0.0 { sum.powf(-exponent) } else { 0.0 }).collect()
        };
        let items = matrix.transpose().row_sums();
        let visitors = power(&matrix.row_sums(), params.visitor_exponent);
        let scale = power(&items, params.item_exponent);
        let normal =
            matrix.map(|visitor, item, weight| weight * visitors[visitor] * scale[item as usize]);
        Self {
            matrix: matrix.clone(),
            transposed: normal.transpose(),
            normal,
            discount: power(&items, params.popularity_exponent),
            sharpening: params.sharpening,
        }
    }

    /// Adds the scores of all items for one visitor (by row) to `scores`; the visitor itself is not asked.
    pub fn score(&self, visitor: u32, scores: &mut [f32], scratch: &mut AlikeScratch) {
        scratch.sums.resize(self.normal.rows(), 0.0);
        let (items, values) = self.normal.row(visitor as usize);
        for (&item, &value) in items.iter().zip(values) {
            let (others, weights) = self.transposed.row(item as usize);
            for (&other, &weight) in others.iter().zip(weights) {
                let sum = &mut scratch.sums[other as usize];
                if *sum <= 0.0 {
                    scratch.touched.push(other);
                }
                *sum += value * weight;
            }
        }
        // In order of rows: float sums must not depend on the order of discovery.
        scratch.touched.sort_unstable();
        for other in scratch.touched.drain(..) {
            let likeness = std::mem::take(&mut scratch.sums[other as usize]);
            if other == visitor {
                continue;
            }
            let likeness = likeness.powf(self.sharpening);
            let (items, weights) = self.matrix.row(other as usize);
            for (&item, &weight) in items.iter().zip(weights) {
                scores[item as usize] += likeness * weight;
            }
        }
        for (score, &discount) in scores.iter_mut().zip(&self.discount) {
            *score *= discount;
        }
    }
}
