//! What a person agreed to, declared, deleted and wishes; a person is a pseudonym of one site.

use std::collections::{HashMap, HashSet};

use channels::policy::QuietHours;
use channels::{Class, Medium};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use vocab::{Channel, Consent, NeedId, SiteId, VisitorId};

use crate::store::{instant, list, ms, take_numbers, unlist};
use crate::{Registry, RegistryError};

mod erase;

/// How long a deleted tag stays away (GB/T 35273).
pub const TAG_SUPPRESSED: SignedDuration = SignedDuration::from_hours(180 * 24);

/// What was agreed to, to which words, when and where: the proof of PIPL article 14.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsentRecord {
    /// The agreements; a withdrawal is a record without the bit.
    pub consent: Consent,
    /// Version of the purposes shown.
    pub purpose_version: String,
    /// SHA-256 of the text shown, in hex.
    pub text_hash: String,
    /// Where it was shown.
    pub channel: Channel,
    /// When.
    pub given_at: Timestamp,
}

/// How a person wants to be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryWishes {
    /// IANA name of their zone.
    pub time_zone: Option<String>,
    /// Start of their quiet hours, `21:00`; both or none.
    pub quiet_from: Option<String>,
    /// End of their quiet hours.
    pub quiet_to: Option<String>,
    /// Interrupting messages a week.
    pub weekly_cap: Option<u32>,
    /// Classes they do not want.
    pub muted: Vec<Class>,
    /// Media they do not want.
    pub media_off: Vec<Medium>,
}

impl DeliveryWishes {
    /// Their own quiet hours; `None` where they set none.
    ///
    /// # Errors
    /// When only one of the times is set or one is not a time.
    pub fn quiet(&self) -> Result<Option<QuietHours>, RegistryError> {
        let time = |field, text: &String| {
            jiff::civil::Time::strptime("%H:%M", text).map_err(|_| RegistryError::Invalid {
                field,
                reason: "not a time like 21:00".to_owned(),
            })
        };
        match (&self.quiet_from, &self.quiet_to) {
            (None, None) => Ok(None),
            (Some(from), Some(to)) => {
                Ok(Some(QuietHours { from: time("quiet_from", from)?, to: time("quiet_to", to)? }))
            }
            _ => Err(RegistryError::Invalid {
                field: "quiet_from",
                reason: "quiet hours need both a start and an end".to_owned(),
            }),
        }
    }

