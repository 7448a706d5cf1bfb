//! The sender port: one implementation a medium.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{Device, FailReason, Job, Medium, Message};

/// One message on its way to one device.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The job.
    pub job: &'a Job,
    /// The message.
    pub message: &'a Message,
    /// The device; `None` where the medium needs none.
    pub device: Option<&'a Device>,
}

/// How much of the traffic a pause concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This device alone.
    Device,
    /// Every device behind the same service.
    Service,
}

/// What came of one send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Accepted {
        /// Where it can be recalled; may be empty.
        provider_ref: String,
        /// How long the provider keeps it, when it said so.
        ttl: Option<SignedDuration>,
    },
    /// Not now.
    Retry {
        /// As long as the provider asked for.
        after: Option<SignedDuration>,
        /// What else must wait.
        scope: Scope,
    },
    /// The device is gone: remove it.
    DeadTarget,
    /// Never.
    Permanent(FailReason),
    /// Perhaps: the message left, no answer came.
    Unknown,
}

/// A way to deliver.
#[async_trait]
pub trait Sender: Send + Sync {
    /// The medium it serves.
    fn medium(&self) -> Medium;

    /// The service behind a device, for pauses: an origin, never the whole address.
    fn service(&self, _device: Option<&Device>) -> String {
        String::new()
    }

    /// Sends; failing is an outcome, not an error.
    async fn send(&self, delivery: Delivery<'_>, now: Timestamp) -> Outcome;
}
