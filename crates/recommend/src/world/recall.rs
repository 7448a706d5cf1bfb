//! What was computed a moment ago and would come out the same: kept until the view is swapped.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use vocab::VisitorId;

use super::Scored;
use super::cold::Near;
use crate::catalogue::Place;

/// People whose nearest items are kept, used and unused ones: 20,000 × (120 × 8 + 40 × 12) bytes are 29 MB.
const PEOPLE: u64 = 20_000;
/// Searches whose results are kept.
const SEARCHES: u64 = 5_000;
/// Items whose similar ones are kept.
const ITEMS: u64 = 20_000;
/// How long after they last asked.
const LEFT_AFTER: Duration = Duration::from_mins(30);
/// How long: the index changes while the view stands.
const FOUND_FOR: Duration = Duration::from_secs(60);

/// Bounded memories.
#[derive(Clone, Debug)]
pub(crate) struct Recall {
    /// Nearest items of a person with a given history.
    pub(crate) near: Cache<(VisitorId, u64, usize), Arc<[Scored]>>,
    /// Nearest items nobody used of a person with a given history.
    pub(crate) cold: Cache<(VisitorId, u64, usize), Arc<[Near]>>,
    /// Items found for a query.
    pub(crate) found: Cache<String, Arc<[Scored]>>,
    /// Items of similar text.
    pub(crate) alike: Cache<Place, Arc<[Scored]>>,
}

impl Default for Recall {
    fn default() -> Self {
        let found = Cache::builder().max_capacity(SEARCHES).time_to_live(FOUND_FOR).build();
        let alike = Cache::builder().max_capacity(ITEMS).time_to_live(FOUND_FOR).build();
        Self { near: people(), cold: people(), found, alike }
    }
}

/// Somebody's; forgotten soon after they left.
fn people<V: Clone + Send + Sync + 'static>() -> Cache<(VisitorId, u64, usize), V> {
    Cache::builder().max_capacity(PEOPLE).time_to_idle(LEFT_AFTER).build()
}

/// A digest of a history: another one asks for another vector.
pub(crate) fn digest(history: &[(u32, f32)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (item, weight) in history {
        (item, weight.to_bits()).hash(&mut hasher);
    }
    hasher.finish()
}
