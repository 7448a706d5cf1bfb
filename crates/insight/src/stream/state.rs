//! Everything an event updates, and the view of one moment a request is answered from.

use std::collections::HashMap;

use super::edges::{EDGE_HOURS, EDGE_SCALES, Edges};
use super::features::{self, FEATURES};
use super::offered::Offered;
use super::scales::Scales;
use super::sessions::{NearestParams, Sessions};
use super::trends::{CONTEXT_HOURS, CONTEXTS, TREND_HOURS, TREND_SCALES, Trend};

/// One use of an item. Positions are the caller's dictionary; contexts are small numbers or hashes, 0 is unknown:
/// channel and device, system, region, where the visit came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Click {
    /// Who.
    pub visitor: u64,
    /// In which visit; a change starts a new one.
    pub session: u64,
    /// What.
    pub item: u32,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// From where.
    pub contexts: [u8; CONTEXTS],
}

/// What memory is bounded by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Edges kept for each item and kind.
    pub edges: usize,
    /// Items everybody is offered, at most, a number each for continuations now, within the hour, all uses within the
    /// hour, continuations within the day.
    pub common: [usize; 4],
    /// Pairs of successive items whose continuations are kept.
    pub pairs: usize,
    /// Visitors remembered.
    pub visitors: usize,
    /// Items of earlier visits remembered for each visitor.
    pub history: usize,
    /// How visits are compared.
    pub nearest: NearestParams,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            edges: 96,
            common: [150, 400, 250, 100],
            pairs: 300_000,
            visitors: 1_000_000,
            history: 100,
            nearest: NearestParams::default(),
        }
    }
}

/// Edges kept for each pair.
const PAIR_EDGES: usize = 24;
/// Items of a visit that are followed back.
const FOLLOWED: usize = 8;
/// Items of a visit that are remembered.
const VISIT_LENGTH: usize = 100;
/// A visitor's uses of one item count once in this span, so that nobody moves a list alone.
const VOTE_MS: u64 = 3_600_000;
/// Uses of one visitor that count in that span: people do not read more.
const VOTES: usize = 120;

#[derive(Clone, Debug, Default)]
struct Visitor {
    session: u64,
    visit: u32,
    /// Items of this visit, oldest first.
    items: Vec<u32>,
    /// Items of earlier visits, oldest first.
    history: Vec<u32>,
    /// What counted lately, and when.
    votes: Vec<(u32, i64)>,
    last_ms: i64,
}

impl Visitor {
    /// Whether a use would count for others too.
    fn may_vote(&self, item: u32, at_ms: i64) -> bool {
        let mut lately = self.votes.iter().filter(|vote| is_lately(vote.1, at_ms));
        lately.clone().count() < VOTES && lately.all(|vote| vote.0 != item)
    }

    /// Notes a use that counts; gives whether it does.
    fn vote(&mut self, item: u32, at_ms: i64) -> bool {
        self.votes.retain(|vote| is_lately(vote.1, at_ms));
        let counts = self.may_vote(item, at_ms);
        if counts {
            self.votes.push((item, at_ms));
        }
        counts
    }
}

fn is_lately(voted_ms: i64, now_ms: i64) -> bool {
    voted_ms.abs_diff(now_ms) < VOTE_MS
}

/// The model.
#[derive(Clone, Debug)]
pub struct Stream {
    limits: Limits,
    trend_scales: Scales<TREND_SCALES>,
    context_scale: Scales<1>,
    edge_scales: Scales<EDGE_SCALES>,
    pub(super) trends: Vec<Trend>,
    pub(super) total: Trend,
    /// What comes next.
    pub(super) next: Vec<Edges>,
    /// What is in the same visit.
    pub(super) beside: Vec<Edges>,
    pairs: HashMap<u64, Edges>,
    sessions: Sessions,
    visitors: HashMap<u64, Visitor>,
    offered: Offered,
}

/// The moment of a request: whose, where, after what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Items of the visit, newest first.
    pub items: Vec<u32>,
    /// Items of earlier visits, newest first.
    pub history: Vec<u32>,
    /// From where.
    pub contexts: [u8; CONTEXTS],
    pub(super) visit: Option<u32>,
}

/// Items with their features, a row an item.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// The items.
    pub items: Vec<u32>,
    /// `items × FEATURES`, each feature 0 to 1.
    pub features: Vec<f32>,
    pub(super) sources: Vec<features::Sources>,
    slots: HashMap<u32, u32, std::hash::BuildHasherDefault<Identity>>,
    similar: Vec<(u32, f32)>,
}

/// Items are numbered from 0: their numbers, spread, are hash enough.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Identity(u64);

impl std::hash::Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Candidates {
    fn clear(&mut self) {
        self.items.clear();
        self.sources.clear();
        self.slots.clear();
    }

    fn offer(&mut self, item: u32) -> usize {
        let next = self.items.len() as u32;
        let slot = *self.slots.entry(item).or_insert(next);
        if slot == next {
            self.items.push(item);
            self.sources.push(features::Sources::default());
        }
        slot as usize
    }

