//! How old models may be: those in service by the time of their training, those to be put in service by the age of what
//! they learnt from.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Loaded, Shelf, ShelfError, Version};

impl Shelf {
    /// The version meant, where its gates let it serve at `now`.
    pub(super) fn fit_to_serve(
        &self,
        version: &str,
        now: Timestamp,
    ) -> Result<Version, ShelfError> {
        let found = self.find(version)?;
        if !found.refusals.is_empty() {
            return Err(ShelfError::Refused(found.refusals));
        }
        let stale = self.stale_data(found.uses, found.window_ms.1, now);
        if stale.is_empty() { Ok(found) } else { Err(ShelfError::Stale(stale)) }
    }

    /// What the gates say of the age of data; without any uses there is nothing to be old.
    fn stale_data(&self, uses: u64, last_ms: i64, now: Timestamp) -> Vec<String> {
        if uses == 0 {
            return Vec::new();
        }
        self.definitions.staleness(last_ms, now.as_millisecond())
    }

    /// The version to recommend with: `None` where there is none or it is too old, so answers are `degraded`.
    pub fn servable(&self, now: Timestamp) -> Option<Arc<Loaded>> {
        let loaded = self.loaded()?;
        (age(&loaded, now) <= self.max_age).then_some(loaded)
    }

    /// Age of the version being served.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.loaded().map(|loaded| age(&loaded, now))
    }

    /// Why the version being served is older than it may be, by its own age or by that of its data; empty is fresh.
    pub fn staleness(&self, now: Timestamp) -> Vec<String> {
        let Some(loaded) = self.loaded() else { return Vec::new() };
        let meta = &loaded.models.meta;
        let mut stale = self.stale_data(meta.uses, meta.last_ms, now);
        if age(&loaded, now) > self.max_age {
            stale.push("trained longer ago than training.max_age: lists are degraded".to_owned());
        }
        stale
    }
}

pub(super) fn age(loaded: &Loaded, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(loaded.trained_at)).unwrap_or_default()
}
