//! One replay: predict, score, learn, click by click.

use std::collections::{HashMap, VecDeque};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::figures::{Earned, place};
use super::report::{LagReport, Measured, Table};
use super::{Lag, StreamParams};
use crate::formats::Visits;
use crate::stream::{
    Candidates, Click, FEATURES, Limits, NAMES, Ranker, RankerParams, Stream, View,
};

const HOUR_MS: i64 = 3_600_000;
/// Clicks the negatives are drawn from, at most.
const RECENT: usize = 20_000;
/// Draws for one set of negatives, at most: right after the start there are few items.
const DRAWS: usize = 5_000;

/// Features that are models of their own: what the ranker has to beat.
pub(super) const BASELINES: [(&str, &str); 6] = [
    ("popular this hour", "next_share_1h"),
    ("popular today", "share_1d"),
    ("transitions", "after_last_12h"),
    ("item-knn", "beside_visit"),
    ("V-SkNN", "nearest_plain"),
    ("STAN", "nearest_aware"),
];

/// Clicks in the order of time.
pub(super) fn order(visits: &Visits) -> Vec<u32> {
    let mut order: Vec<u32> = (0..visits.clicks.len() as u32).collect();
    order.sort_by_key(|&at| {
        let click = &visits.clicks[at as usize];
        (click.at_ms, click.session, at)
    });
    order
}

/// What a visitor did so far: known to the request, whatever the models know.
#[derive(Debug, Default)]
struct Visitor {
    session: u64,
    items: Vec<u32>,
    history: Vec<u32>,
}

impl Visitor {
    /// Takes in a click; true where it goes on to an item new to the visit.
    fn goes_on(&self, click: &Click, longest: usize) -> bool {
        self.session == click.session
            && !self.items.is_empty()
            && self.items.len() < longest
            && !self.items.contains(&click.item)
    }

    fn add(&mut self, click: &Click) {
        const HISTORY: usize = 100;
        if self.session != click.session {
            self.history.append(&mut self.items);
            let over = self.history.len().saturating_sub(HISTORY);
            self.history.drain(..over);
            self.session = click.session;
        }
        if !self.items.contains(&click.item) {
            self.items.push(click.item);
        }
    }
}

/// How many clicks go on to a next item.
pub(super) fn next_clicks(visits: &Visits, order: &[u32], params: &StreamParams) -> usize {
    let mut visitors: HashMap<u64, Visitor> = HashMap::new();
    let mut count = 0;
    for &at in order {
        let click = &visits.clicks[at as usize];
        let visitor = visitors.entry(click.visitor).or_default();
        count += usize::from(visitor.goes_on(click, params.visit_length as usize));
        visitor.add(click);
    }
    count
}

/// One next click to be predicted.
struct Asked<'a> {
    click: Click,
    visitor: &'a Visitor,
    /// When models may learn it.
    known_ms: i64,
    is_measured: bool,
    is_learnt: bool,
    view: View,
    sets: [usize; 4],
}

impl Visitor {
    fn view(&self, click: &Click) -> View {
        let newest = |items: &[u32]| items.iter().rev().copied().collect::<Vec<u32>>();
        let (items, history) = (newest(&self.items), newest(&self.history));
        Stream::view_of(items, history, click.contexts, click.at_ms)
    }
}

/// What was chosen out of what, waiting to be learnt.
struct Lesson {
    sets: [usize; 4],
    features: Vec<f32>,
    chosen: usize,
    full: bool,
}

/// What waits until the models may know it.
enum Waiting {
    Click(Click),
    Lesson(Lesson),
}

struct Replay {
    stream: Stream,
    full: Ranker,
    sampled: Ranker,
    waiting: VecDeque<(i64, Waiting)>,
    recent: VecDeque<(i64, u32)>,
    candidates: Candidates,
    scores: Vec<f32>,
    random: ChaCha8Rng,
}

