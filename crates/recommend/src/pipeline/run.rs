//! One request through one pipeline.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use vocab::{ItemId, Reason, ReasonCode, Text};

use super::stage::Stats;
use super::{Pipeline, explain};
use crate::candidate::{Candidate, best_first};
use crate::catalogue::Place;
use crate::context::Context;
use crate::objectives::{ShownItem, describe};
use crate::query::MAX_LIMIT;
use crate::response::{Answer, Response, Shown};
use crate::{Query, World, metrics};

/// Everything that was proposed, by what became of it. Each item is in exactly one place.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// The list.
    pub(crate) selected: Vec<Candidate>,
    /// Good enough, but not chosen.
    pub(crate) rest: Vec<Candidate>,
    /// Taken out, with whether they might have come back.
    pub(crate) removed: Vec<(Candidate, bool)>,
    /// Whether the deadline cut the work short.
    pub(crate) late: bool,
    /// How many of the selected came back or were added to fill the list.
    pub(crate) backfilled: usize,
}

/// Makes a list. It cannot fail: what is missing makes the list simpler and `degraded`.
pub fn recommend(pipeline: &Pipeline, query: &Query, world: &World) -> Answer {
    recommend_within(pipeline, query, world, pipeline.deadline)
}

/// The items of the list alone, best first: nothing is counted, logged or learnt from. For lists nobody sees.
pub fn items(pipeline: &Pipeline, query: &Query, world: &World) -> Vec<ItemId> {
    let (until, mut stats) = (Instant::now() + pipeline.deadline, Stats::default());
    let mut context = Context::new(query, world, &pipeline.name, pipeline.result_size);
    for hydrator in &pipeline.query_hydrators {
        hydrator.run(&mut context, &mut stats);
    }
    let flow = choose(pipeline, &context, until, &mut stats);
    let id = |candidate: &Candidate| context.world.catalogue().at(candidate.item).id.clone();
    flow.selected.iter().map(id).collect()
}

/// [`recommend`] with another deadline.
pub(crate) fn recommend_within(
    pipeline: &Pipeline,
    query: &Query,
    world: &World,
    deadline: Duration,
) -> Answer {
    let started = Instant::now();
    let mut stats = Stats::default();
    let mut context = Context::new(query, world, &pipeline.name, pipeline.result_size);
    for hydrator in &pipeline.query_hydrators {
        hydrator.run(&mut context, &mut stats);
    }
    let mut flow = choose(pipeline, &context, started + deadline, &mut stats);
    for hydrator in &pipeline.hydrators {
        hydrator.run(&context, &mut flow.selected, &mut stats);
    }
    let degraded = flow.late || world.models().is_none();
    let first = u16::try_from(query.exclude.len()).unwrap_or(u16::MAX - MAX_LIMIT as u16);
    let items: Vec<Shown> = (first.min(u16::MAX - MAX_LIMIT as u16)..)
        .zip(&flow.selected)
        .map(|(position, candidate)| shown(&context, position, candidate))
        .collect();
    let response = Response {
        request_id: query.request,
        policy: pipeline.policy.clone(),
        degraded,
        personalized: items.iter().any(|item| item.personalized),
        experiment: query.experiment.clone(),
        items,
    };
    let mut events = Vec::new();
    for effect in &pipeline.effects {
        events.extend(effect.run(&context, &response, &mut stats));
    }
    report(pipeline, &flow, degraded, started);
    let described = described(&context, &flow.selected, &response);
    Answer { response, events, described, stages: stats.0 }
}

/// Sources, filters, scorers, selector, and filling up.
pub(crate) fn choose(
    pipeline: &Pipeline,
    context: &Context<'_>,
    until: Instant,
    stats: &mut Stats,
) -> Flow {
    let mut flow = Flow::default();
    let mut merged = Merged::default();
    for source in &pipeline.sources {
        if Instant::now() > until && !source.is_needed() {
            flow.late = true;
            continue;
        }
        merged.add(source.run(context, stats));
    }
    let mut candidates = merged.candidates;
    for filter in &pipeline.filters {
        let filtered = filter.run(context, candidates, stats);
        candidates = filtered.kept;
        flow.removed
            .extend(filtered.removed.into_iter().map(|candidate| (candidate, filter.is_soft())));
    }
    score(pipeline, context, &mut candidates, stats);
    let selected = pipeline.selector.run(context, candidates, stats);
    flow.selected = selected.selected;
    flow.rest = selected.rest;
    if flow.selected.len() < context.limit {
        fill(pipeline, context, &mut flow, stats);
    }
    flow
}

pub(crate) fn score(
    pipeline: &Pipeline,
    context: &Context<'_>,
    candidates: &mut [Candidate],
    stats: &mut Stats,
) {
    let explain = context.request().explain;
    if explain {
        explain::begin(candidates);
    }
    for (nth, scorer) in pipeline.scorers.iter().enumerate() {
        let before = if explain { explain::before(candidates) } else { Vec::new() };
        scorer.run(context, candidates, stats);
        explain::after(candidates, &before, nth, scorer.name());
    }
}

/// Candidates by item: a second source's word for an item joins the first one's.
#[derive(Default)]
pub(crate) struct Merged {
    pub(crate) candidates: Vec<Candidate>,
    places: FxHashMap<Place, usize>,
}

