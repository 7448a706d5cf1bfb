//! Items no behaviour is known of, with the vectors their texts suggest: those of the last training, and newer ones.

use insight::Models;
use insight::content::ColdItems;
use rustc_hash::FxHashSet;
use vocab::{Item, ItemId};

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
    /// Those that came since.
    new: ColdItems,
    /// Place of each of them.
    from_new: Vec<Place>,
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
        let known = models.content.cold();
        let is_new = |place: &Place| {
            let item = &catalogue.at(*place).id;
            to_model[*place as usize] == u32::MAX && known.vector(item).is_none()
        };
        let wanted: FxHashSet<Place> =
            newest.iter().copied().filter(is_new).take(READ_AT_MOST).collect();
        let read =
            |item: &&Item| catalogue.place(&item.id).is_some_and(|place| wanted.contains(&place));
        let texts = items.iter().filter(read).map(|item| (&item.id, item.reading()));
        let new = models.content.place(texts);
        let places = |items: &[ItemId]| {
            items.iter().map(|id| catalogue.place(id).unwrap_or(u32::MAX)).collect()
        };
        Self { from_model: places(known.items()), from_new: places(new.items()), new }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.from_model.is_empty() && self.new.is_empty()
    }

    /// The nearest `n` to a person's vector, best first; nothing that speaks against it.
    pub(crate) fn top_near(
        &self,
        models: &Models,
        person: &[f32],
        n: usize,
        cells: usize,
    ) -> Vec<Scored> {
        let sides = [(models.content.cold(), &self.from_model), (&self.new, &self.from_new)];
        let near = |(items, places): (&ColdItems, &Vec<Place>)| {
            let near = items.top_near(person, n, cells).into_iter();
            let here = near.filter_map(|(at, score)| Some((*places.get(at as usize)?, score)));
            here.filter(|(place, score)| *place != u32::MAX && *score > 0.0).collect::<Vec<_>>()
        };
        let mut found: Vec<Scored> = sides.into_iter().flat_map(near).collect();
        found.sort_unstable_by(|&a, &b| insight::ranking::best_first(a, b));
        found.truncate(n);
        found
    }

    /// The vector of an item; `None` where it is used enough, or its text says nothing.
    pub(crate) fn vector<'v>(&'v self, models: &'v Models, item: &ItemId) -> Option<&'v [f32]> {
        self.new.vector(item).or_else(|| models.content.cold().vector(item))
    }

    /// How near an item is to a person's vector; `None` as for [`Cold::vector`].
    pub(crate) fn score(&self, models: &Models, item: &ItemId, person: &[f32]) -> Option<f32> {
        self.new.score(person, item).or_else(|| models.content.cold().score(person, item))
    }
}
