//! The warehouse against the real engine and a real spool.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod crash;
mod fixture;
mod harness;
mod load;
mod questions;
mod schema;
mod speed;
