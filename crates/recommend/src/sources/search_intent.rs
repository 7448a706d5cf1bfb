//! What belongs to something the person searched for lately.

use std::sync::Arc;

use search::SearchQuery;
use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;
use crate::world::Scored;

/// Latest searches that are looked at.
const LOOKED_AT: usize = 3;
/// Results of one search that are kept.
const RESULTS: usize = 20;

/// The source.
#[derive(Debug)]
pub struct SearchIntent {
    /// Most candidates.
    pub limit: usize,
}

impl Source for SearchIntent {
    fn name(&self) -> &'static str {
        "search_intent"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.base().search.is_some() && !context.profile.searches.is_empty()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut searches: Vec<_> = context.profile.searches.iter().collect();
        searches.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut pool = Pool::new(self.name(), ReasonCode::Search, true);
        for (nth, (words, _)) in searches.into_iter().take(LOOKED_AT).enumerate() {
            let about = About::Words(Arc::from(words.as_str()));
            for &(place, score) in found(context, words).iter() {
                pool.add(place, score / (1.0 + nth as f32), about.clone());
            }
        }
        pool.best(self.limit)
    }
}

/// The first results for some words, by rank 1 to 0; remembered for a minute.
pub(super) fn found(context: &Context<'_>, words: &str) -> Arc<[Scored]> {
    let base = context.base();
    let Some(index) = &base.search else { return Arc::from([]) };
    context.world.recall.found.get_with(words.to_owned(), || {
        let mut query = SearchQuery::new(words, context.request().now);
        query.limit = RESULTS;
        match index.search(&query, &|_| 0.0) {
            Ok(results) => (0_u8..)
                .zip(results.hits.iter().filter(|hit| hit.current))
                .filter_map(|(rank, hit)| {
                    Some((base.catalogue.place(&hit.id)?, 1.0 - f32::from(rank) / RESULTS as f32))
                })
                .collect(),
            Err(error) => {
                tracing::warn!(error = %error, "search intent is left out");
                Arc::from([])
            }
        }
    })
}
