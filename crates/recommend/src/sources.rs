//! Where candidates come from, one component a file.

pub mod category;
pub mod cold_start;
pub mod content;
pub mod editorial;
pub mod emergency;
pub mod factors;
pub mod fresh;
pub mod mandated;
pub mod needs;
pub mod next;
pub mod popular;
pub mod search_intent;
pub mod session;
pub mod similar;
pub mod subscriptions;
pub mod trending;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use vocab::ReasonCode;

use crate::Segment;
use crate::candidate::{About, Candidate, Signal};
use crate::catalogue::Place;
use crate::context::{Context, Did};
use crate::world::{Placed, Scored};

/// Parameters every source has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Most candidates.
    pub limit: usize,
}

/// Parameters of the sources that ask what others use.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfCrowd {
    /// Most candidates.
    pub limit: usize,
    /// Whether everybody counts, wherever the list is shown; else those of the same channel, division and audience do
    /// first.
    #[serde(default)]
    pub everybody: bool,
}

impl OfCrowd {
    /// Fills the pool from the list of the request's own part of everybody, where there is one; what is left from
    /// everybody's.
    fn fill(
        self,
        context: &Context<'_>,
        pool: &mut Pool,
        crowd: Option<(Segment, &[Placed])>,
        everybody: &[Scored],
    ) {
        let fits = |place| fits(context, place);
        let mut last = 1.0_f32;
        if let Some((part, list)) = crowd.filter(|_| !self.everybody) {
            for placed in list.iter().filter(|placed| fits(placed.place)).take(self.limit) {
                let about = if placed.own { About::Among(part) } else { About::Nothing };
                pool.add(placed.place, placed.score, about);
                last = placed.score;
            }
        }
        let left = self.limit.saturating_sub(pool.len());
        if left == 0 {
            return;
        }
        let more = everybody.iter().filter(|(place, _)| !pool.has(*place) && fits(*place));
        let more: Vec<Scored> = more.take(left).copied().collect();
        for (place, score) in more {
            // What stood too far behind for the part's list stays behind it, in its own order.
            pool.add(place, score * last, About::Nothing);
        }
    }
}

/// The strongest signal for each item, collected in any order.
#[derive(Debug)]
pub(crate) struct Pool {
    source: &'static str,
    code: ReasonCode,
    personal: bool,
    found: FxHashMap<Place, (f32, About)>,
}

impl Pool {
    pub(crate) fn new(source: &'static str, code: ReasonCode, personal: bool) -> Self {
        Self { source, code, personal, found: FxHashMap::default() }
    }

    /// Notes a signal; of several for one item the strongest counts.
    pub(crate) fn add(&mut self, item: Place, score: f32, about: About) {
        let score = if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 };
        let entry = self.found.entry(item).or_insert((f32::NEG_INFINITY, About::Nothing));
        if score > entry.0 {
            *entry = (score, about);
        }
    }

    fn len(&self) -> usize {
        self.found.len()
    }

    fn has(&self, item: Place) -> bool {
        self.found.contains_key(&item)
    }

    /// The best `limit`, best first, ties by place.
    pub(crate) fn best(self, limit: usize) -> Vec<Candidate> {
        let mut found: Vec<_> = self.found.into_iter().collect();
        found.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        let signal = |score, about| Signal {
            source: self.source,
            code: self.code,
            score,
            share: 0.0,
            about,
            personal: self.personal,
        };
        found
            .into_iter()
            .map(|(item, (score, about))| Candidate::new(item, signal(score, about)))
            .collect()
    }
}

/// What goes with items of the history: neighbours where behaviour is known, else what belongs together and serves the
/// same need. The newer and stronger a trace, the more it says.
fn beside(context: &Context<'_>, pool: &mut Pool, history: &[Did], each: usize) {
    for (nth, did) in history.iter().enumerate() {
        let strength = 1.0 / (1.0 + nth as f32 * 0.25) * (0.5 + 0.5 * did.weight.min(1.0));
        for (item, score) in related(context, did.item, each) {
            pool.add(item, strength * score, About::Item(did.item));
        }
    }
}

/// Items that go with one item, 0 to 1; never itself.
fn related(context: &Context<'_>, item: Place, each: usize) -> Vec<(Place, f32)> {
    let base = context.base();
    let mut found = Vec::new();
    if let Some(models) = &base.models {
        let position = base.to_model[item as usize];
        for (other, score) in models.neighbours.related(position, each) {
            match base.from_model.get(other as usize) {
                // Each of the two lists gives at most 1.
                Some(&place) if place != u32::MAX => found.push((place, (score / 2.0).min(1.0))),
                _ => {}
            }
        }
    }
    let catalogue = &base.catalogue;
    let belongs = catalogue.at(item).relates_to.iter().filter_map(|id| catalogue.place(id));
    found.extend(belongs.map(|place| (place, 0.9)));
    if found.len() < each {
        for &(need, probability) in base.needs[item as usize].iter().take(2) {
            let list = base.by_need.get(usize::from(need)).into_iter().flatten();
            found.extend(
                list.take(each - found.len().min(each))
                    .map(|&(place, p)| (place, 0.5 * probability * p)),
            );
        }
    }
    found.retain(|(place, _)| *place != item);
    found
}

/// Whether an item of a list for everybody suits the request: lists are long, so what a filter would remove anyway
/// should not use up the limit.
fn fits(context: &Context<'_>, place: Place) -> bool {
    let entry = context.world.catalogue().at(place);
    entry.is_recommendable(context.now)
        && crate::filters::site::suits(context, entry)
        && crate::filters::region::suits(context, entry)
        && crate::filters::audience::suits(context, entry)
}
