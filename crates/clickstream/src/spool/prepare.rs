//! An intake encoded and grouped in the caller's thread, so that the one writer has little left to do.

use std::collections::HashMap;

use jiff::{Timestamp, Unit};
use uuid::Uuid;
use vocab::event::Protocol;
use vocab::{Event, SiteId};

use super::record::{encode, proto_name};
use crate::Intake;

/// What statistics are grouped by, without the outcome.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Group {
    pub(crate) minute: Timestamp,
    pub(crate) site: SiteId,
    pub(crate) proto: String,
    pub(crate) lib: String,
}

impl Group {
    fn new(received_at: Timestamp, site: SiteId, proto: Protocol, lib: &str) -> Self {
        let minute = received_at
            .round(jiff::TimestampRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Floor));
        Self {
            // Only the last minute of the year 9999 cannot be rounded.
            minute: minute.unwrap_or(received_at),
            site,
            proto: proto_name(proto),
            lib: lib.into(),
        }
    }
}

pub(crate) struct PreparedEvent {
    pub(crate) id: Uuid,
    pub(crate) received_at: Timestamp,
    pub(crate) imported: bool,
    pub(crate) group: usize,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct PreparedLetter {
    pub(crate) id: Option<Uuid>,
    pub(crate) received_at: Timestamp,
    pub(crate) group: usize,
    pub(crate) outcome: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Prepared {
    pub(crate) events: Vec<PreparedEvent>,
    pub(crate) dead: Vec<PreparedLetter>,
    pub(crate) groups: Vec<Group>,
    /// Outcomes known already: group, outcome, count.
    pub(crate) counts: Vec<(usize, String, u64)>,
    pub(crate) bytes: u64,
}

impl Prepared {
    pub(crate) fn new(intake: &Intake) -> Self {
        let mut groups = Groups::default();
        let mut counts = Vec::new();
        let mut bytes = 0;
        let events: Vec<PreparedEvent> = intake
            .events
            .iter()
            .map(|event| {
                let prepared = prepare(event, &mut groups);
                bytes += prepared.bytes.len() as u64;
                prepared
            })
            .collect();
        let mut dead = Vec::with_capacity(intake.dead.len());
        for letter in &intake.dead {
            let group = groups.of(letter.received_at, letter.site, letter.proto, &letter.lib);
            let encoded = encode(letter);
            bytes += encoded.len() as u64;
            dead.push(PreparedLetter {
                id: letter.id,
                received_at: letter.received_at,
                group,
                outcome: letter.reason.outcome(),
                bytes: encoded,
            });
        }
        for left in &intake.suppressed {
            let group = groups.of(left.received_at, left.site, left.proto, &left.lib);
            counts.push((group, left.reason.outcome(), left.count));
        }
        for noted in &intake.noted {
            let group = groups.of(noted.received_at, noted.site, noted.proto, &noted.lib);
            counts.push((group, format!("warning.{}", noted.reason), noted.count));
        }
        Self { events, dead, groups: groups.list, counts, bytes }
    }
}

fn prepare(event: &Event, groups: &mut Groups) -> PreparedEvent {
    PreparedEvent {
        id: event.event_id,
        received_at: event.received_at,
        imported: event.proto == Protocol::Import,
        group: groups.of(event.received_at, event.site, event.proto, &event.lib),
        bytes: encode(event),
    }
}

#[derive(Default)]
struct Groups {
    list: Vec<Group>,
    index: HashMap<Group, usize>,
    last: usize,
}

impl Groups {
    fn of(&mut self, received_at: Timestamp, site: SiteId, proto: Protocol, lib: &str) -> usize {
        // Nearly always the group of the one before: found without making anything.
        if let Some(last) = self.list.get(self.last)
            && last.site == site
            && last.lib == lib
            && last.proto == proto.as_str()
            && (0..60).contains(&(received_at.as_second() - last.minute.as_second()))
        {
            return self.last;
        }
        let group = Group::new(received_at, site, proto, lib);
        self.last = *self.index.entry(group).or_insert_with_key(|group| {
            self.list.push(group.clone());
            self.list.len() - 1
        });
        self.last
    }
}
