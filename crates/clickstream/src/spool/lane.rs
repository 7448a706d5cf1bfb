//! Lanes: three sequences of records with their own offsets, in one database.
//!
//! A lane is a row of segments, each a keyspace of its own, so that letting records go is dropping whole segments. Removed
//! one by one, every record would be written twice more: as a mark that it is gone, and in the merges that find the two.

use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use crate::CollectError;

/// A sequence of records of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// `vocab::Event`.
    Events,
    /// [`crate::DeadLetter`].
    DeadLetters,
    /// [`super::StatRow`].
    Stats,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::Events, Self::DeadLetters, Self::Stats];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::DeadLetters => "dead_letters",
            Self::Stats => "stats",
        }
    }
}

/// Bytes of records after which a segment is followed by another.
const SEGMENT_BYTES: u64 = 64 << 20;
/// A spool that may hold little has smaller segments: this many of them when it is full.
const SEGMENTS: u64 = 8;
/// Bytes of records in memory before they are written as a sorted table.
const MEMTABLE_BYTES: u64 = 16 << 20;

/// Where a lane begins and ends, and its segments. Kept with each write, because an emptied lane must not start again at 0.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Bounds {
    first: u64,
    next: u64,
    /// First offset and bytes of each segment, oldest first.
    segments: Vec<(u64, u64)>,
}

/// Some consecutive records of a lane.
#[derive(Clone)]
struct Segment {
    first: u64,
    bytes: u64,
    records: Keyspace,
}

/// What a lane holds.
#[derive(Clone, Default)]
struct Extent {
    first: u64,
    next: u64,
    segments: Vec<Segment>,
}

impl Extent {
    fn bounds(&self) -> Bounds {
        let segments = self.segments.iter().map(|segment| (segment.first, segment.bytes)).collect();
        Bounds { first: self.first, next: self.next, segments }
    }
}

/// One lane opened, for readers of any thread: nothing in it that is not on disk.
pub(crate) struct OpenLane {
    lane: Lane,
    segment_bytes: u64,
    extent: RwLock<Extent>,
}

impl OpenLane {
    fn open(
        db: &Database,
        meta: &Keyspace,
        lane: Lane,
        segment_bytes: u64,
    ) -> Result<Self, CollectError> {
        let bounds: Bounds = match meta.get(bounds_key(lane))? {
            Some(bytes) => {
                postcard::from_bytes(&bytes).map_err(|_| CollectError::Corrupt { offset: 0 })?
            }
            None => Bounds::default(),
        };
        let mut extent = Extent { first: bounds.first, next: bounds.next, segments: Vec::new() };
        for (first, bytes) in bounds.segments {
            let records = db.keyspace(&segment_name(lane, first), options)?;
            extent.segments.push(Segment { first, bytes, records });
        }
        // Let go, or begun without a record, just before a crash.
        for name in db.list_keyspace_names() {
            let known = |segment: &Segment| *name == *segment_name(lane, segment.first);
            if name.starts_with(&segment_prefix(lane)) && !extent.segments.iter().any(known) {
                db.delete_keyspace(db.keyspace(&name, options)?)?;
            }
        }
        Ok(Self { lane, segment_bytes, extent: RwLock::new(extent) })
    }

    pub(crate) fn first(&self) -> u64 {
        self.extent.read().first
    }

    pub(crate) fn next(&self) -> u64 {
        self.extent.read().next
    }

    pub(crate) fn held_bytes(&self) -> u64 {
        self.extent.read().segments.iter().map(|segment| segment.bytes).sum()
    }

    /// How many of the lane's records have about so many bytes.
    pub(crate) fn records_in(&self, bytes: u64) -> u64 {
        let extent = self.extent.read();
        let held: u64 = extent.segments.iter().map(|segment| segment.bytes).sum();
        let records = extent.segments.first().map_or(0, |oldest| extent.next - oldest.first);
        bytes.saturating_mul(records.max(1)) / held.max(1)
    }

