//! Reading a lane by offset.

use super::record::decode;
use super::{Batch, Record, Spool};
use crate::CollectError;

impl Spool {
    /// Up to `max` records from offset `from` on, with their offsets; what is trimmed already is skipped.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub fn read<T: Record>(&self, from: u64, max: usize) -> Result<Vec<(u64, T)>, CollectError> {
        let lane = self.shared.lanes.get(T::LANE);
        // The end is read first: what is beyond it is not yet synced.
        let end = lane.next();
        let from = from.max(lane.first());
        let mut records = Vec::new();
        if from >= end {
            return Ok(records);
        }
        let range = from.to_be_bytes()..end.to_be_bytes();
        for guard in lane.records.range(range).take(max) {
            let (key, value) = guard.into_inner()?;
            let offset = <[u8; 8]>::try_from(&*key).map_or(u64::MAX, u64::from_be_bytes);
            records.push((offset, decode(offset, &value)?));
        }
        Ok(records)
    }

    /// The records of a batch, always the same ones.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub fn read_batch<T: Record>(&self, batch: &Batch) -> Result<Vec<T>, CollectError> {
        let count = usize::try_from(batch.last - batch.first + 1).unwrap_or(usize::MAX);
        Ok(self.read(batch.first, count)?.into_iter().map(|(_, record)| record).collect())
    }
}
