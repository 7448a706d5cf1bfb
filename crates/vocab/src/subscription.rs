//! What a person asked to be told about; it always outranks what the engine infers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{SiteId, VisitorId};

/// What a subscription follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Target {
    /// A need of the taxonomy.
    Need(String),
    /// A department.
    Dept(String),
    /// A column.
    Column(String),
    /// An administrative division.
    Region(String),
    /// One item: its changes.
    Item(String),
    /// Words in a title or text.
    Keyword(String),
}

impl Target {
    /// The kind and the value, as stored.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Need(value) => ("need", value),
            Self::Dept(value) => ("dept", value),
            Self::Column(value) => ("column", value),
            Self::Region(value) => ("region", value),
            Self::Item(value) => ("item", value),
            Self::Keyword(value) => ("keyword", value),
        }
    }

    /// The target from its stored parts.
    pub fn from_parts(kind: &str, value: &str) -> Option<Self> {
        let value = value.to_owned();
        Some(match kind {
            "need" => Self::Need(value),
            "dept" => Self::Dept(value),
            "column" => Self::Column(value),
            "region" => Self::Region(value),
            "item" => Self::Item(value),
            "keyword" => Self::Keyword(value),
            _ => return None,
        })
    }
}

/// One wish of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Whose.
    pub visitor: VisitorId,
    /// On which site.
    pub site: SiteId,
    /// What is followed.
    #[serde(flatten)]
    pub target: Target,
    /// Since when.
    pub created_at: Timestamp,
}
