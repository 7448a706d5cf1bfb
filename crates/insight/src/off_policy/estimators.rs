//! The estimators: replay, IPS, self-normalised IPS, the direct method, doubly robust and its three restraints.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Round;

/// How to turn rounds into a value. Infinite bounds are no bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// Mean reward where the policy would have done the same (Li, Chu, Langford, Wang, WSDM 2011).
    Replay,
    /// Weighted rewards; weights above `clip` count as `clip` (Horvitz, Thompson 1952; Strehl et al. 2010).
    Ips {
        /// The highest weight.
        clip: f64,
    },
    /// Weighted rewards over the sum of weights (Swaminathan, Joachims 2015).
    SelfNormalisedIps,
    /// The model's guesses alone (Beygelzimer, Langford, KDD 2009).
    Direct,
    /// The model, corrected by weighted errors where there was evidence (Dudík, Langford, Li, ICML 2011).
    DoublyRobust {
        /// The highest weight.
        clip: f64,
    },
    /// Doubly robust with weights that sum to one (Thomas, Brunskill, ICML 2016).
    SelfNormalisedDoublyRobust,
    /// Doubly robust up to a weight, the model alone above it (Wang, Agarwal, Dudík, ICML 2017).
    SwitchDoublyRobust {
        /// The highest weight that is corrected.
        threshold: f64,
    },
    /// Doubly robust with optimistic shrinkage `λw/(w²+λ)` (Su, Dimakopoulou, Krishnamurthy, Dudík, ICML 2020):
    /// λ = 0 is the model alone, λ = ∞ is doubly robust.
    ShrunkDoublyRobust {
        /// λ ≥ 0.
        lambda: f64,
    },
}

impl Estimator {
    /// The short name used in papers and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Ips { clip } if clip.is_finite() => "IPS-clip",
            Self::Ips { .. } => "IPS",
            Self::SelfNormalisedIps => "SNIPS",
            Self::Direct => "DM",
            Self::DoublyRobust { clip } if clip.is_finite() => "DR-clip",
            Self::DoublyRobust { .. } => "DR",
            Self::SelfNormalisedDoublyRobust => "SNDR",
            Self::SwitchDoublyRobust { .. } => "Switch-DR",
            Self::ShrunkDoublyRobust { .. } => "DRos",
        }
    }

    /// Whether it only works for a policy that always does one thing.
    pub fn needs_choice(&self) -> bool {
        matches!(self, Self::Replay)
    }

    /// The weight it puts on a row's error or reward instead of `weight`.
    pub fn restrained(&self, weight: f64) -> f64 {
        match *self {
            Self::Ips { clip } | Self::DoublyRobust { clip } => weight.min(clip),
            Self::SwitchDoublyRobust { threshold } => {
                if weight <= threshold {
                    weight
                } else {
                    0.0
                }
            }
            Self::ShrunkDoublyRobust { lambda } if lambda.is_finite() => {
                let below = weight * weight + lambda;
                if below > 0.0 { lambda * weight / below } else { 0.0 }
            }
            Self::Direct => 0.0,
            Self::Replay
            | Self::SelfNormalisedIps
            | Self::SelfNormalisedDoublyRobust
            | Self::ShrunkDoublyRobust { .. } => weight,
        }
    }

    /// What each round contributes; the value is their mean.
    pub fn contributions(&self, rounds: &[Round]) -> Vec<f64> {
        let mean = |value: fn(&Round) -> f64| {
            let mean = rounds.iter().map(value).sum::<f64>() / rounds.len().max(1) as f64;
            if mean > 0.0 { mean } else { 1.0 }
        };
        let scale = match self {
            Self::Replay => mean(|round| f64::from(u8::from(round.followed))),
            Self::SelfNormalisedIps | Self::SelfNormalisedDoublyRobust => {
                mean(|round| round.weight)
            }
            _ => 1.0,
        };
        rounds
            .iter()
            .map(|round| {
                let weight = self.restrained(round.weight) / scale;
                match self {
                    Self::Replay if round.followed => round.reward / scale,
                    Self::Replay => 0.0,
                    Self::Ips { .. } | Self::SelfNormalisedIps => weight * round.reward,
                    _ => round.policy_guess + weight * (round.reward - round.guess),
                }
            })
            .collect()
    }

    /// The estimated value of the policy; 0 for no rounds.
    pub fn value(&self, rounds: &[Round]) -> f64 {
        self.contributions(rounds).iter().sum::<f64>() / rounds.len().max(1) as f64
    }
}

impl fmt::Display for Estimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ips { clip } | Self::DoublyRobust { clip } if clip.is_finite() => {
                write!(f, "{} {clip}", self.as_str())
            }
            Self::SwitchDoublyRobust { threshold } => write!(f, "{} {threshold}", self.as_str()),
            Self::ShrunkDoublyRobust { lambda } => write!(f, "{} λ {lambda}", self.as_str()),
            _ => f.write_str(self.as_str()),
        }
    }
}
