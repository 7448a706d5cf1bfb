//! What a list is for, learnt while people use it: that an item is opened, found useful, and its service completed.
//!
//! Three propensities over the same features. The place an item was shown at is a feature while learning and the first
//! place while scoring (PAL: Guo et al., `RecSys` 2019), so that what stood on top is not taken for what is good.
//! Usefulness and completion are learnt from what was opened, and count after the probability of that.

mod outcomes;

use insight::propensity::Propensity;
use serde::{Deserialize, Serialize};
use vocab::ItemKind;

use crate::RecommendError;
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::registry::SOURCES;

pub use outcomes::{Outcomes, ShownItem};

/// Features besides the sources' words.
const OWN_NAMES: [&str; OWN] =
    ["popularity", "trend", "newness", "importance", "is_service", "click_rate", "is_personal"];
const OWN: usize = 7;
/// Features of a candidate, without its place.
const FEATURES: usize = SOURCES.len() + OWN;
/// Opened examples before an order is changed by what was learnt.
const ENOUGH: u64 = 200;
const DAY_MS: f32 = 86_400_000.0;

/// What a candidate is described by.
pub type Row = [f32; FEATURES];

/// What each objective counts.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The item is opened.
    pub click: f32,
    /// … and found useful.
    pub useful: f32,
    /// … and the service is completed.
    pub completed: f32,
}

/// The three models.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Objectives {
    click: Propensity,
    useful: Propensity,
    completed: Propensity,
}

impl Objectives {
    /// Models that know nothing.
    ///
    /// # Errors
    /// Never with the parameters used; what the library refuses.
    pub fn new() -> Result<Self, RecommendError> {
        let new = || Propensity::new(FEATURES + 1).map_err(RecommendError::Model);
        Ok(Self { click: new()?, useful: new()?, completed: new()? })
    }

    /// What was learnt as text, to be kept over a restart. Numbers of models only, nothing of any person.
    ///
    /// # Errors
    /// Only where it cannot be encoded, which is a defect.
    pub fn to_json(&self) -> Result<String, RecommendError> {
        let kept = Kept { features: features(), models: self.clone() };
        serde_json::to_string(&kept).map_err(|error| RecommendError::Kept(error.to_string()))
    }

    /// Takes up what [`Objectives::to_json`] gave.
    ///
    /// # Errors
    /// Another text, or models of other features: what their weights stood for is not there any more.
    pub fn from_json(text: &str) -> Result<Self, RecommendError> {
        let refused = |problem: &str| RecommendError::Kept(problem.to_owned());
        let kept: Kept =
            serde_json::from_str(text).map_err(|error| RecommendError::Kept(error.to_string()))?;
        if kept.features != features() {
            return Err(refused("it is of other features"));
        }
        let Self { click, useful, completed } = &kept.models;
        if [click, useful, completed].iter().any(|model| !model.is_consistent(FEATURES + 1)) {
            return Err(refused("its parts do not fit together"));
        }
        Ok(kept.models)
    }

    /// Whether enough was opened to order by it.
    pub fn is_ready(&self) -> bool {
        self.click.examples().1 >= ENOUGH
    }

    /// What showing something with these features first is worth.
    pub fn value(&self, row: &Row, weights: Weights) -> f32 {
        let row = at_place(row, 0);
        let click = self.click.probability(&row);
        let then = |model: &Propensity, weight: f32| {
            if model.examples().1 >= ENOUGH / 10 { weight * model.probability(&row) } else { 0.0 }
        };
        let after = then(&self.useful, weights.useful) + then(&self.completed, weights.completed);
        click * (weights.click + after)
    }

    /// Examples of each model and how many of them were taken: click, useful, completed.
    pub fn examples(&self) -> [(u64, u64); 3] {
        [self.click.examples(), self.useful.examples(), self.completed.examples()]
    }

    fn learn(&mut self, row: &Row, place: u16, became: Became) {
        let row = at_place(row, place);
        self.click.learn(&row, became.opened);
        if became.opened {
            self.completed.learn(&row, became.completed);
        }
        if let Some(useful) = became.useful {
            self.useful.learn(&row, useful);
        }
    }
}

/// The models with the names of what they weigh.
#[derive(Serialize, Deserialize)]
struct Kept {
    features: Vec<String>,
    models: Objectives,
}

fn features() -> Vec<String> {
    SOURCES.iter().chain(&OWN_NAMES).chain(&["place"]).map(|name| (*name).to_owned()).collect()
}

/// What became of a shown item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Became {
    opened: bool,
    useful: Option<bool>,
    completed: bool,
}

fn at_place(row: &Row, place: u16) -> [f32; FEATURES + 1] {
    let mut with = [0.0; FEATURES + 1];
    with[..FEATURES].copy_from_slice(row);
    with[FEATURES] = f32::from(place).ln_1p() / 3.0;
    with
}

/// Describes a candidate: each source's word, then the item's own numbers, all 0 to 1.
pub fn describe(context: &Context<'_>, candidate: &Candidate) -> Row {
    let mut row = [0.0; FEATURES];
    for signal in &candidate.signals {
        if let Some(at) = SOURCES.iter().position(|name| *name == signal.source) {
            row[at] = signal.score.clamp(0.0, 1.0);
        }
    }
    let entry = context.world.catalogue().at(candidate.item);
    let counts = context.world.live.counts(candidate.item);
    let age = (context.now - entry.published).max(0) as f32 / DAY_MS;
    let own = [
        counts.popularity,
        counts.trend.max(1.0).ln() / 5.0,
        (-age / 10.0).exp2(),
        f32::from(entry.importance) / 3.0,
        f32::from(u8::from(entry.kind == ItemKind::Service)),
        (counts.clicks + 1.0) / (counts.impressions + 20.0),
        f32::from(u8::from(candidate.is_personal())),
    ];
    for (value, own) in row[SOURCES.len()..].iter_mut().zip(own) {
        *value = if own.is_finite() { own.clamp(0.0, 1.0) } else { 0.0 };
    }
    row
}

#[cfg(test)]
mod tests;
