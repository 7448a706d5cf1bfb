//! What is looked at next in the same visit, with time decay and minimum support of distinct visitors.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ItemGraph;
use crate::interactions::{DAY_MS, Interaction, Interactions};
use crate::ranking::Best;

/// Item transitions handled at a time; bounds the memory to about 24 bytes × this.
const SHARD_PAIRS: usize = 4_000_000;

/// How transitions within visits become lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CovisitParams {
    /// Days after which a visit counts half.
    pub half_life_days: f32,
    /// How many steps apart two items of a visit still count; the weight falls as 1/steps.
    pub reach: u32,
    /// Only this many steps of a visit are looked at.
    pub visit_length: u32,
    /// What "before" counts against "after", 0 to 1.
    pub backward: f32,
    /// How much a popular target is discounted, 0 to 1.
    pub popularity_exponent: f32,
    /// Neighbours kept for each item.
    pub keep: u32,
    /// Transitions made by fewer distinct visitors are left out.
    pub min_support: u32,
}

impl Default for CovisitParams {
    fn default() -> Self {
        Self {
            half_life_days: 14.0,
            reach: 5,
            visit_length: 40,
            backward: 0.4,
            popularity_exponent: 0.3,
            keep: 50,
            min_support: 2,
        }
    }
}

/// One step of one visit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    from: u32,
    to: u32,
    visitor: u32,
    weight: f32,
}

impl ItemGraph {
    /// Builds the lists. A visitor counts for one transition at most once, with its best weight, so a visitor who
    /// repeats a path a million times says no more than one who takes it once.
    pub fn covisit(table: &Interactions, params: &CovisitParams, as_of_ms: i64) -> Self {
        let visits = visits(table, params);
        let steps: usize = visits.iter().map(Vec::len).sum();
        let shards = (2 * steps * params.reach as usize).div_ceil(SHARD_PAIRS).max(1);
        let mut targets = vec![0_f32; table.items.len()];
        for visit in &visits {
            for step in visit {
                targets[step.item as usize] += 1.0;
            }
        }
        let mut rows = vec![Vec::new(); table.items.len()];
        for shard in 0..shards {
            let mut pairs = Vec::new();
            for visit in &visits {
                collect_pairs(visit, params, as_of_ms, (shard, shards), &mut pairs);
            }
            pairs.par_sort_unstable_by_key(|pair| {
                (pair.from, pair.to, pair.visitor, std::cmp::Reverse(pair.weight.to_bits()))
            });
            pairs.dedup_by_key(|pair| (pair.from, pair.to, pair.visitor));
            for group in pairs.chunk_by(|a, b| a.from == b.from) {
                rows[group[0].from as usize] = best_targets(group, &targets, params);
            }
        }
        Self::from_rows(rows)
    }
}

/// The steps of every visit in order of time, repeats of the same item in a row taken as one.
fn visits(table: &Interactions, params: &CovisitParams) -> Vec<Vec<Interaction>> {
    let mut rows = table.rows.clone();
    // Without a session, a visitor's day is the visit.
    let visit = |row: &Interaction| {
        let day = if row.session == 0 { row.ts_ms.div_euclid(DAY_MS) } else { 0 };
        (row.visitor, row.session, day)
    };
    rows.par_sort_unstable_by_key(|row| (visit(row), row.ts_ms, row.item));
    rows.chunk_by(|a, b| visit(a) == visit(b))
        .map(|steps| {
            let mut steps = steps.to_vec();
            steps.dedup_by_key(|step| step.item);
            steps.truncate(params.visit_length as usize);
            steps
        })
        .filter(|steps| steps.len() > 1)
        .collect()
}

fn collect_pairs(
    visit: &[Interaction],
    params: &CovisitParams,
    as_of_ms: i64,
    (shard, shards): (usize, usize),
    pairs: &mut Vec<Pair>,
) {
    for (start, first) in visit.iter().enumerate() {
        let age = (as_of_ms - first.ts_ms).max(0) as f32 / DAY_MS as f32;
        let decay = (-age / params.half_life_days).exp2();
        for (distance, second) in visit[start + 1..].iter().take(params.reach as usize).enumerate()
        {
            if first.item == second.item {
                continue;
            }
            let weight = decay / (distance + 1) as f32;
            let mut push = |from: u32, to: u32, weight: f32| {
                if weight > 0.0 && from as usize % shards == shard {
                    pairs.push(Pair { from, to, visitor: first.visitor, weight });
                }
            };
            push(first.item, second.item, weight);
            push(second.item, first.item, weight * params.backward);
        }
    }
}

fn best_targets(pairs: &[Pair], targets: &[f32], params: &CovisitParams) -> Vec<(u32, f32)> {
    let mut best = Best::new(params.keep as usize);
    for group in pairs.chunk_by(|a, b| a.to == b.to) {
        if group.len() >= params.min_support as usize {
            let sum: f32 = group.iter().map(|pair| pair.weight).sum();
            let discount = targets[group[0].to as usize].powf(params.popularity_exponent);
            best.push(group[0].to, sum / discount.max(1.0));
        }
    }
    best.into_sorted()
}
