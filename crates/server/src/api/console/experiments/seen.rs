//! What came of an arm: who saw it, what they clicked, and how sure that is.

use recommend::experiment::{Clicks, Rate};
use serde::Serialize;
use utoipa::ToSchema;
use warehouse::ArmCount;

/// A rate or a difference of rates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Span {
    /// The estimate.
    pub value: f64,
    /// It lies above this with a probability of 97.5 %; absent while there are too few units or clicks to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// And as probably below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl From<Rate> for Span {
    fn from(rate: Rate) -> Self {
        let (low, high) = rate.interval().unzip();
        Self { value: rate.value, low, high }
    }
}

/// Who saw lists of an arm, and what they clicked.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Seen {
    /// Visitors with a profile, and visits of those without, who saw a list of it.
    pub units: u64,
    /// Items shown.
    pub impressions: u64,
    /// Of those, items clicked.
    pub clicks: u64,
    /// Clicks per impression; absent where nothing was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctr: Option<Span>,
    #[serde(skip)]
    rate: Option<Rate>,
}

impl Seen {
    /// How far its clicks per impression are above those of another arm.
    pub fn above(&self, other: &Self) -> Option<Span> {
        Some(self.rate?.above(&other.rate?).into())
    }
}

impl From<&ArmCount> for Seen {
    fn from(count: &ArmCount) -> Self {
        let clicks = Clicks {
            units: count.units,
            shown: count.impressions,
            clicked: count.clicks,
            shown_squared: count.impressions_squared,
            clicked_squared: count.clicks_squared,
            product: count.product,
        };
        let rate = clicks.rate();
        Self {
            units: count.units,
            impressions: count.impressions,
            clicks: count.clicks,
            ctr: rate.map(|rate| Span {
                // A share is one, whatever the normal distribution says.
                low: Span::from(rate).low.map(|low| low.max(0.0)),
                high: Span::from(rate).high.map(|high| high.min(1.0)),
                value: rate.value,
            }),
            rate,
        }
    }
}
