//! What a request gets back; the schema is the same whatever was known of the person.

use std::collections::BTreeMap;

use serde::Serialize;
use vocab::{Event, ItemId, Reason, RequestId};

use crate::objectives::ShownItem;

/// A list of items.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Response {
    /// Joins the list to the clicks that follow.
    pub request_id: RequestId,
    /// The pipeline and the digest of its definition, for example `home@1a2b3c4d`.
    pub policy: String,
    /// Whether models were missing or the deadline cut the work short: the list is simpler, not wrong.
    pub degraded: bool,
    /// Whether any item was chosen with the person's own behaviour or wishes.
    pub personalized: bool,
    /// The experiment and the arm the request is in, `name:arm`; empty is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub experiment: String,
    /// The list, best first.
    pub items: Vec<Shown>,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The item.
    pub id: ItemId,
    /// Place in the list, from 0; it goes on over the pages of one list.
    pub position: u16,
    /// The score it was ordered by; comparable within one list only.
    pub score: f32,
    /// Why it is shown.
    pub reason: Reason,
    /// The component that led to it.
    pub source: &'static str,
    /// Whether the person's own behaviour or wishes led to it.
    pub personalized: bool,
    /// How likely this item was to stand here given the request; 1 unless chance decided. Off-policy evaluation
    /// divides by it.
    pub propensity: f64,
    /// What every source said and what every scorer added, where the request asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<BTreeMap<String, f32>>,
}

/// One stage's work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageStats {
    /// `source`, `filter`, `score`, `select`, `backfill`, `hydrate` or `effect`.
    pub stage: &'static str,
    /// The component.
    pub name: &'static str,
    /// Candidates before.
    pub before: usize,
    /// Candidates after.
    pub after: usize,
    /// Time in microseconds.
    pub micros: u64,
}

/// A response with what the server does with it afterwards.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What is sent.
    pub response: Response,
    /// What is to be logged: one impression an item.
    pub events: Vec<Event>,
    /// What each item was described by, for whoever learns what becomes of the list.
    pub described: Vec<ShownItem>,
    /// What each stage did, in order.
    pub stages: Vec<StageStats>,
}
