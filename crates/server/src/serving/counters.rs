//! What is read much, and what more than usual: decayed counts over two time spans, one vote a visitor and hour.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use parking_lot::Mutex;
use vocab::{Event, Interest, ItemId, VisitorId};

/// Half-life of popularity, in milliseconds: a day.
const SLOW_MS: f32 = 86_400_000.0;
/// Half-life of the present, in milliseconds: an hour.
const FAST_MS: f32 = 3_600_000.0;
/// A visitor's votes for one item count once in this span, so nobody moves a list alone.
const VOTE_MS: i64 = 3_600_000;
/// Fewer recent votes than this is no trend.
const LEAST_RECENT: f32 = 3.0;
/// Impressions and clicks remembered as counted: 16 MB. In a rush they are forgotten sooner than after an hour.
const COUNTED: usize = 1_000_000;
/// Entries of each list.
const LISTED: usize = 500;

/// Items with a number each, largest first.
pub type Ranked = Vec<(ItemId, f32)>;

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    slow: f32,
    fast: f32,
    at_ms: i64,
}

impl Count {
    fn decayed(self, now_ms: i64) -> Self {
        let passed = (now_ms - self.at_ms).max(0) as f32;
        Self {
            slow: self.slow * (-passed / SLOW_MS).exp2(),
            fast: self.fast * (-passed / FAST_MS).exp2(),
            at_ms: self.at_ms.max(now_ms),
        }
    }
}

/// How often lists showed an item, and how often it was taken from one.
#[derive(Clone, Copy, Debug, Default)]
struct Exposed {
    impressions: f32,
    clicks: f32,
    at_ms: i64,
}

impl Exposed {
    fn add(&mut self, impressions: f32, clicks: f32, at_ms: i64) {
        // One that comes late counts as if it came now.
        let fade = (-((at_ms - self.at_ms).max(0) as f32) / SLOW_MS).exp2();
        self.impressions = self.impressions * fade + impressions;
        self.clicks = self.clicks * fade + clicks;
        self.at_ms = self.at_ms.max(at_ms);
    }
}

#[derive(Debug, Default)]
struct State {
    counts: HashMap<ItemId, Count>,
    voted: HashSet<(VisitorId, ItemId)>,
    /// Times shown in lists and times taken from one; both fade by the slow half-life.
    exposed: HashMap<ItemId, Exposed>,
    /// Hashes of what was counted lately: shown or taken, by whom, which item.
    counted: HashSet<u64>,
    votes_since_ms: i64,
}

/// The counts.
#[derive(Debug, Default)]
pub struct Counters(Mutex<State>);

impl Counters {
    /// Takes in one live event.
    pub fn observe(&self, event: &Event, interest: &Interest) {
        self.observe_exposure(event);
        let speaks = interest.of(event).is_some_and(|weight| weight >= 1.0);
        if event.bot != vocab::BotClass::Human || !speaks {
            return;
        }
        let now_ms = event.ts.as_millisecond();
        let item = ItemId::from(event.item_id.as_str());
        let mut state = self.0.lock();
        if now_ms - state.votes_since_ms > VOTE_MS {
            state.voted.clear();
            state.counted.clear();
            state.votes_since_ms = now_ms;
        }
        if state.voted.insert((event.visitor, item.clone())) {
            add(&mut state.counts, item, 1.0, now_ms);
        }
    }

    /// Counts what lists showed and what was taken from one, each once a visitor, item and hour, so that nobody moves
    /// a slot of chance alone.
    fn observe_exposure(&self, event: &Event) {
        if event.bot != vocab::BotClass::Human || event.rec_id.is_empty() {
            return;
        }
        // What lists showed only they can say; what was never shown cannot be taken.
        let is_shown = event.name == vocab::event::name::IMPRESSION;
        if is_shown && event.proto != vocab::Protocol::Server {
            return;
        }
        let mut hasher = DefaultHasher::new();
        (is_shown, event.visitor, &event.item_id).hash(&mut hasher);
        let mut state = self.0.lock();
        if state.counted.len() >= COUNTED {
            state.counted.clear();
        }
        // Impressions of those who agreed to nothing have no visitor: they are different people.
        let is_nobody = event.visitor == VisitorId(0);
        if !state.counted.insert(hasher.finish()) && !is_nobody {
            return;
        }
        let (item, at_ms) = (ItemId::from(event.item_id.as_str()), event.ts.as_millisecond());
        if is_shown {
            state.exposed.entry(item).or_default().add(1.0, 0.0, at_ms);
        } else if let Some(exposed) = state.exposed.get_mut(&item) {
            exposed.add(0.0, 1.0, at_ms);
        }
    }

    /// Items with the times lists showed them and the times they were taken from one.
    pub fn exposure(&self) -> Vec<(ItemId, f32, f32)> {
        let state = self.0.lock();
        // Nothing is taken more often than it is shown; what says so was forged or lost its impressions.
        let one = |(item, count): (&ItemId, &Exposed)| {
            (item.clone(), count.impressions, count.clicks.min(count.impressions))
        };
        state.exposed.iter().map(one).collect()
    }

