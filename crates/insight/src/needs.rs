//! What people need: needs recognised in texts, and inferred from the texts a person used.
//!
//! Text: weak labels from the taxonomy's words (or an editor's labels) teach a naive Bayes and a centroid model over
//! hashed words and character pairs, and a linear machine a need ([`crate::text`]); a logistic regression turns
//! their evidence into one calibrated probability a need. Which evidence it uses is decided by log-loss on held-out items.
//! People: decayed sums of those probabilities, with minimum evidence, honouring [`vocab::Sensitivity`].

mod calibrate;
mod evidence;
mod fit;
mod infer;
mod lexicon;
mod why;

use serde::{Deserialize, Serialize};
use vocab::{ItemId, NeedId, Sensitivity};

use crate::Result;
use crate::params::{in_range, positive};
use crate::text::{Bag, TextParams, tokens};

use calibrate::Calibration;
use evidence::Evidence;
use lexicon::Lexicon;

pub use fit::NeedReport;
pub use infer::{InferOptions, NeedScore, Scope, Used};

/// The text of an item, and the needs an editor gave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemText {
    /// The item.
    pub id: ItemId,
    /// Title first, then whatever describes it.
    pub text: String,
    /// Positions in [`vocab::Taxonomy::needs`]; empty means "not labelled", and weak labels are used.
    pub labels: Vec<u16>,
}

/// How needs are learnt and inferred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeedParams {
    /// Hash buckets for words and character pairs; a power of two, 256 to 65,536.
    pub buckets: u32,
    /// The linear machines, a need each.
    pub text: TextParams,
    /// Additive smoothing of the naive Bayes, > 0.
    pub smoothing: f32,
    /// A weak label needs at least this much evidence; 1 is one specific word.
    pub weak_threshold: f32,
    /// Needs kept for an item.
    pub per_item: u32,
    /// Needs less probable than this are not kept.
    pub min_probability: f32,
    /// Days after which a use counts half in a person's needs (domain default: 14).
    pub half_life_days: f32,
    /// Uses needed before an inferred need may be kept with the person.
    pub min_events: u32,
    /// Different days those uses must fall on.
    pub min_days: u32,
    /// Minutes from UTC of the day the citizens live in (480 is China).
    pub day_offset_minutes: i32,
    /// Minutes a visit's evidence lasts (privacy mode `session`).
    pub session_minutes: u32,
    /// Evidence, in decayed page views, at which a person is as likely to have the need as not. People look for others
    /// and out of curiosity; the default is what simulated people with known needs showed.
    pub even_evidence: f32,
    /// How fast confidence grows with the logarithm of evidence, > 0; by default as found with the same people.
    pub confidence_slope: f32,
    /// The most needs one person carries.
    pub max_needs: u32,
}

impl Default for NeedParams {
    fn default() -> Self {
        Self {
            buckets: 4_096,
            text: TextParams::default(),
            smoothing: 0.1,
            weak_threshold: 0.9,
            per_item: 4,
            min_probability: 0.1,
            half_life_days: 14.0,
            min_events: 3,
            min_days: 2,
            day_offset_minutes: 480,
            session_minutes: 30,
            even_evidence: 21.0,
            confidence_slope: 1.5,
            max_needs: 20,
        }
    }
}

impl NeedParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("needs.buckets", self.buckets as f32, 256.0, 65_536.0)?;
        if !self.buckets.is_power_of_two() {
            let detail = format!("{}, expected a power of two", self.buckets);
            return Err(crate::InsightError::Parameter { name: "needs.buckets", detail });
        }
        self.text.check()?;
        in_range("needs.smoothing", self.smoothing, 1e-6, 100.0)?;
        in_range("needs.weak_threshold", self.weak_threshold, 0.01, 100.0)?;
        positive("needs.per_item", self.per_item)?;
        in_range("needs.min_probability", self.min_probability, 0.0, 1.0)?;
        in_range("needs.half_life_days", self.half_life_days, 0.001, 36_500.0)?;
        positive("needs.min_events", self.min_events)?;
        positive("needs.min_days", self.min_days)?;
        in_range("needs.day_offset_minutes", self.day_offset_minutes as f32, -720.0, 840.0)?;
        positive("needs.session_minutes", self.session_minutes)?;
        in_range("needs.even_evidence", self.even_evidence, 0.1, 10_000.0)?;
        in_range("needs.confidence_slope", self.confidence_slope, 0.1, 10.0)?;
        positive("needs.max_needs", self.max_needs)
    }
}

