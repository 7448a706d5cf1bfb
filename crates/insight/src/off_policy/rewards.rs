//! The reward model: a smoothed mean an action and position, cross-fitted so that no row judges itself.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::Logged;

/// Guesses for every position and action, one table a fold.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardModel {
    actions: usize,
    /// The fold each row was held out in.
    folds: Vec<u8>,
    /// Fold → position × action.
    tables: Vec<Vec<f64>>,
}

impl RewardModel {
    /// Fits on all folds but the row's own (Narita, Yasui, Yata 2021: the cross-fitted DR of obp). An action's mean is
    /// drawn to the mean of all rows by `strength` rows' worth, an action at a position to the action's by as much
    /// again: an empirical Bayes table for clicks of a fraction of a per cent.
    pub fn cross_fitted(
        log: &[Logged],
        (positions, actions): (usize, usize),
        strength: f64,
        folds: u8,
        seed: u64,
    ) -> Self {
        let folds = folds.max(1);
        let mut assigned: Vec<u8> =
            (0..log.len()).map(|row| (row % folds as usize) as u8).collect();
        assigned.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let tables = (0..folds)
            .map(|fold| {
                let rows = log
                    .iter()
                    .zip(&assigned)
                    .filter(|(_, own)| folds == 1 || **own != fold)
                    .map(|(logged, _)| logged);
                table(rows, positions, actions, strength)
            })
            .collect();
        Self { actions, folds: assigned, tables }
    }

    /// Guesses for all actions, for a row of the log it was fitted on.
    pub fn guesses(&self, row: usize, position: u32) -> &[f64] {
        let table = &self.tables[self.folds[row] as usize];
        let start = position as usize * self.actions;
        table.get(start..start + self.actions).unwrap_or(&[])
    }
}

fn table<'a>(
    rows: impl Iterator<Item = &'a Logged>,
    positions: usize,
    actions: usize,
    strength: f64,
) -> Vec<f64> {
    let mut cells = vec![(0.0, 0.0); positions * actions];
    let mut by_action = vec![(0.0, 0.0); actions];
    let mut all = (0.0, 0.0);
    for row in rows {
        let cell = row.position as usize * actions + row.action as usize;
        for sums in [&mut cells[cell], &mut by_action[row.action as usize], &mut all] {
            sums.0 += row.reward;
            sums.1 += 1.0;
        }
    }
    let overall = if all.1 > 0.0 { all.0 / all.1 } else { 0.0 };
    let drawn = |sums: (f64, f64), to: f64| {
        let below = sums.1 + strength;
        if below > 0.0 { (sums.0 + strength * to) / below } else { to }
    };
    cells
        .iter()
        .enumerate()
        .map(|(cell, &sums)| drawn(sums, drawn(by_action[cell % actions], overall)))
        .collect()
}
