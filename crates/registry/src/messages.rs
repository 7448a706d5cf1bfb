//! Messages: written by one officer, approved by another, queued for an audience, withdrawn if need be.

use channels::{Class, Medium, Message, NewJob, Outbox as _};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;
use vocab::{SiteId, Text, VisitorId};

use crate::audit::note;
use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

/// A message to be written.
#[derive(Clone, Debug, Default)]
pub struct NewMessage {
    /// The sending site.
    pub site: SiteId,
    /// How urgent.
    pub class: Class,
    /// A later message with the same key replaces this one; empty never collapses.
    pub collapse_key: String,
    /// Title.
    pub title: Text,
    /// One or two sentences.
    pub body: Text,
    /// Where it leads.
    pub url: String,
    /// The item it is about; may be empty.
    pub item: String,
    /// It speaks of a guarded or sensitive need.
    pub discreet: bool,
    /// When it stops to matter.
    pub expires_at: Timestamp,
    /// Who writes it.
    pub created_by: String,
    /// A repeated request with the same key makes no second message; empty is no key.
    pub idempotency_key: String,
}

/// How many deliveries one call of the outbox takes: keeps a transaction short.
const CHUNK: usize = 1_000;

pub(crate) fn from_row(row: &SqliteRow) -> Result<Message, RegistryError> {
    let text = |zh: &str, en: &str| -> Result<Text, sqlx::Error> {
        Ok(Text::new(row.try_get::<&str, _>(zh)?, row.try_get::<&str, _>(en)?))
    };
    Ok(Message {
        id: Uuid::parse_str(row.try_get("id")?)
            .map_err(|_| RegistryError::Corrupt { what: "message" })?,
        site: SiteId(row.try_get::<i64, _>("site")?.try_into().unwrap_or_default()),
        class: Class::parse(row.try_get("class")?)
            .ok_or(RegistryError::Corrupt { what: "class" })?,
        collapse_key: row.try_get("collapse_key")?,
        title: text("title_zh", "title_en")?,
        body: text("body_zh", "body_en")?,
        url: row.try_get("url")?,
        item: row.try_get("item")?,
        discreet: row.try_get("discreet")?,
        created_at: instant(row.try_get("created_at")?),
        expires_at: instant(row.try_get("expires_at")?),
        approved: !row.try_get::<&str, _>("approved_by")?.is_empty(),
        recalled: !row.try_get::<&str, _>("recalled_by")?.is_empty(),
    })
}

impl Registry {
    /// Writes a message; it is not sent before somebody else approves it.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] naming the field; [`RegistryError::IdempotencyMismatch`] for a known key with another
    /// content; when the database fails.
    pub async fn create_message(
        &self,
        new: &NewMessage,
        now: Timestamp,
    ) -> Result<Message, RegistryError> {
        let invalid =
            |field, reason: &str| Err(RegistryError::Invalid { field, reason: reason.to_owned() });
        if new.title.zh.trim().is_empty() && new.title.en.trim().is_empty() {
            return invalid("title", "is empty");
        }
        if new.expires_at <= now {
            return invalid("expires_at", "is past");
        }
        if new.created_by.is_empty() {
            return invalid("created_by", "is empty");
        }
        if new.idempotency_key.len() > 255 {
            return invalid("idempotency_key", "is longer than 255 bytes");
        }
        let id = Uuid::now_v7();
        let said =
            (new.site, new.class, &new.collapse_key, &new.title, &new.body, &new.url, &new.item);
        let said =
            serde_json::to_vec(&(said, new.discreet, ms(new.expires_at))).unwrap_or_default();
        let hash: String = Sha256::digest(said).iter().map(|byte| format!("{byte:02x}")).collect();
        let key = if new.idempotency_key.is_empty() {
            format!("id:{id}")
        } else {
            format!("key:{}:{}", new.site, new.idempotency_key)
        };
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT * FROM messages WHERE idempotency_key = $1")
            .bind(&key)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = known {
            let same = row.try_get::<&str, _>("hash")? == hash;
            return if same { from_row(&row) } else { Err(RegistryError::IdempotencyMismatch) };
        }
        let row = sqlx::query(
            "INSERT INTO messages (id, site, class, collapse_key, title_zh, title_en, body_zh, body_en, url, item,
                discreet, created_at, expires_at, created_by, approved_by, recalled_by, idempotency_key, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', $15, $16) RETURNING *",
        )
        .bind(id.to_string())
        .bind(i64::from(new.site.0))
        .bind(new.class.as_str())
        .bind(&new.collapse_key)
        .bind(&new.title.zh)
        .bind(&new.title.en)
        .bind(&new.body.zh)
        .bind(&new.body.en)
        .bind(&new.url)
        .bind(&new.item)
        .bind(new.discreet)
        .bind(ms(now))
        .bind(ms(new.expires_at))
        .bind(&new.created_by)
        .bind(&key)
        .bind(&hash)
        .fetch_one(&mut *tx)
        .await?;
        let who = (new.created_by.as_str(), "message.create");
        note(&mut tx, now, new.site, who, &id.to_string(), new.class.as_str()).await?;
        let message = from_row(&row)?;
        tx.commit().await?;
        Ok(message)
    }

