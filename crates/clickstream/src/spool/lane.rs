//! Lanes: three sequences of records with their own offsets, in one database.

use std::sync::atomic::{AtomicU64, Ordering};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch};
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

/// Where a lane begins and ends. Kept with each write, because an emptied lane must not start again at 0.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Bounds {
    pub(crate) first: u64,
    pub(crate) next: u64,
    pub(crate) bytes: u64,
}

/// One lane opened: its records and, for readers of any thread, its bounds.
pub(crate) struct OpenLane {
    pub(crate) records: Keyspace,
    first: AtomicU64,
    next: AtomicU64,
    bytes: AtomicU64,
}

impl OpenLane {
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { first: self.first(), next: self.next(), bytes: self.held_bytes() }
    }

    pub(crate) fn first(&self) -> u64 {
        self.first.load(Ordering::Acquire)
    }

    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    pub(crate) fn held_bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    /// Publishes bounds that are on disk. Only the writer calls this.
    pub(crate) fn publish(&self, bounds: Bounds) {
        self.bytes.store(bounds.bytes, Ordering::Release);
        self.first.store(bounds.first, Ordering::Release);
        self.next.store(bounds.next, Ordering::Release);
    }
}

/// All lanes and the small table beside them.
pub(crate) struct Lanes {
    lanes: [OpenLane; 3],
    pub(crate) meta: Keyspace,
}

impl Lanes {
    pub(crate) fn open(db: &Database) -> Result<Self, CollectError> {
        let meta = db.keyspace("meta", KeyspaceCreateOptions::default)?;
        let open = |lane: Lane| -> Result<OpenLane, CollectError> {
            let records = db.keyspace(lane.as_str(), || {
                KeyspaceCreateOptions::default().max_memtable_size(16 << 20)
            })?;
            let bounds: Bounds = match meta.get(bounds_key(lane))? {
                Some(bytes) => {
                    postcard::from_bytes(&bytes).map_err(|_| CollectError::Corrupt { offset: 0 })?
                }
                None => Bounds::default(),
            };
            Ok(OpenLane {
                records,
                first: AtomicU64::new(bounds.first),
                next: AtomicU64::new(bounds.next),
                bytes: AtomicU64::new(bounds.bytes),
            })
        };
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

    pub(crate) fn write_bounds(&self, batch: &mut OwnedWriteBatch, lane: Lane, bounds: Bounds) {
        let bytes = postcard::to_stdvec(&bounds).expect("three numbers always encode");
        batch.insert(&self.meta, bounds_key(lane), bytes);
    }
}

fn bounds_key(lane: Lane) -> String {
    format!("bounds/{}", lane.as_str())
}
