//! What each visitor did lately: fed by the live events within two seconds, read by every recommendation.
//!
//! Without recorded consent a visitor's traces live 30 minutes (privacy mode `session`) and only here, in memory.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use vocab::{Event, Interest, ItemId, SessionId, VisitorId};

/// After this silence a session is over and an unconsented visitor is forgotten.
pub const SESSION_GAP: SignedDuration = SignedDuration::from_mins(30);
/// Interactions kept a visitor.
const HISTORY: usize = 200;
/// Shown items remembered a visitor, so a list is not served over and over.
const SERVED: usize = 200;
/// Items a visitor did not want to see that are remembered.
const UNWANTED: usize = 500;
/// Queries kept a visitor.
const SEARCHES: usize = 10;
const SHARDS: usize = 64;

/// One thing a visitor did with an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The item.
    pub item: ItemId,
    /// When.
    pub at: Timestamp,
    /// How strongly it speaks for an interest.
    pub weight: f32,
    /// In which session.
    pub session: SessionId,
}

impl From<Trace> for recommend::Trace {
    fn from(trace: Trace) -> Self {
        Self { item: trace.item, at: trace.at, weight: trace.weight }
    }
}

/// Everything held about one visitor.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    /// Oldest first.
    pub traces: VecDeque<Trace>,
    /// The current session; 0 before the first event.
    pub session: SessionId,
    /// Latest query last, with its time.
    pub searches: VecDeque<(String, Timestamp)>,
    /// Items shown in lists, with the time.
    pub served: VecDeque<(ItemId, Timestamp)>,
    /// Items the visitor does not want to see.
    pub unwanted: Vec<ItemId>,
    /// When something last happened.
    pub last: Timestamp,
    /// Whether a profile was agreed to: it outlives the session.
    pub keep: bool,
}

impl Recent {
    fn observe(&mut self, event: &Event, interest: &Interest) {
        self.session = event.session;
        self.last = self.last.max(event.ts);
        self.keep |= event.consent.allows_profile() && !event.channel.is_shared();
        if event.name == vocab::event::name::SEARCH && !event.search_q.is_empty() {
            push_bounded(&mut self.searches, (event.search_q.clone(), event.ts), SEARCHES);
        }
        let item = ItemId::from(event.item_id.as_str());
        if event.name == vocab::event::name::IMPRESSION {
            push_bounded(&mut self.served, (item, event.ts), SERVED);
            return;
        }
        match interest.of(event) {
            Some(weight) if weight < 0.0 => self.refuse(item),
            Some(weight) => {
                let trace = Trace { item, at: event.ts, weight, session: event.session };
                push_bounded(&mut self.traces, trace, HISTORY);
            }
            None => {}
        }
    }

    fn refuse(&mut self, item: ItemId) {
        if self.unwanted.contains(&item) {
            return;
        }
        if self.unwanted.len() == UNWANTED {
            self.unwanted.remove(0);
        }
        self.unwanted.push(item);
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, value: T, bound: usize) {
    if queue.len() == bound {
        queue.pop_front();
    }
    queue.push_back(value);
}

/// All visitors seen lately, in independently locked parts.
#[derive(Debug)]
pub struct Visitors {
    shards: Vec<Mutex<HashMap<VisitorId, Recent>>>,
    per_shard: usize,
}

impl Visitors {
    /// Room for about `capacity` visitors; past it the longest silent ones go.
    pub fn new(capacity: usize) -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, per_shard: capacity.div_ceil(SHARDS).max(1) }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below 64")]
    fn shard(&self, visitor: VisitorId) -> &Mutex<HashMap<VisitorId, Recent>> {
        &self.shards[(visitor.0 % SHARDS as u64) as usize]
    }

    /// Takes in one event.
    pub fn observe(&self, event: &Event, interest: &Interest) {
        if event.bot != vocab::BotClass::Human || event.visitor == VisitorId(0) {
            return;
        }
        let mut shard = self.shard(event.visitor).lock();
        if shard.len() >= self.per_shard && !shard.contains_key(&event.visitor) {
            let longest_silent = shard.iter().min_by_key(|(id, recent)| (recent.last, **id));
            if let Some(id) = longest_silent.map(|(id, _)| *id) {
                shard.remove(&id);
            }
        }
        shard.entry(event.visitor).or_default().observe(event, interest);
    }

