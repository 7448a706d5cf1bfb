//! Batches for a loader, and consumers' offsets; both on disk before they are used.

use std::collections::BTreeMap;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Lane, Spool};
use crate::CollectError;

/// A range of one lane, cut once and for ever: after a crash the same records are sent again under the same token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Counts up from 1 over all lanes of one spool.
    pub id: u64,
    /// The lane.
    pub lane: Lane,
    /// Offset of the first record.
    pub first: u64,
    /// Offset of the last record, inclusive.
    pub last: u64,
    /// When it was cut.
    pub cut_at: Timestamp,
    /// Unique over all spools: to be used as ClickHouse's `insert_deduplication_token`.
    pub token: String,
}

/// Bytes of a batch, about: a batch is for ever, so it must never be one that memory does not hold.
const BATCH_BYTES: u64 = 128 << 20;

/// The name under which [`Spool::finish`] commits.
const LOADER: &str = "loader";

pub(crate) struct Batches {
    meta: Keyspace,
    open: BTreeMap<u64, Batch>,
    last_id: u64,
    consumers: BTreeMap<(String, Lane), u64>,
}

impl Batches {
    pub(crate) fn open(db: &Database) -> Result<(Self, Uuid), CollectError> {
        let meta = db.keyspace("batches", KeyspaceCreateOptions::default)?;
        let corrupt = |_| CollectError::Corrupt { offset: 0 };
        let mut open = BTreeMap::new();
        for guard in meta.prefix("batch/") {
            let (_, value) = guard.into_inner()?;
            let batch: Batch = postcard::from_bytes(&value).map_err(corrupt)?;
            open.insert(batch.id, batch);
        }
        let mut consumers = BTreeMap::new();
        for guard in meta.prefix("consumer/") {
            let (_, value) = guard.into_inner()?;
            let (name, lane, offset): (String, Lane, u64) =
                postcard::from_bytes(&value).map_err(corrupt)?;
            consumers.insert((name, lane), offset);
        }
        let last_id = match meta.get("last_id")? {
            Some(bytes) => postcard::from_bytes(&bytes).map_err(corrupt)?,
            None => 0,
        };
        let id = match meta.get("id")? {
            Some(bytes) => postcard::from_bytes(&bytes).map_err(corrupt)?,
            None => {
                let id = Uuid::new_v4();
                meta.insert("id", encoded(&id))?;
                db.persist(PersistMode::SyncAll)?;
                id
            }
        };
        Ok((Self { meta, open, last_id, consumers }, id))
    }

    /// Up to which offset every consumer of `lane` has read and no open batch reaches; 0 where there is none.
    pub(crate) fn taken(&self, lane: Lane) -> u64 {
        let read =
            self.consumers.iter().filter(|((_, l), _)| *l == lane).map(|(_, offset)| *offset);
        let open = self.open.values().filter(|batch| batch.lane == lane).map(|batch| batch.first);
        read.min().map_or(0, |read| open.fold(read, u64::min))
    }
}

impl Batches {
    /// The offset after the last batch cut.
    fn cut(&self, lane: Lane) -> u64 {
        let open = self.open.values().filter(|batch| batch.lane == lane).map(|b| b.last + 1);
        open.fold(self.loaded(lane), u64::max)
    }

    fn loaded(&self, lane: Lane) -> u64 {
        self.consumers.get(&(LOADER.to_owned(), lane)).copied().unwrap_or(0)
    }
}

impl Spool {
    /// Records of `lane` that are in no batch yet.
    pub fn uncut(&self, lane: Lane) -> u64 {
        let cut = self.shared.batches.lock().cut(lane);
        self.next_offset(lane).saturating_sub(cut.max(self.first_offset(lane)))
    }

    /// Records of `lane` that have not arrived: in no batch yet, or in a batch from the first unfinished one on.
    pub fn unloaded(&self, lane: Lane) -> u64 {
        let arrived = {
            let batches = self.shared.batches.lock();
            let open = batches.open.values().filter(|batch| batch.lane == lane);
            open.map(|batch| batch.first).fold(batches.loaded(lane), u64::min)
        };
        self.next_offset(lane).saturating_sub(arrived.max(self.first_offset(lane)))
    }

