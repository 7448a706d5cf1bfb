//! Training parameters: unchecked as written, valid after [`TrainParams::check`]; nothing downstream checks again.

use serde::{Deserialize, Serialize};

use crate::content::ContentParams;
use crate::ease::EaseParams;
use crate::factors::FactorParams;
use crate::graph_filter::GraphFilterParams;
use crate::interactions::Weighting;
use crate::needs::NeedParams;
use crate::neighbours::{AlikeParams, NeighbourParams};
use crate::popularity::PopularityParams;
use crate::{InsightError, Result};

/// Everything that decides what a training makes of its data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainParams {
    /// Seed of every random number.
    pub seed: u64,
    /// How uses become weights.
    pub weighting: Weighting,
    /// Matrix factorisation.
    pub factors: FactorParams,
    /// Item-to-item lists.
    pub neighbours: NeighbourParams,
    /// Needs from text and behaviour.
    pub needs: NeedParams,
    /// Items nobody used, from their texts.
    pub content: ContentParams,
    /// Popularity and trends.
    pub popularity: PopularityParams,
    /// Models of lists made in advance.
    pub offline: OfflineParams,
}

/// Models that score a whole catalogue at once: for lists made in advance and for measuring.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfflineParams {
    /// Graph signal filters.
    pub graph_filter: GraphFilterParams,
    /// People alike.
    pub alike: AlikeParams,
    /// The closed linear item model.
    pub ease: EaseParams,
}

impl OfflineParams {
    fn check(&self) -> Result<()> {
        self.graph_filter.check()?;
        self.alike.check()?;
        self.ease.check()
    }
}

impl TrainParams {
    /// Checks every range.
    ///
    /// # Errors
    /// The first parameter outside its range, by its dotted name.
    pub fn check(self) -> Result<ValidTrainParams> {
        self.weighting.check()?;
        self.factors.check()?;
        self.neighbours.check()?;
        self.needs.check()?;
        self.content.check()?;
        self.popularity.check()?;
        self.offline.check()?;
        Ok(ValidTrainParams(self))
    }
}

/// Parameters that passed [`TrainParams::check`].
#[derive(Clone, Debug, PartialEq)]
pub struct ValidTrainParams(TrainParams);

impl ValidTrainParams {
    /// Read access.
    pub fn get(&self) -> &TrainParams {
        &self.0
    }
}

/// `low ≤ value ≤ high`, or an error naming the parameter.
pub(crate) fn in_range(name: &'static str, value: f32, low: f32, high: f32) -> Result<()> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    Err(InsightError::Parameter { name, detail: format!("{value}, expected {low} to {high}") })
}

/// At least 1, or an error naming the parameter.
pub(crate) fn positive(name: &'static str, value: u32) -> Result<()> {
    if value > 0 {
        return Ok(());
    }
    Err(InsightError::Parameter { name, detail: "0, expected at least 1".to_owned() })
}