    fn slot(&self, item: u32) -> Option<usize> {
        self.slots.get(&item).map(|&slot| slot as usize)
    }

    /// The features of a candidate.
    pub fn row(&self, candidate: usize) -> &[f32] {
        &self.features[candidate * FEATURES..(candidate + 1) * FEATURES]
    }

    /// Where an item is among the candidates.
    pub fn position(&self, item: u32) -> Option<usize> {
        self.slot(item)
    }
}

impl Stream {
    /// An empty one.
    pub fn new(limits: Limits) -> Self {
        Self {
            trend_scales: Scales::new(TREND_HOURS),
            context_scale: Scales::new([CONTEXT_HOURS]),
            edge_scales: Scales::new(EDGE_HOURS),
            trends: Vec::new(),
            total: Trend::default(),
            next: Vec::new(),
            beside: Vec::new(),
            pairs: HashMap::new(),
            sessions: Sessions::new(limits.nearest),
            visitors: HashMap::new(),
            offered: Offered::new(limits.common),
            limits,
        }
    }

    /// Items known so far.
    pub fn items(&self) -> usize {
        self.trends.len()
    }

    /// Edges, pairs, visitors and visits kept.
    pub fn sizes(&self) -> [usize; 4] {
        let edges = self.next.iter().chain(&self.beside).map(|edges| edges.list.len()).sum();
        [edges, self.pairs.len(), self.visitors.len(), self.sessions.len()]
    }

    /// When an item was last used.
    pub fn last_used(&self, item: u32) -> Option<i64> {
        self.trends.get(item as usize).map(|trend| trend.last_ms).filter(|&at| at != i64::MIN)
    }

    /// When an item was first used.
    pub fn first_used(&self, item: u32) -> Option<i64> {
        self.trends.get(item as usize).map(|trend| trend.first_ms).filter(|&at| at != i64::MAX)
    }

    /// An item's share of all uses of the last week, decayed.
    pub fn share(&self, item: u32) -> f32 {
        let whole = self.total.all[TREND_SCALES - 1];
        let part = self.trends.get(item as usize).map_or(0.0, |trend| trend.all[TREND_SCALES - 1]);
        if whole > 0.0 { part / whole } else { 0.0 }
    }

    /// Whether a use would count for others: the first of its visitor and item within an hour, as long as the visitor
    /// has no more uses than people make.
    pub fn counts(&self, visitor: u64, item: u32, at_ms: i64) -> bool {
        self.visitors.get(&visitor).is_none_or(|known| known.may_vote(item, at_ms))
    }

    /// Learns one use. Of a visitor's uses of one item only the first within an hour counts for others, and of all
    /// uses only so many as people make.
    pub fn observe(&mut self, click: &Click) {
        let most = self.trends.len().max(click.item as usize + 1);
        self.trends.resize_with(most, Trend::default);
        self.next.resize_with(most, Edges::default);
        self.beside.resize_with(most, Edges::default);
        let (trend_weights, context_weight, edge_weights) = self.weights(click.at_ms);
        if self.visitors.len() >= self.limits.visitors
            && !self.visitors.contains_key(&click.visitor)
        {
            self.forget_silent();
        }
        let visitor = self.visitors.entry(click.visitor).or_default();
        if visitor.session != click.session || visitor.last_ms == 0 {
            visitor.history.append(&mut visitor.items);
            let over = visitor.history.len().saturating_sub(self.limits.history);
            visitor.history.drain(..over);
            visitor.session = click.session;
            visitor.visit = self.sessions.open();
        }
        visitor.last_ms = click.at_ms;
        let counts = visitor.vote(click.item, click.at_ms);
        if counts {
            let continues = !visitor.items.is_empty();
            for trend in [&mut self.trends[click.item as usize], &mut self.total] {
                trend.add(click.at_ms, continues, click.contexts, trend_weights, context_weight);
            }
            self.offered.touch(click.item, click.at_ms, &self.trends);
        }
        // A page loaded again is neither a continuation nor another vote within the visit.
        if visitor.items.contains(&click.item) {
            return;
        }
        if counts {
            if let Some(&last) = visitor.items.last() {
                self.next[last as usize].add(click.item, edge_weights, self.limits.edges);
            }
            if let [.., before, last] = visitor.items[..] {
                let room = self.pairs.len() < self.limits.pairs;
                let key = pair(before, last);
                if let Some(edges) = self.pairs.get_mut(&key) {
                    edges.add(click.item, edge_weights, PAIR_EDGES);
                } else if room {
                    self.pairs.entry(key).or_default().add(click.item, edge_weights, PAIR_EDGES);
                }
            }
            for &other in visitor.items.iter().rev().take(FOLLOWED) {
                self.beside[other as usize].add(click.item, edge_weights, self.limits.edges);
                self.beside[click.item as usize].add(other, edge_weights, self.limits.edges);
            }
            self.sessions.add(visitor.visit, click.item, click.at_ms);
        }
        if visitor.items.len() < VISIT_LENGTH {
            visitor.items.push(click.item);
        }
    }

