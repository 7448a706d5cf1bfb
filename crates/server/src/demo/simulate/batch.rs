//! Events put in time order and packed into requests, one kind of sender a request.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::IpAddr;

use jiff::Timestamp;
use vocab::SiteId;

use super::clients::{self, CLIENTS, Nature};
use super::wire;
use super::world::World;

/// Events of one request: what the browser SDK sends at most.
const MOST_EVENTS: u32 = 100;
/// Time after which a request goes out even if it is not full.
const LINGER_MS: i64 = 3 * 3_600_000;

/// A `POST /v1/events`: body and headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Site whose write key the body holds.
    pub site: SiteId,
    /// JSON of the native dialect, without `sent_at`: the times in it are right whenever it is sent.
    pub body: Vec<u8>,
    /// How many events it holds, 1 to 100.
    pub events: u32,
    /// `User-Agent`.
    pub user_agent: &'static str,
    /// `Accept-Language`; bots send none.
    pub accept_language: Option<&'static str>,
    /// `DNT: 1`.
    pub dnt: bool,
    /// The sender's address, one of those kept for documentation.
    pub peer: IpAddr,
    /// When it is sent: not before its last event. Batches come in this order.
    pub at: Timestamp,
    /// Whether a bot sends it: for tests, the collector must find out itself.
    pub bot: bool,
}

/// An event waiting for its turn.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    at_ms: i64,
    order: u64,
    bucket: usize,
    json: String,
}

#[derive(Debug, Default)]
struct Bucket {
    body: String,
    events: u32,
    first_ms: i64,
}

/// Collects events of overlapping visits and gives out requests.
#[derive(Debug)]
pub(super) struct Batcher {
    window: (i64, i64),
    waiting: BinaryHeap<Reverse<Waiting>>,
    buckets: Vec<Bucket>,
    /// Per site: `{"write_key":"…","events":[`.
    heads: Vec<String>,
    sites: Vec<SiteId>,
    ready: VecDeque<Batch>,
    order: u64,
    clock_ms: i64,
}

impl Batcher {
    pub(super) fn new(world: &World, from_ms: i64, until_ms: i64) -> Self {
        let head = |key: &str| format!("{{\"write_key\":{},\"events\":[", wire::quoted(key));
        let count = CLIENTS.len() * world.sites.len();
        Self {
            window: (from_ms, until_ms),
            waiting: BinaryHeap::new(),
            buckets: std::iter::repeat_with(Bucket::default).take(count).collect(),
            heads: world.sites.iter().map(|site| head(&site.write_key)).collect(),
            sites: world.sites.iter().map(|site| site.id).collect(),
            ready: VecDeque::new(),
            order: 0,
            clock_ms: i64::MIN,
        }
    }

    /// Takes an event, unless it lies outside the simulated time.
    pub(super) fn add(&mut self, client: usize, site: usize, at_ms: i64, json: String) {
        if (self.window.0..self.window.1).contains(&at_ms) {
            self.order += 1;
            let bucket = client * self.sites.len() + site;
            self.waiting.push(Reverse(Waiting { at_ms, order: self.order, bucket, json }));
        }
    }

    /// No event before `at_ms` will be added any more: packs those that are waiting.
    pub(super) fn until(&mut self, at_ms: i64) {
        while self.waiting.peek().is_some_and(|Reverse(first)| first.at_ms < at_ms) {
            if let Some(Reverse(event)) = self.waiting.pop() {
                self.clock_ms = self.clock_ms.max(event.at_ms);
                self.send_lingering();
                self.pack(&event);
            }
        }
    }

    /// Packs and sends everything.
    pub(super) fn finish(&mut self) {
        self.until(i64::MAX);
        self.flush();
    }

    /// Sends what is packed, full or not.
    pub(super) fn flush(&mut self) {
        for bucket in 0..self.buckets.len() {
            self.send(bucket);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Batch> {
        self.ready.pop_front()
    }

    fn pack(&mut self, event: &Waiting) {
        let bucket = &mut self.buckets[event.bucket];
        if bucket.events == 0 {
            bucket.first_ms = event.at_ms;
            bucket.body.push_str(&self.heads[event.bucket % self.sites.len()]);
        } else {
            bucket.body.push(',');
        }
        bucket.body.push_str(&event.json);
        bucket.events += 1;
        if bucket.events == MOST_EVENTS {
            self.send(event.bucket);
        }
    }

    fn send_lingering(&mut self) {
        let before = self.clock_ms - LINGER_MS;
        for bucket in 0..self.buckets.len() {
            if self.buckets[bucket].events > 0 && self.buckets[bucket].first_ms < before {
                self.send(bucket);
            }
        }
    }

    fn send(&mut self, bucket: usize) {
        let full = std::mem::take(&mut self.buckets[bucket]);
        if full.events == 0 {
            return;
        }
        let (client, site) = (bucket / self.sites.len(), bucket % self.sites.len());
        let sender = &CLIENTS[client];
        let mut body = full.body.into_bytes();
        body.extend_from_slice(b"]}");
        self.ready.push_back(Batch {
            site: self.sites[site],
            body,
            events: full.events,
            user_agent: sender.agent,
            accept_language: Some(sender.language).filter(|language| !language.is_empty()),
            dnt: sender.nature == Nature::Objector,
            peer: clients::peer(client, site),
            at: Timestamp::from_millisecond(self.clock_ms).unwrap_or(Timestamp::MAX),
            bot: sender.nature == Nature::Bot,
        });
    }
}
