//! The event stream for open pages and kiosks (Server-Sent Events): resumable, and a gap is said, never hidden.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::broadcast::{Receiver, Sender, channel, error::RecvError};
use vocab::{SiteId, VisitorId};

use crate::metrics as names;

/// How long a silent stream waits before it shows it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What a client waits before it comes back, in milliseconds.
const RETRY_MS: u32 = 3000;

/// One piece of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Something happened.
    Event {
        /// Where to resume.
        id: String,
        /// The event's name.
        name: String,
        /// JSON.
        data: String,
    },
    /// Events before `id` are lost to this listener: fetch the state anew.
    Gap {
        /// Where the stream goes on.
        id: String,
    },
    /// How long to wait before coming back.
    Retry,
    /// Nothing happened.
    Heartbeat,
}

impl Frame {
    /// The bytes on the wire.
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Event { id, name, data } => event(id, name, data).into(),
            Self::Gap { id } => event(id, "gap", "{}").into(),
            Self::Retry => format!("retry: {RETRY_MS}\n\n").into(),
            Self::Heartbeat => Bytes::from_static(b": alive\n\n"),
        }
    }
}

fn event(id: &str, name: &str, data: &str) -> String {
    let mut text = format!("id: {id}\nevent: {}\n", name.replace(['\r', '\n'], " "));
    // A lone carriage return ends a line too.
    for line in data.replace("\r\n", "\n").split(['\n', '\r']) {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text
}

/// Who gets an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody who listens to the site.
    Site(SiteId),
    /// One person's own pages; never a kiosk.
    Visitor(SiteId, VisitorId),
}

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// To which site.
    pub site: SiteId,
    /// As whom; `None` is a kiosk or a stranger.
    pub visitor: Option<VisitorId>,
}

impl Listener {
    fn hears(&self, audience: Audience) -> bool {
        match audience {
            Audience::Site(site) => site == self.site,
            Audience::Visitor(site, visitor) => site == self.site && self.visitor == Some(visitor),
        }
    }
}

#[derive(Debug)]
struct Logged {
    number: u64,
    audience: Audience,
    name: String,
    data: String,
}

#[derive(Debug)]
struct Ring {
    next: u64,
    events: VecDeque<Arc<Logged>>,
}

/// The last events, and everybody who listens.
#[derive(Debug)]
pub struct EventLog {
    /// Changes with every start: numbers of an earlier life mean nothing.
    epoch: String,
    capacity: usize,
    heartbeat: Duration,
    ring: Mutex<Ring>,
    live: Sender<Arc<Logged>>,
}

impl EventLog {
    /// A log that keeps the last `capacity` events for those who come back.
    pub fn new(epoch: impl Into<String>, capacity: usize) -> Arc<Self> {
        Self::with_heartbeat(epoch, capacity, HEARTBEAT)
    }

    /// As [`EventLog::new`], showing signs of life after every `heartbeat` of silence.
    pub fn with_heartbeat(
        epoch: impl Into<String>,
        capacity: usize,
        heartbeat: Duration,
    ) -> Arc<Self> {
        let capacity = capacity.max(1);
        let ring = Mutex::new(Ring { next: 1, events: VecDeque::with_capacity(capacity) });
        Arc::new(Self { epoch: epoch.into(), capacity, heartbeat, ring, live: channel(capacity).0 })
    }

    /// Tells an event; gives its id.
    ///
    /// # Errors
    /// When `data` cannot be written as JSON.
    pub fn publish(
        &self,
        audience: Audience,
        name: &str,
        data: &impl Serialize,
    ) -> Result<String, serde_json::Error> {
        let data = serde_json::to_string(data)?;
        let mut ring = self.ring.lock();
        let number = ring.next;
        ring.next += 1;
        if ring.events.len() == self.capacity {
            ring.events.pop_front();
        }
        let logged = Arc::new(Logged { number, audience, name: name.to_owned(), data });
        ring.events.push_back(Arc::clone(&logged));
        // Under the lock, so that the order of the ring is the order of the listeners; nobody listening is no error.
        drop(self.live.send(logged));
        Ok(self.id(number))
    }

    /// Listens, from `last_event_id` on where it is still known.
    pub fn listen(
        self: &Arc<Self>,
        listener: Listener,
        last_event_id: Option<&str>,
    ) -> Subscription {
        let ring = self.ring.lock();
        // Subscribing and replaying under one lock makes the seam lossless and without doubles.
        let live = self.live.subscribe();
        let newest = ring.next - 1;
        let mut pending = VecDeque::from([Frame::Retry]);
        let last = match last_event_id.map(|id| self.number(id)) {
            None => newest,
            Some(Some(number)) if number <= newest => number,
            Some(_) => {
                pending.push_back(self.gap(newest));
                newest
            }
        };
        drop(ring);
        metrics::gauge!(names::STREAM_LISTENERS).increment(1.0);
        let mut subscription =
            Subscription { log: Arc::clone(self), listener, live, pending, last };
        subscription.catch_up(newest);
        subscription
    }

    fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.epoch)
    }

    fn number(&self, id: &str) -> Option<u64> {
        let (epoch, number) = id.rsplit_once('-')?;
        if epoch == self.epoch { number.parse().ok() } else { None }
    }

    fn gap(&self, number: u64) -> Frame {
        metrics::counter!(names::STREAM_GAPS).increment(1);
        Frame::Gap { id: self.id(number) }
    }
}

/// One listener's stream.
#[derive(Debug)]
pub struct Subscription {
    log: Arc<EventLog>,
    listener: Listener,
    live: Receiver<Arc<Logged>>,
    pending: VecDeque<Frame>,
    last: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        metrics::gauge!(names::STREAM_LISTENERS).decrement(1.0);
    }
}

impl Subscription {
    /// The next frame; `None` when the log is gone.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.pending.pop_front() {
                return Some(frame);
            }
            match tokio::time::timeout(self.log.heartbeat, self.live.recv()).await {
                Err(_) => return Some(Frame::Heartbeat),
                Ok(Ok(logged)) => self.take(&logged),
                Ok(Err(RecvError::Lagged(_))) => self.catch_up(u64::MAX),
                Ok(Err(RecvError::Closed)) => return None,
            }
        }
    }

    /// The frames as a stream of bytes for a response's body.
    pub fn into_bytes(self) -> impl Stream<Item = Bytes> + Send {
        futures::stream::unfold(self, |mut subscription| async move {
            let frame = subscription.next().await?;
            Some((frame.encode(), subscription))
        })
    }

    fn take(&mut self, logged: &Logged) {
        if logged.number <= self.last {
            return;
        }
        self.last = logged.number;
        if self.listener.hears(logged.audience) {
            self.pending.push_back(Frame::Event {
                id: self.log.id(logged.number),
                name: logged.name.clone(),
                data: logged.data.clone(),
            });
        }
    }

    /// Reads what was missed from the ring, up to `newest`; says so where the ring has lost some of it.
    fn catch_up(&mut self, newest: u64) {
        let missed: Vec<Arc<Logged>> = {
            let ring = self.log.ring.lock();
            ring.events
                .iter()
                .filter(|logged| logged.number > self.last && logged.number <= newest)
                .cloned()
                .collect()
        };
        if let Some(first) = missed.first()
            && first.number > self.last + 1
        {
            let gap = self.log.gap(first.number - 1);
            self.pending.push_back(gap);
        }
        for logged in missed {
            self.take(&logged);
        }
    }
}

#[cfg(test)]
mod tests;