    /// Batches cut and not finished, oldest first. A loader sends these again at its start.
    pub fn open_batches(&self, lane: Lane) -> Vec<Batch> {
        let batches = self.shared.batches.lock();
        batches.open.values().filter(|batch| batch.lane == lane).cloned().collect()
    }

    /// Cuts the next batch of at most `max` records, fewer where records are large, after the last one cut; `None` where
    /// nothing is new.
    ///
    /// Blocks for one fsync.
    ///
    /// # Errors
    /// `Storage`.
    pub fn cut(
        &self,
        lane: Lane,
        max: usize,
        now: Timestamp,
    ) -> Result<Option<Batch>, CollectError> {
        let mut batches = self.shared.batches.lock();
        let first = batches.cut(lane).max(self.first_offset(lane));
        let max = (max as u64).min(self.shared.lanes.get(lane).records_in(BATCH_BYTES)).max(1);
        let end = self.next_offset(lane).min(first.saturating_add(max));
        if first >= end {
            return Ok(None);
        }
        let last = end - 1;
        let id = batches.last_id + 1;
        let token = format!("{}-{}-{first}-{last}", self.shared.id.simple(), lane.as_str());
        let batch = Batch { id, lane, first, last, cut_at: now, token };
        let mut write = self.shared.db.batch().durability(Some(PersistMode::SyncAll));
        write.insert(&batches.meta, batch_key(id), encoded(&batch));
        write.insert(&batches.meta, "last_id", encoded(&id));
        write.commit()?;
        batches.last_id = id;
        batches.open.insert(id, batch.clone());
        Ok(Some(batch))
    }

    /// The batch has arrived: forgets it, and lets its records go once those of every batch before it have arrived too.
    ///
    /// Blocks for one fsync.
    ///
    /// # Errors
    /// `Storage`.
    pub fn finish(&self, batch: &Batch) -> Result<(), CollectError> {
        {
            let mut batches = self.shared.batches.lock();
            let key = (LOADER.to_owned(), batch.lane);
            // Never back: what a later batch has taken was sent under that batch's token.
            let offset = batches.loaded(batch.lane).max(batch.last + 1);
            let mut write = self.shared.db.batch().durability(Some(PersistMode::SyncAll));
            write.remove(&batches.meta, batch_key(batch.id));
            put_offset(&mut write, &batches.meta, LOADER, batch.lane, offset);
            write.commit()?;
            batches.open.remove(&batch.id);
            batches.consumers.insert(key, offset);
        }
        self.trim(batch.lane);
        Ok(())
    }

    /// Records that `consumer` has taken everything before `offset`; nothing it has not taken is trimmed.
    ///
    /// Blocks for one fsync.
    ///
    /// # Errors
    /// `Storage`.
    pub fn commit(&self, consumer: &str, lane: Lane, offset: u64) -> Result<(), CollectError> {
        {
            let mut batches = self.shared.batches.lock();
            let mut write = self.shared.db.batch().durability(Some(PersistMode::SyncAll));
            put_offset(&mut write, &batches.meta, consumer, lane, offset);
            write.commit()?;
            batches.consumers.insert((consumer.into(), lane), offset);
        }
        self.trim(lane);
        Ok(())
    }

    /// What `consumer` committed last; `None` where it never did.
    pub fn committed(&self, consumer: &str, lane: Lane) -> Option<u64> {
        self.shared.batches.lock().consumers.get(&(consumer.into(), lane)).copied()
    }
}

fn put_offset(
    write: &mut fjall::OwnedWriteBatch,
    meta: &Keyspace,
    consumer: &str,
    lane: Lane,
    offset: u64,
) {
    let key = format!("consumer/{}/{consumer}", lane.as_str());
    write.insert(meta, key.as_str(), encoded(&(consumer, lane, offset)));
}

fn batch_key(id: u64) -> Vec<u8> {
    let mut key = b"batch/".to_vec();
    key.extend_from_slice(&id.to_be_bytes());
    key
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain structures always encode")
}
