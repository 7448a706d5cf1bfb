//! What people go on to right now: one stream that every use updates, shared by those who tell it and those who ask.
//!
//! The stream keeps a visit's items for as long as the visit lasts, and nothing of the person after that.

mod learning;

use std::cell::RefCell;
use std::collections::HashMap;

use insight::stream::{
    Candidates, Click, Limits, NAMES, NearestParams, Ranker, RankerParams, Stream, View,
};
use jiff::Timestamp;
use parking_lot::RwLock;
use vocab::{Channel, ItemId, SessionId, VisitorId};

use learning::Lesson;

/// Most uses taken in while nobody may ask.
const AT_ONCE: usize = 512;
/// Items a visit's view holds.
const VIEWED: usize = 20;
/// Newest visits of each item that are compared. These three are smaller than an evaluation's: a request has half a
/// millisecond for all of its sources.
const COMPARED: usize = 120;
/// Edges of each item.
const EDGES: usize = 40;
/// Items everybody is offered.
const COMMON: [usize; 4] = [40, 80, 40, 20];

/// One use of an item, as it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// Who; strangers have one id for each visit.
    pub visitor: VisitorId,
    /// In which visit.
    pub session: SessionId,
    /// What.
    pub item: ItemId,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub channel: Channel,
    /// Administrative division (GB/T 2260); empty is unknown.
    pub region: String,
}

/// An item that may come next.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// The item.
    pub item: ItemId,
    /// 1 for the likeliest, others by how much less likely they are.
    pub score: f32,
    /// Whether something in the visit leads to it; else it is what everybody goes on to.
    pub from_visit: bool,
}

/// The stream with its dictionary.
#[derive(Debug)]
struct State {
    stream: Stream,
    positions: HashMap<ItemId, u32>,
    items: Vec<ItemId>,
}

/// The shared stream.
#[derive(Debug)]
pub struct Streaming {
    state: RwLock<State>,
    ranker: RwLock<Ranker>,
}

thread_local! {
    /// Room for candidates and scores: a request allocates nothing large.
    static ROOM: RefCell<(Candidates, Vec<f32>)> = RefCell::default();
}

/// Names of the features that speak of the visit, not of everybody.
fn is_of_visit(name: &str) -> bool {
    ["after_", "beside_", "nearest_"].iter().any(|start| name.starts_with(start))
}

impl Default for Streaming {
    fn default() -> Self {
        let nearest = NearestParams { per_item: COMPARED, ..NearestParams::default() };
        Self::new(Limits { nearest, edges: EDGES, common: COMMON, ..Limits::default() })
    }
}

impl Streaming {
    /// An empty one.
    pub fn new(limits: Limits) -> Self {
        // Histories come with the request: the stream keeps none.
        let stream = Stream::new(Limits { history: 0, ..limits });
        Self {
            state: RwLock::new(State { stream, positions: HashMap::new(), items: Vec::new() }),
            ranker: RwLock::new(Ranker::of_next_items(RankerParams::default())),
        }
    }

    /// Takes in uses in the order of time; some of them teach the ranker which of all candidates was taken.
    pub fn observe(&self, uses: &[Use]) {
        for part in uses.chunks(AT_ONCE) {
            let lessons = self.lessons(part);
            let mut state = self.state.write();
            for used in part {
                let click = state.click(used);
                state.stream.observe(&click);
            }
            drop(state);
            if !lessons.is_empty() {
                let mut ranker = self.ranker.write();
                for lesson in &lessons {
                    lesson.teach(&mut ranker);
                }
            }
        }
    }

    fn lessons(&self, uses: &[Use]) -> Vec<Lesson> {
        let state = self.state.read();
        let mut taught: Vec<VisitorId> = Vec::new();
        learning::chosen(uses.len())
            .filter_map(|nth| {
                let used = &uses[nth];
                let item = *state.positions.get(&used.item)?;
                let at_ms = used.at.as_millisecond();
                // Who does not count for others does not teach either.
                let counts = state.stream.counts(used.visitor.0, item, at_ms);
                if !counts || taught.contains(&used.visitor) {
                    return None;
                }
                taught.push(used.visitor);
                let contexts = contexts(used.channel, &used.region);
                let view = state.stream.view(used.visitor.0, used.session.0, contexts, at_ms);
                Lesson::of(&state.stream, &view, item)
            })
            .collect()
    }

