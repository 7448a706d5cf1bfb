//! The warehouse against the real engine and a real spool.

mod crash;
mod fixture;
mod harness;
mod load;
mod questions;
mod schema;
mod speed;
