//! What is written on an item as a short vector, and from it the factors people would have given the item.
//!
//! TF-IDF over words, reduced by a truncated SVD (latent semantic analysis: Deerwester et al., JASIS 1990), then a ridge
//! regression onto the item vectors of the factorisation (the linear case of Gantner et al., *Learning
//! Attribute-to-Feature Mappings for Cold-Start Recommendations*, ICDM 2010). How well what the map says of items it has
//! not seen agrees with them is measured at every fit; where that is no more than chance, it says nothing.

mod cold;
mod map;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use vocab::ItemId;

use crate::Result;
use crate::factors::Factors;
use crate::matrix::Csr;
use crate::needs::ItemText;
use crate::params::{in_range, positive};
use crate::spectral::Spectrum;
use crate::text::{Bag, Terms, tokens};

pub use cold::ColdItems;
use map::FactorMap;

/// How texts become vectors and vectors become factors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContentParams {
    /// Length of a content vector, 1 to 512.
    pub dim: u32,
    /// Words kept, the most frequent first.
    pub max_terms: u32,
    /// Texts the words and directions are learnt from, at most; all texts get a vector.
    pub max_texts: u32,
    /// Rounds of the subspace iteration.
    pub rounds: u32,
    /// Items with both a text and a behaviour that are needed to learn the map.
    pub min_items: u32,
}

impl Default for ContentParams {
    fn default() -> Self {
        Self { dim: 64, max_terms: 32_768, max_texts: 50_000, rounds: 5, min_items: 50 }
    }
}

impl ContentParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("content.dim", self.dim as f32, 1.0, 512.0)?;
        positive("content.max_terms", self.max_terms)?;
        positive("content.max_texts", self.max_texts)?;
        in_range("content.rounds", self.rounds as f32, 1.0, 100.0)?;
        positive("content.min_items", self.min_items)
    }
}

/// The items behaviour is known of, in the order of their positions.
#[derive(Clone, Copy, Debug)]
pub struct Warm<'a> {
    /// Ascending.
    pub items: &'a [ItemId],
    /// Their vectors.
    pub factors: &'a Factors,
    /// How much they were used: the more, the more their vector is trusted.
    pub uses: &'a [f32],
}

/// From text to factors, and the items nobody used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContentModel {
    terms: Terms,
    /// terms × `dim`, row-major: the leading right singular vectors.
    #[serde(with = "crate::models::packed")]
    directions: Vec<f32>,
    map: FactorMap,
    cold: ColdItems,
}

impl ContentModel {
    /// Learns vectors from `texts` and the map from the warm items among them. Silent, like [`ContentModel::default`],
    /// with fewer than `min_items` of those or where it tells items it has not seen no better than chance.
    /// `progress` gets the share done, 0 to 1.
    pub fn fit(
        texts: &[ItemText],
        warm: Warm<'_>,
        params: &ContentParams,
        seed: u64,
        progress: &dyn Fn(f32),
    ) -> Self {
        let mut sorted: Vec<&ItemText> = texts.iter().collect();
        sorted.sort_by(|a, b| (&a.id, &a.text).cmp(&(&b.id, &b.text)));
        sorted.dedup_by(|next, kept| next.id == kept.id);
        // An item used too little to count has no vector of its own: it is as cold as an unused one.
        let is_used = |at: &usize| warm.uses.get(*at).is_some_and(|uses| *uses > 0.0);
        let positions: Vec<Option<usize>> = sorted
            .iter()
            .map(|text| warm.items.binary_search(&text.id).ok().filter(is_used))
            .collect();
        if positions.iter().flatten().count() < params.min_items as usize {
            return Self::default();
        }
        let mut model = Self::read(&sorted, params, seed);
        progress(0.5);
        let vectors: Vec<Vec<f32>> =
            sorted.par_iter().map(|text| model.vector(&text.text)).collect();
        progress(0.7);
        let pairs = vectors.iter().zip(&positions).filter_map(|(vector, position)| {
            let position = (*position)?;
            let target = warm.factors.item(u32::try_from(position).ok()?)?;
            let trust = warm.uses.get(position).copied().unwrap_or(0.0).max(0.0).ln_1p();
            Some(map::Pair { vector, target, trust })
        });
        let Some(map) = FactorMap::fit(&pairs.collect::<Vec<_>>()) else {
            return Self::default();
        };
        model.map = map;
        progress(0.8);
        let unused = sorted.iter().zip(&vectors).zip(&positions).filter_map(|(entry, position)| {
            let (text, vector) = entry;
            // A text without a known word says nothing.
            let says = position.is_none() && vector.iter().any(|value| *value != 0.0);
            says.then(|| (text.id.clone(), model.map.factors(vector)))
        });
        model.cold = ColdItems::new(unused.collect(), model.map.dim(), seed);
        progress(1.0);
        model
    }

