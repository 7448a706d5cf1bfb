//! Ids already stored: buckets of a sixth of the window, so forgetting is dropping a whole bucket.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use fjall::config::PartitioningPolicy;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch};
use jiff::Timestamp;
use uuid::Uuid;

use crate::CollectError;

const BUCKETS: u64 = 6;
/// Buckets kept: one more than the window has, so that the oldest is whole, and one for a clock that jumped. They are
/// counted and not told by the clock: one wrong time far ahead must not make every id of the window be forgotten.
const KEPT: usize = BUCKETS as usize + 2;
const PREFIX: &str = "ids-";
/// Ids of imported events: a file may be imported again years later, and must change nothing then either.
const IMPORTED: &str = "imported";

pub(crate) struct Dedup {
    db: Database,
    bucket_ms: i64,
    buckets: BTreeMap<i64, Keyspace>,
    imported: Keyspace,
    /// Ids of the group being written, not yet in a keyspace.
    group: HashSet<Uuid>,
}

impl Dedup {
    pub(crate) fn open(db: &Database, window: Duration) -> Result<Self, CollectError> {
        let bucket_ms = i64::try_from(window.as_millis() as u64 / BUCKETS).unwrap_or(i64::MAX);
        let mut buckets = BTreeMap::new();
        for name in db.list_keyspace_names() {
            if let Some(start) = name.strip_prefix(PREFIX).and_then(|text| text.parse().ok()) {
                buckets.insert(start, db.keyspace(&name, options)?);
            }
        }
        let imported = db.keyspace(IMPORTED, options)?;
        let bucket_ms = bucket_ms.max(1);
        Ok(Self { db: db.clone(), bucket_ms, buckets, imported, group: HashSet::new() })
    }

    /// Whether the id is new; if so it is added to the write.
    pub(crate) fn admit(
        &mut self,
        batch: &mut OwnedWriteBatch,
        id: Uuid,
        received_at: Timestamp,
        imported: bool,
    ) -> Result<bool, CollectError> {
        if self.group.contains(&id) {
            return Ok(false);
        }
        let key = id.into_bytes();
        if imported {
            if self.imported.contains_key(key)? {
                return Ok(false);
            }
            batch.insert(&self.imported, key, []);
        } else {
            // The newest bucket first: most duplicates are retries of seconds ago.
            for bucket in self.buckets.values().rev() {
                if bucket.contains_key(key)? {
                    return Ok(false);
                }
            }
            let bucket = self.bucket(received_at)?;
            batch.insert(&bucket, key, []);
        }
        self.group.insert(id);
        Ok(true)
    }

    /// The group is on disk.
    pub(crate) fn settle(&mut self) {
        self.group.clear();
    }

    fn bucket(&mut self, received_at: Timestamp) -> Result<Keyspace, CollectError> {
        let start = received_at.as_millisecond().div_euclid(self.bucket_ms);
        if let Some(bucket) = self.buckets.get(&start) {
            return Ok(bucket.clone());
        }
        let bucket = self.db.keyspace(&format!("{PREFIX}{start}"), options)?;
        self.buckets.insert(start, bucket.clone());
        while self.buckets.len() > KEPT
            && let Some((_, oldest)) = self.buckets.pop_first()
        {
            self.db.delete_keyspace(oldest)?;
        }
        Ok(bucket)
    }
}

/// Ids are random, so every look-up is for a key far from the last. In one piece, the filter of a few million ids is
/// larger than the cache takes, and was read and checked whole for each look-up: 300 a second. In parts it is one page.
fn options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(8 << 20)
        .filter_block_partitioning_policy(PartitioningPolicy::all(true))
        .index_block_partitioning_policy(PartitioningPolicy::all(true))
}
