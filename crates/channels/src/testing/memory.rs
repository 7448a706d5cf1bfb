//! The outbox in memory: the port's test twin.

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;
use vocab::VisitorId;

use crate::outbox::{Completion, LeaseRequest, Postponement, share};
use crate::{ChannelError, Class, Enqueued, Job, JobId, Medium, NewJob, Outbox, State, Swept};

#[derive(Clone, Debug)]
struct Row {
    job: Job,
    key: String,
    owner: Option<Uuid>,
}

/// An outbox that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryOutbox {
    rows: Mutex<Vec<Row>>,
}

impl MemoryOutbox {
    /// Every job as it stands, in order.
    pub fn jobs(&self) -> Vec<Job> {
        self.rows.lock().iter().map(|row| row.job.clone()).collect()
    }

    fn held<T>(
        &self,
        owner: Uuid,
        id: JobId,
        change: impl FnOnce(&mut Row) -> Result<T, ChannelError>,
    ) -> Result<T, ChannelError> {
        let mut rows = self.rows.lock();
        let row = rows
            .iter_mut()
            .find(|row| row.job.id == id && row.owner == Some(owner))
            .ok_or(ChannelError::LeaseLost(id.0))?;
        change(row)
    }
}

#[async_trait]
impl Outbox for MemoryOutbox {
    async fn enqueue(
        &self,
        jobs: &[NewJob],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, ChannelError> {
        let mut rows = self.rows.lock();
        let mut told = Vec::with_capacity(jobs.len());
        for job in jobs {
            let key = job.idempotency_key();
            if let Some(row) = rows.iter().find(|row| row.key == key) {
                told.push(Enqueued::Existing(row.job.id));
                continue;
            }
            let id = JobId(rows.len() as i64 + 1);
            let job = Job {
                id,
                message: job.message,
                person: job.person,
                site: job.site,
                medium: job.medium,
                class: job.class,
                state: job.suppressed.map_or(State::Queued, State::Suppressed),
                attempt: 0,
                not_before: job.not_before,
                expires_at: job.expires_at,
                reached: Vec::new(),
                lease_until: now,
            };
            rows.push(Row { job, key, owner: None });
            told.push(Enqueued::New(id));
        }
        Ok(told)
    }

    async fn lease(
        &self,
        request: &LeaseRequest,
        now: Timestamp,
    ) -> Result<Vec<Job>, ChannelError> {
        let mut rows = self.rows.lock();
        let due = |row: &Row, class: Class| {
            row.job.class == class
                && matches!(row.job.state, State::Queued | State::Unknown)
                && row.job.not_before <= now
                && row.job.expires_at > now
        };
        let mut busy: HashSet<_> = rows
            .iter()
            .filter(|row| row.job.state == State::Leased)
            .map(|row| (row.job.site, row.job.person))
            .collect();
        let waiting = Class::ALL.map(|class| rows.iter().filter(|row| due(row, class)).count());
        let shares = share(request.max, waiting, request.weights);
        let mut taken = Vec::new();
        for class in Class::ALL {
            let lane = rows.iter_mut().filter(|row| due(row, class));
            let free = lane.filter(|row| busy.insert((row.job.site, row.job.person)));
            for row in free.take(shares[class.position()]) {
                row.owner = Some(request.owner);
                row.job.state = State::Leased;
                row.job.attempt += 1;
                row.job.lease_until = now + request.lease;
                taken.push(row.job.clone());
            }
        }
        Ok(taken)
    }

    async fn complete(
        &self,
        owner: Uuid,
        job: JobId,
        state: State,
        completion: &Completion,
        _now: Timestamp,
    ) -> Result<(), ChannelError> {
        self.held(owner, job, |row| {
            if !State::Leased.can_become(state) {
                return Err(ChannelError::Transition { from: "leased", to: state.as_str() });
            }
            row.owner = None;
            row.job.state = state;
            row.job.reached.clone_from(&completion.reached);
            if let Some(end) = completion.expires_at {
                row.job.expires_at = row.job.expires_at.min(end);
            }
            if state == State::Unknown {
                row.job.not_before = Timestamp::MAX;
            }
            Ok(())
        })
    }

    async fn postpone(
        &self,
        owner: Uuid,
        job: JobId,
        postponement: &Postponement,
        _now: Timestamp,
    ) -> Result<(), ChannelError> {
        self.held(owner, job, |row| {
            row.owner = None;
            row.job.state = if postponement.unknown { State::Unknown } else { State::Queued };
            row.job.not_before = postponement.not_before;
            row.job.reached.clone_from(&postponement.reached);
            row.job.attempt -= u32::from(postponement.unsent);
            Ok(())
        })
    }

    async fn receipt(
        &self,
        message: Uuid,
        person: VisitorId,
        medium: Medium,
        state: State,
        _now: Timestamp,
    ) -> Result<bool, ChannelError> {
        let mut rows = self.rows.lock();
        let found = rows.iter_mut().find(|row| {
            row.job.message == message && row.job.person == person && row.job.medium == medium
        });
        let Some(row) = found.filter(|row| row.job.state != State::Queued) else {
            return Ok(false);
        };
        if !row.job.state.can_become(state) {
            return Ok(false);
        }
        row.owner = None;
        row.job.state = state;
        Ok(true)
    }

    async fn sweep(&self, now: Timestamp) -> Result<Swept, ChannelError> {
        let mut swept = Swept::default();
        for row in self.rows.lock().iter_mut() {
            if row.job.state == State::Leased && row.job.lease_until <= now {
                row.owner = None;
                row.job.state = State::Unknown;
                row.job.not_before = if row.job.medium.can_repeat() { now } else { Timestamp::MAX };
                swept.lost += 1;
            }
            if row.job.expires_at <= now
                && row.job.state != State::Leased
                && !row.job.state.is_terminal()
            {
                row.job.state = row.job.state.at_expiry();
                swept.ended += 1;
            }
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_outbox_in_memory_keeps_the_ports_promises() {
        let outbox = MemoryOutbox::default();
        super::super::conformance::check(&outbox, "2026-11-23T04:00:00Z".parse().unwrap())
            .await
            .unwrap();
    }
}