    /// The words and the directions.
    fn read(sorted: &[&ItemText], params: &ContentParams, seed: u64) -> Self {
        // The texts whose ids hash lowest: a sample that does not depend on the order of ids.
        let mut sample: Vec<&ItemText> = sorted.to_vec();
        sample.sort_by_key(|text| (tokens::fnv(text.id.as_str().as_bytes()), &text.id));
        sample.truncate(params.max_texts as usize);
        let bags: Vec<Bag> = sample.par_iter().map(|text| bag(&text.text)).collect();
        let borrowed: Vec<&Bag> = bags.iter().collect();
        let terms = Terms::fit(&borrowed, params.max_terms as usize, 1.0);
        let cells = bags.iter().enumerate().flat_map(|(row, bag)| {
            let cells = terms.row(bag).into_iter();
            cells.map(move |(term, value)| (row as u32, term, value))
        });
        let matrix = Csr::from_triplets(bags.len(), terms.len(), cells.collect());
        let (dim, rounds) = (params.dim as usize, params.rounds as usize);
        let spectrum = Spectrum::leading(&matrix, &matrix.transpose(), dim, rounds, seed);
        Self { terms, directions: spectrum.vectors, ..Self::default() }
    }

    /// Whether nothing can be said of an item from its text.
    pub fn is_silent(&self) -> bool {
        self.map.is_empty()
    }

    /// Length of a content vector.
    pub fn dim(&self) -> usize {
        self.directions.len() / self.terms.len().max(1)
    }

    /// The content vector of a text; zeros where no word is known. At most of length 1.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let dim = self.dim();
        let mut vector = vec![0_f32; dim];
        for (term, value) in self.terms.row(&bag(text)) {
            let direction = &self.directions[term as usize * dim..][..dim];
            for (sum, part) in vector.iter_mut().zip(direction) {
                *sum += value * part;
            }
        }
        vector
    }

    /// The factors people would have given an item with this text; `None` where nothing can be said.
    pub fn factors(&self, text: &str) -> Option<Vec<f32>> {
        if self.is_silent() {
            return None;
        }
        let vector = self.vector(text);
        vector.iter().any(|value| *value != 0.0).then(|| self.map.factors(&vector))
    }

    /// Items that came since the training, by id and text, placed among the others; those whose text says nothing are left
    /// out.
    pub fn place<'t>(&self, texts: impl IntoIterator<Item = (&'t ItemId, String)>) -> ColdItems {
        let texts = texts.into_iter();
        let placed = texts.filter_map(|(id, text)| Some((id.clone(), self.factors(&text)?)));
        ColdItems::new(placed.collect(), self.map.dim(), 0)
    }

    /// The items of the training's texts that nobody used, or too few to count.
    pub fn cold(&self) -> &ColdItems {
        &self.cold
    }

    /// What the fit says of itself.
    pub(crate) fn metrics(&self) -> Vec<(String, f64)> {
        vec![
            ("content.items".to_owned(), f64::from(self.map.items)),
            ("content.agreement".to_owned(), self.map.agreement),
            ("content.cold_items".to_owned(), self.cold.len() as f64),
        ]
    }

    pub(crate) fn arrange(&mut self) {
        self.cold.arrange();
    }

    /// Whether the parts fit together and to factors of this length; run on everything read from outside.
    pub(crate) fn is_consistent(&self, factors: usize) -> bool {
        self.terms.is_consistent()
            && self.directions.len() == self.dim() * self.terms.len()
            && (self.is_silent() || self.map.is_consistent(self.dim(), factors))
            && self.cold.is_consistent(self.map.dim())
    }
}

fn bag(text: &str) -> Bag {
    Bag::words_of(text)
}

#[cfg(test)]
mod tests;
