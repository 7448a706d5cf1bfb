//! The collector: a tracker's request in, its events on disk, the answer out.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::broadcast;
use vocab::{Event, SiteId, VisitorId};

use crate::definition::{Definition, Source};
use crate::dialect::{Item, Route};
use crate::draft::Draft;
use crate::road;
use crate::steps::Sessioniser;
use crate::{
    Appended, CollectError, Definitions, EventResult, Intake, Knowledge, NativeResponse, Pages,
    Request, Shown, Sites, Spool, Verdict, metrics as names,
};

/// Events between two yields: keeps one request from holding a runtime thread longer than about half a millisecond.
const SLICE: usize = 32;
/// Events a slow listener of the live feed may lag behind before it misses some.
const FEED: usize = 4_096;

mod replay;

pub use replay::{Replay, Replayed};

/// What became of each arrival, by its label.
type Labels = Vec<(String, EventResult)>;

/// How many requests or items of a foreign tracker's request were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    /// On disk, now or already before.
    pub taken: u64,
    /// Dead letters, left out, and requests for sites nobody knows.
    pub invalid: u64,
}

/// Everything a tracker talks to. Cheap to share in an [`Arc`].
#[derive(Debug)]
pub struct Collector {
    sites: ArcSwap<Sites>,
    definitions: Definitions,
    sessions: Sessioniser,
    knowledge: ArcSwap<Knowledge>,
    spool: Arc<Spool>,
    feed: broadcast::Sender<Arc<Event>>,
}

impl Collector {
    /// A collector over an opened spool. Reads the spool's last events to find the visits that are still open.
    ///
    /// # Errors
    /// `Storage` or `Corrupt` where those events cannot be read.
    pub fn new(
        sites: Sites,
        definitions: Definitions,
        spool: Arc<Spool>,
    ) -> Result<Self, CollectError> {
        let step = definitions.of(Source::Native).sessionise();
        let visitors = definitions.all().iter().map(|one| one.sessionise().max_visitors).max();
        let visitors = visitors.unwrap_or(step.max_visitors);
        let sessions = Sessioniser::new(visitors);
        let mut from = spool.first_offset(crate::Lane::Events);
        loop {
            let events = spool.read::<Event>(from, 10_000)?;
            let Some((last, _)) = events.last() else { break };
            from = last + 1;
            for (_, event) in events.iter().filter(|(_, event)| event.session.0 != 0) {
                sessions.restore(event, &step.reset_event);
            }
        }
        let (feed, _) = broadcast::channel(FEED);
        Ok(Self {
            sites: ArcSwap::from_pointee(sites),
            definitions,
            sessions,
            knowledge: ArcSwap::default(),
            spool,
            feed,
        })
    }

    /// Replaces the table of sites; requests under way keep the old one.
    pub fn replace_sites(&self, sites: Sites) {
        self.sites.store(Arc::new(sites));
    }

    /// Replaces what events are enriched from.
    pub fn replace_knowledge(&self, knowledge: Knowledge) {
        self.knowledge.store(Arc::new(knowledge));
    }

    /// Replaces what is known of pages.
    pub fn replace_pages(&self, pages: &Arc<dyn Pages>) {
        self.knowledge
            .rcu(|known| Knowledge { pages: Some(Arc::clone(pages)), ..(**known).clone() });
    }

    /// The pseudonym that events of somebody without a profile have at that time.
    pub fn passing_id(
        &self,
        pepper: &[u8; 32],
        site: SiteId,
        raw: &str,
        at: Timestamp,
    ) -> VisitorId {
        self.definitions.of(Source::Native).passing_id(pepper, site, raw, at)
    }

    /// Every pseudonym besides the lasting one that somebody may have had in the `days` before `now`: all of them are to be
    /// erased with a person.
    pub fn passed_ids(
        &self,
        key: (&[u8; 32], SiteId),
        zone: &TimeZone,
        raw: &str,
        until: (Timestamp, i32),
    ) -> Vec<VisitorId> {
        self.definitions.of(Source::Native).passed_ids(key, zone, raw, until)
    }

    /// What events are enriched from now.
    pub fn knowledge(&self) -> Knowledge {
        (**self.knowledge.load()).clone()
    }

    /// What lies at a path of a site.
    pub fn page(&self, site: SiteId, path: &str) -> Option<Shown> {
        self.knowledge.load().pages.as_ref()?.at(site, path)
    }

    /// The spool behind it.
    pub fn spool(&self) -> &Arc<Spool> {
        &self.spool
    }