/// Replays all clicks.
pub(super) fn run(
    visits: &Visits,
    order: &[u32],
    nexts: usize,
    lag: Lag,
    params: &StreamParams,
    progress: &dyn Fn(f32),
) -> LagReport {
    let ranker = RankerParams { rate: params.rate, ..RankerParams::default() };
    let mut replay = Replay {
        stream: Stream::new(Limits::default()),
        full: Ranker::of_next_items(ranker),
        sampled: Ranker::of_next_items(ranker),
        waiting: VecDeque::new(),
        recent: VecDeque::new(),
        candidates: Candidates::default(),
        scores: Vec::new(),
        random: ChaCha8Rng::seed_from_u64(params.seed),
    };
    let (measure_every, learn_every) = (every(nexts, params.measured), every(nexts, params.learnt));
    let first = order.first().map_or(0, |&at| visits.clicks[at as usize].at_ms);
    let last = order.last().map_or(0, |&at| visits.clicks[at as usize].at_ms);
    let warm_up = (i64::from(params.warm_up_hours) * HOUR_MS).min((last - first) / 5);
    let mut measured = Measured::default();
    let mut visitors: HashMap<u64, Visitor> = HashMap::new();
    let mut next = 0;
    for (done, &at) in order.iter().enumerate() {
        let click = visits.clicks[at as usize];
        replay.catch_up(click.at_ms);
        let visitor = visitors.entry(click.visitor).or_default();
        if visitor.goes_on(&click, params.visit_length as usize) {
            next += 1;
            let is_measured = next % measure_every == 0 && click.at_ms >= first + warm_up;
            let is_learnt = next % learn_every == 0;
            if is_measured || is_learnt {
                let known_ms = lag.known_at(click.at_ms);
                let view = visitor.view(&click);
                let sets = Ranker::sets_of(&view);
                let asked = Asked { click, visitor, known_ms, is_measured, is_learnt, view, sets };
                replay.predict(&asked, params, &mut measured);
            }
        }
        visitor.add(&click);
        replay.recent.push_back((click.at_ms, click.item));
        replay.wait(lag.known_at(click.at_ms), Waiting::Click(click));
        if done % 65_536 == 0 {
            progress(done as f32 / order.len() as f32);
        }
    }
    measured.report(lag, params, replay.stream.items())
}

/// Every how manieth is taken so that about `wanted` of `all` are.
fn every(all: usize, wanted: u32) -> usize {
    (all / wanted as usize).max(1)
}

impl Lag {
    /// When a click of this moment is known.
    fn known_at(self, at_ms: i64) -> i64 {
        match self {
            Self::Ms(late) => at_ms.saturating_add(late),
            Self::Hourly => (at_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS,
        }
    }
}

impl Replay {
    /// Learns everything that is known by now.
    fn catch_up(&mut self, now_ms: i64) {
        while self.waiting.front().is_some_and(|(known, _)| *known <= now_ms) {
            if let Some((_, what)) = self.waiting.pop_front() {
                self.learn(&what);
            }
        }
        while self.recent.len() > RECENT
            || self.recent.front().is_some_and(|(at, _)| *at < now_ms - HOUR_MS)
        {
            self.recent.pop_front();
        }
    }

    fn wait(&mut self, known_ms: i64, what: Waiting) {
        self.waiting.push_back((known_ms, what));
    }

    fn learn(&mut self, what: &Waiting) {
        match what {
            Waiting::Click(click) => self.stream.observe(click),
            Waiting::Lesson(lesson) => {
                let ranker = if lesson.full { &mut self.full } else { &mut self.sampled };
                ranker.learn(&lesson.sets, &lesson.features, lesson.chosen);
            }
        }
    }

