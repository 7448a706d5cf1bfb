//! The one integration-test binary: a new scenario is a module here, built on `harness::TestApp`.
#![expect(clippy::disallowed_methods, reason = "tests wait, read the clock and the environment")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail and tell"
)]

mod analytics;
mod browser;
mod collect;
mod commands;
mod console;
mod deliver;
mod experiments;
mod faults;
mod harness;
mod import;
mod interface;
mod me;
mod models;
mod recommend;
mod search;
mod tidy;
mod trackers;
