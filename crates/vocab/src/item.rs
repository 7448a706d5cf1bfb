//! The content library: what the portal can show.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ItemId, NeedId, SiteId, Text};

/// The families of content.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A service matter (办事事项).
    Service,
    /// A policy document (政策文件).
    Policy,
    /// An explanation of a policy (政策解读).
    Interpretation,
    /// A question and its answer.
    Qa,
    /// News.
    #[default]
    News,
    /// A notice or announcement (公告公示).
    Notice,
}

impl ItemKind {
    /// Every kind, in display order.
    pub const ALL: [Self; 6] =
        [Self::Service, Self::Policy, Self::Interpretation, Self::Qa, Self::News, Self::Notice];

    /// The name in the wire format and the warehouse.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Policy => "policy",
            Self::Interpretation => "interpretation",
            Self::Qa => "qa",
            Self::News => "news",
            Self::Notice => "notice",
        }
    }

    /// The kind with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Whom an item is for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Natural persons (自然人).
    Natural,
    /// Businesses and other legal persons (法人).
    Legal,
    /// Everybody.
    #[default]
    All,
}

/// Where an item stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// In force.
    #[default]
    Current,
    /// Changed by a later document.
    Amended,
    /// No longer in force (废止, 失效): searchable, never recommended.
    Repealed,
    /// Kept for the record: searchable, never recommended.
    Archived,
    /// Taken down: gone everywhere.
    Withdrawn,
}

/// Where an item stands in review; only approved content is served (invariant 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Being written.
    #[default]
    Draft,
    /// Waiting for a reviewer.
    Submitted,
    /// May be served.
    Approved,
    /// Sent back.
    Rejected,
}

/// The national fields of a service matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Implementation code (实施编码).
    pub task_code: String,
    /// Statutory time limit in working days; 0 is unknown.
    pub legal_days: u16,
    /// Promised time limit in working days; 0 is unknown.
    pub promised_days: u16,
    /// Visits to an office needed.
    pub visits: u8,
    /// Whether it can be done wholly online.
    pub online: bool,
    /// Whether a self-service terminal can do it.
    pub terminal: bool,
    /// Whether a fee is charged.
    pub fee: bool,
    /// Documents to bring.
    pub materials: Vec<String>,
    /// Conditions of acceptance.
    pub conditions: String,
    /// Where to do it online.
    pub online_url: String,
}

/// One item of the content library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Unique over all sites.
    pub id: ItemId,
    /// The site that publishes it.
    pub site: SiteId,
    /// Its family.
    pub kind: ItemKind,
    /// Title; English may be empty.
    pub title: Text,
    /// One or two sentences.
    pub summary: Text,
    /// Full text, plain.
    pub body: String,
    /// Address on the portal.
    pub url: String,
    /// Column (栏目).
    pub column: String,
    /// Department that publishes it.
    pub dept: String,
    /// Administrative division (GB/T 2260); empty is everywhere.
    pub region: String,
    /// Whom it is for.
    pub audience: Audience,
    /// Needs an editor set; inferred ones live in the model, not here.
    pub needs: Vec<NeedId>,
    /// National service themes, for example `N005`.
    pub themes: Vec<String>,
    /// Document topic, for example `T15`.
    pub topic: String,
    /// Number of the document (发文字号).
    pub doc_number: String,
    /// Plain-language names (日常用语).
    pub aliases: Vec<String>,
    /// Items this one explains, answers or belongs to.
    pub relates_to: Vec<ItemId>,
    /// When it was published.
    pub published_at: Timestamp,
    /// When it stops to matter.
    pub expires_at: Option<Timestamp>,
    /// 0 ordinary to 3 must be seen by everybody.
    pub importance: u8,
    /// Must be shown by order of a higher authority.
    pub mandated: bool,
    /// Emergency: before everything else, on every channel.
    pub emergency: bool,
    /// Stand in its life.
    pub lifecycle: Lifecycle,
    /// Stand in review.
    pub review: ReviewState,
    /// The national fields, for a service matter.
    pub service: Option<Service>,
}

/// Characters of the full text that models read: its beginning says what it is about.
const READ_OF_BODY: usize = 4_000;

impl Item {
    /// What models read of it, at training and for items that came since: title first, then whatever describes it, and the
    /// beginning of its text.
    pub fn reading(&self) -> String {
        let body = self
            .body
            .char_indices()
            .nth(READ_OF_BODY)
            .map_or(&*self.body, |(end, _)| &self.body[..end]);
        let mut parts =
            vec![&*self.title.zh, &*self.title.en, &*self.summary.zh, &*self.summary.en];
        parts.extend(self.aliases.iter().map(String::as_str));
        parts.push(body);
        parts.retain(|part| !part.is_empty());
        parts.join("\n")
    }

    /// Whether the item may be found at all: approved and not withdrawn (invariant 8).
    pub fn is_servable(&self) -> bool {
        self.review == ReviewState::Approved && self.lifecycle != Lifecycle::Withdrawn
    }

    /// Whether the item may be recommended at `now`: servable, in force, not expired.
    pub fn is_recommendable(&self, now: Timestamp) -> bool {
        self.is_servable()
            && matches!(self.lifecycle, Lifecycle::Current | Lifecycle::Amended)
            && self.expires_at.is_none_or(|end| end > now)
            && self.published_at <= now
    }
}