    /// Both ways of counting one next click, and what is to be learnt from it.
    fn predict(&mut self, asked: &Asked<'_>, params: &StreamParams, measured: &mut Measured) {
        let mut items = vec![asked.click.item];
        for _ in 0..DRAWS {
            if items.len() > params.negatives as usize || self.recent.is_empty() {
                break;
            }
            let drawn = self.recent[self.random.random_range(0..self.recent.len())].1;
            if !items.contains(&drawn) && !asked.visitor.items.contains(&drawn) {
                items.push(drawn);
            }
        }
        let mut candidates = std::mem::take(&mut self.candidates);
        self.stream.describe(&asked.view, &items, &mut candidates);
        if asked.is_measured {
            self.measure_sampled(asked, &candidates, &mut measured.sampled);
        }
        if asked.is_learnt {
            self.lesson(asked, &candidates, 0, false);
        }
        self.stream.candidates(&asked.view, &mut candidates);
        if asked.is_measured {
            self.measure_full(asked, &candidates, measured);
        }
        if asked.is_learnt
            && let Some(chosen) = candidates.position(asked.click.item)
        {
            self.lesson(asked, &candidates, chosen, true);
        }
        self.candidates = candidates;
    }

    /// The label, first of the candidates, against the negatives.
    fn measure_sampled(&mut self, asked: &Asked<'_>, candidates: &Candidates, table: &mut Table) {
        let against =
            |scores: &[f32]| Earned::at(Some(place(scores[0], scores.iter().skip(1).copied())));
        self.sampled.score(&asked.sets, &candidates.features, &mut self.scores);
        table.ranker.push(against(&self.scores));
        for ((_, feature), earned) in BASELINES.iter().zip(&mut table.baselines) {
            earned.push(against(&column(candidates, feature)));
        }
    }

    /// The label among all items used in the last 24 hours.
    fn measure_full(
        &mut self,
        asked: &Asked<'_>,
        candidates: &Candidates,
        measured: &mut Measured,
    ) {
        let Asked { click, visitor, .. } = asked;
        let stream = &self.stream;
        let live = |item: u32| {
            let last = stream.last_used(item);
            last.is_some_and(|at| at > click.at_ms - 24 * HOUR_MS) && !visitor.items.contains(&item)
        };
        let label = candidates.position(click.item).filter(|_| live(click.item));
        let ranked = |scores: &[f32]| {
            let Some(label) = label else { return Earned::default() };
            let others = (0..scores.len())
                .filter(|&other| other != label && live(candidates.items[other]))
                .map(|other| scores[other]);
            Earned::at(Some(place(scores[label], others)))
        };
        self.full.score(&asked.sets, &candidates.features, &mut self.scores);
        measured.full.ranker.push(ranked(&self.scores));
        for ((_, feature), earned) in BASELINES.iter().zip(&mut measured.full.baselines) {
            earned.push(ranked(&column(candidates, feature)));
        }
        measured.visits.push(click.session);
        measured.reached += u64::from(label.is_some());
        measured.candidates += candidates.items.len() as u64;
        let mut shown: Vec<(u32, f32)> = candidates
            .items
            .iter()
            .copied()
            .zip(self.scores.iter().copied())
            .filter(|entry| live(entry.0))
            .collect();
        shown.sort_unstable_by(|&a, &b| crate::ranking::best_first(a, b));
        measured.stratify(click, visitor.items.len(), !visitor.history.is_empty(), stream);
        measured.show(shown.iter().take(20).map(|entry| entry.0), stream);
    }

    fn lesson(&mut self, asked: &Asked<'_>, candidates: &Candidates, chosen: usize, full: bool) {
        let features = candidates.features.clone();
        let lesson = Lesson { sets: asked.sets, features, chosen, full };
        self.wait(asked.known_ms, Waiting::Lesson(lesson));
    }
}

fn column(candidates: &Candidates, name: &str) -> Vec<f32> {
    let feature = NAMES.iter().position(|known| *known == name).unwrap_or(0);
    candidates.features.chunks_exact(FEATURES).map(|row| row[feature]).collect()
}
