//! The cut: one moment for everybody, or a seeded hold-out where the data have no times.

use std::collections::HashSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{EvalParams, Variant};
use crate::interactions::{Interaction, Interactions};
use crate::matrix::Csr;
use crate::{InsightError, Result};

/// Where the data were cut.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Global moments, milliseconds since 1970: train before `tune_ms`, tune before `test_ms`, test to the end.
    Time {
        /// Start of the tuning window.
        tune_ms: i64,
        /// Start of the test window.
        test_ms: i64,
    },
    /// The test pairs were given; every other pair falls into the tuning part by a seeded hash.
    Given {
        /// Share of the rest held out for tuning.
        tune_share: f32,
        /// Seed of the hash.
        seed: u64,
    },
    /// No times: every pair of person and item falls into a part by a seeded hash, whole pairs only.
    HoldOut {
        /// Share held out for the test.
        test_share: f32,
        /// Share of the rest held out for tuning.
        tune_share: f32,
        /// Seed of the hash.
        seed: u64,
    },
}

/// Test pairs that were given, by position.
pub(super) type Given = Option<HashSet<(u32, u32)>>;

/// Which window is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Tune,
    Test,
}

/// A person to measure: what they used before and after the cut, both ascending.
pub(super) struct Person {
    pub(super) visitor: u32,
    pub(super) seen: Vec<u32>,
    all: Vec<u32>,
    new: Vec<u32>,
}

impl Person {
    pub(super) fn labels(&self, variant: Variant) -> &[u32] {
        match variant {
            Variant::New => &self.new,
            Variant::All => &self.all,
        }
    }
}

/// One prediction task.
pub(super) struct Task {
    pub(super) train: Interactions,
    pub(super) matrix: Csr,
    pub(super) as_of_ms: i64,
    /// Whether uses have an order.
    pub(super) has_times: bool,
    /// Items used before the cut, by position: the candidates.
    pub(super) live: Vec<bool>,
    pub(super) people: Vec<Person>,
    /// People with a past and a future, before sampling.
    pub(super) returning: usize,
    /// People with a future only: no model here can rank for them.
    pub(super) newcomers: usize,
}

impl Task {
    pub(super) fn labels(&self) -> usize {
        self.people.iter().map(|person| person.all.len()).sum()
    }

    /// Labels that are no candidates: misses for every model.
    pub(super) fn dead_labels(&self) -> usize {
        let labels = self.people.iter().flat_map(|person| &person.all);
        labels.filter(|&&item| !self.live[item as usize]).count()
    }
}

impl Split {
    /// Chooses the cut for a canonical table.
    pub(super) fn of(table: &Interactions, given: &Given, params: &EvalParams) -> Result<Self> {
        let Some((first, last)) = table.window() else {
            return Err(InsightError::NothingToEvaluate("there are no uses".to_owned()));
        };
        if given.is_some() {
            return Ok(Self::Given { tune_share: params.tune_share, seed: params.seed });
        }
        if first == last {
            let (test_share, tune_share) = (params.test_share, params.tune_share);
            return Ok(Self::HoldOut { test_share, tune_share, seed: params.seed });
        }
        // By share of uses, not of the calendar: a few wild clocks must not move the cut.
        let time_at = |share: f32| {
            let position = (table.rows.len() as f64 * f64::from(share)) as usize;
            table.rows[position.min(table.rows.len() - 1)].ts_ms
        };
        let test_ms = time_at(1.0 - params.test_share);
        let tune_ms = time_at((1.0 - params.test_share) * (1.0 - params.tune_share));
        Ok(Self::Time { tune_ms, test_ms })
    }