    /// The definitions it runs.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// Takes a native request; returns once its events are fsynced.
    ///
    /// # Errors
    /// `Malformed`, `TooLarge`, `UnknownKey`, `ForeignOrigin`, `Truncated` for the request as a whole;
    /// `Storage`, `Closed` where nothing was kept. Overload is no error here: every event's result is then `retry`.
    pub async fn native(&self, request: &Request<'_>) -> Result<NativeResponse, CollectError> {
        let definition = self.definitions.of(Source::Native);
        let read = self.read(definition, Route::Native, request).await;
        let (intake, labels, _) = read.inspect_err(|error| refused("native", error))?;
        let appended = match self.store(intake).await {
            Ok(appended) => appended,
            Err(error @ CollectError::Overloaded { retry_after }) => {
                refused("native", &error);
                let result = || EventResult {
                    result: Verdict::Retry,
                    reason: Some("overloaded".into()),
                    detail: None,
                };
                let results = labels.into_iter().map(|(label, _)| (label, result())).collect();
                return Ok(NativeResponse { results, retry_after: Some(retry_after) });
            }
            Err(error) => {
                refused("native", &error);
                return Err(error);
            }
        };
        let mut offsets = appended.offsets.iter();
        let mut response = NativeResponse::default();
        for (label, mut result) in labels {
            // Events that reached the spool come in the order of their labels.
            if result.result != Verdict::Drop && offsets.next() == Some(&None) {
                result.reason = Some("duplicate".into());
            }
            // A second event under one id is a duplicate of the first, whose result stands.
            response.results.entry(label).or_insert(result);
        }
        Ok(response)
    }

    /// Takes a request of a foreign tracker; returns once its events are fsynced. Bad items become dead letters.
    ///
    /// # Errors
    /// As [`Self::native`].
    pub async fn track(
        &self,
        route: Route,
        request: &Request<'_>,
    ) -> Result<Tracked, CollectError> {
        let definition = self.definitions.of(route.source());
        let taken = async {
            let (intake, labels, rejected) = self.read(definition, route, request).await?;
            self.store(intake).await?;
            Ok((labels, rejected))
        };
        let proto = definition.source.protocol().as_str();
        let (labels, rejected) = taken.await.inspect_err(|error| refused(proto, error))?;
        let bad = labels.iter().filter(|(_, result)| result.result == Verdict::Drop).count() as u64;
        Ok(Tracked { taken: labels.len() as u64 - bad, invalid: bad + rejected })
    }

    /// Takes events made by this server itself, complete and pseudonymised: impressions it served.
    ///
    /// # Errors
    /// `Overloaded`, `Storage`, `Closed`.
    pub async fn accept(&self, events: Vec<Event>) -> Result<Appended, CollectError> {
        self.store(Intake { events, ..Intake::default() }).await
    }

    /// Every event from now on, as soon as it is on disk. A listener that lags misses some and is told so.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.feed.subscribe()
    }

    async fn read(
        &self,
        definition: &Definition,
        route: Route,
        request: &Request<'_>,
    ) -> Result<(Intake, Labels, u64), CollectError> {
        let opened = road::open(definition, request, route)?;
        let sites = self.sites.load_full();
        let arrivals = road::read(definition, &sites, request, &opened, route)?;
        let (intake, labels) = self.walk(definition, request, arrivals.items).await;
        Ok((intake, labels, arrivals.rejected))
    }

    async fn walk(
        &self,
        definition: &Definition,
        request: &Request<'_>,
        items: Vec<Item<'_>>,
    ) -> (Intake, Labels) {
        let mut intake = Intake::default();
        let mut labels = Vec::with_capacity(items.len());
        let knowledge = self.knowledge.load_full();
        for (index, item) in items.into_iter().enumerate() {
            if index % SLICE == SLICE - 1 {
                tokio::task::yield_now().await;
            }
            let site = Arc::clone(&item.site);
            let context = road::context(definition, &site, request, &self.sessions, &knowledge);
            let mut item = road::walk(definition, &context, item);
            let label = std::mem::take(&mut item.label);
            let result = match &item.draft {
                Ok(draft) => verdict(draft),
                Err(fault) => {
                    road::put_away(&mut intake, definition, &context, &item, fault);
                    EventResult {
                        result: Verdict::Drop,
                        reason: Some(fault.reason.as_str().into()),
                        detail: Some(format!("{}: {}", fault.field, fault.detail)),
                    }
                }
            };
            labels.push((label, result));
            if let Ok(draft) = item.draft {
                for warning in &draft.warnings {
                    intake.note(&draft.event, warning.reason);
                }
                intake.events.push(draft.event);
            }
        }
        (intake, labels)
    }

    async fn store(&self, intake: Intake) -> Result<Appended, CollectError> {
        let appended = self.spool.append(&intake).await?;
        if self.feed.receiver_count() > 0 {
            for (event, offset) in intake.events.into_iter().zip(&appended.offsets) {
                if offset.is_some() {
                    // Listeners may have gone meanwhile.
                    self.feed.send(Arc::new(event)).ok();
                }
            }
        }
        Ok(appended)
    }
}

fn verdict(draft: &Draft) -> EventResult {
    match draft.warnings.first() {
        None => EventResult { result: Verdict::Ok, reason: None, detail: None },
        Some(first) => EventResult {
            result: Verdict::Warning,
            reason: Some(first.reason.into()),
            detail: Some(first.field.clone()),
        },
    }
}

fn refused(proto: &'static str, error: &CollectError) {
    let kind = match error {
        CollectError::Malformed { .. } => "malformed",
        CollectError::TooLarge { .. } => "too_large",
        CollectError::UnknownKey => "unknown_key",
        CollectError::ForeignOrigin => "foreign_origin",
        CollectError::Overloaded { .. } => "overloaded",
        CollectError::Truncated { .. } => "truncated",
        _ => "storage",
    };
    metrics::counter!(names::REFUSALS, "proto" => proto, "kind" => kind).increment(1);
}

#[cfg(test)]
mod tests;
