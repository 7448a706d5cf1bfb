//! An item on its way into a list, with everything that speaks for it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use vocab::{Reason, ReasonCode};

use crate::Segment;
use crate::catalogue::{Catalogue, Place};

/// What a signal rests on.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// Nothing that could be named.
    Nothing,
    /// A need, by position in the taxonomy.
    Need(u16),
    /// Another item.
    Item(Place),
    /// Words: a department, a column, a query.
    Words(Arc<str>),
    /// A part of everybody that uses it.
    Among(Segment),
}

/// One source's word for an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The component.
    pub source: &'static str,
    /// The kind of reason it gives.
    pub code: ReasonCode,
    /// How strongly, 0 to 1.
    pub score: f32,
    /// Its part of the candidate's score, set by the scorer.
    pub share: f32,
    /// What it rests on.
    pub about: About,
    /// Whether the person's own behaviour or wishes led to it.
    pub personal: bool,
}

/// An item with its signals.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The item.
    pub item: Place,
    /// What speaks for it, in the order of the sources; never empty.
    pub signals: Vec<Signal>,
    /// Set by the scorers.
    pub score: f32,
    /// Set after selection.
    pub reason: Option<Reason>,
    /// How likely the selector was to put it where it is; 1 unless chance decided.
    pub propensity: f64,
    /// What each component gave, where the request asks for it.
    pub features: Option<BTreeMap<String, f32>>,
}

impl Candidate {
    /// A candidate with one signal.
    pub fn new(item: Place, signal: Signal) -> Self {
        Self {
            item,
            signals: vec![signal],
            score: 0.0,
            reason: None,
            propensity: 1.0,
            features: None,
        }
    }

    /// The order that gives it a reserved slot: emergency, mandated or curated.
    pub fn reserved(&self) -> Option<ReasonCode> {
        self.signals
            .iter()
            .map(|signal| signal.code)
            .min()
            .filter(|code| *code <= ReasonCode::Curated)
    }

    /// Whether anything of the person's own led to it.
    pub fn is_personal(&self) -> bool {
        self.signals.iter().any(|signal| signal.personal)
    }

    /// The signal that explains it: a reserved slot's order, then a subscription, then the largest share.
    pub fn lead(&self) -> Option<&Signal> {
        let share = |signal: &Signal| {
            if signal.share.is_finite() { signal.share } else { f32::NEG_INFINITY }
        };
        let binding = |signal: &Signal| signal.code <= ReasonCode::Subscribed;
        self.signals.iter().min_by(|a, b| {
            let first = (!binding(a)).cmp(&!binding(b));
            let order = if binding(a) && binding(b) {
                Ordering::Equal
            } else {
                share(b).total_cmp(&share(a))
            };
            first.then(order).then(a.code.cmp(&b.code))
        })
    }
}

/// Best first: higher score, then smaller id; scores that are not finite sink.
pub fn best_first(catalogue: &Catalogue, a: &Candidate, b: &Candidate) -> Ordering {
    let sink = |score: f32| if score.is_finite() { score } else { f32::NEG_INFINITY };
    sink(b.score)
        .total_cmp(&sink(a.score))
        .then_with(|| catalogue.at(a.item).id.cmp(&catalogue.at(b.item).id))
}
