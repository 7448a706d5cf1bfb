//! The outbox in SQL: leases, one idempotency key a delivery, lanes by weight.

use async_trait::async_trait;
use channels::outbox::{Completion, LeaseRequest, Postponement, share};
use channels::{ChannelError, Class, Enqueued, Job, JobId, Medium, NewJob, Outbox, State, Swept};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;
use vocab::{SiteId, VisitorId};

use crate::store::{Tx, instant, list, ms, take_numbers, unlist};
use crate::{Registry, RegistryError};

fn from_row(row: &SqliteRow) -> Result<Job, RegistryError> {
    let corrupt = |what| RegistryError::Corrupt { what };
    Ok(Job {
        id: JobId(row.try_get("id")?),
        message: Uuid::parse_str(row.try_get("message")?).map_err(|_| corrupt("message"))?,
        person: VisitorId(row.try_get::<i64, _>("person")?.cast_unsigned()),
        site: SiteId(row.try_get::<i64, _>("site")?.try_into().unwrap_or_default()),
        medium: Medium::parse(row.try_get("medium")?).ok_or(corrupt("medium"))?,
        class: Class::parse(row.try_get("class")?).ok_or(corrupt("class"))?,
        state: State::from_parts(row.try_get("state")?, row.try_get("reason")?)
            .ok_or(corrupt("state"))?,
        attempt: row.try_get::<i64, _>("attempt")?.try_into().unwrap_or_default(),
        not_before: instant(row.try_get("not_before")?),
        expires_at: instant(row.try_get("expires_at")?),
        reached: unlist(row.try_get("reached")?, "reached")?,
        lease_until: instant(row.try_get("lease_until")?),
    })
}

impl Registry {
    async fn enqueue_all(
        &self,
        jobs: &[NewJob],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, RegistryError> {
        let mut tx = self.write().await?;
        let count = i64::try_from(jobs.len()).unwrap_or_default();
        let mut id = take_numbers(&mut tx, "jobs", count).await? - count;
        let mut told = Vec::with_capacity(jobs.len());
        for job in jobs {
            id += 1;
            let state = job.suppressed.map_or(State::Queued, State::Suppressed);
            let key = job.idempotency_key();
            let added = sqlx::query(
                "INSERT INTO jobs (id, message, site, person, medium, class, state, reason, held_for, attempt,
                    not_before, expires_at, reached, provider_ref, lease_owner, lease_until, idempotency_key,
                    created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, $9, $10, '[]', '', '', 0, $11, $12, $12)
                 ON CONFLICT (idempotency_key) DO NOTHING",
            )
            .bind(id)
            .bind(job.message.to_string())
            .bind(i64::from(job.site.0))
            .bind(job.person.0.cast_signed())
            .bind(job.medium.as_str())
            .bind(job.class.as_str())
            .bind(state.as_str())
            .bind(state.reason())
            .bind(ms(job.not_before))
            .bind(ms(job.expires_at))
            .bind(&key)
            .bind(ms(now))
            .execute(&mut *tx)
            .await?
            .rows_affected();
            told.push(if added > 0 {
                Enqueued::New(JobId(id))
            } else {
                let known: i64 =
                    sqlx::query_scalar("SELECT id FROM jobs WHERE idempotency_key = $1")
                        .bind(&key)
                        .fetch_one(&mut *tx)
                        .await?;
                Enqueued::Existing(JobId(known))
            });
        }
        tx.commit().await?;
        Ok(told)
    }