    /// One sentence for the report.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Time { tune_ms, test_ms } => {
                let time = |ms: i64| {
                    jiff::Timestamp::from_millisecond(ms)
                        .map_or_else(|_| format!("{ms} ms"), |moment| moment.to_string())
                };
                format!(
                    "global time: tune from {}, test from {} to the end",
                    time(*tune_ms),
                    time(*test_ms)
                )
            }
            Self::Given { tune_share, seed } => format!(
                "the test pairs given; tuning on a seeded hold-out of {tune_share} of the others, seed {seed}"
            ),
            Self::HoldOut { test_share, tune_share, seed } => format!(
                "no times in the data: seeded hold-out of pairs, test {test_share}, tune {tune_share} of the rest, seed {seed}"
            ),
        }
    }

    fn place(&self, row: &Interaction, table: &Interactions, given: &Given) -> Option<Phase> {
        match *self {
            Self::Given { tune_share, seed } => {
                let visitor = table.visitors[row.visitor as usize].0;
                if given.as_ref().is_some_and(|pairs| pairs.contains(&(row.visitor, row.item))) {
                    Some(Phase::Test)
                } else if share_of(visitor, row.item, seed ^ 0xABCD) < tune_share {
                    Some(Phase::Tune)
                } else {
                    None
                }
            }
            Self::Time { tune_ms, test_ms } => {
                if row.ts_ms >= test_ms {
                    Some(Phase::Test)
                } else if row.ts_ms >= tune_ms {
                    Some(Phase::Tune)
                } else {
                    None
                }
            }
            Self::HoldOut { test_share, tune_share, seed } => {
                let visitor = table.visitors[row.visitor as usize].0;
                let test = share_of(visitor, row.item, seed);
                let tune = share_of(visitor, row.item, seed ^ 0xABCD);
                if test < test_share {
                    Some(Phase::Test)
                } else if tune < tune_share {
                    Some(Phase::Tune)
                } else {
                    None
                }
            }
        }
    }

    /// The task of one phase: tuning never sees a use of the test window.
    pub(super) fn task(
        &self,
        table: &Interactions,
        given: &Given,
        phase: Phase,
        params: &EvalParams,
    ) -> Task {
        let (mut past, mut future) = (Vec::new(), Vec::new());
        for row in &table.rows {
            match (self.place(row, table, given), phase) {
                (None, _) | (Some(Phase::Tune), Phase::Test) => past.push(*row),
                (Some(Phase::Tune), Phase::Tune) | (Some(Phase::Test), Phase::Test) => {
                    future.push(*row);
                }
                (Some(Phase::Test), Phase::Tune) => {}
            }
        }
        let train = Interactions {
            items: table.items.clone(),
            visitors: table.visitors.clone(),
            rows: past,
        };
        let as_of_ms = train.reference_ms();
        let mut live = vec![false; table.items.len()];
        let mut seen = vec![Vec::new(); table.visitors.len()];
        for row in &train.rows {
            live[row.item as usize] = true;
            seen[row.visitor as usize].push(row.item);
        }
        let mut labels = vec![Vec::new(); table.visitors.len()];
        for row in &future {
            labels[row.visitor as usize].push(row.item);
        }
        // A published protocol averages over all its test people, known or not.
        let keep_newcomers = matches!(self, Self::Given { .. }) && phase == Phase::Test;
        let (mut people, newcomers) = people(seen, labels, keep_newcomers);
        let returning = people.len();
        let most = match phase {
            Phase::Tune => params.max_tuning_people,
            Phase::Test => params.max_people,
        } as usize;
        if people.len() > most {
            people.shuffle(&mut ChaCha8Rng::seed_from_u64(params.seed));
            people.truncate(most);
            people.sort_by_key(|person| person.visitor);
        }
        let matrix = train.user_item(&params.train.weighting, as_of_ms);
        let has_times = matches!(self, Self::Time { .. });
        Task { train, matrix, as_of_ms, has_times, live, people, returning, newcomers }
    }
}

fn people(
    seen: Vec<Vec<u32>>,
    labels: Vec<Vec<u32>>,
    keep_newcomers: bool,
) -> (Vec<Person>, usize) {
    let (mut people, mut newcomers) = (Vec::new(), 0);
    for (visitor, (mut seen, mut all)) in seen.into_iter().zip(labels).enumerate() {
        for list in [&mut seen, &mut all] {
            list.sort_unstable();
            list.dedup();
        }
        if all.is_empty() {
            continue;
        }
        if seen.is_empty() {
            newcomers += 1;
            if !keep_newcomers {
                continue;
            }
        }
        let is_new = |item: &&u32| seen.binary_search(item).is_err();
        let new = all.iter().filter(is_new).copied().collect();
        people.push(Person { visitor: visitor as u32, seen, all, new });
    }
    (people, newcomers)
}

/// A number in [0, 1) that depends on the pair and the seed alone (splitmix64).
pub(super) fn share_of(visitor: u64, item: u32, seed: u64) -> f32 {
    let mut state = visitor ^ (u64::from(item) << 32 | u64::from(item)) ^ seed.rotate_left(17);
    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ (state >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}
