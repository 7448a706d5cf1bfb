//! Pages that get no links and items that get none: lists of the definition and of the editors. Emergencies stay.

use std::collections::BTreeSet;

use serde::Deserialize;
use vocab::{ItemId, ReasonCode};

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The items of a definition.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// By id.
    #[serde(default)]
    pub items: BTreeSet<ItemId>,
}

/// Beside these items nothing is shown but what must be.
#[derive(Debug)]
pub struct NeverFrom(pub Items);

/// These items are shown nowhere.
#[derive(Debug)]
pub struct NeverTo(pub Items);

impl Filter for NeverFrom {
    fn name(&self) -> &'static str {
        "never_from"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let hand = &context.world.live.hand;
        let named = context.request().item.as_ref().is_some_and(|id| self.0.items.contains(id));
        let closed = named || context.item.is_some_and(|item| hand.never_from.contains(&item));
        split(candidates, |candidate| {
            !closed || candidate.reserved().is_some_and(|code| code <= ReasonCode::Mandated)
        })
    }
}

impl Filter for NeverTo {
    fn name(&self) -> &'static str {
        "never_to"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let hand = &context.world.live.hand;
        let catalogue = context.world.catalogue();
        split(candidates, |candidate| {
            candidate.reserved() == Some(ReasonCode::Emergency)
                || !(hand.never_to.contains(&candidate.item)
                    || self.0.items.contains(&catalogue.at(candidate.item).id))
        })
    }
}
