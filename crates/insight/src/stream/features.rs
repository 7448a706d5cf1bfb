//! What the ranker knows of a candidate: shares, trends, transitions, likeness of visits, lifts by context.

use super::edges::{EDGE_SCALES, Edges};
use super::state::{Candidates, Stream, View};
use super::trends::{CONTEXT_VALUES, CONTEXTS, TREND_SCALES, Trend};

/// Names of the features, in order.
pub const NAMES: [&str; FEATURES] = [
    "share_10min",
    "share_1h",
    "share_1d",
    "share_1w",
    "next_share_10min",
    "next_share_1h",
    "next_share_1d",
    "next_share_1w",
    "continuing_1h",
    "continuing_1d",
    "trend_10min_1h",
    "trend_1h_1d",
    "next_trend_10min_1h",
    "next_trend_1h_1d",
    "age",
    "silence",
    "after_last_2h",
    "after_last_12h",
    "after_last_1w",
    "after_second",
    "after_earlier",
    "after_pair",
    "lift_after_last",
    "beside_last_12h",
    "beside_last_1w",
    "beside_visit",
    "nearest_aware",
    "nearest_plain",
    "before_last",
    "lift_device",
    "lift_system",
    "lift_region",
    "lift_source",
    "region_share",
    "source_share",
    "seen_before",
    "beside_history",
    "rank_after_last",
    "rank_next_1h",
    "rank_nearest",
    "rank_beside",
    "rank_next_10min",
];
/// How many there are.
pub const FEATURES: usize = 42;

/// Items of earlier visits that are followed.
const HISTORY: usize = 6;

/// Raw evidence of one candidate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sources {
    after: [f32; EDGE_SCALES],
    after_second: f32,
    after_earlier: f32,
    after_pair: f32,
    beside: [f32; EDGE_SCALES],
    beside_visit: f32,
    beside_history: f32,
    aware: f32,
    plain: f32,
}

impl Sources {
    pub(super) fn add_nearest(&mut self, aware: f32, plain: f32) {
        self.aware += aware;
        self.plain += plain;
    }
}

/// The moment features are of.
pub(super) struct Moment<'a> {
    pub(super) view: &'a View,
    pub(super) trends: [f32; TREND_SCALES],
    pub(super) context: f32,
    pub(super) edges: [f32; EDGE_SCALES],
    pub(super) pair: Option<&'a Edges>,
}

/// 0 to 1 for a share of 0 to 1, with most of the range for small ones.
fn share(part: f32, whole: f32) -> f32 {
    if whole <= 0.0 {
        return 0.0;
    }
    let share = (part / whole).clamp(0.0, 1.0);
    ((1.0 + 3_000.0 * share).ln() / 8.006_7).min(1.0)
}

/// 0 to 1 for a ratio, 0.5 for 1.
fn ratio(ratio: f32) -> f32 {
    if ratio > 0.0 { (0.5 + ratio.ln() / 8.0).clamp(0.0, 1.0) } else { 0.0 }
}

/// 0 to 1 for 0 milliseconds to a month.
fn span(ms: i64) -> f32 {
    let minutes = ms.max(0) as f32 / 60_000.0;
    ((1.0 + minutes).ln() / 10.67).min(1.0)
}

/// 1 for the first place, 0.5 for the second, …; 0 without evidence.
fn ranks(out: &mut Candidates, feature: usize, value: impl Fn(usize, &Sources, &[f32]) -> f32) {
    let count = out.items.len();
    let mut order: Vec<(u32, f32)> = (0..count)
        .map(|at| (at as u32, value(at, &out.sources[at], out.row(at))))
        .filter(|entry| entry.1 > 0.0)
        .collect();
    let by = |a: &(u32, f32), b: &(u32, f32)| crate::ranking::best_first(*a, *b);
    // Beyond the first places a rank says nothing the value does not.
    const PLACES: usize = 64;
    if order.len() > PLACES {
        order.select_nth_unstable_by(PLACES, by);
        order.truncate(PLACES);
    }
    order.sort_unstable_by(by);
    for (place, (at, _)) in order.into_iter().enumerate() {
        out.features[at as usize * FEATURES + feature] = (place as f32 + 1.0).powf(-0.5);
    }
}

