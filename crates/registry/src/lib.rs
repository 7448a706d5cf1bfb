//! Transactional state in SQL: sites, columns, items, devices, subscriptions, consent, outbox.
#![doc = include_str!("../README.md")]

pub mod audit;
pub mod columns;
pub mod cursor;
pub mod delivery;
pub mod devices;
pub mod directory;
pub mod error;
pub mod import;
pub mod inbox;
pub mod items;
pub mod keys;
pub mod messages;
pub mod outbox;
pub mod rules;
pub mod sites;
pub mod store;
pub mod subjects;
pub mod subscriptions;

pub use audit::{AuditEntry, AuditFilter};
pub use columns::Column;
pub use cursor::Page;
pub use delivery::Delivered;
pub use error::RegistryError;
pub use import::{DeadLetter, Format, ImportOptions, ImportProgress, ImportSummary};
pub use items::{Change, ItemFilter, Upsert, Written};
pub use messages::NewMessage;
pub use rules::{Rule, RuleFilter, RuleKind};
pub use sites::{Site, SiteStatus};
pub use store::Registry;
pub use subjects::{ConsentRecord, DeliveryWishes, Refusals, Subject};