    /// Puts back what the warehouse remembers of a consenting visitor, at start.
    pub fn restore(&self, visitor: VisitorId, traces: impl IntoIterator<Item = Trace>) {
        let mut shard = self.shard(visitor).lock();
        let recent = shard.entry(visitor).or_default();
        recent.keep = true;
        for trace in traces {
            recent.last = recent.last.max(trace.at);
            push_bounded(&mut recent.traces, trace, HISTORY);
        }
    }

    /// A copy of what is held about `visitor`.
    pub fn get(&self, visitor: VisitorId) -> Option<Recent> {
        self.shard(visitor).lock().get(&visitor).cloned()
    }

    /// Remembers that these items were shown.
    pub fn served(
        &self,
        visitor: VisitorId,
        items: impl IntoIterator<Item = ItemId>,
        now: Timestamp,
    ) {
        if let Some(recent) = self.shard(visitor).lock().get_mut(&visitor) {
            for item in items {
                push_bounded(&mut recent.served, (item, now), SERVED);
            }
        }
    }

    /// Forgets a visitor at once: consent withdrawn, or erasure.
    pub fn forget(&self, visitor: VisitorId) {
        self.shard(visitor).lock().remove(&visitor);
    }

    /// What those who agreed to a profile did: of at most `most` of them, the ones seen last.
    pub fn profiles(&self, most: usize) -> Vec<(VisitorId, VecDeque<Trace>)> {
        let mut found: Vec<(Timestamp, VisitorId)> = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            let kept = shard.iter().filter(|(_, recent)| recent.keep && !recent.traces.is_empty());
            found.extend(kept.map(|(id, recent)| (recent.last, *id)));
        }
        found.sort_unstable_by_key(|entry| std::cmp::Reverse(*entry));
        found.truncate(most);
        let of = |(_, id): (Timestamp, VisitorId)| self.get(id).map(|recent| (id, recent.traces));
        found.into_iter().filter_map(of).collect()
    }

    /// How many visitors are held.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Whether nobody is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everyone whose session is over and who did not agree to a profile; returns how many remain.
    pub fn sweep(&self, now: Timestamp) -> usize {
        let mut remaining = 0;
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.retain(|_, recent| recent.keep || now.duration_since(recent.last) < SESSION_GAP);
            remaining += shard.len();
        }
        remaining
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocab::Consent;

    fn interest() -> Interest {
        Interest::new([("page_view".to_owned(), 1.0)].into()).unwrap()
    }

    fn view(visitor: u64, item: &str, second: i64, consent: Consent) -> Event {
        Event {
            visitor: VisitorId(visitor),
            name: "page_view".to_owned(),
            item_id: item.to_owned(),
            ts: Timestamp::from_second(second).unwrap(),
            consent,
            ..Event::default()
        }
    }

    #[test]
    fn without_consent_a_visitor_is_forgotten_after_the_session() {
        let visitors = Visitors::new(100);
        visitors.observe(&view(1, "a", 1_000, Consent::ANALYTICS), &interest());
        visitors.observe(
            &view(2, "a", 1_000, Consent::ANALYTICS.with(Consent::PERSONALISATION)),
            &interest(),
        );
        assert_eq!(visitors.sweep(Timestamp::from_second(1_000 + 29 * 60).unwrap()), 2);
        assert_eq!(visitors.sweep(Timestamp::from_second(1_000 + 31 * 60).unwrap()), 1);
        assert!(visitors.get(VisitorId(2)).is_some());
    }

    #[test]
    fn memory_is_bounded_and_the_longest_silent_goes_first() {
        let visitors = Visitors::new(SHARDS);
        let (old, new) = (7, 7 + SHARDS as u64);
        visitors.observe(&view(old, "a", 10, Consent::default()), &interest());
        visitors.observe(&view(new, "a", 20, Consent::default()), &interest());
        assert!(visitors.get(VisitorId(old)).is_none());
        assert!(visitors.get(VisitorId(new)).is_some());
        for second in 0..500 {
            visitors.observe(&view(new, "a", second, Consent::default()), &interest());
        }
        assert_eq!(visitors.get(VisitorId(new)).unwrap().traces.len(), HISTORY);
    }

    #[test]
    fn an_unwanted_item_is_remembered_as_such() {
        let visitors = Visitors::new(100);
        let mut event = view(1, "a", 10, Consent::default());
        event.name = "feedback".to_owned();
        event.props.insert("verdict".to_owned(), "not_interested".to_owned());
        visitors.observe(&event, &interest());
        let recent = visitors.get(VisitorId(1)).unwrap();
        assert_eq!(recent.unwanted, [ItemId::from("a")]);
        assert!(recent.traces.is_empty());
    }
}
