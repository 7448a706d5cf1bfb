//! One insert: bytes that are always the same, under a token that makes the second arrival a no-op.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::rowbinary::RowWriter;
use crate::rows::Target;
use crate::{Warehouse, WarehouseError, metrics as names};

/// Bytes a chunk of an insert has at most.
const CHUNK: usize = 1 << 20;
/// Rows a block may have; an insert must be one block, because the token is per block.
pub(crate) const BLOCK_ROWS: usize = 1 << 20;

/// Where a row begins, and the record of the spool it came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) start: usize,
    pub(crate) offset: u64,
}

/// Rows ready to be sent, again and again if need be.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) target: Target,
    /// `insert_deduplication_token`.
    pub(crate) token: String,
    body: Bytes,
    marks: Arc<[Mark]>,
    range: Range<usize>,
}

impl Parcel {
    /// All rows a writer holds, with a mark for each.
    pub(crate) fn new(target: Target, token: String, body: RowWriter, marks: Vec<Mark>) -> Self {
        let range = 0..marks.len();
        Self { target, token, body: Bytes::from(body.into_bytes()), marks: marks.into(), range }
    }

    pub(crate) fn rows(&self) -> usize {
        self.range.len()
    }

    /// Offset of the first row's record.
    pub(crate) fn first_offset(&self) -> Option<u64> {
        self.marks.get(self.range.start).map(|mark| mark.offset)
    }

    /// The two halves, each under a token of its own.
    pub(crate) fn halves(&self) -> [Self; 2] {
        let middle = self.range.start + self.range.len() / 2;
        let half = |name: &str, range: Range<usize>| Self {
            token: format!("{}.{name}", self.token),
            range,
            ..self.clone()
        };
        [half("a", self.range.start..middle), half("b", middle..self.range.end)]
    }

    fn bytes(&self) -> Bytes {
        let at = |row: usize| self.marks.get(row).map_or(self.body.len(), |mark| mark.start);
        self.body.slice(at(self.range.start)..at(self.range.end))
    }
}

impl Warehouse {
    /// Sends a parcel once. Sending it again changes nothing, in any table behind it.
    pub(crate) async fn send(&self, parcel: &Parcel) -> Result<(), WarehouseError> {
        let began = std::time::Instant::now();
        let columns: Vec<&str> = parcel.target.columns.iter().map(|(name, _)| *name).collect();
        let sql = format!(
            "INSERT INTO {} ({}) FORMAT RowBinaryWithNamesAndTypes",
            parcel.target.table,
            columns.join(", ")
        );
        let block = BLOCK_ROWS.to_string();
        let _gate = self.gate.read().await;
        let mut insert = self
            .client
            .insert_formatted_with(sql)
            .with_timeouts(Some(self.config.send_timeout), Some(self.config.answer_timeout))
            // On by default since 26.3, and then the token does nothing.
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "1")
            .with_setting("insert_deduplication_token", &parcel.token)
            // Without it the rollups count a repeated batch twice.
            .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1")
            .with_setting("materialized_views_ignore_errors", "0")
            .with_setting("max_insert_block_size", &block)
            .with_setting("min_insert_block_size_rows", &block)
            .with_setting("max_insert_threads", "1")
            .with_setting("parallel_view_processing", "1");
        insert.send(Bytes::from(RowWriter::header(parcel.target.columns))).await?;
        let mut rest = parcel.bytes();
        while !rest.is_empty() {
            let chunk = rest.split_to(rest.len().min(CHUNK));
            insert.send(chunk).await?;
        }
        insert.end().await?;
        metrics::histogram!(names::INSERT_SECONDS, "table" => parcel.target.table)
            .record(began.elapsed());
        metrics::counter!(names::ROWS, "table" => parcel.target.table)
            .increment(parcel.rows() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::EVENTS;

    #[test]
    fn halves_hold_every_row_once_in_order() {
        let mut writer = RowWriter::default();
        let mut marks = Vec::new();
        for row in 0..5_u8 {
            marks.push(Mark { start: writer.len(), offset: u64::from(row) + 100 });
            writer.u8(row);
            writer.u8(row);
        }
        let whole = Parcel::new(EVENTS, "t".to_owned(), writer, marks);
        assert_eq!(whole.bytes(), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4].as_slice());
        let [a, b] = whole.halves();
        assert_eq!((a.rows(), b.rows()), (2, 3));
        assert_eq!(a.bytes(), [0, 0, 1, 1].as_slice());
        assert_eq!(b.bytes(), [2, 2, 3, 3, 4, 4].as_slice());
        assert_eq!(b.first_offset(), Some(102));
        let [_, last] = b.halves();
        assert_eq!(last.token, "t.b.b");
        assert_eq!(last.bytes(), [3, 3, 4, 4].as_slice());
    }
}
