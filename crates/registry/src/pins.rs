//! What editors put first, with a reason and an end.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row as _;
use vocab::{ItemId, SiteId};

use crate::audit::note;
use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

/// An item an editor put on a surface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// The site.
    pub site: SiteId,
    /// For example `home`.
    pub surface: String,
    /// The item.
    pub item: ItemId,
    /// Its place from 0.
    pub position: u16,
    /// Why, for the colleagues.
    pub reason: String,
    /// Who.
    pub pinned_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when; `None` is until it is taken off.
    pub expires_at: Option<Timestamp>,
}

impl Registry {
    /// Puts an item on a surface, or moves it; noted in the audit log.
    ///
    /// # Errors
    /// When the item is not there, the reason is empty, or the database fails.
    pub async fn pin(&self, pin: &Pin) -> Result<(), RegistryError> {
        if pin.reason.trim().is_empty() {
            let reason = "a pin needs a reason".to_owned();
            return Err(RegistryError::Invalid { field: "reason", reason });
        }
        let mut tx = self.write().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM items WHERE id = $1")
            .bind(pin.item.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        if known.is_none() {
            return Err(RegistryError::NotFound { kind: "item", id: pin.item.to_string() });
        }
        sqlx::query(
            "INSERT INTO pins (site, surface, item, position, reason, pinned_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (site, surface, item) DO UPDATE SET position = excluded.position,
                reason = excluded.reason, pinned_by = excluded.pinned_by,
                created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(i64::from(pin.site.0))
        .bind(&pin.surface)
        .bind(pin.item.as_str())
        .bind(i64::from(pin.position))
        .bind(&pin.reason)
        .bind(&pin.pinned_by)
        .bind(ms(pin.created_at))
        .bind(pin.expires_at.map(ms))
        .execute(&mut *tx)
        .await?;
        let detail = format!("{} at {}: {}", pin.surface, pin.position, pin.reason);
        note(
            &mut tx,
            pin.created_at,
            pin.site,
            (&pin.pinned_by, "pin.put"),
            pin.item.as_str(),
            &detail,
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes an item off a surface; gives whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unpin(
        &self,
        site: SiteId,
        surface: &str,
        item: &ItemId,
        who: &str,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let mut tx = self.write().await?;
        let gone = sqlx::query("DELETE FROM pins WHERE site = $1 AND surface = $2 AND item = $3")
            .bind(i64::from(site.0))
            .bind(surface)
            .bind(item.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected()
            > 0;
        if gone {
            note(&mut tx, now, site, (who, "pin.remove"), item.as_str(), surface).await?;
        }
        tx.commit().await?;
        Ok(gone)
    }

    /// The pins in force at `now`, by site, surface, position and item.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pins(&self, now: Timestamp) -> Result<Vec<Pin>, RegistryError> {
        let rows = sqlx::query(
            "SELECT * FROM pins WHERE expires_at IS NULL OR expires_at > $1
             ORDER BY site, surface, position, item",
        )
        .bind(ms(now))
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Pin {
                    site: SiteId(row.try_get::<i64, _>("site")?.try_into().unwrap_or_default()),
                    surface: row.try_get("surface")?,
                    item: row.try_get::<&str, _>("item")?.into(),
                    position: row.try_get::<i64, _>("position")?.try_into().unwrap_or(u16::MAX),
                    reason: row.try_get("reason")?,
                    pinned_by: row.try_get("pinned_by")?,
                    created_at: instant(row.try_get("created_at")?),
                    expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(instant),
                })
            })
            .collect()
    }
}
