//! ClickHouse as a library, in a supervised child process, behind its HTTP interface.
//!
#![doc = include_str!("../README.md")]

pub mod child;
mod error;
mod fetch;
mod ffi;
mod hello;
pub mod metrics;
mod platform;
mod supervisor;

pub use child::ChildArgs;
pub use error::EngineError;
pub use fetch::{FetchProgress, OnProgress, fetch};
pub use platform::VERSION;
pub use supervisor::{Access, Engine, EngineConfig};