    fn check(&self) -> Result<(), RegistryError> {
        self.quiet()?;
        match &self.time_zone {
            Some(zone) if jiff::tz::TimeZone::get(zone).is_err() => Err(RegistryError::Invalid {
                field: "time_zone",
                reason: "not the name of a time zone".to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// Everything the engine must respect about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// What they agreed to last.
    pub consent: Consent,
    /// The personalisation switch is off (Algorithm Provisions, article 17).
    pub switched_off: bool,
    /// Needs they declared, by id.
    pub declared: Vec<NeedId>,
    /// Needs they deleted and until when each stays away, by id.
    pub deleted: Vec<(NeedId, Timestamp)>,
    /// How they want to be reached.
    pub delivery: DeliveryWishes,
}

/// What people do not want to be inferred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// They switched personalisation off.
    pub switched_off: HashSet<VisitorId>,
    /// Tags they deleted that still stay away.
    pub deleted: HashMap<VisitorId, Vec<NeedId>>,
}

fn key(site: SiteId, visitor: VisitorId) -> (i64, i64) {
    (i64::from(site.0), visitor.0.cast_signed())
}

impl Registry {
    /// Everything about a person; a stranger has agreed to nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subject(
        &self,
        site: SiteId,
        visitor: VisitorId,
        now: Timestamp,
    ) -> Result<Subject, RegistryError> {
        let (site, visitor) = key(site, visitor);
        let bits: Option<i64> = sqlx::query_scalar(
            "SELECT bits FROM consents WHERE site = $1 AND visitor = $2 ORDER BY seq DESC LIMIT 1",
        )
        .bind(site)
        .bind(visitor)
        .fetch_optional(self.readers())
        .await?;
        let stored: Option<(bool, String)> = sqlx::query_as(
            "SELECT switched_off, delivery FROM subjects WHERE site = $1 AND visitor = $2",
        )
        .bind(site)
        .bind(visitor)
        .fetch_optional(self.readers())
        .await?;
        let declared: Vec<String> = sqlx::query_scalar(
            "SELECT need FROM declared_needs WHERE site = $1 AND visitor = $2 ORDER BY need",
        )
        .bind(site)
        .bind(visitor)
        .fetch_all(self.readers())
        .await?;
        let deleted: Vec<(String, i64)> = sqlx::query_as(
            "SELECT need, suppressed_until FROM deleted_tags
             WHERE site = $1 AND visitor = $2 AND suppressed_until > $3 ORDER BY need",
        )
        .bind(site)
        .bind(visitor)
        .bind(ms(now))
        .fetch_all(self.readers())
        .await?;
        let (switched_off, delivery) = stored.unwrap_or_default();
        Ok(Subject {
            consent: Consent(bits.unwrap_or_default().try_into().unwrap_or_default()),
            switched_off,
            declared: declared.into_iter().map(Into::into).collect(),
            deleted: deleted
                .into_iter()
                .map(|(need, until)| (need.into(), instant(until)))
                .collect(),
            delivery: if delivery.is_empty() {
                DeliveryWishes::default()
            } else {
                unlist(&delivery, "delivery")?
            },
        })
    }

    /// What people took out of what may be inferred of them, everybody's at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refusals(&self, now: Timestamp) -> Result<Refusals, RegistryError> {
        let off: Vec<i64> =
            sqlx::query_scalar("SELECT DISTINCT visitor FROM subjects WHERE switched_off = $1")
                .bind(true)
                .fetch_all(self.readers())
                .await?;
        let deleted: Vec<(i64, String)> =
            sqlx::query_as("SELECT visitor, need FROM deleted_tags WHERE suppressed_until > $1")
                .bind(ms(now))
                .fetch_all(self.readers())
                .await?;
        let person = |visitor: i64| VisitorId(visitor.cast_unsigned());
        let mut refusals =
            Refusals { switched_off: off.into_iter().map(person).collect(), ..Refusals::default() };
        for (visitor, need) in deleted {
            refusals.deleted.entry(person(visitor)).or_default().push(need.into());
        }
        Ok(refusals)
    }

    /// Records what a person agreed to, or no longer agrees to; earlier records stay as proof.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_consent(
        &self,
        site: SiteId,
        visitor: VisitorId,
        record: &ConsentRecord,
    ) -> Result<(), RegistryError> {
        let (site, visitor) = key(site, visitor);
        let mut tx = self.write().await?;
        let seq = take_numbers(&mut tx, "consents", 1).await?;
        sqlx::query(
            "INSERT INTO consents (seq, site, visitor, bits, purpose_version, text_hash, channel, given_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(seq)
        .bind(site)
        .bind(visitor)
        .bind(i64::from(record.consent.0))
        .bind(&record.purpose_version)
        .bind(&record.text_hash)
        .bind(record.channel.as_str())
        .bind(ms(record.given_at))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// What a person agreed to over time, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn consent_history(
        &self,
        site: SiteId,
        visitor: VisitorId,
    ) -> Result<Vec<ConsentRecord>, RegistryError> {
        let (site, visitor) = key(site, visitor);
        let rows =
            sqlx::query("SELECT * FROM consents WHERE site = $1 AND visitor = $2 ORDER BY seq")
                .bind(site)
                .bind(visitor)
                .fetch_all(self.readers())
                .await?;
        rows.iter().map(consent_record).collect()
    }

    /// Turns personalisation off or on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_switch(
        &self,
        site: SiteId,
        visitor: VisitorId,
        switched_off: bool,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let (site, visitor) = key(site, visitor);
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO subjects (site, visitor, switched_off, delivery, updated_at) VALUES ($1, $2, $3, '', $4)
             ON CONFLICT (site, visitor) DO UPDATE SET switched_off = excluded.switched_off,
                updated_at = excluded.updated_at",
        )
        .bind(site)
        .bind(visitor)
        .bind(switched_off)
        .bind(ms(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Records how a person wants to be reached.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] naming the field, or when the database fails.
    pub async fn set_delivery(
        &self,
        site: SiteId,
        visitor: VisitorId,
        wishes: &DeliveryWishes,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        wishes.check()?;
        let (site, visitor) = key(site, visitor);
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO subjects (site, visitor, switched_off, delivery, updated_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (site, visitor) DO UPDATE SET delivery = excluded.delivery,
                updated_at = excluded.updated_at",
        )
        .bind(site)
        .bind(visitor)
        .bind(false)
        .bind(list(wishes))
        .bind(ms(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Declares a need; a deleted tag comes back by it, as the person asked for it themself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn declare_need(
        &self,
        site: SiteId,
        visitor: VisitorId,
        need: &NeedId,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let (site, visitor) = key(site, visitor);
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO declared_needs (site, visitor, need, declared_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (site, visitor, need) DO NOTHING",
        )
        .bind(site)
        .bind(visitor)
        .bind(need.as_str())
        .bind(ms(now))
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM deleted_tags WHERE site = $1 AND visitor = $2 AND need = $3")
            .bind(site)
            .bind(visitor)
            .bind(need.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a declaration back; unlike a deleted tag the need may be inferred again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_back_need(
        &self,
        site: SiteId,
        visitor: VisitorId,
        need: &NeedId,
    ) -> Result<(), RegistryError> {
        let (site, visitor) = key(site, visitor);
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM declared_needs WHERE site = $1 AND visitor = $2 AND need = $3")
            .bind(site)
            .bind(visitor)
            .bind(need.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a tag, declared or inferred: it stays away for [`TAG_SUPPRESSED`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_tag(
        &self,
        site: SiteId,
        visitor: VisitorId,
        need: &NeedId,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let (site, visitor) = key(site, visitor);
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM declared_needs WHERE site = $1 AND visitor = $2 AND need = $3")
            .bind(site)
            .bind(visitor)
            .bind(need.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO deleted_tags (site, visitor, need, suppressed_until) VALUES ($1, $2, $3, $4)
             ON CONFLICT (site, visitor, need) DO UPDATE SET suppressed_until = excluded.suppressed_until",
        )
        .bind(site)
        .bind(visitor)
        .bind(need.as_str())
        .bind(ms(now + TAG_SUPPRESSED))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn consent_record(row: &SqliteRow) -> Result<ConsentRecord, RegistryError> {
    Ok(ConsentRecord {
        consent: Consent(row.try_get::<i64, _>("bits")?.try_into().unwrap_or_default()),
        purpose_version: row.try_get("purpose_version")?,
        text_hash: row.try_get("text_hash")?,
        channel: Channel::parse(row.try_get("channel")?).unwrap_or_default(),
        given_at: instant(row.try_get("given_at")?),
    })
}

#[cfg(test)]
mod tests;
