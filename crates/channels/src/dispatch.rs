//! The worker loop: takes due jobs, asks the policy once more, sends, and records what came of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::outbox::{Completion, LeaseRequest, Postponement};
use crate::{
    Ask, ChannelError, Decision, Device, Job, Medium, Message, Outbox, Person, Policy, Sender,
    State, SuppressReason, metrics as names,
};

mod attempt;

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What is true about a job at this moment.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The message.
    pub message: Message,
    /// The person.
    pub person: Person,
    /// The person's devices for the job's medium.
    pub devices: Vec<Device>,
}

/// What the dispatcher must ask about people and devices; implemented by the registry.
#[async_trait]
pub trait Directory: Send + Sync {
    /// What is true about a job now; `None` where message or person were erased.
    ///
    /// # Errors
    /// When the store fails.
    async fn standing(&self, job: &Job, now: Timestamp) -> Result<Option<Standing>, ChannelError>;

    /// Forgets a device whose service says it is gone (404, 410).
    ///
    /// # Errors
    /// When the store fails.
    async fn remove_device(&self, device: Uuid, now: Timestamp) -> Result<(), ChannelError>;

    /// Notes whether a device's service took (`true`) or refused a message; many refusals in a row quarantine it.
    ///
    /// # Errors
    /// When the store fails.
    async fn note_answer(
        &self,
        device: Uuid,
        taken: bool,
        now: Timestamp,
    ) -> Result<(), ChannelError>;
}

/// Delivers what the outbox holds.
pub struct Dispatcher {
    outbox: Arc<dyn Outbox>,
    directory: Arc<dyn Directory>,
    senders: HashMap<Medium, Arc<dyn Sender>>,
    policy: Arc<Policy>,
    clock: Clock,
    owner: Uuid,
    permits: Arc<Semaphore>,
    tracker: TaskTracker,
    wake: Notify,
    /// Services that asked for a pause, and until when.
    pauses: Mutex<HashMap<(Medium, String), Timestamp>>,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("free", &self.permits.available_permits()).finish()
    }
}

/// Longest wait between two looks into the outbox.
const POLL: Duration = Duration::from_millis(500);
/// How often lost leases and expired jobs are looked for.
const SWEEP: Duration = Duration::from_secs(5);