    /// Offsets and encoded records from `from` on.
    pub(crate) fn read(
        &self,
        from: u64,
    ) -> impl Iterator<Item = Result<(u64, fjall::UserValue), CollectError>> {
        let extent = self.extent.read().clone();
        let (from, end) = (from.max(extent.first), extent.next);
        let passed = extent.segments.partition_point(|segment| segment.first <= from);
        extent.segments.into_iter().skip(passed.saturating_sub(1)).flat_map(move |segment| {
            let range = from.to_be_bytes()..end.max(from).to_be_bytes();
            segment.records.range(range).map(|guard| {
                let (key, value) = guard.into_inner()?;
                Ok((<[u8; 8]>::try_from(&*key).map_or(u64::MAX, u64::from_be_bytes), value))
            })
        })
    }

    /// The lane's end, to write after it. Only the writer calls this.
    pub(crate) fn tail(&self) -> Tail<'_> {
        Tail { lane: self, extent: self.extent.read().clone() }
    }
}

/// A lane while a group is written: nobody sees it before [`Tail::publish`].
pub(crate) struct Tail<'l> {
    lane: &'l OpenLane,
    extent: Extent,
}

impl Tail<'_> {
    /// Adds a record to the write; its offset.
    pub(crate) fn push(
        &mut self,
        db: &Database,
        write: &mut OwnedWriteBatch,
        record: Vec<u8>,
    ) -> Result<u64, CollectError> {
        let extent = &mut self.extent;
        let offset = extent.next;
        if extent.segments.last().is_none_or(|last| last.bytes >= self.lane.segment_bytes) {
            let records = db.keyspace(&segment_name(self.lane.lane, offset), options)?;
            extent.segments.push(Segment { first: offset, bytes: 0, records });
        }
        if let Some(last) = extent.segments.last_mut() {
            last.bytes += record.len() as u64;
            write.insert(&last.records, offset.to_be_bytes(), record);
        }
        extent.next += 1;
        Ok(offset)
    }

    /// Lets go what comes before `end`; the segments to delete once the write with the new bounds is synced.
    pub(crate) fn trim(&mut self, end: u64) -> Vec<Keyspace> {
        let extent = &mut self.extent;
        extent.first = end.max(extent.first);
        let whole = match extent.first >= extent.next {
            // Nothing is left: the segment that was open goes too, and the next record begins another.
            true => extent.segments.len(),
            false => extent.segments.iter().skip(1).take_while(|next| next.first <= end).count(),
        };
        extent.segments.drain(..whole).map(|segment| segment.records).collect()
    }

    /// Adds the lane's bounds to the write.
    pub(crate) fn note(&self, lanes: &Lanes, write: &mut OwnedWriteBatch) {
        let bytes = postcard::to_stdvec(&self.extent.bounds()).expect("numbers always encode");
        write.insert(&lanes.meta, bounds_key(self.lane.lane), bytes);
    }

    /// What was written is on disk.
    pub(crate) fn publish(self) {
        *self.lane.extent.write() = self.extent;
    }
}

/// All lanes and the small table beside them.
pub(crate) struct Lanes {
    lanes: [OpenLane; 3],
    meta: Keyspace,
}

impl Lanes {
    pub(crate) fn open(db: &Database, max_bytes: u64) -> Result<Self, CollectError> {
        let meta = db.keyspace("meta", KeyspaceCreateOptions::default)?;
        let segment_bytes = SEGMENT_BYTES.min(max_bytes / SEGMENTS);
        let open = |lane| OpenLane::open(db, &meta, lane, segment_bytes);
        let lanes = [open(Lane::Events)?, open(Lane::DeadLetters)?, open(Lane::Stats)?];
        Ok(Self { lanes, meta })
    }

    pub(crate) fn get(&self, lane: Lane) -> &OpenLane {
        let [events, dead, stats] = &self.lanes;
        match lane {
            Lane::Events => events,
            Lane::DeadLetters => dead,
            Lane::Stats => stats,
        }
    }

    pub(crate) fn held_bytes(&self) -> u64 {
        self.lanes.iter().map(OpenLane::held_bytes).sum()
    }
}

fn options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES)
}

fn bounds_key(lane: Lane) -> String {
    format!("bounds/{}", lane.as_str())
}

fn segment_prefix(lane: Lane) -> String {
    format!("{}-", lane.as_str())
}

fn segment_name(lane: Lane, first: u64) -> String {
    format!("{}{first}", segment_prefix(lane))
}
