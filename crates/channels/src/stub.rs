//! A medium that goes nowhere: answers in the order it was told to, for tests and rehearsals.

use std::collections::VecDeque;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;
use vocab::VisitorId;

use crate::{Delivery, Medium, Outcome, Sender};

/// The scripted sender. With an empty script every send is accepted.
#[derive(Debug, Default)]
pub struct Stub {
    script: Mutex<VecDeque<Outcome>>,
    sent: Mutex<Vec<(Uuid, VisitorId)>>,
}

impl Stub {
    /// A stub that answers with `script`, then accepts.
    pub fn new(script: impl IntoIterator<Item = Outcome>) -> Self {
        Self { script: Mutex::new(script.into_iter().collect()), sent: Mutex::default() }
    }

    /// What it was asked to send so far, in order: message and person.
    pub fn sent(&self) -> Vec<(Uuid, VisitorId)> {
        self.sent.lock().clone()
    }
}

#[async_trait]
impl Sender for Stub {
    fn medium(&self) -> Medium {
        Medium::Stub
    }

    async fn send(&self, delivery: Delivery<'_>, _now: Timestamp) -> Outcome {
        self.sent.lock().push((delivery.message.id, delivery.job.person));
        let scripted = self.script.lock().pop_front();
        scripted.unwrap_or(Outcome::Accepted { provider_ref: String::new(), ttl: None })
    }
}