/// What the model remembers of a leaf of the taxonomy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Leaf {
    id: NeedId,
    zh: String,
    en: String,
    sensitivity: Sensitivity,
}

/// Recognises needs in texts and infers them from behaviour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedModel {
    params: NeedParams,
    leaves: Vec<Leaf>,
    lexicon: Lexicon,
    evidence: Evidence,
    calibration: Calibration,
    catalogue: Catalogue,
}

/// Needs of the items known at training time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Catalogue {
    items: Vec<ItemId>,
    offsets: Vec<u32>,
    needs: Vec<u16>,
    #[serde(with = "crate::models::packed")]
    probabilities: Vec<f32>,
}

impl NeedModel {
    /// Needs of a text with calibrated probabilities, best first: at most `per_item`, none below `min_probability`.
    /// The first number is the position in the taxonomy the model was trained with.
    pub fn item_needs(&self, text: &str) -> Vec<(u16, f32)> {
        self.select(&self.probabilities(text))
    }

    /// The probability of every need for a text, by position in the taxonomy.
    pub fn probabilities(&self, text: &str) -> Vec<f32> {
        let text = tokens::normalise(text);
        let features = self.evidence.features(
            &tokens::hashed(&text, self.params.buckets),
            &Bag::of_normal(&text),
            &self.lexicon.scores(&text, self.leaves.len()),
        );
        features.iter().map(|row| self.calibration.probability(row)).collect()
    }

    /// Needs of an item known at training time, best first; none for an unknown one (ask [`NeedModel::item_needs`]).
    pub fn needs_of(&self, item: &ItemId) -> impl Iterator<Item = (u16, f32)> + '_ {
        let range = match self.catalogue.items.binary_search(item) {
            Ok(row) => {
                self.catalogue.offsets[row] as usize..self.catalogue.offsets[row + 1] as usize
            }
            Err(_) => 0..0,
        };
        let probabilities = self.catalogue.probabilities[range.clone()].iter().copied();
        self.catalogue.needs[range].iter().copied().zip(probabilities)
    }

    /// The id of a need by its position.
    pub fn need_id(&self, need: u16) -> Option<&NeedId> {
        self.leaves.get(need as usize).map(|leaf| &leaf.id)
    }

    /// The position of a need by its id.
    pub fn need_position(&self, id: &NeedId) -> Option<u16> {
        self.leaves.iter().position(|leaf| leaf.id == *id).map(|position| position as u16)
    }

    /// Number of needs.
    pub fn needs(&self) -> usize {
        self.leaves.len()
    }

    /// The words of a text that speak for a need, for an editor's "why".
    pub fn words(&self, text: &str, need: u16) -> Vec<String> {
        self.lexicon.words(&tokens::normalise(text), need)
    }

    fn select(&self, probabilities: &[f32]) -> Vec<(u16, f32)> {
        let mut best = crate::ranking::Best::new(self.params.per_item as usize);
        for (need, &probability) in probabilities.iter().enumerate() {
            if probability >= self.params.min_probability {
                best.push(need as u32, probability);
            }
        }
        best.into_sorted().into_iter().map(|(need, p)| (need as u16, p)).collect()
    }

    pub(crate) fn is_consistent(&self) -> bool {
        let catalogue = &self.catalogue;
        catalogue.offsets.len() == catalogue.items.len() + 1
            && catalogue.offsets.is_sorted()
            && catalogue.offsets.last().is_some_and(|&end| end as usize == catalogue.needs.len())
            && catalogue.needs.len() == catalogue.probabilities.len()
            && catalogue.needs.iter().all(|&need| (need as usize) < self.leaves.len())
            && catalogue.items.is_sorted()
            && self.params.check().is_ok()
            && self.evidence.is_consistent(self.params.buckets, self.leaves.len())
            && self.lexicon.is_consistent(self.leaves.len())
    }
}

#[cfg(test)]
mod tests;
