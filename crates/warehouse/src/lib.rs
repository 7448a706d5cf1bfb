//! ClickHouse: migrations, the batch loader, typed rows and named queries.
#![doc = include_str!("../README.md")]

mod answer;
mod backoff;
mod client;
mod counts;
mod erase;
mod error;
mod experiments;
mod identity;
mod interactions;
mod ledger;
mod letters;
mod loader;
pub mod metrics;
mod migrate;
mod retention;
mod rowbinary;
mod rows;
mod schema;
mod send;

pub use answer::{Answer, Export, ExportFormat};
pub use client::{Warehouse, WarehouseConfig};
pub use counts::{ItemCount, PartCount};
pub use erase::Erased;
pub use error::WarehouseError;
pub use experiments::ArmCount;
pub use identity::Link;
pub use interactions::Basis;
pub use ledger::{LedgerRow, Reconciliation};
pub use letters::{Letter, LetterFilter};
pub use loader::{Loader, LoaderConfig};
pub use migrate::{Applied, Migration};
pub use retention::{Retention, ValidRetention};
