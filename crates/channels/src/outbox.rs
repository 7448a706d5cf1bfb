//! The outbox port: durable jobs with leases, implemented by the registry.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use vocab::{SiteId, VisitorId};

use crate::{ChannelError, Class, Medium, State};

/// Number of a job, growing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub i64);

/// A lane is a class: lanes share the workers by weight.
pub type Lane = Class;

/// A delivery to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The message.
    pub message: Uuid,
    /// To whom.
    pub person: VisitorId,
    /// On which site.
    pub site: SiteId,
    /// Over which medium.
    pub medium: Medium,
    /// How urgent.
    pub class: Class,
    /// Not before this moment.
    pub not_before: Timestamp,
    /// Not after this one.
    pub expires_at: Timestamp,
    /// Kept back from the start: audience = the sum of the states (invariant 7).
    pub suppressed: Option<crate::SuppressReason>,
}

impl NewJob {
    /// The key a repeated trigger has too: SHA-256 over site, message, person and medium, in hex.
    pub fn idempotency_key(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.site.0.to_be_bytes());
        hash.update(self.message.as_bytes());
        hash.update(self.person.0.to_be_bytes());
        hash.update(self.medium.as_str());
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What became of a job given to [`Outbox::enqueue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is new.
    New(JobId),
    /// The same delivery was queued before; nothing changed.
    Existing(JobId),
}

impl Enqueued {
    /// The job either way.
    pub fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

/// A delivery taken from the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The message.
    pub message: Uuid,
    /// To whom.
    pub person: VisitorId,
    /// On which site.
    pub site: SiteId,
    /// Over which medium.
    pub medium: Medium,
    /// How urgent.
    pub class: Class,
    /// Where it stands.
    pub state: State,
    /// Attempts begun, this one included.
    pub attempt: u32,
    /// Not before this moment.
    pub not_before: Timestamp,
    /// Not after this one.
    pub expires_at: Timestamp,
    /// Devices that took it in earlier attempts.
    pub reached: Vec<Uuid>,
    /// Until when the lease holds.
    pub lease_until: Timestamp,
}

/// How many jobs a worker wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The worker.
    pub owner: Uuid,
    /// At most so many.
    pub max: usize,
    /// How long it may take for them.
    pub lease: SignedDuration,
    /// Share of each lane, in the order of [`Class::ALL`].
    pub weights: [u32; 4],
}

/// What the provider said about a job that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Devices that took the message, earlier attempts included.
    pub reached: Vec<Uuid>,
    /// The provider's address of the message (RFC 8030 `Location`): a capability, never logged.
    pub provider_ref: String,
    /// The provider keeps it no longer than this.
    pub expires_at: Option<Timestamp>,
}

/// Why a job goes back into the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postponement {
    /// Not before this moment.
    pub not_before: Timestamp,
    /// For the person and the auditor, for example `quiet_hours`.
    pub reason: &'static str,
    /// Devices that took it already.
    pub reached: Vec<Uuid>,
    /// The attempt does not count: nothing was sent.
    pub unsent: bool,
    /// Nobody knows whether the provider took it: the job becomes unknown, not queued.
    pub unknown: bool,
}

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Leases that ran out: their outcome is unknown now.
    pub lost: u64,
    /// Deliveries whose time was over.
    pub ended: u64,
}

/// The durable queue.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Queues deliveries in one transaction; a known one (same idempotency key) changes nothing.
    ///
    /// # Errors
    /// When the store fails: then none was queued.
    async fn enqueue(&self, jobs: &[NewJob], now: Timestamp)
    -> Result<Vec<Enqueued>, ChannelError>;

    /// Takes due jobs, and unknown ones of media that can repeat, fairly over the lanes.
    ///
    /// Never two at once for one person: otherwise both would see room under the person's cap.
    ///
    /// # Errors
    /// When the store fails.
    async fn lease(&self, request: &LeaseRequest, now: Timestamp)
    -> Result<Vec<Job>, ChannelError>;

    /// Ends a lease with the state the delivery came to.
    ///
    /// # Errors
    /// [`ChannelError::LeaseLost`] when another worker holds the job, or when the store fails.
    async fn complete(
        &self,
        owner: Uuid,
        job: JobId,
        state: State,
        completion: &Completion,
        now: Timestamp,
    ) -> Result<(), ChannelError>;

    /// Ends a lease and puts the job back for later.
    ///
    /// # Errors
    /// [`ChannelError::LeaseLost`] when another worker holds the job, or when the store fails.
    async fn postpone(
        &self,
        owner: Uuid,
        job: JobId,
        postponement: &Postponement,
        now: Timestamp,
    ) -> Result<(), ChannelError>;

    /// Records what the person's device reported; a repeated or late receipt changes nothing and gives `false`.
    ///
    /// # Errors
    /// When the store fails.
    async fn receipt(
        &self,
        message: Uuid,
        person: VisitorId,
        medium: Medium,
        state: State,
        now: Timestamp,
    ) -> Result<bool, ChannelError>;

    /// Turns lost leases to unknown and ends what is past its time.
    ///
    /// # Errors
    /// When the store fails.
    async fn sweep(&self, now: Timestamp) -> Result<Swept, ChannelError>;
}

/// How many jobs each lane gets of `max`, when so many wait: by weight, nothing wasted, urgent lanes first.
///
/// Every waiting lane with a weight gets at least one when `max` allows, so none starves.
pub fn share(max: usize, waiting: [usize; 4], weights: [u32; 4]) -> [usize; 4] {
    let mut given = [0; 4];
    let mut left = max;
    loop {
        let open: Vec<usize> =
            (0..4).filter(|&lane| given[lane] < waiting[lane] && weights[lane] > 0).collect();
        let total: u64 = open.iter().map(|&lane| u64::from(weights[lane])).sum();
        if left == 0 || total == 0 {
            return given;
        }
        let round = left;
        for lane in open {
            let portion = (round as u64 * u64::from(weights[lane]) / total).max(1) as usize;
            let portion = portion.min(waiting[lane] - given[lane]).min(left);
            given[lane] += portion;
            left -= portion;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_lane_starves_behind_a_backlog() {
        assert_eq!(share(15, [1_000_000; 4], [8, 4, 2, 1]), [8, 4, 2, 1]);
        assert_eq!(share(10, [0, 0, 0, 1_000], [8, 4, 2, 1]), [0, 0, 0, 10]);
        assert_eq!(share(4, [0, 50, 50, 50], [8, 4, 2, 1]), [0, 2, 1, 1]);
    }

    proptest! {
        #[test]
        fn the_shares_are_as_many_as_can_be(max in 0usize..500, waiting in prop::array::uniform4(0usize..400), weights in prop::array::uniform4(1u32..9)) {
            let given = share(max, waiting, weights);
            prop_assert_eq!(given.iter().sum::<usize>(), max.min(waiting.iter().sum()));
            for lane in 0..4 {
                prop_assert!(given[lane] <= waiting[lane]);
            }
        }
    }
}
