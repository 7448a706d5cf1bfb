//! The trained artefact: everything a serving node holds in memory, and how it is made and stored.

mod artefact;
mod card;
mod checkpoint;
pub(crate) mod packed;
mod train;

use serde::{Deserialize, Serialize};
use vocab::ItemId;

use crate::content::ContentModel;
use crate::factors::Factors;
use crate::needs::{NeedModel, NeedReport};
use crate::neighbours::Neighbours;
use crate::params::TrainParams;
use crate::popularity::Popularity;

pub use artefact::FORMAT;
pub(crate) use artefact::hex;
pub use checkpoint::{Checkpoints, Note};
pub use train::{Stage, train, train_resumable};

/// Where a model comes from and what it was made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// SHA-256 of the artefact's content, 64 hexadecimal characters; filled by training and loading.
    #[serde(skip)]
    pub digest: String,
    /// Time of the first use learnt from, milliseconds since 1970.
    pub first_ms: i64,
    /// Time of the last use learnt from ([`crate::Interactions::reference_ms`]): everything decays towards it.
    pub last_ms: i64,
    /// Uses learnt from.
    pub uses: u64,
    /// Visitors learnt from.
    pub visitors: u64,
    /// Visitors left out as robots.
    pub robots: u64,
    /// Uses left out with them.
    pub robot_uses: u64,
    /// Item texts learnt from.
    pub texts: u64,
    /// What the fit says of itself, by name, for example `matrix.cells`; what [`crate::evaluate::HeldOut`] found too.
    pub metrics: Vec<(String, f64)>,
    /// How well needs are recognised.
    pub needs: NeedReport,
    /// The parameters.
    pub params: TrainParams,
}

impl Meta {
    /// What the fit says of itself under this name.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|metric| metric.0 == name).map(|metric| metric.1)
    }
}

/// Everything learnt in one training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Models {
    /// Where it comes from.
    pub meta: Meta,
    /// The items behaviour is known of, ascending: positions in all parts below.
    pub items: Vec<ItemId>,
    /// Vectors of people and items.
    pub factors: Factors,
    /// Item-to-item lists.
    pub neighbours: Neighbours,
    /// Popularity and trends.
    pub popularity: Popularity,
    /// Needs of texts and people.
    pub needs: NeedModel,
    /// Items nobody used, from their texts.
    pub content: ContentModel,
}

impl Models {
    /// Position of an item in factors, neighbours and popularity; `None` where no behaviour is known of it.
    pub fn position(&self, item: &ItemId) -> Option<u32> {
        self.items.binary_search(item).ok().map(|position| position as u32)
    }

    /// The first 8 characters of the digest: stamped on impressions and explanations.
    pub fn digest8(&self) -> &str {
        self.meta.digest.get(..8).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