    async fn lease_some(
        &self,
        request: &LeaseRequest,
        now: Timestamp,
    ) -> Result<Vec<Job>, RegistryError> {
        let max = i64::try_from(request.max).unwrap_or(i64::MAX);
        let mut waiting = [0; 4];
        for class in Class::ALL {
            // Counting stops at what could be taken: a backlog of millions costs nothing.
            let count: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE class = $1 AND not_before <= $2
                    AND state IN ('queued', 'unknown') LIMIT $3) AS due",
            )
            .bind(class.as_str())
            .bind(ms(now))
            .bind(max)
            .fetch_one(self.readers())
            .await?;
            waiting[class.position()] = usize::try_from(count).unwrap_or_default();
        }
        if waiting == [0; 4] {
            return Ok(Vec::new());
        }
        let shares = share(request.max, waiting, request.weights);
        let mut tx = self.write().await?;
        let mut taken = Vec::new();
        for class in Class::ALL {
            lease_lane(&mut tx, class, shares[class.position()], request, now, &mut taken).await?;
        }
        tx.commit().await?;
        Ok(taken)
    }

    async fn finish(
        &self,
        owner: Uuid,
        job: JobId,
        state: State,
        completion: &Completion,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        if !State::Leased.can_become(state) {
            return Err(ChannelError::Transition { from: "leased", to: state.as_str() }.into());
        }
        let sent = matches!(state, State::Accepted | State::Unknown);
        let mut tx = self.write().await?;
        let changed = sqlx::query(
            "UPDATE jobs SET state = $1, reason = $2, reached = $3, provider_ref = $4, lease_owner = '', held_for = '',
                not_before = CASE WHEN $1 = 'unknown' THEN $5 ELSE not_before END,
                expires_at = CASE WHEN $6 < expires_at THEN $6 ELSE expires_at END,
                sent_at = CASE WHEN $7 THEN $8 ELSE sent_at END, updated_at = $8
             WHERE id = $9 AND state = 'leased' AND lease_owner = $10",
        )
        .bind(state.as_str())
        .bind(state.reason())
        .bind(list(&completion.reached))
        .bind(&completion.provider_ref)
        .bind(ms(Timestamp::MAX))
        .bind(ms(completion.expires_at.unwrap_or(Timestamp::MAX)))
        .bind(sent)
        .bind(ms(now))
        .bind(job.0)
        .bind(owner.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        if changed == 0 { Err(ChannelError::LeaseLost(job.0).into()) } else { Ok(()) }
    }

    async fn put_back(
        &self,
        owner: Uuid,
        job: JobId,
        postponement: &Postponement,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let state = if postponement.unknown { State::Unknown } else { State::Queued };
        let mut tx = self.write().await?;
        let changed = sqlx::query(
            "UPDATE jobs SET state = $1, held_for = $2, not_before = $3, reached = $4, attempt = attempt - $5,
                lease_owner = '', updated_at = $6
             WHERE id = $7 AND state = 'leased' AND lease_owner = $8",
        )
        .bind(state.as_str())
        .bind(postponement.reason)
        .bind(ms(postponement.not_before))
        .bind(list(&postponement.reached))
        .bind(i64::from(postponement.unsent))
        .bind(ms(now))
        .bind(job.0)
        .bind(owner.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        if changed == 0 { Err(ChannelError::LeaseLost(job.0).into()) } else { Ok(()) }
    }

    async fn note_receipt(
        &self,
        message: Uuid,
        person: VisitorId,
        medium: Medium,
        state: State,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let mut tx = self.write().await?;
        let row =
            sqlx::query("SELECT * FROM jobs WHERE message = $1 AND person = $2 AND medium = $3")
                .bind(message.to_string())
                .bind(person.0.cast_signed())
                .bind(medium.as_str())
                .fetch_optional(&mut *tx)
                .await?;
        let Some(row) = row else { return Ok(false) };
        let job = from_row(&row)?;
        if job.state == State::Queued || !job.state.can_become(state) {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE jobs SET state = $1, reason = $2, lease_owner = '', sent_at = COALESCE(sent_at, $3),
                updated_at = $3 WHERE id = $4",
        )
        .bind(state.as_str())
        .bind(state.reason())
        .bind(ms(now))
        .bind(job.id.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn sweep_all(&self, now: Timestamp) -> Result<Swept, RegistryError> {
        let mut tx = self.write().await?;
        // A lost lease: perhaps it was sent. Media that can repeat try again, the others wait for a receipt.
        let lost = sqlx::query(
            "UPDATE jobs SET state = 'unknown', lease_owner = '', updated_at = $1, sent_at = COALESCE(sent_at, $1),
                not_before = CASE WHEN medium IN ('web_push', 'inbox') THEN $1 ELSE $2 END
             WHERE state = 'leased' AND lease_until <= $1",
        )
        .bind(ms(now))
        .bind(ms(Timestamp::MAX))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        let mut ended = 0;
        for state in
            [State::Queued, State::Unknown, State::Accepted, State::Delivered, State::Displayed]
        {
            let end = state.at_expiry();
            ended += sqlx::query(
                "UPDATE jobs SET state = $1, reason = $2, updated_at = $3 WHERE state = $4 AND expires_at <= $3
                    AND state IN ('queued', 'unknown', 'accepted', 'delivered', 'displayed')",
            )
            .bind(end.as_str())
            .bind(end.reason())
            .bind(ms(now))
            .bind(state.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        }
        tx.commit().await?;
        Ok(Swept { lost, ended })
    }
}

async fn lease_lane(
    tx: &mut Tx,
    class: Class,
    count: usize,
    request: &LeaseRequest,
    now: Timestamp,
    taken: &mut Vec<Job>,
) -> Result<(), RegistryError> {
    if count == 0 {
        return Ok(());
    }
    // A few more than wanted: a person's second job is passed over.
    let look = i64::try_from(count.saturating_mul(3).saturating_add(8)).unwrap_or(i64::MAX);
    let due: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT id, site, person FROM jobs WHERE class = $1 AND not_before <= $2 AND expires_at > $2
            AND state IN ('queued', 'unknown')
            AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.site = jobs.site
                AND other.person = jobs.person AND other.state = 'leased')
         ORDER BY not_before, id LIMIT $3",
    )
    .bind(class.as_str())
    .bind(ms(now))
    .bind(look)
    .fetch_all(&mut **tx)
    .await?;
    let mut people = std::collections::HashSet::new();
    let until = now.checked_add(request.lease).unwrap_or(Timestamp::MAX);
    for (id, ..) in
        due.into_iter().filter(|&(_, site, person)| people.insert((site, person))).take(count)
    {
        let row = sqlx::query(
            "UPDATE jobs SET state = 'leased', attempt = attempt + 1, lease_owner = $1, lease_until = $2, updated_at = $3
             WHERE id = $4 RETURNING *",
        )
        .bind(request.owner.to_string())
        .bind(ms(until))
        .bind(ms(now))
        .bind(id)
        .fetch_one(&mut **tx)
        .await?;
        taken.push(from_row(&row)?);
    }
    Ok(())
}

#[async_trait]
impl Outbox for Registry {
    async fn enqueue(
        &self,
        jobs: &[NewJob],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, ChannelError> {
        Ok(self.enqueue_all(jobs, now).await?)
    }

    async fn lease(
        &self,
        request: &LeaseRequest,
        now: Timestamp,
    ) -> Result<Vec<Job>, ChannelError> {
        Ok(self.lease_some(request, now).await?)
    }

    async fn complete(
        &self,
        owner: Uuid,
        job: JobId,
        state: State,
        completion: &Completion,
        now: Timestamp,
    ) -> Result<(), ChannelError> {
        Ok(self.finish(owner, job, state, completion, now).await?)
    }

    async fn postpone(
        &self,
        owner: Uuid,
        job: JobId,
        postponement: &Postponement,
        now: Timestamp,
    ) -> Result<(), ChannelError> {
        Ok(self.put_back(owner, job, postponement, now).await?)
    }

    async fn receipt(
        &self,
        message: Uuid,
        person: VisitorId,
        medium: Medium,
        state: State,
        now: Timestamp,
    ) -> Result<bool, ChannelError> {
        Ok(self.note_receipt(message, person, medium, state, now).await?)
    }

    async fn sweep(&self, now: Timestamp) -> Result<Swept, ChannelError> {
        Ok(self.sweep_all(now).await?)
    }
}

#[cfg(test)]
mod tests;
