//! What the dispatcher asks about people and devices.

use async_trait::async_trait;
use channels::{ChannelError, Directory, Job, Medium, Person, Standing};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::messages::from_row;
use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

/// How far back sent messages are looked for: no cap's window may be longer.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(31 * 24);

impl Registry {
    async fn stand(&self, job: &Job, now: Timestamp) -> Result<Option<Standing>, RegistryError> {
        let row = sqlx::query("SELECT * FROM messages WHERE id = $1")
            .bind(job.message.to_string())
            .fetch_optional(self.readers())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let subject = self.subject(job.site, job.person, now).await?;
        let quiet = subject.delivery.quiet()?;
        let (seen_elsewhere, sent_elsewhere_at) = self.elsewhere(job).await?;
        let person = Person {
            consent: subject.consent,
            time_zone: subject.delivery.time_zone,
            muted: subject.delivery.muted,
            media_off: subject.delivery.media_off,
            quiet,
            cap: subject.delivery.weekly_cap,
            recent: self.recent(job, now).await?,
            seen_elsewhere,
            sent_elsewhere_at,
        };
        let devices = if job.medium.needs_device() {
            self.devices(job.site, job.person).await?
        } else {
            Vec::new()
        };
        Ok(Some(Standing { message: from_row(&row)?, person, devices }))
    }

    /// When other interrupting messages reached the person; emergencies do not use up the cap.
    async fn recent(&self, job: &Job, now: Timestamp) -> Result<Vec<Timestamp>, RegistryError> {
        let sent: Vec<i64> = sqlx::query_scalar(
            "SELECT sent_at FROM jobs WHERE site = $1 AND person = $2 AND sent_at > $3 AND message <> $4
                AND medium <> 'inbox' AND class <> 'emergency' ORDER BY sent_at DESC LIMIT 100",
        )
        .bind(i64::from(job.site.0))
        .bind(job.person.0.cast_signed())
        .bind(ms(now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN)))
        .bind(job.message.to_string())
        .fetch_all(self.readers())
        .await?;
        Ok(sent.into_iter().map(instant).collect())
    }

    /// Whether the person saw this message on another medium, and when another interrupting one took it.
    async fn elsewhere(&self, job: &Job) -> Result<(bool, Option<Timestamp>), RegistryError> {
        let others: Vec<(String, String, Option<i64>)> = sqlx::query_as(
            "SELECT medium, state, sent_at FROM jobs WHERE message = $1 AND person = $2 AND medium <> $3",
        )
        .bind(job.message.to_string())
        .bind(job.person.0.cast_signed())
        .bind(job.medium.as_str())
        .fetch_all(self.readers())
        .await?;
        let seen = others.iter().any(|(_, state, _)| state == "displayed" || state == "clicked");
        let sent = others
            .iter()
            .filter(|(medium, ..)| Medium::parse(medium).is_some_and(Medium::interrupts))
            .filter_map(|(.., sent)| *sent)
            .max();
        Ok((seen, sent.map(instant)))
    }
}

#[async_trait]
impl Directory for Registry {
    async fn standing(&self, job: &Job, now: Timestamp) -> Result<Option<Standing>, ChannelError> {
        Ok(self.stand(job, now).await?)
    }

    async fn remove_device(&self, device: Uuid, _now: Timestamp) -> Result<(), ChannelError> {
        Ok(self.forget_device(device).await?)
    }

    async fn note_answer(
        &self,
        device: Uuid,
        taken: bool,
        now: Timestamp,
    ) -> Result<(), ChannelError> {
        Ok(self.count_answer(device, taken, now).await?)
    }
}
