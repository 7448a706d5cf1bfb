//! One attempt at one job: every device of the person, at once, and the sum of what they said.

use std::time::Instant;

use futures::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    ChannelError, Completion, Device, Dispatcher, Job, Medium, Postponement, Sender, Standing,
    State, SuppressReason, names,
};
use crate::{Delivery, FailReason, Outcome, Scope};

/// What all devices said together.
#[derive(Default)]
struct Sum {
    completion: Completion,
    retry_at: Option<Timestamp>,
    unknown: bool,
    failed: Option<FailReason>,
}

impl Dispatcher {
    pub(super) async fn attempt(
        &self,
        job: &Job,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<(), ChannelError> {
        let Some(sender) = self.senders.get(&job.medium) else {
            return self
                .end(job, State::Failed(FailReason::NoSender), &Completion::default(), now)
                .await;
        };
        let devices: Vec<Option<&Device>> = if job.medium.needs_device() {
            let fresh = standing.devices.iter().filter(|device| !job.reached.contains(&device.id));
            fresh.map(Some).collect()
        } else {
            vec![None]
        };
        let sends = devices.into_iter().map(|device| async move {
            let delivery = Delivery { job, message: &standing.message, device };
            (device, self.send(sender.as_ref(), delivery, now).await)
        });
        let mut sum = Sum::default();
        sum.completion.reached.clone_from(&job.reached);
        for (device, outcome) in join_all(sends).await {
            self.add(&mut sum, job, device, outcome, now).await?;
        }
        self.conclude(job, sum, now).await
    }

    async fn send(&self, sender: &dyn Sender, delivery: Delivery<'_>, now: Timestamp) -> Outcome {
        let service = sender.service(delivery.device);
        let paused = self.pauses.lock().get(&(sender.medium(), service.clone())).copied();
        if let Some(until) = paused.filter(|&until| until > now) {
            return Outcome::Retry { after: Some(until.duration_since(now)), scope: Scope::Device };
        }
        let begun = Instant::now();
        let outcome = sender.send(delivery, now).await;
        metrics::histogram!(names::SEND_SECONDS, "medium" => sender.medium().as_str())
            .record(begun.elapsed().as_secs_f64());
        if let Outcome::Retry { after: Some(after), scope: Scope::Service } = &outcome {
            self.pause(
                sender.medium(),
                service,
                now.checked_add(*after).unwrap_or(Timestamp::MAX),
                now,
            );
        }
        outcome
    }

    fn pause(&self, medium: Medium, service: String, until: Timestamp, now: Timestamp) {
        let mut pauses = self.pauses.lock();
        pauses.retain(|_, end| *end > now);
        let end = pauses.entry((medium, service)).or_insert(until);
        *end = (*end).max(until);
    }

    async fn add(
        &self,
        sum: &mut Sum,
        job: &Job,
        device: Option<&Device>,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), ChannelError> {
        match outcome {
            Outcome::Accepted { provider_ref, ttl } => {
                sum.completion.reached.push(device.map_or(Uuid::nil(), |device| device.id));
                sum.completion.provider_ref = provider_ref;
                let end = ttl.and_then(|ttl| now.checked_add(ttl).ok());
                sum.completion.expires_at = sum.completion.expires_at.max(end);
                if let Some(device) = device {
                    self.directory.note_answer(device.id, true, now).await?;
                }
            }
            Outcome::Retry { after, .. } => {
                let delay = after.unwrap_or_default().max(self.backoff(job.attempt));
                let at = now.checked_add(delay).unwrap_or(Timestamp::MAX);
                sum.retry_at = Some(sum.retry_at.map_or(at, |earlier| earlier.min(at)));
            }
            Outcome::DeadTarget => {
                if let Some(device) = device {
                    self.directory.remove_device(device.id, now).await?;
                    metrics::counter!(names::PRUNED).increment(1);
                }
            }
            Outcome::Permanent(reason) => {
                sum.failed = Some(reason);
                if let Some(device) = device {
                    self.directory.note_answer(device.id, false, now).await?;
                }
            }
            Outcome::Unknown => sum.unknown = true,
        }
        Ok(())
    }

    async fn conclude(&self, job: &Job, sum: Sum, now: Timestamp) -> Result<(), ChannelError> {
        let mut again = sum.retry_at;
        if sum.unknown && job.medium.can_repeat() {
            let at = now.checked_add(self.backoff(job.attempt)).unwrap_or(Timestamp::MAX);
            again = Some(again.map_or(at, |earlier| earlier.min(at)));
        }
        let attempts_left = job.attempt < self.policy.max_attempts;
        if let Some(at) = again.filter(|&at| attempts_left && at < job.expires_at) {
            let postponement = Postponement {
                not_before: at,
                reason: if sum.unknown { "unknown" } else { "retry" },
                reached: sum.completion.reached,
                unsent: false,
                unknown: sum.unknown,
            };
            return self.put_off(job, &postponement, now).await;
        }
        let state = if !sum.completion.reached.is_empty() {
            State::Accepted
        } else if sum.unknown {
            State::Unknown
        } else if again.is_some() && !attempts_left {
            State::Failed(FailReason::Exhausted)
        } else if again.is_some() {
            State::Expired
        } else if let Some(reason) = sum.failed {
            State::Failed(reason)
        } else {
            State::Suppressed(SuppressReason::DeadTarget)
        };
        self.end(job, state, &sum.completion, now).await
    }
}
