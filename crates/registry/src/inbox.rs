//! A person's inbox: list, read, delete.

use async_trait::async_trait;
use channels::inbox::{Entry, Mailbox};
use channels::{ChannelError, Class, Medium, Outbox as _, State};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _};
use uuid::Uuid;
use vocab::{SiteId, Text, VisitorId};

use crate::cursor::{self, Page};
use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

fn from_row(row: &SqliteRow) -> Result<Entry, RegistryError> {
    let text = |zh: &str, en: &str| -> Result<Text, sqlx::Error> {
        Ok(Text::new(row.try_get::<&str, _>(zh)?, row.try_get::<&str, _>(en)?))
    };
    Ok(Entry {
        id: Uuid::parse_str(row.try_get("message")?)
            .map_err(|_| RegistryError::Corrupt { what: "message" })?,
        class: Class::parse(row.try_get("class")?)
            .ok_or(RegistryError::Corrupt { what: "class" })?,
        title: text("title_zh", "title_en")?,
        body: text("body_zh", "body_en")?,
        url: row.try_get("url")?,
        item: row.try_get("item")?,
        received_at: instant(row.try_get("received_at")?),
        read_at: row.try_get::<Option<i64>, _>("read_at")?.map(instant),
    })
}

impl Registry {
    async fn put_entry(
        &self,
        site: SiteId,
        person: VisitorId,
        entry: &Entry,
    ) -> Result<(), RegistryError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO inbox (site, person, message, class, title_zh, title_en, body_zh, body_en, url, item, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (site, person, message) DO NOTHING",
        )
        .bind(i64::from(site.0))
        .bind(person.0.cast_signed())
        .bind(entry.id.to_string())
        .bind(entry.class.as_str())
        .bind(&entry.title.zh)
        .bind(&entry.title.en)
        .bind(&entry.body.zh)
        .bind(&entry.body.en)
        .bind(&entry.url)
        .bind(&entry.item)
        .bind(ms(entry.received_at))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// A page of a person's inbox, newest first.
    ///
    /// # Errors
    /// [`RegistryError::Cursor`] for a cursor that is not ours, or when the database fails.
    pub async fn inbox(
        &self,
        site: SiteId,
        person: VisitorId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Entry>, RegistryError> {
        let mut query =
            QueryBuilder::new("SELECT * FROM inbox WHERE deleted_at IS NULL AND site = ");
        query.push_bind(i64::from(site.0));
        query.push(" AND person = ").push_bind(person.0.cast_signed());
        if let Some(cursor) = cursor {
            let (at, id) = cursor::decode(cursor)?;
            query.push(" AND (received_at < ").push_bind(at);
            query.push(" OR (received_at = ").push_bind(at);
            query.push(" AND message > ").push_bind(id).push("))");
        }
        query.push(" ORDER BY received_at DESC, message LIMIT ").push_bind(i64::from(limit) + 1);
        let rows = query.build().fetch_all(self.readers()).await?;
        let entries = rows.iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(entries, limit, |entry| (ms(entry.received_at), entry.id.to_string())))
    }

    /// How many entries a person has not read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unread(&self, site: SiteId, person: VisitorId) -> Result<u64, RegistryError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM inbox WHERE site = $1 AND person = $2 AND deleted_at IS NULL AND read_at IS NULL",
        )
        .bind(i64::from(site.0))
        .bind(person.0.cast_signed())
        .fetch_one(self.readers())
        .await?;
        Ok(count.unsigned_abs())
    }

    /// One entry: what a service worker fetches for a push that carried only an id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn inbox_entry(
        &self,
        site: SiteId,
        person: VisitorId,
        message: Uuid,
    ) -> Result<Option<Entry>, RegistryError> {
        let row = sqlx::query("SELECT * FROM inbox WHERE site = $1 AND person = $2 AND message = $3 AND deleted_at IS NULL")
            .bind(i64::from(site.0))
            .bind(person.0.cast_signed())
            .bind(message.to_string())
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Marks an entry as read: also the proof that it was seen. Gives whether it was unread.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_entry(
        &self,
        site: SiteId,
        person: VisitorId,
        message: Uuid,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let sql = "UPDATE inbox SET read_at = $1
                   WHERE site = $2 AND person = $3 AND message = $4 AND read_at IS NULL AND deleted_at IS NULL";
        let changed = self.change_entry(sql, site, person, message, now).await?;
        if changed {
            self.receipt(message, person, Medium::Inbox, State::Clicked, now).await?;
        }
        Ok(changed)
    }

    /// Deletes an entry; gives whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_entry(
        &self,
        site: SiteId,
        person: VisitorId,
        message: Uuid,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let sql = "UPDATE inbox SET deleted_at = $1
                   WHERE site = $2 AND person = $3 AND message = $4 AND deleted_at IS NULL";
        self.change_entry(sql, site, person, message, now).await
    }

    async fn change_entry(
        &self,
        sql: &'static str,
        site: SiteId,
        person: VisitorId,
        message: Uuid,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let mut tx = self.write().await?;
        let changed = sqlx::query(sql)
            .bind(ms(now))
            .bind(i64::from(site.0))
            .bind(person.0.cast_signed())
            .bind(message.to_string())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(changed > 0)
    }
}

#[async_trait]
impl Mailbox for Registry {
    async fn put(
        &self,
        site: SiteId,
        person: VisitorId,
        entry: &Entry,
    ) -> Result<(), ChannelError> {
        Ok(self.put_entry(site, person, entry).await?)
    }
}
