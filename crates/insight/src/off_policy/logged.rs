//! A logged decision, a policy to ask about, and the reader of the Open Bandit files.

use std::collections::HashMap;
use std::io::BufRead;

use serde::{Deserialize, Serialize};

use super::RewardModel;
use crate::{InsightError, Result};

/// One decision as it was logged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// Which context it was made in; equal numbers are equal contexts.
    pub context: u32,
    /// Slot on the page, from 0.
    pub position: u32,
    /// What was shown.
    pub action: u32,
    /// What came of it, for example 1 for a click.
    pub reward: f64,
    /// The probability the logging policy had for this action, above 0.
    pub propensity: f64,
}

/// What every estimator needs of a logged row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// `π(a|x) / π₀(a|x)`.
    pub weight: f64,
    /// The reward.
    pub reward: f64,
    /// `q̂(x, a)`: the model's guess for the action taken.
    pub guess: f64,
    /// `Σ π(a|x) q̂(x, a)`: the model's guess for the policy.
    pub policy_guess: f64,
    /// Whether the policy would have done the same for sure.
    pub followed: bool,
}

impl Round {
    /// From a row, the policy's probability of every action and the model's guess for every action, at its position.
    pub fn of(logged: &Logged, policy: &[f64], guesses: &[f64]) -> Self {
        let action = logged.action as usize;
        let probability = policy.get(action).copied().unwrap_or_default();
        let mass: f64 = policy.iter().sum();
        let expected: f64 = policy.iter().zip(guesses).map(|(p, guess)| p * guess).sum();
        Self {
            weight: probability / logged.propensity,
            reward: logged.reward,
            guess: guesses.get(action).copied().unwrap_or_default(),
            policy_guess: if mass > 0.0 { expected / mass } else { 0.0 },
            followed: probability >= 1.0,
        }
    }
}

/// A policy that looks at the position only: probabilities of all actions, a row a position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    rows: Vec<Vec<f64>>,
}

impl Policy {
    /// How often each action was taken at each position of a log.
    pub fn empirical(log: &[Logged], positions: usize, actions: usize) -> Self {
        let mut rows = vec![vec![0.0; actions]; positions];
        for row in log {
            if let Some(count) =
                rows.get_mut(row.position as usize).and_then(|r| r.get_mut(row.action as usize))
            {
                *count += 1.0;
            }
        }
        for row in &mut rows {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|count| *count /= sum.max(1.0));
        }
        Self { rows }
    }

    /// Probabilities of all actions at a position; empty for a position never seen.
    pub fn at(&self, position: u32) -> &[f64] {
        self.rows.get(position as usize).map_or(&[], Vec::as_slice)
    }

    /// The rounds of a log under this policy; `model` gives the guess for a row and an action.
    pub fn rounds(&self, log: &[Logged], model: &RewardModel) -> Vec<Round> {
        log.iter()
            .enumerate()
            .map(|(row, logged)| {
                let guesses = model.guesses(row, logged.position);
                Round::of(logged, self.at(logged.position), guesses)
            })
            .collect()
    }
}

/// A file of the Open Bandit Dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenBandit {
    /// The rows; contexts are numbered by the four user features in order of appearance.
    pub log: Vec<Logged>,
    /// One more than the highest action.
    pub actions: usize,
    /// One more than the highest position (positions count from 0 here, from 1 in the file).
    pub positions: usize,
}

impl OpenBandit {
    /// Reads `…,item_id,position,click,propensity_score,user_feature_0…3,…` with a header, already unpacked.
    ///
    /// # Errors
    /// A missing column, or the first line that cannot be read.
    pub fn read(from: impl BufRead) -> Result<Self> {
        let mut lines = from.lines();
        let header = lines.next().transpose()?.unwrap_or_default();
        let names: Vec<&str> = header.trim_end().split(',').collect();
        let column = |name: &str| {
            names
                .iter()
                .position(|found| *found == name)
                .ok_or_else(|| InsightError::Parse { line: 1, detail: format!("no column {name}") })
        };
        let (item, position) = (column("item_id")?, column("position")?);
        let (click, propensity) = (column("click")?, column("propensity_score")?);
        let features: Vec<usize> =
            (0..names.len()).filter(|&index| names[index].starts_with("user_feature_")).collect();
        let mut contexts: HashMap<String, u32> = HashMap::new();
        let mut read = Self::default();
        for (index, line) in lines.enumerate() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.trim_end().split(',').collect();
            let number = |column: usize| {
                let text = fields.get(column).copied().unwrap_or_default();
                text.parse::<f64>().ok().filter(|number| *number >= 0.0).ok_or_else(|| {
                    let detail = format!("{} is {text:?}, expected a number", names[column]);
                    InsightError::Parse { line: index + 2, detail }
                })
            };
            let key: Vec<&str> =
                features.iter().map(|&column| fields.get(column).copied().unwrap_or("")).collect();
            let next = contexts.len() as u32;
            let logged = Logged {
                context: *contexts.entry(key.join(",")).or_insert(next),
                position: (number(position)? as u32).saturating_sub(1),
                action: number(item)? as u32,
                reward: number(click)?,
                propensity: number(propensity)?,
            };
            if logged.propensity <= 0.0 {
                let detail = "propensity_score is 0: what cannot be shown was shown".to_owned();
                return Err(InsightError::Parse { line: index + 2, detail });
            }
            read.actions = read.actions.max(logged.action as usize + 1);
            read.positions = read.positions.max(logged.position as usize + 1);
            read.log.push(logged);
        }
        Ok(read)
    }

    /// Mean reward: the value of the policy that made the log.
    pub fn on_policy(&self) -> f64 {
        self.log.iter().map(|row| row.reward).sum::<f64>() / self.log.len().max(1) as f64
    }
}
