//! Items nobody has used yet, near to the person's vector by what is written on them.

use std::sync::Arc;

use vocab::ReasonCode;

use super::Pool;
use super::factors::{CELLS, Person};
use crate::candidate::{About, Candidate};
use crate::catalogue::Place;
use crate::context::Context;
use crate::pipeline::stage::Source;
use crate::world::cold::Near;

/// The source.
#[derive(Debug)]
pub struct ColdStart {
    /// Most candidates.
    pub limit: usize,
}

impl Source for ColdStart {
    fn name(&self) -> &'static str {
        "cold_start"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.visitor().is_some() && !context.base().cold.is_empty()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Content, true);
        for &Near { place, score, because } in self.near(context).iter() {
            pool.add(place, score, About::Item(because));
        }
        pool.best(self.limit)
    }
}

impl ColdStart {
    fn near(&self, context: &Context<'_>) -> Arc<[Near]> {
        let base = context.base();
        // Without a history nothing could be said to be alike.
        let person = Person::of(context).filter(|person| !person.history.is_empty());
        let Some(person) = person else { return Arc::from([]) };
        context.world.recall.cold.get_with(person.key(self.limit), || {
            let vector = person.vector();
            let nearest = base.cold.top_near(person.models, &vector, self.limit * 2, CELLS);
            let near = |(place, score): (Place, f32)| {
                let because = because(context, &person, place)?;
                Some(Near { place, score: score.min(1.0), because })
            };
            nearest.into_iter().filter_map(near).collect()
        })
    }
}

/// What of the history speaks most for an item: without it nobody could be told why.
fn because(context: &Context<'_>, person: &Person<'_>, place: Place) -> Option<Place> {
    let base = context.base();
    let vector = base.cold.vector(person.models, &base.catalogue.at(place).id)?;
    let says = |&(position, weight): &(u32, f32)| {
        (position, weight * person.models.factors.score(vector, position))
    };
    let spoken = person.history.iter().map(says).filter(|(_, score)| *score > 0.0);
    let (position, _) = spoken.min_by(|&a, &b| insight::ranking::best_first(a, b))?;
    base.from_model.get(position as usize).copied().filter(|&place| place != u32::MAX)
}
