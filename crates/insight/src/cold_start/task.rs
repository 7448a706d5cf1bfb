//! What is ranked and for whom: warm items to learn from, cold items to rank, the people between them.

use rayon::prelude::*;

use super::{ColdStartParams, ContentMap, Features, ItemFeatures, Uses};
use crate::Result;
use crate::evaluate::{Mean, mean_of};
use crate::matrix::Csr;

/// Scores of all cold items for one person.
pub(super) type Score<'a> = &'a (dyn Fn(usize, &mut [f32]) + Sync);

/// A person measured: the row in the training matrix and the labels among the cold items.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Person {
    pub(super) row: usize,
    pub(super) labels: Vec<u32>,
}

/// Warm items, cold items, the people between them.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) matrix: Csr,
    pub(super) features: Features,
    pub(super) people: Vec<Person>,
}

impl Task {
    pub(super) fn of(
        train: &Uses,
        cold: &Uses,
        items: &ItemFeatures,
        warm_items: &[u32],
        cold_items: &[u32],
        params: &ColdStartParams,
    ) -> Self {
        let users = train.users();
        let place = |list: &[u32], id: u32| list.binary_search(&id).ok().map(|place| place as u32);
        let cells = |uses: &Uses, items: &[u32]| -> Vec<(u32, u32, f32)> {
            uses.pairs
                .iter()
                .filter_map(|&(user, item)| Some((place(&users, user)?, place(items, item)?, 1.0)))
                .collect()
        };
        let matrix = |uses: &Uses, items: &[u32]| {
            Csr::from_triplets(users.len(), items.len(), cells(uses, items)).map(|_, _, _| 1.0)
        };
        let (warm, labels) = (matrix(train, warm_items), matrix(cold, cold_items));
        let people = (0..users.len())
            .filter(|&row| labels.row_len(row) > 0 && warm.row_len(row) > 0)
            .map(|row| Person { row, labels: labels.row(row).0.to_vec() })
            .collect();
        let features = Features::of(items, warm_items, cold_items, &params.features);
        Self { matrix: warm, features, people }
    }

    pub(super) fn history(&self, place: usize) -> &[u32] {
        self.matrix.row(self.people[place].row).0
    }

    /// Users of each warm item.
    pub(super) fn counts(&self) -> Vec<f32> {
        self.matrix.transpose().row_sums()
    }

    pub(super) fn map(&self, ridge: f64) -> Result<ContentMap> {
        ContentMap::fit(&self.features, ridge)
    }

    pub(super) fn measure(&self, score: Score<'_>, at: u32) -> Vec<Mean> {
        (0..self.people.len())
            .into_par_iter()
            .map(|place| {
                let mut scores = vec![0_f32; self.features.cold().rows()];
                score(place, &mut scores);
                mean_of(&scores, &self.people[place].labels, at)
            })
            .collect()
    }
}