    /// The message with that id.
    ///
    /// # Errors
    /// When it is not there or the database fails.
    pub async fn message(&self, id: Uuid) -> Result<Message, RegistryError> {
        let row = sqlx::query("SELECT * FROM messages WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await?;
        let row =
            row.ok_or_else(|| RegistryError::NotFound { kind: "message", id: id.to_string() })?;
        from_row(&row)
    }

    /// Approves a message.
    ///
    /// # Errors
    /// [`RegistryError::FourEyes`] when `who` wrote it; when it is not there or the database fails.
    pub async fn approve_message(
        &self,
        id: Uuid,
        who: &str,
        now: Timestamp,
    ) -> Result<Message, RegistryError> {
        let mut tx = self.write().await?;
        let author: Option<String> =
            sqlx::query_scalar("SELECT created_by FROM messages WHERE id = $1")
                .bind(id.to_string())
                .fetch_optional(&mut *tx)
                .await?;
        let author = author
            .ok_or_else(|| RegistryError::NotFound { kind: "message", id: id.to_string() })?;
        if author == who || who.is_empty() {
            return Err(RegistryError::FourEyes);
        }
        let row = sqlx::query("UPDATE messages SET approved_by = $1 WHERE id = $2 RETURNING *")
            .bind(who)
            .bind(id.to_string())
            .fetch_one(&mut *tx)
            .await?;
        let message = from_row(&row)?;
        note(&mut tx, now, message.site, (who, "message.approve"), &id.to_string(), "").await?;
        tx.commit().await?;
        Ok(message)
    }

    /// Withdraws a message: what still waits is kept back at once, unread inbox entries go. Gives how many waited.
    ///
    /// # Errors
    /// When it is not there or the database fails.
    pub async fn recall_message(
        &self,
        id: Uuid,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<u64, RegistryError> {
        let mut tx = self.write().await?;
        let site: Option<i64> =
            sqlx::query_scalar("UPDATE messages SET recalled_by = $1 WHERE id = $2 RETURNING site")
                .bind(who)
                .bind(id.to_string())
                .fetch_optional(&mut *tx)
                .await?;
        let site =
            site.ok_or_else(|| RegistryError::NotFound { kind: "message", id: id.to_string() })?;
        let stopped = sqlx::query(
            "UPDATE jobs SET state = 'suppressed', reason = 'recalled', updated_at = $1
             WHERE message = $2 AND state IN ('queued', 'unknown')",
        )
        .bind(ms(now))
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        sqlx::query("UPDATE inbox SET deleted_at = $1 WHERE message = $2 AND deleted_at IS NULL AND read_at IS NULL")
            .bind(ms(now))
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        let site = SiteId(site.try_into().unwrap_or_default());
        note(&mut tx, now, site, (who, "message.recall"), &id.to_string(), reason).await?;
        tx.commit().await?;
        Ok(stopped)
    }

    /// Queues an approved message for people over media; doing it again adds only who is new. Gives how many were added.
    ///
    /// What waits of earlier messages with the same collapse key, for the same person and medium, is superseded.
    ///
    /// # Errors
    /// When the message is not there, not approved or withdrawn, or the database fails.
    pub async fn queue_message(
        &self,
        id: Uuid,
        people: &[VisitorId],
        media: &[Medium],
        now: Timestamp,
    ) -> Result<u64, RegistryError> {
        let message = self.message(id).await?;
        if !message.approved || message.recalled {
            let reason = if message.recalled { "is withdrawn" } else { "is not approved" };
            return Err(RegistryError::Invalid { field: "message", reason: reason.to_owned() });
        }
        let mut added = 0;
        for part in people.chunks((CHUNK / media.len().max(1)).max(1)) {
            let jobs: Vec<NewJob> = part
                .iter()
                .flat_map(|&person| media.iter().map(move |&medium| (person, medium)))
                .map(|(person, medium)| NewJob {
                    message: id,
                    person,
                    site: message.site,
                    medium,
                    class: message.class,
                    not_before: now,
                    expires_at: message.expires_at,
                    suppressed: None,
                })
                .collect();
            let told = self.enqueue(&jobs, now).await?;
            added += told.iter().filter(|told| matches!(told, channels::Enqueued::New(_))).count()
                as u64;
        }
        if !message.collapse_key.is_empty() {
            self.supersede(&message, now).await?;
        }
        Ok(added)
    }

    async fn supersede(&self, message: &Message, now: Timestamp) -> Result<(), RegistryError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE jobs SET state = 'superseded', reason = '', updated_at = $1
             WHERE message IN (SELECT id FROM messages
                               WHERE site = $2 AND collapse_key = $3 AND id <> $4 AND created_at <= $5)
               AND (state IN ('queued', 'unknown') OR (state IN ('accepted', 'delivered') AND medium = 'web_push'))
               AND EXISTS (SELECT 1 FROM jobs AS newer
                           WHERE newer.message = $4 AND newer.person = jobs.person AND newer.medium = jobs.medium)",
        )
        .bind(ms(now))
        .bind(i64::from(message.site.0))
        .bind(&message.collapse_key)
        .bind(message.id.to_string())
        .bind(ms(message.created_at))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
