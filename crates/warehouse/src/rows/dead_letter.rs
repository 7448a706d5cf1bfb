//! What could not be stored → a row of `dead_letters`.

use clickstream::DeadLetter;
use uuid::Uuid;
use vocab::Event;

use crate::rowbinary::{ColumnType, RowWriter};

pub(super) const COLUMNS: &[ColumnType] = &[
    ("received_at", "DateTime64(3, 'UTC')"),
    ("site_id", "UInt32"),
    ("proto", "LowCardinality(String)"),
    ("lib", "LowCardinality(String)"),
    ("reason", "LowCardinality(String)"),
    ("detail", "String"),
    ("payload", "String"),
    ("letter_id", "UUID"),
];

/// The reason of an event that was accepted but that ClickHouse could not take.
pub(crate) const UNSTORABLE: &str = "unstorable";

/// An accepted event that ClickHouse could not take.
#[derive(Clone, Debug)]
pub(crate) struct Unstorable {
    pub(crate) event: Event,
    pub(crate) detail: String,
}

/// Appends the row of a letter the collector wrote.
pub(crate) fn write_letter(row: &mut RowWriter, letter: &DeadLetter, id: Uuid) {
    row.millis(letter.received_at);
    row.u32(letter.site.0);
    row.text(letter.proto.as_str());
    row.text(&letter.lib);
    row.text(letter.reason.as_str());
    row.text(&format!("{}: {}", letter.source, letter.detail));
    row.text(&letter.payload);
    row.uuid(id);
}

/// Appends the row of an event that could not be stored.
pub(crate) fn write_unstorable(row: &mut RowWriter, letter: &Unstorable) {
    let event = &letter.event;
    row.millis(event.received_at);
    row.u32(event.site.0);
    row.text(event.proto.as_str());
    row.text(&event.lib);
    row.text(UNSTORABLE);
    row.text(&letter.detail);
    row.text(&serde_json::to_string(event).expect("an event is plain data"));
    row.uuid(event.event_id);
}
