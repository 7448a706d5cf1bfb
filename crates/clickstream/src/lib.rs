//! From a tracker's bytes to a checked, pseudonymised, sessionised event on disk, or a counted reason why not.
#![doc = include_str!("../README.md")]

pub mod collector;
pub mod definition;
pub mod dialect;
mod draft;
pub mod error;
mod identity;
pub mod knowledge;
pub mod log;
pub mod metrics;
pub mod outcome;
pub mod plan;
pub mod request;
mod road;
pub mod site;
pub mod spool;
mod steps;

pub use collector::{Collector, Replay, Replayed, Tracked};
pub use definition::{Definition, Definitions, Road};
pub use dialect::Route;
pub use dialect::native::{EventResult, NativeResponse, Verdict};
pub use dialect::segment::SegmentRoute;
pub use error::CollectError;
pub use identity::{site_day, tracking_token, visitor_id};
pub use knowledge::{Knowledge, Pages, Places, Shown, Topics};
pub use outcome::{DeadLetter, DropReason, Intake, Noted, Suppressed};
pub use plan::Plan;
pub use request::Request;
pub use site::{SiteKey, Sites};
pub use spool::{Appended, Batch, Lane, Record, Spool, SpoolConfig, StatRow};
pub use steps::authenticate::key_of_authorization;