    /// What is likeliest to come next after `visit` (items, newest first), likeliest first: at most `limit`, only what
    /// `fits`, nothing of the visit itself.
    pub fn next(
        &self,
        visit: &[&ItemId],
        earlier: &[&ItemId],
        (channel, region): (Channel, &str),
        now: Timestamp,
        limit: usize,
        fits: &dyn Fn(&ItemId) -> bool,
    ) -> Vec<Next> {
        let state = self.state.read();
        let known = |items: &[&ItemId]| -> Vec<u32> {
            let known = items.iter().filter_map(|item| state.positions.get(*item).copied());
            known.take(VIEWED).collect()
        };
        let (visit, earlier) = (known(visit), known(earlier));
        let contexts = contexts(channel, region);
        let view = Stream::view_of(visit, earlier, contexts, now.as_millisecond());
        ROOM.with_borrow_mut(|(candidates, scores)| {
            state.stream.candidates(&view, candidates);
            self.ranker.read().score(&Ranker::sets_of(&view), &candidates.features, scores);
            best(&state, &view, candidates, scores, limit, fits)
        })
    }

    /// Choices the ranker has learnt from.
    pub fn choices(&self) -> u64 {
        self.ranker.read().steps()
    }

    /// Forgets visits that ended before `at`; what they did still counts. Returns how many go on.
    pub fn forget_before(&self, at: Timestamp) -> usize {
        self.state.write().stream.forget_before(at.as_millisecond())
    }

    /// Forgets a visitor's visit at once.
    pub fn forget(&self, visitor: VisitorId) {
        self.state.write().stream.forget(visitor.0);
    }
}

impl State {
    fn click(&mut self, used: &Use) -> Click {
        let next = self.items.len() as u32;
        let item = match self.positions.get(&used.item) {
            Some(&item) => item,
            None => {
                self.positions.insert(used.item.clone(), next);
                self.items.push(used.item.clone());
                next
            }
        };
        Click {
            visitor: used.visitor.0,
            session: used.session.0,
            item,
            at_ms: used.at.as_millisecond(),
            contexts: contexts(used.channel, &used.region),
        }
    }
}

/// The contexts a use and a request share: channel and region; 0 is unknown.
fn contexts(channel: Channel, region: &str) -> [u8; 4] {
    // FNV-1a: the same on every machine.
    let hash = region.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let region = if region.is_empty() { 0 } else { 1 + (hash % 31) as u8 };
    [1 + channel as u8, 0, region, 0]
}

fn best(
    state: &State,
    view: &View,
    candidates: &Candidates,
    scores: &[f32],
    limit: usize,
    fits: &dyn Fn(&ItemId) -> bool,
) -> Vec<Next> {
    let mut order: Vec<u32> = (0..candidates.items.len() as u32).collect();
    let by = |&a: &u32, &b: &u32| {
        let key = |at: u32| (candidates.items[at as usize], scores[at as usize]);
        insight::ranking::best_first(key(a), key(b))
    };
    // Some will not fit: sort a few more than asked for.
    let most = (3 * limit + 30).min(order.len());
    if most < order.len() {
        order.select_nth_unstable_by(most, by);
        order.truncate(most);
    }
    order.sort_unstable_by(by);
    let fitting = order.into_iter().filter(|&at| {
        let item = candidates.items[at as usize];
        !view.items.contains(&item) && fits(&state.items[item as usize])
    });
    let mut highest = None;
    fitting
        .take(limit)
        .map(|at| {
            let score = scores[at as usize];
            let highest = *highest.get_or_insert(score);
            let row = candidates.row(at as usize);
            let from_visit =
                NAMES.iter().zip(row).any(|(name, &value)| value > 0.0 && is_of_visit(name));
            Next {
                item: state.items[candidates.items[at as usize] as usize].clone(),
                score: (score - highest).exp(),
                from_visit,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