    /// Puts back what the warehouse counted: `votes` of one item around `at`.
    pub fn restore(&self, item: ItemId, votes: f32, at: Timestamp) {
        add(&mut self.0.lock().counts, item, votes, at.as_millisecond());
    }

    /// Items by popularity, and items by how much more they are read than usual (1 is as usual).
    pub fn lists(&self, now: Timestamp) -> (Ranked, Ranked) {
        let now_ms = now.as_millisecond();
        let mut state = self.0.lock();
        state.counts.retain(|_, count| count.decayed(now_ms).slow > 0.01);
        // Ten half-lives after the last impression nothing is left of it.
        state.exposed.retain(|_, count| (now_ms - count.at_ms) as f32 <= 10.0 * SLOW_MS);
        let counts: Vec<(ItemId, Count)> = state
            .counts
            .iter()
            .map(|(item, count)| (item.clone(), count.decayed(now_ms)))
            .collect();
        drop(state);
        let popular = counts.iter().map(|(item, count)| (item.clone(), count.slow)).collect();
        let trending = counts
            .iter()
            .filter(|(_, count)| count.fast >= LEAST_RECENT)
            // In balance a decayed count is its rate times its half-life, so the ratio of rates is scaled by theirs.
            .map(|(item, count)| {
                (item.clone(), count.fast / FAST_MS * SLOW_MS / count.slow.max(1.0))
            })
            .filter(|(_, ratio)| *ratio > 1.0)
            .collect();
        (top(popular), top(trending))
    }
}

fn add(counts: &mut HashMap<ItemId, Count>, item: ItemId, votes: f32, at_ms: i64) {
    let count = counts.entry(item).or_default();
    let mut now = count.decayed(at_ms);
    // A late arrival counts for what is left of it.
    let late = (now.at_ms - at_ms).max(0) as f32;
    now.slow += votes * (-late / SLOW_MS).exp2();
    now.fast += votes * (-late / FAST_MS).exp2();
    *count = now;
}

fn top(mut list: Ranked) -> Ranked {
    list.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(LISTED);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interest() -> Interest {
        Interest::new([("page_view".to_owned(), 1.0)].into()).unwrap()
    }

    fn view(visitor: u64, item: &str, second: i64) -> Event {
        Event {
            visitor: VisitorId(visitor),
            name: "page_view".to_owned(),
            item_id: item.to_owned(),
            ts: Timestamp::from_second(second).unwrap(),
            ..Event::default()
        }
    }

    #[test]
    fn one_visitor_cannot_move_a_list() {
        let counters = Counters::default();
        for second in 0..1_000 {
            counters.observe(&view(1, "pushed", second), &interest());
        }
        counters.observe(&view(2, "liked", 1_000), &interest());
        counters.observe(&view(3, "liked", 1_000), &interest());
        let (popular, _) = counters.lists(Timestamp::from_second(1_000).unwrap());
        assert_eq!(popular[0].0, ItemId::from("liked"));
    }

    #[test]
    fn what_lists_show_and_what_is_taken_counts_once_a_visitor() {
        let counters = Counters::default();
        let shown = |name: &str, visitor: u64| Event {
            name: name.to_owned(),
            rec_id: "list".to_owned(),
            proto: vocab::Protocol::Server,
            ..view(visitor, "a", 10)
        };
        counters.observe(&Event { item_id: "b".to_owned(), ..shown("click", 1) }, &interest());
        for visitor in 0..4 {
            counters.observe(&shown("impression", visitor), &interest());
        }
        for _ in 0..100 {
            counters.observe(&shown("impression", 1), &interest());
            counters.observe(&shown("click", 1), &interest());
        }
        assert_eq!(counters.exposure(), [(ItemId::from("a"), 4.0, 1.0)]);
    }

    #[test]
    fn a_burst_trends_and_a_steady_item_does_not() {
        let counters = Counters::default();
        let day = 86_400;
        for hour in 0..72 {
            for visitor in 0..10 {
                counters.observe(
                    &view(hour * 100 + visitor, "steady", hour as i64 * 3_600),
                    &interest(),
                );
            }
        }
        for visitor in 0..20 {
            counters.observe(&view(90_000 + visitor, "burst", 3 * day), &interest());
        }
        let (popular, trending) = counters.lists(Timestamp::from_second(3 * day).unwrap());
        assert_eq!(popular[0].0, ItemId::from("steady"));
        assert_eq!(trending[0].0, ItemId::from("burst"));
        let steady = trending
            .iter()
            .find(|(item, _)| item.as_str() == "steady")
            .map_or(0.0, |entry| entry.1);
        assert!(steady < 3.0, "steady trends at {steady}");
    }
}
