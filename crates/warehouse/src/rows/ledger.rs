//! A batch that arrived → a row of `batches`.

use jiff::Timestamp;

use super::batch_id;
use crate::rowbinary::{ColumnType, RowWriter};

pub(super) const COLUMNS: &[ColumnType] = &[
    ("token", "String"),
    ("batch_id", "UInt64"),
    ("lane", "LowCardinality(String)"),
    ("first_offset", "UInt64"),
    ("last_offset", "UInt64"),
    ("rows", "UInt64"),
    ("dead", "UInt64"),
    ("first_ts", "DateTime64(3, 'UTC')"),
    ("last_ts", "DateTime64(3, 'UTC')"),
    ("cut_at", "DateTime64(3, 'UTC')"),
];

/// One batch, or the part of it that went down one lane.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LedgerEntry {
    pub(crate) token: String,
    pub(crate) lane: String,
    pub(crate) offsets: (u64, u64),
    pub(crate) rows: u64,
    pub(crate) dead: u64,
    pub(crate) ts: (Timestamp, Timestamp),
    pub(crate) cut_at: Timestamp,
}

/// Appends one row.
pub(crate) fn write_ledger(row: &mut RowWriter, entry: &LedgerEntry) {
    row.text(&entry.token);
    row.u64(batch_id(&entry.token));
    row.text(&entry.lane);
    row.u64(entry.offsets.0);
    row.u64(entry.offsets.1);
    row.u64(entry.rows);
    row.u64(entry.dead);
    row.millis(entry.ts.0);
    row.millis(entry.ts.1);
    row.millis(entry.cut_at);
}
