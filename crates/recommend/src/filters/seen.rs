//! Takes out what the person used lately; services stay longer interesting, so the days are set in the definition.

use std::collections::HashSet;

use serde::Deserialize;

use crate::candidate::Candidate;
use crate::catalogue::Place;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

const DAY_MS: i64 = 86_400_000;

/// The filter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Days an item stays away after it was used.
    pub days: u16,
    /// Whether it stays away even where the list would else be too short.
    #[serde(default)]
    pub hard: bool,
}

impl Filter for Seen {
    fn name(&self) -> &'static str {
        "seen"
    }

    fn is_soft(&self) -> bool {
        !self.hard
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let since = context.now - i64::from(self.days) * DAY_MS;
        let seen: HashSet<Place> =
            context.did.iter().filter(|did| did.at >= since).map(|did| did.item).collect();
        split(candidates, |candidate| {
            candidate.reserved().is_some() || !seen.contains(&candidate.item)
        })
    }
}
