//! A dead letter sent through again, as it is or repaired: the road it should have gone, under the rules of today.

use jiff::Timestamp;
use uuid::Uuid;
use vocab::event::Protocol;
use vocab::{Event, SiteId};

use super::{Collector, verdict};
use crate::dialect::Route;
use crate::identity::event_uuid;
use crate::{CollectError, EventResult, Intake, Request, SegmentRoute, Verdict, road};

/// A letter as it is kept.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The letter.
    pub letter: Uuid,
    /// The site it was meant for.
    pub site: SiteId,
    /// Its wire format.
    pub proto: Protocol,
    /// When it arrived: what its clock is corrected by.
    pub received_at: Timestamp,
    /// Its payload, repaired where need be. Ids that begin with `~` are pseudonyms.
    pub payload: String,
    /// Whether the payload is an event that the warehouse could not take.
    pub stored_before: bool,
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The letter.
    pub letter: Uuid,
    /// The event it became, where it did.
    pub event: Option<Uuid>,
    /// The verdict. A letter that fails again stays the letter it is; no second one is written.
    pub result: EventResult,
}

impl Collector {
    /// Sends letters through again; returns once their events are fsynced. They count as arrived `now`.
    ///
    /// # Errors
    /// `Overloaded`, `Storage`, `Closed`.
    pub async fn replay(
        &self,
        letters: &[Replay],
        now: Timestamp,
    ) -> Result<Vec<Replayed>, CollectError> {
        let mut done = Vec::with_capacity(letters.len());
        let mut intake = Intake::default();
        for letter in letters {
            let (event, result) = match self.again(letter) {
                Ok((mut event, result)) => {
                    event.received_at = now;
                    let id = event.event_id;
                    intake.events.push(event);
                    (Some(id), result)
                }
                Err(result) => (None, result),
            };
            done.push(Replayed { letter: letter.letter, event, result });
        }
        let appended = self.store(intake).await?;
        let stored = done.iter_mut().filter(|replayed| replayed.event.is_some());
        for (replayed, offset) in stored.zip(&appended.offsets) {
            if offset.is_none() {
                replayed.result.reason = Some("duplicate".into());
            }
        }
        Ok(done)
    }

    fn again(&self, letter: &Replay) -> Result<(Event, EventResult), EventResult> {
        let ok = EventResult { result: Verdict::Ok, reason: None, detail: None };
        if letter.stored_before {
            let event = serde_json::from_str::<Event>(&letter.payload);
            return match event {
                Ok(event) if event.site == letter.site => {
                    // Its own id is known as stored: under it, it would be a duplicate of what never came to be.
                    let name = event.event_id.into_bytes();
                    let event_id = event_uuid(b"replayed", event.site, &name);
                    Ok((Event { event_id, ..event }, ok))
                }
                Ok(_) => Err(dropped("bad_value", "the event is of another site".into())),
                Err(error) => Err(dropped("undecodable", error.to_string())),
            };
        }
        let payload = crate::dialect::redact::unblotted(&letter.payload);
        let (route, body) = match letter.proto {
            Protocol::Native => (Route::Native, format!("{{\"events\":[{payload}]}}")),
            Protocol::Segment => {
                (Route::Segment(SegmentRoute::Batch), format!("{{\"batch\":[{payload}]}}"))
            }
            Protocol::Sensors => (Route::Sensors, format!("[{payload}]")),
            Protocol::Matomo => (Route::Matomo, format!("[{payload}]")),
            Protocol::Import | Protocol::Server => {
                let detail =
                    "mend the file and import it again: lines already stored change nothing";
                return Err(dropped("not_replayable", detail.into()));
            }
        };
        let sites = self.sites.load_full();
        let Some(site) = sites.numbered(letter.site) else {
            return Err(dropped("unknown_site", "the site is closed or gone".into()));
        };
        let mut request = Request::new(body.as_bytes(), letter.received_at);
        request.replay = true;
        request.header_key = Some(&site.key.write_key);
        let definition = self.definitions.of(route.source());
        let refused = |error: CollectError| dropped("malformed", error.to_string());
        let opened = road::open(definition, &request, route).map_err(refused)?;
        let arrivals = road::read(definition, &sites, &request, &opened, route).map_err(refused)?;
        let mut items = arrivals.items.into_iter();
        let (Some(item), None) = (items.next(), items.next()) else {
            return Err(dropped("malformed", "a letter is one event".into()));
        };
        let knowledge = self.knowledge.load_full();
        let context = road::context(definition, &site, &request, &self.sessions, &knowledge);
        match road::walk(definition, &context, item).draft {
            Ok(draft) => Ok((draft.event.clone(), verdict(&draft))),
            Err(fault) => {
                Err(dropped(fault.reason.as_str(), format!("{}: {}", fault.field, fault.detail)))
            }
        }
    }
}

fn dropped(reason: &str, detail: String) -> EventResult {
    EventResult { result: Verdict::Drop, reason: Some(reason.into()), detail: Some(detail) }
}
