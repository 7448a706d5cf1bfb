//! For this project's own tests: a strict push service, an outbox in memory, and what every outbox must do.

pub mod conformance;
pub mod memory;
pub mod push_service;

pub use memory::MemoryOutbox;
pub use push_service::{Browser, Fault, PushService, Received};
