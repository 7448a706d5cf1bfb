//! What editors raised, lowered and took out, by item.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use vocab::{ItemId, SiteId};

use super::{Block, Boost};
use crate::catalogue::{Catalogue, Place};
use crate::context::Context;

/// Where and until when a decision counts.
#[derive(Debug)]
struct Scope {
    pipeline: String,
    site: SiteId,
    until: Option<Timestamp>,
}

impl Scope {
    fn covers(&self, context: &Context<'_>) -> bool {
        let request = context.request();
        (self.pipeline.is_empty() || self.pipeline == context.pipeline)
            && (self.site == SiteId(0) || request.site == SiteId(0) || self.site == request.site)
            && self.until.is_none_or(|until| until > request.now)
    }
}

/// Decisions about items.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    boosts: HashMap<Place, Vec<(f32, Scope)>>,
    blocks: HashMap<Place, Vec<Scope>>,
    pub(crate) never_from: HashSet<Place>,
    pub(crate) never_to: HashSet<Place>,
}

impl Hand {
    pub(super) fn new(
        catalogue: &Catalogue,
        boosts: Vec<Boost>,
        blocks: Vec<Block>,
        never: [Vec<ItemId>; 2],
    ) -> Self {
        let mut hand = Self::default();
        for Boost { item, factor, pipeline, site, until, .. } in boosts {
            if let Some(place) = catalogue.place(&item).filter(|_| factor.is_finite()) {
                let boost = (factor.clamp(0.1, 10.0), Scope { pipeline, site, until });
                hand.boosts.entry(place).or_default().push(boost);
            }
        }
        for Block { item, pipeline, site, until, .. } in blocks {
            if let Some(place) = catalogue.place(&item) {
                hand.blocks.entry(place).or_default().push(Scope { pipeline, site, until });
            }
        }
        let [from, to] =
            never.map(|items| items.iter().filter_map(|item| catalogue.place(item)).collect());
        (hand.never_from, hand.never_to) = (from, to);
        hand
    }

    /// By how much an item's score is multiplied in this request; of several boosts the last counts.
    pub(crate) fn factor(&self, context: &Context<'_>, item: Place) -> f32 {
        let boosts = self.boosts.get(&item).into_iter().flatten();
        boosts.rev().find(|(_, scope)| scope.covers(context)).map_or(1.0, |(factor, _)| *factor)
    }

    /// Whether anything is taken out at all.
    pub(crate) fn has_blocks(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Whether an item is taken out of this request's list.
    pub(crate) fn is_blocked(&self, context: &Context<'_>, item: Place) -> bool {
        self.blocks.get(&item).is_some_and(|all| all.iter().any(|scope| scope.covers(context)))
    }
}
