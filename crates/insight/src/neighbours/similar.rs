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

impl ItemGraph {
    /// Builds the lists from visitors × items. Each row is summed by one task in order of visitors, so the result does
    /// not depend on the number of threads.
    pub fn similar(matrix: &Csr, params: &SimilarParams) -> Self {
        let testimony = Testimony::of(matrix, params);
        let scratch = || Scratch::new(matrix.columns());
        let row = |scratch: &mut Scratch, rank: usize| {
            if params.min_support > 1 {
                scratch.sum::<true>(&testimony, rank);
                scratch.best::<true>(&testimony, rank, params)
            } else {
                scratch.sum::<false>(&testimony, rank);
                scratch.best::<false>(&testimony, rank, params)
            }
        };
        let ranked: Vec<Vec<(u32, f32)>> =
            (0..matrix.columns()).into_par_iter().map_init(scratch, row).collect();
        let mut rows = vec![Vec::new(); matrix.columns()];
        for (row, &item) in ranked.into_iter().zip(&testimony.items) {
            rows[item as usize] = row;
        }
        Self::from_rows(rows)
    }
}

/// `N` twice, its items in order of how often they are used: sums of what is used most then share a few cache lines.
struct Testimony {
    /// The item of each rank, the most used first.
    items: Vec<u32>,
    /// For each rank the place of its uses in `uses`.
    offsets: Vec<u32>,
    /// Uses of an item in order of visitors: where the visitor's cells begin and end, and the use's value.
    uses: Vec<(u32, u32, f32)>,
    /// Cells of a visitor: rank and value.
    cells: Vec<(u32, f32)>,
}

impl Testimony {
    fn of(matrix: &Csr, params: &SimilarParams) -> Self {
        let columns = matrix.transpose();
        let power = |sums: Vec<f32>, exponent: f32| -> Vec<f32> {
            sums.into_iter().map(|sum| if sum > 0.0 { sum.powf(-exponent) } else { 0.0 }).collect()
        };
        let visitor_scale = power(matrix.row_sums(), params.visitor_exponent);
        let item_scale = power(columns.row_sums(), params.item_exponent);
        let mut items: Vec<u32> = (0..matrix.columns() as u32).collect();
        items.sort_by_key(|&item| std::cmp::Reverse(columns.row_len(item as usize)));

        let mut begins = Vec::with_capacity(matrix.rows() + 1);
        begins.push(0_u32);
        for visitor in 0..matrix.rows() {
            begins.push(begins[visitor] + matrix.row_len(visitor) as u32);
        }
        let mut next = begins.clone();
        let mut cells = vec![(0_u32, 0_f32); matrix.stored()];
        let mut offsets = vec![0_u32];
        let mut uses = Vec::with_capacity(matrix.stored());
        for (rank, &item) in (0_u32..).zip(&items) {
            let (visitors, weights) = columns.row(item as usize);
            for (&visitor, &weight) in visitors.iter().zip(weights) {
                let visitor = visitor as usize;
                let value = weight * visitor_scale[visitor] * item_scale[item as usize];
                cells[next[visitor] as usize] = (rank, value);
                next[visitor] += 1;
                uses.push((begins[visitor], begins[visitor + 1], value));
            }
            offsets.push(uses.len() as u32);
        }
        Self { items, offsets, uses, cells }
    }
}

/// Working memory of one thread: dense over items, emptied by the list of touched ones.
struct Scratch {
    sums: Vec<f32>,
    support: Vec<u32>,
    touched: Vec<u32>,
    count: usize,
}

impl Scratch {
    fn new(items: usize) -> Self {
        Self {
            sums: vec![0.0; items],
            support: vec![0; items],
            touched: vec![0; items + 1],
            count: 0,
        }
    }

    /// Sums one row of `NᵀN`; who supports a pair is only `COUNTED` where one visitor is not enough.
    fn sum<const COUNTED: bool>(&mut self, testimony: &Testimony, rank: usize) {
        let Self { sums, support, touched, .. } = self;
        let mut count = 0;
        let range = testimony.offsets[rank] as usize..testimony.offsets[rank + 1] as usize;
        for &(begin, end, weight) in &testimony.uses[range] {
            for &(other, value) in &testimony.cells[begin as usize..end as usize] {
                let sum = &mut sums[other as usize];
                // Noted always and kept only where it is new: a branch here would be guessed wrong every other time.
                touched[count] = other;
                count += usize::from(*sum <= 0.0);
                *sum += weight * value;
                if COUNTED {
                    support[other as usize] += 1;
                }
            }
        }
        self.count = count;
    }

    /// The best of a row, and the working memory emptied. The power keeps the order, so only what stays is raised to it.
    fn best<const COUNTED: bool>(
        &mut self,
        testimony: &Testimony,
        rank: usize,
        params: &SimilarParams,
    ) -> Vec<(u32, f32)> {
        let mut best = Best::new(params.keep as usize);
        for &other in &self.touched[..self.count] {
            let position = other as usize;
            let sum = std::mem::take(&mut self.sums[position]);
            let enough =
                !COUNTED || std::mem::take(&mut self.support[position]) >= params.min_support;
            if enough && position != rank && sum > 0.0 {
                best.push(testimony.items[position], sum);
            }
        }
        let mut kept = best.into_sorted();
        if params.sharpening.total_cmp(&1.0).is_ne() {
            kept.iter_mut().for_each(|entry| entry.1 = entry.1.powf(params.sharpening));
        }
        kept
    }
}