    fn weights(&mut self, at_ms: i64) -> ([f32; TREND_SCALES], f32, [f32; EDGE_SCALES]) {
        let (trends, shrink) = self.trend_scales.weights(at_ms);
        if let Some(by) = shrink {
            self.trends.iter_mut().chain([&mut self.total]).for_each(|trend| trend.shrink(by));
            self.offered.reweigh(&self.trends);
        }
        let ([context], shrink) = self.context_scale.weights(at_ms);
        if let Some([by]) = shrink {
            let all = self.trends.iter_mut().chain([&mut self.total]);
            all.for_each(|trend| trend.shrink_contexts(by));
        }
        let (edges, shrink) = self.edge_scales.weights(at_ms);
        if let Some(by) = shrink {
            let all = self.next.iter_mut().chain(&mut self.beside).chain(self.pairs.values_mut());
            all.for_each(|edges| edges.shrink(by));
            // What is left of a pair after a week is nothing.
            let weight = edges[1];
            self.pairs.retain(|_, edges| edges.total[2] > 1e-4 * weight.min(1.0));
        }
        (trends, context, edges)
    }

    /// Forgets visitors silent since before `ms`, their visits are over; counts stay. Returns how many remain.
    pub fn forget_before(&mut self, ms: i64) -> usize {
        self.visitors.retain(|_, visitor| visitor.last_ms >= ms);
        self.visitors.len()
    }

    /// Forgets a visitor at once.
    pub fn forget(&mut self, visitor: u64) {
        self.visitors.remove(&visitor);
    }

    /// Forgets the tenth of the visitors that has been silent longest.
    fn forget_silent(&mut self) {
        let mut times: Vec<i64> = self.visitors.values().map(|visitor| visitor.last_ms).collect();
        let tenth = times.len() / 10;
        let until = *times.select_nth_unstable(tenth).1;
        self.visitors.retain(|_, visitor| visitor.last_ms > until);
    }

    /// A view of what the caller knows itself: items of the visit and of earlier visits, newest first.
    pub fn view_of(
        items: Vec<u32>,
        history: Vec<u32>,
        contexts: [u8; CONTEXTS],
        now_ms: i64,
    ) -> View {
        View { now_ms, items, history, contexts, visit: None }
    }

    /// The moment before a visitor's next use.
    pub fn view(&self, visitor: u64, session: u64, contexts: [u8; CONTEXTS], now_ms: i64) -> View {
        let mut view = View { now_ms, contexts, ..View::default() };
        if let Some(known) = self.visitors.get(&visitor) {
            view.history = known.history.iter().rev().copied().collect();
            if known.session == session {
                view.items = known.items.iter().rev().copied().collect();
                view.visit = Some(known.visit);
            } else {
                view.history.splice(0..0, known.items.iter().rev().copied());
            }
        }
        view
    }

    /// What might come next, with features: everything any source would show.
    pub fn candidates(&self, view: &View, out: &mut Candidates) {
        out.clear();
        for &item in self.offered.items() {
            out.offer(item);
        }
        for &item in view.items.iter().take(FOLLOWED) {
            for edges in [&self.next, &self.beside] {
                for edge in edges.get(item as usize).into_iter().flat_map(|edges| &edges.list) {
                    out.offer(edge.to);
                }
            }
        }
        self.ask_visits(view, out, |out, item| Some(out.offer(item)));
        self.fill(view, out);
    }

    /// The same for given items only.
    pub fn describe(&self, view: &View, items: &[u32], out: &mut Candidates) {
        out.clear();
        for &item in items {
            out.offer(item);
        }
        self.ask_visits(view, out, |out, item| out.slot(item));
        self.fill(view, out);
    }

    fn ask_visits(
        &self,
        view: &View,
        out: &mut Candidates,
        slot: impl Fn(&mut Candidates, u32) -> Option<usize>,
    ) {
        let mut similar = std::mem::take(&mut out.similar);
        let (items, now_ms) = (&view.items, view.now_ms);
        self.sessions.neighbours(
            view.visit,
            items,
            now_ms,
            &mut similar,
            &mut |item, aware, plain| {
                if let Some(slot) = slot(out, item) {
                    out.sources[slot].add_nearest(aware, plain);
                }
            },
        );
        out.similar = similar;
    }

    fn fill(&self, view: &View, out: &mut Candidates) {
        let pair = match view.items[..] {
            [last, before, ..] => self.pairs.get(&pair(before, last)),
            _ => None,
        };
        let now = features::Moment {
            view,
            trends: self.trend_scales.peek(view.now_ms),
            context: self.context_scale.peek(view.now_ms)[0],
            edges: self.edge_scales.peek(view.now_ms),
            pair,
        };
        features::fill(self, &now, out);
    }
}

fn pair(before: u32, last: u32) -> u64 {
    u64::from(before) << 32 | u64::from(last)
}
