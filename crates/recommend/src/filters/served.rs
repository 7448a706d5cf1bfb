//! Takes out what was shown in lists often enough without being opened.

use serde::Deserialize;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

const HOUR_MS: i64 = 3_600_000;

/// The filter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Served {
    /// Hours looked back.
    pub hours: u16,
    /// Times an item may be shown in them.
    pub times: u16,
    /// Whether it stays away even where the list would else be too short.
    #[serde(default)]
    pub hard: bool,
}

impl Filter for Served {
    fn name(&self) -> &'static str {
        "served"
    }

    fn is_soft(&self) -> bool {
        !self.hard
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let since = context.now - i64::from(self.hours) * HOUR_MS;
        split(candidates, |candidate| {
            candidate.reserved().is_some()
                || context.times_served(candidate.item, since) < usize::from(self.times)
        })
    }
}
