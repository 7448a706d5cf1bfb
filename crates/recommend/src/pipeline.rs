//! The framework: what a pipeline is made of, how it runs, how it is written down.

pub mod definition;
mod explain;
pub mod inline;
pub mod registry;
pub mod run;
pub mod stage;

use std::time::Duration;

use self::stage::{Effect, Filter, Hydrator, QueryHydrator, Scorer, Selector, Source};

/// A definition with its components, ready to run.
pub struct Pipeline {
    /// `home`, `item`, …
    pub(crate) name: String,
    /// Name and digest, for example `home@1a2b3c4d`.
    pub(crate) policy: String,
    /// The surface it serves.
    pub(crate) surface: String,
    /// Items of a list where the request does not say.
    pub(crate) result_size: usize,
    /// After this, sources that are not needed are left out.
    pub(crate) deadline: Duration,
    pub(crate) query_hydrators: Vec<Box<dyn QueryHydrator>>,
    pub(crate) sources: Vec<Box<dyn Source>>,
    pub(crate) filters: Vec<Box<dyn Filter>>,
    pub(crate) scorers: Vec<Box<dyn Scorer>>,
    pub(crate) selector: Box<dyn Selector>,
    /// Fills the list when filters emptied it.
    pub(crate) fallback: Box<dyn Source>,
    pub(crate) hydrators: Vec<Box<dyn Hydrator>>,
    pub(crate) effects: Vec<Box<dyn Effect>>,
    pub(crate) tests: Vec<inline::InlineTest>,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name and digest of the definition: stamped on every answer and impression.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The surface it serves.
    pub fn surface(&self) -> &str {
        &self.surface
    }

    /// Names of the sources its items come from, in order.
    pub fn sources(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.sources.iter().map(|source| source.name())
    }

    /// How many tests the definition carries.
    pub fn tests(&self) -> usize {
        self.tests.len()
    }
}
