//! Whether a log can answer at all: effective sample size and the heaviest row.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Round;

/// Below this many effective rows nothing is reported.
const MIN_EFFECTIVE: f64 = 100.0;
/// One row may carry at most this share of all weight.
const MAX_SHARE: f64 = 0.05;

/// How much of the log speaks about the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// Rows.
    pub rows: usize,
    /// `(Σw)² / Σw²` (Kish 1965).
    pub effective: f64,
    /// Largest weight over the sum of weights.
    pub heaviest_share: f64,
    /// Mean weight: about 1 if the propensities are right and cover the policy.
    pub mean_weight: f64,
}

/// Why no value is reported.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Refusal {
    /// The log says too little about the policy.
    FewEffectiveRows {
        /// Effective sample size.
        effective: f64,
        /// What it would have to be.
        needed: f64,
    },
    /// One row would decide.
    OneRowDecides {
        /// Its share of all weight.
        share: f64,
        /// The highest share allowed.
        allowed: f64,
    },
    /// A propensity, weight, reward or guess is no finite number, or a weight is negative.
    NotFinite,
    /// Replay was asked about a policy that is not certain of any logged action.
    NoChoice,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewEffectiveRows { effective, needed } => {
                write!(f, "refused: {effective:.0} effective rows, {needed:.0} needed")
            }
            Self::OneRowDecides { share, allowed } => {
                let (share, allowed) = (share * 100.0, allowed * 100.0);
                write!(f, "refused: one row has {share:.1} % of all weight, {allowed:.0} % allowed")
            }
            Self::NotFinite => f.write_str("refused: a number of the log is not finite"),
            Self::NoChoice => f.write_str("refused: the policy never surely takes a logged action"),
        }
    }
}

impl Overlap {
    /// Measures.
    pub fn of(rounds: &[Round]) -> Self {
        let (mut sum, mut squares, mut highest) = (0.0, 0.0, 0.0_f64);
        for round in rounds {
            sum += round.weight;
            squares += round.weight * round.weight;
            highest = highest.max(round.weight);
        }
        let over = |top: f64, below: f64| if below > 0.0 { top / below } else { 0.0 };
        Self {
            rows: rounds.len(),
            effective: over(sum * sum, squares),
            heaviest_share: over(highest, sum),
            mean_weight: over(sum, rounds.len() as f64),
        }
    }

    /// Measures and judges.
    ///
    /// # Errors
    /// The reason not to report a value.
    pub fn check(rounds: &[Round]) -> std::result::Result<Self, Refusal> {
        let sound = rounds.iter().all(|round| {
            [round.weight, round.reward, round.guess, round.policy_guess]
                .iter()
                .all(|number| number.is_finite())
                && round.weight >= 0.0
        });
        if !sound {
            return Err(Refusal::NotFinite);
        }
        let overlap = Self::of(rounds);
        if overlap.effective < MIN_EFFECTIVE {
            let effective = overlap.effective;
            return Err(Refusal::FewEffectiveRows { effective, needed: MIN_EFFECTIVE });
        }
        if overlap.heaviest_share > MAX_SHARE {
            let share = overlap.heaviest_share;
            return Err(Refusal::OneRowDecides { share, allowed: MAX_SHARE });
        }
        Ok(overlap)
    }
}
