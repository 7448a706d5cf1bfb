//! Reading a lane by offset.

use super::record::decode;
use vocab::EventOf;

use super::{Batch, Lane, Record, Spool};
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

    /// Shows each event of a batch, with text borrowed from the record: most of loading is reading.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub fn visit_events(
        &self,
        batch: &Batch,
        visit: &mut dyn FnMut(u64, &EventOf<&str>),
    ) -> Result<(), CollectError> {
        for record in self.shared.lanes.get(Lane::Events).read(batch.first) {
            let (offset, bytes) = record?;
            if offset > batch.last {
                break;
            }
            visit(offset, &decode(offset, &bytes)?);
        }
        Ok(())
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
