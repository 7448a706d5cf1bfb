//! Counts of arrivals → rows of `ingest_stats`.

use std::collections::BTreeMap;

use clickstream::StatRow;

use crate::rowbinary::{ColumnType, RowWriter};

pub(super) const COLUMNS: &[ColumnType] = &[
    ("minute", "DateTime('UTC')"),
    ("site_id", "UInt32"),
    ("proto", "LowCardinality(String)"),
    ("lib", "LowCardinality(String)"),
    ("outcome", "LowCardinality(String)"),
    ("n", "UInt64"),
];

/// The rows with equal keys added up, in a fixed order.
pub(crate) fn summed(rows: Vec<StatRow>) -> Vec<StatRow> {
    let mut sums: BTreeMap<StatRow, u64> = BTreeMap::new();
    for mut row in rows {
        let n = std::mem::take(&mut row.n);
        *sums.entry(row).or_default() += n;
    }
    sums.into_iter().map(|(row, n)| StatRow { n, ..row }).collect()
}

/// Appends one row.
pub(crate) fn write_stat(row: &mut RowWriter, stat: &StatRow) {
    row.seconds(stat.minute);
    row.u32(stat.site.0);
    row.text(&stat.proto);
    row.text(&stat.lib);
    row.text(&stat.outcome);
    row.u64(stat.n);
}
