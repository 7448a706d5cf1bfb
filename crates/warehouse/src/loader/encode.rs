//! A batch of the spool → parcels: recent events together, late ones by year, so no insert touches many partitions.

use std::collections::BTreeMap;

use clickstream::{Batch, DeadLetter, Lane, Spool, StatRow};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use vocab::{Event, EventOf};

use crate::WarehouseError;
use crate::rowbinary::RowWriter;
use crate::rows::{
    DEAD_LETTERS, EVENTS, INGEST_STATS, Unstorable, batch_id, id_within, storable, summed,
    write_event, write_letter, write_stat,
};
use crate::send::{Mark, Parcel};

/// After so many records it is foreseen how long all of them will be.
const FORESEEN: u64 = 4096;
/// An event that arrives later than this after it happened goes down the lane of its year.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// Part of a batch that goes to ClickHouse as one insert.
#[derive(Debug)]
pub(super) struct Part {
    /// `events`, `late-1995`, `dead_letters`, `stats`.
    pub(super) lane: String,
    pub(super) parcel: Parcel,
    /// First and last time in it.
    pub(super) ts: (Timestamp, Timestamp),
}

/// A batch as bytes.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) batch: Batch,
    pub(super) parts: Vec<Part>,
    /// Events that fit no row.
    pub(super) unstorable: Vec<Unstorable>,
}

/// Which insert an event goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Recent,
    Late(i16),
}

impl Group {
    /// Depends on the event alone, never on the clock, so a batch is always divided the same way.
    fn of<S>(event: &EventOf<S>) -> Self {
        if event.received_at.duration_since(event.ts).abs() <= LATE {
            Self::Recent
        } else {
            Self::Late(event.ts.to_zoned(TimeZone::UTC).year())
        }
    }

    fn lane(self) -> String {
        match self {
            Self::Recent => "events".to_owned(),
            Self::Late(year) => format!("late-{year}"),
        }
    }
}

/// An insert in the making.
struct Filling {
    token: String,
    batch_id: u64,
    rows: RowWriter,
    marks: Vec<Mark>,
    ts: (Timestamp, Timestamp),
}

impl Filling {
    fn new(batch: &Batch, lane: &str, capacity: usize) -> Self {
        let token = format!("{}/{lane}", batch.token);
        Self {
            batch_id: batch_id(&token),
            token,
            rows: RowWriter::with_capacity(capacity),
            marks: Vec::new(),
            ts: (Timestamp::MAX, Timestamp::MIN),
        }
    }

    fn mark(&mut self, offset: u64, ts: Timestamp) {
        self.marks.push(Mark { start: self.rows.len(), offset });
        self.ts = (self.ts.0.min(ts), self.ts.1.max(ts));
    }

    /// The first `read` of `all` records tell how long the rest will be, a little more to be safe.
    fn foresee(&mut self, read: u64, all: u64) {
        let rest = self.rows.len() as u64 * all.saturating_sub(read) / read.max(1);
        self.rows.reserve(usize::try_from(rest + rest / 16).unwrap_or(0));
    }

    fn part(self, lane: String, target: crate::rows::Target) -> Part {
        Part { lane, parcel: Parcel::new(target, self.token, self.rows, self.marks), ts: self.ts }
    }
}

impl Load {
    /// Reads a batch and encodes it; the same batch gives the same bytes, always.
    pub(super) fn encode(spool: &Spool, batch: Batch) -> Result<Self, WarehouseError> {
        let mut load = Self { parts: Vec::new(), unstorable: Vec::new(), batch };
        match load.batch.lane {
            Lane::Events => load.encode_events(spool)?,
            Lane::DeadLetters => load.encode_letters(spool)?,
            Lane::Stats => load.encode_stats(spool)?,
        }
        Ok(load)
    }

    /// Records of the spool in it.
    pub(super) fn records(&self) -> u64 {
        self.batch.last - self.batch.first + 1
    }

    fn encode_events(&mut self, spool: &Spool) -> Result<(), WarehouseError> {
        let mut fillings: BTreeMap<Group, Filling> = BTreeMap::new();
        let (first, records) = (self.batch.first, self.records());
        let mut misfits = Vec::new();
        spool.visit_events(&self.batch, &mut |offset, event| {
            if let Err(detail) = storable(event) {
                misfits.push((offset, detail));
                return;
            }
            let group = Group::of(event);
            let filling = fillings
                .entry(group)
                .or_insert_with(|| Filling::new(&self.batch, &group.lane(), 1 << 20));
            filling.mark(offset, event.ts);
            write_event(&mut filling.rows, event, filling.batch_id);
            if offset == first + FORESEEN {
                fillings.values_mut().for_each(|filling| filling.foresee(FORESEEN, records));
            }
        })?;
        for (offset, detail) in misfits {
            let event = spool.read::<Event>(offset, 1)?.into_iter().next();
            let detail = detail.to_owned();
            self.unstorable.extend(event.map(|(_, event)| Unstorable { event, detail }));
        }
        for (group, filling) in fillings {
            self.parts.push(filling.part(group.lane(), EVENTS));
        }
        Ok(())
    }

    fn encode_letters(&mut self, spool: &Spool) -> Result<(), WarehouseError> {
        let mut filling = Filling::new(&self.batch, "dead_letters", 0);
        let letters: Vec<DeadLetter> = spool.read_batch(&self.batch)?;
        for (offset, letter) in (self.batch.first..).zip(&letters) {
            filling.mark(offset, letter.received_at);
            let id = letter.id.unwrap_or_else(|| id_within(&self.batch.token, offset));
            write_letter(&mut filling.rows, letter, id);
        }
        self.parts.push(filling.part("dead_letters".to_owned(), DEAD_LETTERS));
        Ok(())
    }

    fn encode_stats(&mut self, spool: &Spool) -> Result<(), WarehouseError> {
        let mut filling = Filling::new(&self.batch, "stats", 0);
        let stats: Vec<StatRow> = spool.read_batch(&self.batch)?;
        for stat in summed(stats) {
            filling.mark(self.batch.first, stat.minute);
            write_stat(&mut filling.rows, &stat);
        }
        self.parts.push(filling.part("stats".to_owned(), INGEST_STATS));
        Ok(())
    }
}
