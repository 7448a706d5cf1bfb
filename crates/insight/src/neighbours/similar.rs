//! Normalised sparse cosine with popularity exponents, the `RP3β` family in one formula.
//!
//! `N = D_u^-a R D_i^-b`, `P = (NᵀN)^s` cell by cell, best K of each row. `a = 0, b = 1` on binary weights is close to
//! cosine; `b < 1` favours popular items. `RP3β`: Paudel et al., *Updatable, Accurate, Diverse, and Scalable
//! Recommendations for Interactive Applications* (2017).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ItemGraph;
use crate::matrix::Csr;
use crate::ranking::Best;

/// How items used by the same people are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimilarParams {
    /// Exponent a: how much a busy visitor's testimony is discounted.
    pub visitor_exponent: f32,
    /// Exponent b: how much a popular item is discounted.
    pub item_exponent: f32,
    /// Exponent s on the similarity; below 1 evens out.
    pub sharpening: f32,
    /// Neighbours kept for each item.
    pub keep: u32,
    /// Pairs shared by fewer visitors are left out.
    pub min_support: u32,
}

impl Default for SimilarParams {
    fn default() -> Self {
        Self {
            visitor_exponent: 0.5,
            item_exponent: 0.4,
            sharpening: 0.8,
            keep: 100,
            min_support: 2,
        }
    }
}

/// Working memory of one thread: dense over items, emptied by the list of touched ones.
struct Scratch {
    sums: Vec<f32>,
    support: Vec<u32>,
    touched: Vec<u32>,
}

impl ItemGraph {
    /// Builds the lists from visitors × items. Each row is summed by one task in order of visitors, so the result does
    /// not depend on the number of threads.
    pub fn similar(matrix: &Csr, params: &SimilarParams) -> Self {
        let columns = matrix.transpose();
        let power = |sums: Vec<f32>, exponent: f32| -> Vec<f32> {
            sums.into_iter().map(|sum| if sum > 0.0 { sum.powf(-exponent) } else { 0.0 }).collect()
        };
        let visitor_scale = power(matrix.row_sums(), params.visitor_exponent);
        let item_scale = power(columns.row_sums(), params.item_exponent);
        let normal = matrix.map(|visitor, item, weight| {
            weight * visitor_scale[visitor] * item_scale[item as usize]
        });
        let transposed = normal.transpose();
        let items = matrix.columns();
        let scratch =
            || Scratch { sums: vec![0.0; items], support: vec![0; items], touched: Vec::new() };
        let row = |scratch: &mut Scratch, item: usize| {
            if params.min_support > 1 {
                collect::<true>(item, &normal, &transposed, scratch);
                best::<true>(item, params, scratch)
            } else {
                collect::<false>(item, &normal, &transposed, scratch);
                best::<false>(item, params, scratch)
            }
        };
        Self::from_rows((0..items).into_par_iter().map_init(scratch, row).collect())
    }
}

/// Sums one row of `NᵀN`; who supports a pair is only `COUNTED` where one visitor is not enough.
fn collect<const COUNTED: bool>(
    item: usize,
    normal: &Csr,
    transposed: &Csr,
    scratch: &mut Scratch,
) {
    let Scratch { sums, support, touched } = scratch;
    let (visitors, weights) = transposed.row(item);
    for (&visitor, &weight) in visitors.iter().zip(weights) {
        let (others, values) = normal.row(visitor as usize);
        for (&other, &value) in others.iter().zip(values) {
            let sum = &mut sums[other as usize];
            if *sum <= 0.0 {
                touched.push(other);
            }
            *sum += weight * value;
        }
        if COUNTED {
            for &other in others {
                support[other as usize] += 1;
            }
        }
    }
}

/// The best of a row, and the working memory emptied. The power keeps the order, so only what stays is raised to it.
fn best<const COUNTED: bool>(
    item: usize,
    params: &SimilarParams,
    scratch: &mut Scratch,
) -> Vec<(u32, f32)> {
    let Scratch { sums, support, touched } = scratch;
    let mut best = Best::new(params.keep as usize);
    for other in touched.drain(..) {
        let position = other as usize;
        let sum = std::mem::take(&mut sums[position]);
        let enough = !COUNTED || std::mem::take(&mut support[position]) >= params.min_support;
        if enough && position != item && sum > 0.0 {
            best.push(other, sum);
        }
    }
    let mut kept = best.into_sorted();
    kept.iter_mut().for_each(|entry| entry.1 = entry.1.powf(params.sharpening));
    kept
}
