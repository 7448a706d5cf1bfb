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
        let records = self.shared.lanes.get(T::LANE).read(from).take(max);
        records
            .map(|record| record.and_then(|(offset, bytes)| Ok((offset, decode(offset, &bytes)?))))
            .collect()
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
