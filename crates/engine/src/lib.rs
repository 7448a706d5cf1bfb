#![doc = include_str!("../README.md")]
//! ClickHouse as a library behind its own HTTP interface, in a supervised child process.

pub mod child;
mod error;
mod ffi;
mod hello;
pub mod metrics;
mod platform;

pub use child::ChildArgs;
pub use error::EngineError;
pub use platform::VERSION;
