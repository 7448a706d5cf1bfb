//! Delivery: policy, the outbox's states, and one module a channel.
#![doc = include_str!("../README.md")]

pub mod definition;
pub mod dispatch;
pub mod error;
pub mod feeds;
pub mod inbox;
pub mod message;
pub mod metrics;
pub mod outbox;
pub mod policy;
pub mod sender;
pub mod sse;
pub mod state;
pub mod stub;
#[cfg(feature = "testing")]
pub mod testing;
pub mod web_push;

pub use definition::Definition;
pub use dispatch::{Clock, Directory, Dispatcher, Standing};
pub use error::ChannelError;
pub use message::{Class, Device, Medium, Message};
pub use outbox::{Enqueued, Job, JobId, Lane, LeaseRequest, NewJob, Outbox, Swept};
pub use policy::{Ask, Decision, Person, Policy};
pub use sender::{Delivery, Outcome, Scope, Sender};
pub use state::{FailReason, Reach, State, SuppressReason};
