//! Typed rows: for each table this program writes, its columns and how a value becomes bytes.

mod dead_letter;
mod event;
mod ledger;
mod stat;

use uuid::Uuid;

use crate::rowbinary::ColumnType;

pub(crate) use dead_letter::{Unstorable, write_letter, write_unstorable};
pub(crate) use event::{storable, write_event};
pub(crate) use ledger::{LedgerEntry, write_ledger};
pub(crate) use stat::{summed, write_stat};

/// A table this program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its name.
    pub(crate) table: &'static str,
    /// The columns it is given, in order.
    pub(crate) columns: &'static [ColumnType],
}

/// Every behaviour event.
pub(crate) const EVENTS: Target = Target { table: "events", columns: event::COLUMNS };
/// What could not be stored.
pub(crate) const DEAD_LETTERS: Target =
    Target { table: "dead_letters", columns: dead_letter::COLUMNS };
/// What arrived, by outcome.
pub(crate) const INGEST_STATS: Target = Target { table: "ingest_stats", columns: stat::COLUMNS };
/// Which batch carried what.
pub(crate) const BATCHES: Target = Target { table: "batches", columns: ledger::COLUMNS };

/// All of them.
pub(crate) const TARGETS: [Target; 4] = [EVENTS, DEAD_LETTERS, INGEST_STATS, BATCHES];

/// Names made from tokens; any fixed value serves.
const NAMESPACE: Uuid = Uuid::from_u128(0x5eca_7e11_91b4_4c0a_8f3e_6b1d_77a0_c0de);

/// The number under which a batch's rows can be found again.
pub(crate) fn batch_id(token: &str) -> u64 {
    Uuid::new_v5(&NAMESPACE, token.as_bytes()).as_u64_pair().0
}

/// A stable id for something within a batch.
pub(crate) fn id_within(token: &str, position: u64) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{token}/{position}").as_bytes())
}