impl Merged {
    pub(crate) fn add(&mut self, candidates: Vec<Candidate>) {
        for candidate in candidates {
            match self.places.get(&candidate.item) {
                Some(&at) => self.candidates[at].signals.extend(candidate.signals),
                None => {
                    self.places.insert(candidate.item, self.candidates.len());
                    self.candidates.push(candidate);
                }
            }
        }
    }
}

/// Fills the list: first with what only a soft filter removed, then from the fallback.
fn fill(pipeline: &Pipeline, context: &Context<'_>, flow: &mut Flow, stats: &mut Stats) {
    let before = flow.selected.len();
    let (mut soft, hard) =
        std::mem::take(&mut flow.removed).into_iter().partition::<Vec<_>, _>(|(_, soft)| *soft);
    flow.removed = hard;
    // What other filters, not reached before, would have removed stays out.
    let back = soft.drain(..).map(|(candidate, _)| candidate).collect();
    let back = readmit(pipeline, context, flow, back, stats);
    append(pipeline, context, flow, back, stats);
    if flow.selected.len() < context.limit {
        let known: HashSet<Place> = flow
            .selected
            .iter()
            .chain(&flow.rest)
            .chain(flow.removed.iter().map(|(candidate, _)| candidate))
            .map(|candidate| candidate.item)
            .collect();
        let mut more = pipeline.fallback.run(context, stats);
        more.retain(|candidate| !known.contains(&candidate.item));
        let more = readmit(pipeline, context, flow, more, stats);
        append(pipeline, context, flow, more, stats);
    }
    flow.backfilled = flow.selected.len() - before;
}

/// Runs the filters that are not soft over newcomers, together with what is already chosen.
fn readmit(
    pipeline: &Pipeline,
    context: &Context<'_>,
    flow: &mut Flow,
    newcomers: Vec<Candidate>,
    stats: &mut Stats,
) -> Vec<Candidate> {
    let chosen: HashSet<Place> = flow.selected.iter().map(|candidate| candidate.item).collect();
    let mut all: Vec<Candidate> = flow.selected.iter().cloned().chain(newcomers).collect();
    for filter in pipeline.filters.iter().filter(|filter| !filter.is_soft()) {
        let filtered = filter.run(context, all, stats);
        all = filtered.kept;
        let removed =
            filtered.removed.into_iter().filter(|candidate| !chosen.contains(&candidate.item));
        flow.removed.extend(removed.map(|candidate| (candidate, false)));
    }
    all.retain(|candidate| !chosen.contains(&candidate.item));
    all
}

fn append(
    pipeline: &Pipeline,
    context: &Context<'_>,
    flow: &mut Flow,
    mut more: Vec<Candidate>,
    stats: &mut Stats,
) {
    score(pipeline, context, &mut more, stats);
    more.sort_by(|a, b| best_first(context.world.catalogue(), a, b));
    let room = context.limit.saturating_sub(flow.selected.len()).min(more.len());
    flow.rest.extend(more.split_off(room));
    flow.selected.extend(more);
}

fn shown(context: &Context<'_>, position: u16, candidate: &Candidate) -> Shown {
    let lead = candidate.lead();
    let reason = candidate.reason.clone();
    Shown {
        id: context.world.catalogue().at(candidate.item).id.clone(),
        position,
        score: if candidate.score.is_finite() { candidate.score } else { 0.0 },
        reason: reason.unwrap_or_else(|| Reason::new(ReasonCode::Popular, &Text::default())),
        source: lead.map_or("", |signal| signal.source),
        // What everybody gets is not personal, whatever else speaks for it.
        personalized: candidate.is_personal()
            && lead.is_none_or(|signal| signal.code > ReasonCode::Curated),
        propensity: candidate.propensity,
        features: candidate.features.clone(),
    }
}

/// What the chosen items were described by, where somebody learns from it; nothing of those who are nobody.
fn described(context: &Context<'_>, selected: &[Candidate], response: &Response) -> Vec<ShownItem> {
    if context.world.outcomes().is_none() || context.visitor().is_none() {
        return Vec::new();
    }
    let one = |(candidate, shown): (&Candidate, &Shown)| ShownItem {
        item: shown.id.clone(),
        place: shown.position,
        row: describe(context, candidate),
    };
    selected.iter().zip(&response.items).map(one).collect()
}

fn report(pipeline: &Pipeline, flow: &Flow, degraded: bool, started: Instant) {
    let name = || pipeline.name.clone();
    let degraded = if degraded { "true" } else { "false" };
    ::metrics::counter!(metrics::ANSWERS, "pipeline" => name(), "degraded" => degraded)
        .increment(1);
    ::metrics::histogram!(metrics::DURATION, "pipeline" => name())
        .record(started.elapsed().as_secs_f64());
    let candidates = flow.selected.len() + flow.rest.len() + flow.removed.len();
    ::metrics::histogram!(metrics::CANDIDATES, "pipeline" => name()).record(candidates as f64);
    if flow.late {
        ::metrics::counter!(metrics::LATE, "pipeline" => name()).increment(1);
    }
    if flow.backfilled > 0 {
        let items = u64::try_from(flow.backfilled).unwrap_or(u64::MAX);
        ::metrics::counter!(metrics::BACKFILLED, "pipeline" => name()).increment(items);
    }
}