/// Fills in the features of all candidates.
pub(super) fn fill(stream: &Stream, now: &Moment<'_>, out: &mut Candidates) {
    follow(stream, now, out);
    let count = out.items.len();
    out.features.clear();
    out.features.resize(count * FEATURES, 0.0);
    let last = now.view.items.first().copied();
    let after_total = last
        .and_then(|last| stream.next.get(last as usize))
        .map_or([0.0; EDGE_SCALES], |edges| edges.total);
    let total = &stream.total;
    let context_total: [f32; CONTEXTS] =
        std::array::from_fn(|context| total.contexts[context].iter().sum());
    let aware: f32 = out.sources.iter().map(|sources| sources.aware).sum();
    let plain: f32 = out.sources.iter().map(|sources| sources.plain).sum();
    let nothing = Trend::default();
    for at in 0..count {
        let item = out.items[at];
        let trend = stream.trends.get(item as usize).unwrap_or(&nothing);
        let sources = out.sources[at];
        let row = &mut out.features[at * FEATURES..(at + 1) * FEATURES];
        let mut next_feature = 0;
        let mut put = |value: f32| {
            row[next_feature] = value;
            next_feature += 1;
        };
        popularity(trend, total, now, &mut put);
        put(span(now.view.now_ms.saturating_sub(trend.first_ms)));
        put(span(now.view.now_ms.saturating_sub(trend.last_ms)));
        for ((after, total), own) in sources.after.into_iter().zip(after_total).zip(now.edges) {
            put(share(after, total + own));
        }
        put(share(sources.after_second, 1.0));
        put(share(sources.after_earlier, 1.0));
        put(share(sources.after_pair, 1.0));
        let expected = trend.next[2] / total.next[2].max(f32::MIN_POSITIVE);
        let smooth = 2.0 * now.edges[1];
        let found = (sources.after[1] + smooth * expected) / (after_total[1] + smooth);
        put(ratio(found / expected.max(1e-9)));
        put(share(sources.beside[1], 1.0));
        put(share(sources.beside[2], 1.0));
        put(share(sources.beside_visit, 1.0));
        put(share(sources.aware, aware));
        put(share(sources.plain, plain));
        let before = last.zip(stream.next.get(item as usize));
        put(before.map_or(0.0, |(last, edges)| {
            let back = edges.to(last).map_or(0.0, |edge| edge.weights[1]);
            share(back, edges.total[1] + now.edges[1])
        }));
        let item_context: f32 = trend.contexts[0].iter().sum::<f32>();
        let smooth = 3.0 * now.context;
        let mut of_context = [0_f32; CONTEXTS];
        for context in 0..CONTEXTS {
            let value = usize::from(now.view.contexts[context]) % CONTEXT_VALUES;
            let usual = total.contexts[context][value] / context_total[context].max(1e-30);
            let found = (trend.contexts[context][value] + smooth * usual) / (item_context + smooth);
            of_context[context] =
                share(trend.contexts[context][value], total.contexts[context][value]);
            put(ratio((found / usual.max(1e-9)).powi(2)));
        }
        put(of_context[2]);
        put(of_context[3]);
        put(f32::from(u8::from(now.view.history.contains(&item))));
        put(share(sources.beside_history, 1.0));
    }
    ranks(out, 37, |_, sources, _| sources.after[1]);
    ranks(out, 38, |_, _, row| row[5]);
    ranks(out, 39, |_, sources, _| sources.aware);
    ranks(out, 40, |_, sources, _| sources.beside_visit);
    ranks(out, 41, |_, _, row| row[4]);
}

/// Shares and trends of an item, the first fourteen features.
fn popularity(trend: &Trend, total: &Trend, now: &Moment<'_>, put: &mut impl FnMut(f32)) {
    for scale in 0..TREND_SCALES {
        put(share(trend.all[scale], total.all[scale]));
    }
    for scale in 0..TREND_SCALES {
        put(share(trend.next[scale], total.next[scale]));
    }
    // Counts of the moment, so that few are known for few.
    let all = |scale: usize| trend.all[scale] / now.trends[scale];
    let next = |scale: usize| trend.next[scale] / now.trends[scale];
    put((next(1) + 0.5) / (all(1) + 1.0));
    put((next(2) + 0.5) / (all(2) + 1.0));
    // In balance a decayed count is its rate times its lifetime.
    put(ratio((all(0) + 0.2) * 6.0 / (all(1) + 1.2)));
    put(ratio((all(1) + 0.2) * 24.0 / (all(2) + 4.8)));
    put(ratio((next(0) + 0.2) * 6.0 / (next(1) + 1.2)));
    put(ratio((next(1) + 0.2) * 24.0 / (next(2) + 4.8)));
}

/// Collects what the visit's and the earlier visits' items lead to.
fn follow(stream: &Stream, now: &Moment<'_>, out: &mut Candidates) {
    for (place, &item) in now.view.items.iter().enumerate() {
        let Some(edges) = stream.next.get(item as usize) else { continue };
        let whole = edges.total[1] + now.edges[1];
        for edge in &edges.list {
            let Some(slot) = out.position(edge.to) else { continue };
            let sources = &mut out.sources[slot];
            match place {
                0 => sources.after = edge.weights,
                1 => sources.after_second += edge.weights[1] / whole,
                _ => sources.after_earlier += edge.weights[1] / whole / place as f32,
            }
        }
    }
    if let Some(edges) = now.pair {
        let whole = edges.total[1] + 0.5 * now.edges[1];
        for edge in &edges.list {
            if let Some(slot) = out.position(edge.to) {
                out.sources[slot].after_pair += edge.weights[1] / whole;
            }
        }
    }
    let weight = |at: usize| stream.beside.get(at).map_or([0.0; EDGE_SCALES], |edges| edges.total);
    let cosine = |edge: &super::edges::Edge, from: [f32; EDGE_SCALES], scale: usize| {
        let other = weight(edge.to as usize)[scale];
        let length = ((from[scale] + now.edges[scale]) * (other + now.edges[scale])).sqrt();
        edge.weights[scale] / length
    };
    for (place, &item) in now.view.items.iter().enumerate() {
        let Some(edges) = stream.beside.get(item as usize) else { continue };
        for edge in &edges.list {
            let Some(slot) = out.position(edge.to) else { continue };
            if place == 0 {
                out.sources[slot].beside[1] = cosine(edge, edges.total, 1);
                out.sources[slot].beside[2] = cosine(edge, edges.total, 2);
            }
            out.sources[slot].beside_visit += cosine(edge, edges.total, 1) / (1.0 + place as f32);
        }
    }
    for &item in now.view.history.iter().take(HISTORY) {
        let Some(edges) = stream.beside.get(item as usize) else { continue };
        for edge in &edges.list {
            if let Some(slot) = out.position(edge.to) {
                out.sources[slot].beside_history += cosine(edge, edges.total, 2);
            }
        }
    }
}
