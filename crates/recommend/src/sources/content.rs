//! What reads like the item on the page, or like what the person used last: the full-text index compares.

use std::sync::Arc;

use jiff::Timestamp;
use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::catalogue::Place;
use crate::context::Context;
use crate::pipeline::stage::Source;
use crate::world::Scored;

/// Items of the history that are looked at.
const LOOKED_AT: usize = 3;
/// Results for one item that are kept.
const RESULTS: usize = 30;

/// The source.
#[derive(Debug)]
pub struct Content {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Content {
    fn name(&self) -> &'static str {
        "content"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.base().search.is_some() && (context.item.is_some() || !context.did.is_empty())
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let history = context.did.iter().map(|did| did.item).take(LOOKED_AT);
        let (like, personal): (Vec<Place>, bool) = match context.item {
            // The page speaks for itself: nothing of the person is used.
            Some(item) => (vec![item], false),
            None => (history.collect(), true),
        };
        let mut pool = Pool::new(self.name(), ReasonCode::Content, personal);
        for (nth, item) in like.into_iter().enumerate() {
            for &(place, score) in alike(context, item).iter() {
                pool.add(place, score / (1.0 + nth as f32 * 0.5), About::Item(item));
            }
        }
        pool.best(self.limit)
    }
}

/// Items like one, 0 to 1 by the best of them; remembered for a minute.
fn alike(context: &Context<'_>, item: Place) -> Arc<[Scored]> {
    let base = context.base();
    let Some(index) = &base.search else { return Arc::from([]) };
    let now: Timestamp = context.request().now;
    context.world.recall.alike.get_with(item, || {
        match index.more_like_this(&base.catalogue.at(item).id, RESULTS, now) {
            Ok(found) => {
                let most = found.first().map_or(1.0, |best| best.score).max(f32::MIN_POSITIVE);
                let here = found.iter().filter_map(|one| {
                    let place = base.catalogue.place(&one.id).filter(|place| *place != item)?;
                    Some((place, one.score / most))
                });
                here.collect()
            }
            Err(error) => {
                tracing::warn!(error = %error, "items of similar text are left out");
                Arc::from([])
            }
        }
    })
}
