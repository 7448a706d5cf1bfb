//! What people with similar behaviour use: the items nearest to the person's vector.

use std::borrow::Cow;
use std::sync::Arc;

use insight::Models;
use vocab::{PrivacyMode, ReasonCode, VisitorId};

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;
use crate::world::Scored;
use crate::world::recall::digest;

/// Items of the history a vector is folded in from.
const LOOKED_AT: usize = 50;
/// Cells of item vectors that are scanned: about 2,500 of 100,000 items.
pub(super) const CELLS: usize = 16;

/// The source.
#[derive(Debug)]
pub struct Factors {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Factors {
    fn name(&self) -> &'static str {
        "factors"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.visitor().is_some() && context.world.models().is_some()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Factors, true);
        for &(place, score) in self.near(context).iter() {
            pool.add(place, score, About::Nothing);
        }
        pool.best(self.limit)
    }
}

impl Factors {
    fn near(&self, context: &Context<'_>) -> Arc<[Scored]> {
        let base = context.base();
        let Some(person) = Person::of(context) else { return Arc::from([]) };
        context.world.recall.near.get_with(person.key(self.limit), || {
            let models = person.models;
            let vector = person.vector();
            let nearest = models.factors.top_near(&vector, self.limit * 2, CELLS, &|_| false);
            let here = |(position, score): (u32, f32)| {
                let place = *base.from_model.get(position as usize)?;
                (place != u32::MAX && score > 0.0).then_some((place, score.min(1.0)))
            };
            nearest.into_iter().filter_map(here).collect()
        })
    }
}

/// Who asks, as the factorisation sees them.
pub(super) struct Person<'m> {
    visitor: VisitorId,
    /// What they did, by the models' positions.
    pub(super) history: Vec<(u32, f32)>,
    stored: Option<&'m [f32]>,
    pub(super) models: &'m Models,
}

impl<'m> Person<'m> {
    /// `None` of whom nothing may be known, or nothing is.
    pub(super) fn of(context: &'m Context<'_>) -> Option<Self> {
        let base = context.base();
        let (visitor, models) = (context.visitor()?, base.models.as_deref()?);
        let history: Vec<(u32, f32)> = context
            .did
            .iter()
            .take(LOOKED_AT)
            .map(|did| (base.to_model[did.item as usize], did.weight))
            .filter(|(position, _)| *position != u32::MAX)
            .collect();
        // A stored vector is a profile: in a session, and for newcomers, only the visit speaks.
        let stored = (context.mode() == PrivacyMode::Profile && history.is_empty())
            .then(|| models.factors.visitor(visitor))
            .flatten();
        let is_known = stored.is_some() || !history.is_empty();
        is_known.then_some(Self { visitor, history, stored, models })
    }

    /// What so many items would come out the same for: this person with this history.
    pub(super) fn key(&self, limit: usize) -> (VisitorId, u64, usize) {
        (self.visitor, digest(&self.history), limit)
    }

    /// The stored vector, or one folded in from the history: some microseconds.
    pub(super) fn vector(&self) -> Cow<'m, [f32]> {
        match self.stored {
            Some(stored) => Cow::Borrowed(stored),
            None => Cow::Owned(self.models.factors.fold_in(&self.history)),
        }
    }
}