impl Dispatcher {
    /// A dispatcher over `senders`; nothing happens before [`Dispatcher::run`] or [`Dispatcher::tick`].
    pub fn new(
        outbox: Arc<dyn Outbox>,
        directory: Arc<dyn Directory>,
        senders: Vec<Arc<dyn Sender>>,
        policy: Arc<Policy>,
        clock: Clock,
    ) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(policy.concurrency));
        Arc::new(Self {
            outbox,
            directory,
            senders: senders.into_iter().map(|sender| (sender.medium(), sender)).collect(),
            policy,
            clock,
            owner: Uuid::new_v4(),
            permits,
            tracker: TaskTracker::new(),
            wake: Notify::new(),
            pauses: Mutex::default(),
        })
    }

    /// Looks into the outbox at once: something was queued.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Works until `cancel`, then finishes what is under way.
    pub async fn run(self: Arc<Self>, cancel: CancellationToken) {
        let mut swept = Instant::now();
        if let Err(error) = self.outbox.sweep((self.clock)()).await {
            complain("sweep", &error);
        }
        while !cancel.is_cancelled() {
            if swept.elapsed() >= SWEEP {
                swept = Instant::now();
                if let Err(error) = self.outbox.sweep((self.clock)()).await {
                    complain("sweep", &error);
                }
            }
            let taken = match self.tick().await {
                Ok(taken) => taken,
                Err(error) => {
                    complain("lease", &error);
                    0
                }
            };
            if taken == 0 {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        }
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Takes as many jobs as there are free workers and starts them; gives how many.
    ///
    /// # Errors
    /// When the outbox fails.
    pub async fn tick(self: &Arc<Self>) -> Result<usize, ChannelError> {
        let free = self.permits.available_permits();
        let reserve = (self.policy.concurrency / 8).max(1);
        // The last workers are kept for emergencies.
        let (max, weights) = if free > reserve {
            (free - reserve, self.policy.lanes)
        } else {
            (free, [self.policy.lanes[0], 0, 0, 0])
        };
        if max == 0 {
            // Everybody is busy: wait for one to be done instead of spinning.
            drop(self.permits.acquire().await);
            return Ok(1);
        }
        let request = LeaseRequest { owner: self.owner, max, lease: self.policy.lease, weights };
        let jobs = self.outbox.lease(&request, (self.clock)()).await?;
        let taken = jobs.len();
        for job in jobs {
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { break };
            let worker = Arc::clone(self);
            self.tracker.spawn(async move {
                metrics::gauge!(names::IN_FLIGHT).increment(1.0);
                match worker.handle(&job).await {
                    // A receipt or a withdrawal was faster than our own record.
                    Ok(()) | Err(ChannelError::LeaseLost(_)) => {}
                    Err(error) => complain("job", &error),
                }
                metrics::gauge!(names::IN_FLIGHT).decrement(1.0);
                drop(permit);
                worker.wake.notify_one();
            });
        }
        Ok(taken)
    }

    /// Waits until nothing is under way.
    pub async fn drain(&self) {
        let all = u32::try_from(self.policy.concurrency).unwrap_or(u32::MAX);
        drop(self.permits.acquire_many(all).await);
    }

    async fn handle(&self, job: &Job) -> Result<(), ChannelError> {
        let now = (self.clock)();
        let Some(standing) = self.directory.standing(job, now).await? else {
            return self.end(job, State::Cancelled, &Completion::default(), now).await;
        };
        let ask = Ask {
            class: job.class,
            medium: job.medium,
            approved: standing.message.approved,
            recalled: standing.message.recalled,
            expires_at: job.expires_at.min(standing.message.expires_at),
            person: &standing.person,
        };
        match self.policy.decide(&ask, now) {
            Decision::Send => self.attempt(job, &standing, now).await,
            Decision::Expire => self.end(job, State::Expired, &Completion::default(), now).await,
            Decision::Suppress(reason) => {
                self.end(job, State::Suppressed(reason), &Completion::default(), now).await
            }
            Decision::Hold { until, reason } => {
                let postponement = Postponement {
                    not_before: until,
                    reason: reason.as_str(),
                    reached: job.reached.clone(),
                    unsent: true,
                    unknown: false,
                };
                self.put_off(job, &postponement, now).await
            }
        }
    }

    async fn end(
        &self,
        job: &Job,
        state: State,
        completion: &Completion,
        now: Timestamp,
    ) -> Result<(), ChannelError> {
        self.outbox.complete(self.owner, job.id, state, completion, now).await?;
        metrics::counter!(names::DELIVERIES, "medium" => job.medium.as_str(), "state" => state.as_str())
            .increment(1);
        Ok(())
    }

    async fn put_off(
        &self,
        job: &Job,
        postponement: &Postponement,
        now: Timestamp,
    ) -> Result<(), ChannelError> {
        self.outbox.postpone(self.owner, job.id, postponement, now).await?;
        metrics::counter!(names::POSTPONED, "medium" => job.medium.as_str(), "reason" => postponement.reason)
            .increment(1);
        Ok(())
    }

    /// Full jitter (a random delay up to the exponential bound), at least one second.
    fn backoff(&self, attempt: u32) -> SignedDuration {
        let base = self.policy.backoff_base.as_secs();
        let bound = base.saturating_mul(
            1_i64.checked_shl(attempt.saturating_sub(1)).unwrap_or(i64::MAX).max(1),
        );
        let bound = bound.clamp(1, self.policy.backoff_cap.as_secs().max(1));
        SignedDuration::from_secs(rand::random_range(0..=bound).max(1))
    }
}

fn complain(step: &'static str, error: &ChannelError) {
    metrics::counter!(names::STORE_ERRORS, "step" => step).increment(1);
    tracing::error!(delivery.step = step, error = %error, "delivery step failed");
}

#[cfg(test)]
mod tests;
