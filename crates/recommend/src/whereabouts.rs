//! Where an item is in a list and why, or at which stage it was left out: what editors ask.

use serde::Serialize;
use vocab::ItemId;

use crate::context::Context;
use crate::pipeline::Pipeline;
use crate::pipeline::run::{Merged, score};
use crate::pipeline::stage::Stats;
use crate::{Query, World};

/// What became of an item in one list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Whereabouts {
    /// It is in the list.
    Shown {
        /// Its place, from 0.
        position: usize,
        /// The component that led to it.
        source: &'static str,
        /// Comparable within one list only.
        score: f32,
    },
    /// It was good enough, others were better.
    NotChosen {
        /// How many of those not chosen are better.
        behind: usize,
        /// Comparable within one list only.
        score: f32,
    },
    /// A filter took it out.
    Removed {
        /// Which.
        filter: &'static str,
    },
    /// No source proposed it.
    NotProposed,
    /// It may not be served: it is not approved, or withdrawn.
    NotServed,
}

/// Follows one item through a pipeline. It counts nothing and is not bound to the pipeline's deadline. What fills a list
/// that stays too short (soft filters' items, the fallback) is not followed.
pub fn whereabouts(
    pipeline: &Pipeline,
    query: &Query,
    world: &World,
    item: &ItemId,
) -> Whereabouts {
    let Some(place) = world.catalogue().place(item) else { return Whereabouts::NotServed };
    let mut stats = Stats::default();
    let mut context = Context::new(query, world, &pipeline.name, pipeline.result_size);
    for hydrator in &pipeline.query_hydrators {
        hydrator.run(&mut context, &mut stats);
    }
    let mut merged = Merged::default();
    for source in &pipeline.sources {
        merged.add(source.run(&context, &mut stats));
    }
    let mut candidates = merged.candidates;
    if candidates.iter().all(|candidate| candidate.item != place) {
        return Whereabouts::NotProposed;
    }
    for filter in &pipeline.filters {
        let filtered = filter.run(&context, candidates, &mut stats);
        if filtered.removed.iter().any(|candidate| candidate.item == place) {
            return Whereabouts::Removed { filter: filter.name() };
        }
        candidates = filtered.kept;
    }
    score(pipeline, &context, &mut candidates, &mut stats);
    let chosen = pipeline.selector.run(&context, candidates, &mut stats);
    let finite = |score: f32| if score.is_finite() { score } else { 0.0 };
    if let Some(position) = chosen.selected.iter().position(|candidate| candidate.item == place) {
        let candidate = &chosen.selected[position];
        let source = candidate.lead().map_or("", |signal| signal.source);
        return Whereabouts::Shown { position, source, score: finite(candidate.score) };
    }
    let behind = chosen.rest.iter().position(|candidate| candidate.item == place).unwrap_or(0);
    let score = chosen.rest.get(behind).map_or(0.0, |candidate| finite(candidate.score));
    Whereabouts::NotChosen { behind, score }
}
