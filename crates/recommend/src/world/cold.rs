//! Items no behaviour is known of, with the vectors their texts suggest: those of the last training, and newer ones.

use insight::Models;
use rustc_hash::FxHashSet;
use vocab::Item;

use super::Scored;
use crate::catalogue::{Catalogue, Place};

/// Newer items whose texts are read while the view is built; the rest wait for the next training.
const READ_AT_MOST: usize = 2_000;

/// An item near a person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Near {
    pub(crate) place: Place,
    /// 0 to 1.
    pub(crate) score: f32,
    /// What of the person's history speaks most for it.
    pub(crate) because: Place,
}

/// The items.
#[derive(Debug, Default)]
pub(crate) struct Cold {
    /// Place of each of the models' cold items; `u32::MAX` where it is no longer there.
    from_model: Vec<Place>,
    /// Newer ones, ascending.
    newcomers: Vec<Place>,
    /// Their vectors, row-major.
    vectors: Vec<f32>,
    dim: usize,
}

impl Cold {
    /// Reads the `newest` of those neither `to_model` (`u32::MAX` where behaviour is unknown) nor the training knows.
    pub(super) fn new(
        catalogue: &Catalogue,
        items: &[Item],
        to_model: &[u32],
        newest: &[Place],
        models: Option<&Models>,
    ) -> Self {
        let Some(models) = models.filter(|models| !models.content.is_silent()) else {
            return Self::default();
        };
        let cold = models.content.cold();
        let is_new = |place: &Place| {
            to_model[*place as usize] == u32::MAX && cold.vector(&catalogue.at(*place).id).is_none()
        };
        let wanted: FxHashSet<Place> =
            newest.iter().copied().filter(is_new).take(READ_AT_MOST).collect();
        let read = |item: &Item| {
            let place = catalogue.place(&item.id).filter(|place| wanted.contains(place))?;
            Some((place, models.content.factors(&item.reading())?))
        };
        let mut found: Vec<(Place, Vec<f32>)> = items.iter().filter_map(read).collect();
        // Of two items with one id the later counts, as in the catalogue.
        found.sort_by_key(|entry| entry.0);
        found.dedup_by(|next, kept| {
            next.0 == kept.0 && {
                std::mem::swap(next, kept);
                true
            }
        });
        Self {
            from_model: cold
                .items()
                .iter()
                .map(|id| catalogue.place(id).unwrap_or(u32::MAX))
                .collect(),
            newcomers: found.iter().map(|entry| entry.0).collect(),
            vectors: found.into_iter().flat_map(|entry| entry.1).collect(),
            dim: models.factors.dim(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.from_model.is_empty() && self.newcomers.is_empty()
    }

    /// The nearest `n` to a person's vector, best first; nothing that speaks against it.
    pub(crate) fn top_near(
        &self,
        models: &Models,
        person: &[f32],
        n: usize,
        cells: usize,
    ) -> Vec<Scored> {
        let known = models.content.cold().top_near(person, n, cells);
        let known = known.into_iter().filter_map(|(at, score)| {
            let place = *self.from_model.get(at as usize)?;
            (place != u32::MAX).then_some((place, score))
        });
        let rows = self.vectors.chunks_exact(self.dim.max(1));
        let new = self.newcomers.iter().copied().zip(rows.map(|vector| dot(person, vector)));
        let mut found: Vec<Scored> = known.chain(new).filter(|(_, score)| *score > 0.0).collect();
        found.sort_unstable_by(|&a, &b| insight::ranking::best_first(a, b));
        found.truncate(n);
        found
    }

    /// The vector of an item by its place or, as the training knew it, its id.
    pub(crate) fn vector<'v>(
        &'v self,
        models: &'v Models,
        catalogue: &Catalogue,
        place: Place,
    ) -> Option<&'v [f32]> {
        match self.newcomers.binary_search(&place) {
            Ok(at) => self.vectors.get(at * self.dim..(at + 1) * self.dim),
            Err(_) => models.content.cold().vector(&catalogue.at(place).id),
        }
    }

    /// How near an item is to a person's vector; `None` where it is used enough, or its text says nothing.
    pub(crate) fn score(
        &self,
        models: &Models,
        catalogue: &Catalogue,
        place: Place,
        person: &[f32],
    ) -> Option<f32> {
        self.vector(models, catalogue, place).map(|vector| dot(person, vector))
    }
}

/// Both are as long as the factors.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
