//! The stages: one method to write, `run` provided with a span, counts and time.
//!
//! Everything a list is made from is in memory, so every stage is synchronous and fast; the shape is that of
//! x-algorithm's `candidate-pipeline`.

use std::time::Instant;

use vocab::Event;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::response::{Response, StageStats};

/// What the stages did, in order.
#[derive(Debug, Default)]
pub struct Stats(pub(crate) Vec<StageStats>);

impl Stats {
    /// Runs one stage's work inside a span and notes counts and time.
    fn note<T>(
        &mut self,
        stage: &'static str,
        name: &'static str,
        before: usize,
        work: impl FnOnce() -> T,
        after: impl FnOnce(&T) -> usize,
    ) -> T {
        let span = tracing::trace_span!("recommend.stage", stage.kind = stage, stage.name = name)
            .entered();
        let started = Instant::now();
        let out = work();
        let after = after(&out);
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::trace!(
            stage.before = before,
            stage.after = after,
            stage.duration_us = micros,
            "stage is done"
        );
        drop(span);
        self.0.push(StageStats { stage, name, before, after, micros });
        out
    }
}

/// Adds to the request what the other stages need to know.
pub trait QueryHydrator: Send + Sync {
    /// Its name in definitions and statistics.
    fn name(&self) -> &'static str;
    /// Completes the request.
    fn hydrate(&self, context: &mut Context<'_>);
    /// [`QueryHydrator::hydrate`], observed.
    fn run(&self, context: &mut Context<'_>, stats: &mut Stats) {
        let needs = context.needs.len();
        stats.note("query", self.name(), needs, || self.hydrate(context), |()| 0);
    }
}

/// Proposes items.
pub trait Source: Send + Sync {
    /// Its name in definitions and statistics.
    fn name(&self) -> &'static str;
    /// Whether it has anything to say to this request.
    fn enable(&self, _context: &Context<'_>) -> bool {
        true
    }
    /// Whether it must run even after the deadline.
    fn is_needed(&self) -> bool {
        false
    }
    /// Its candidates, best first, each item once.
    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate>;
    /// [`Source::candidates`], observed; nothing where it is not enabled.
    fn run(&self, context: &Context<'_>, stats: &mut Stats) -> Vec<Candidate> {
        if !self.enable(context) {
            return Vec::new();
        }
        stats.note("source", self.name(), 0, || self.candidates(context), Vec::len)
    }
}

/// What a filter made of a list.
#[derive(Debug, Default)]
pub struct Filtered {
    /// Those that stay, in their order.
    pub kept: Vec<Candidate>,
    /// Those that go, in their order.
    pub removed: Vec<Candidate>,
}

/// Takes items out.
pub trait Filter: Send + Sync {
    /// Its name in definitions and statistics.
    fn name(&self) -> &'static str;
    /// Whether what it removed may come back when the list would else be too short.
    fn is_soft(&self) -> bool {
        false
    }
    /// Splits the candidates; none may be lost.
    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered;
    /// [`Filter::filter`], observed.
    fn run(
        &self,
        context: &Context<'_>,
        candidates: Vec<Candidate>,
        stats: &mut Stats,
    ) -> Filtered {
        let before = candidates.len();
        let split = || self.filter(context, candidates);
        let filtered =
            stats.note("filter", self.name(), before, split, |filtered| filtered.kept.len());
        debug_assert_eq!(
            filtered.kept.len() + filtered.removed.len(),
            before,
            "{} lost candidates",
            self.name()
        );
        filtered
    }
}

/// Splits by a condition on each candidate: what most filters do.
pub(crate) fn split(
    mut candidates: Vec<Candidate>,
    mut keep: impl FnMut(&Candidate) -> bool,
) -> Filtered {
    // Candidates are large: those that stay stay where they are.
    let removed = candidates.extract_if(.., |candidate| !keep(candidate)).collect();
    Filtered { kept: candidates, removed }
}

/// Adds to or changes the scores.
pub trait Scorer: Send + Sync {
    /// Its name in definitions and statistics.
    fn name(&self) -> &'static str;
    /// Scores in place: it can neither drop nor reorder.
    fn score(&self, context: &Context<'_>, candidates: &mut [Candidate]);
    /// [`Scorer::score`], observed.
    fn run(&self, context: &Context<'_>, candidates: &mut [Candidate], stats: &mut Stats) {
        let count = candidates.len();
        stats.note("score", self.name(), count, || self.score(context, candidates), |()| count);
    }
}

/// What a selector made of a list.
#[derive(Debug, Default)]
pub struct Selected {
    /// The list, in order.
    pub selected: Vec<Candidate>,
    /// Everything else, best first.
    pub rest: Vec<Candidate>,
}

/// Makes the list.
pub trait Selector: Send + Sync {
    /// Its name in definitions and statistics.
    fn name(&self) -> &'static str;
    /// Chooses and orders at most [`Context::limit`] candidates.
    fn select(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Selected;
    /// [`Selector::select`], observed.
    fn run(
        &self,
        context: &Context<'_>,
        candidates: Vec<Candidate>,
        stats: &mut Stats,
    ) -> Selected {
        let before = candidates.len();
        let choose = || self.select(context, candidates);
        let selected =
            stats.note("select", self.name(), before, choose, |selected| selected.selected.len());
        debug_assert_eq!(
            selected.selected.len() + selected.rest.len(),
            before,
            "{} lost candidates",
            self.name()
        );
        selected
    }
}

/// Completes the chosen items.
pub trait Hydrator: Send + Sync {
    /// Its name in statistics.
    fn name(&self) -> &'static str;
    /// Completes in place: it can neither drop nor reorder.
    fn hydrate(&self, context: &Context<'_>, selected: &mut [Candidate]);
    /// [`Hydrator::hydrate`], observed.
    fn run(&self, context: &Context<'_>, selected: &mut [Candidate], stats: &mut Stats) {
        let count = selected.len();
        stats.note("hydrate", self.name(), count, || self.hydrate(context, selected), |()| count);
    }
}

/// What follows from an answer, as data for the server to act on.
pub trait Effect: Send + Sync {
    /// Its name in definitions and statistics.
    fn name(&self) -> &'static str;
    /// The events to log.
    fn events(&self, context: &Context<'_>, response: &Response) -> Vec<Event>;
    /// [`Effect::events`], observed.
    fn run(&self, context: &Context<'_>, response: &Response, stats: &mut Stats) -> Vec<Event> {
        stats.note(
            "effect",
            self.name(),
            response.items.len(),
            || self.events(context, response),
            Vec::len,
        )
    }
}
