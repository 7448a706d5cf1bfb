//! Devices that can be pushed to.

use channels::Device;
use channels::message::{PushKeys, PushSubscription};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;
use vocab::{SiteId, VisitorId};

use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

/// The most devices one person may register; the oldest goes when one more comes.
const MOST: i64 = 10;
/// Refusals in a row after which a device is left alone until its owner comes back.
const QUARANTINE: i64 = 8;

fn from_row(row: &SqliteRow) -> Result<Device, RegistryError> {
    Ok(Device {
        id: Uuid::parse_str(row.try_get("id")?)
            .map_err(|_| RegistryError::Corrupt { what: "device" })?,
        visitor: VisitorId(row.try_get::<i64, _>("visitor")?.cast_unsigned()),
        site: SiteId(row.try_get::<i64, _>("site")?.try_into().unwrap_or_default()),
        subscription: PushSubscription {
            endpoint: row.try_get("endpoint")?,
            keys: PushKeys { p256dh: row.try_get("p256dh")?, auth: row.try_get("auth")? },
        },
        key_id: row.try_get("key_id")?,
        failures: row.try_get::<i64, _>("failures")?.try_into().unwrap_or_default(),
        created_at: instant(row.try_get("created_at")?),
    })
}

impl Registry {
    /// Registers a browser's subscription, checked before with `web_push::Target::parse`; gives the device's id.
    ///
    /// The same endpoint is the same device: a re-installed app doubles nothing, a new owner takes it over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register_device(
        &self,
        site: SiteId,
        visitor: VisitorId,
        subscription: &PushSubscription,
        key_id: &str,
        now: Timestamp,
    ) -> Result<Uuid, RegistryError> {
        let mut tx = self.write().await?;
        let id: String = sqlx::query_scalar(
            "INSERT INTO devices (id, site, visitor, endpoint, p256dh, auth, key_id, failures, quarantined, created_at, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, FALSE, $8, $8)
             ON CONFLICT (endpoint) DO UPDATE SET site = excluded.site, visitor = excluded.visitor,
                p256dh = excluded.p256dh, auth = excluded.auth, key_id = excluded.key_id, failures = 0,
                quarantined = FALSE, seen_at = excluded.seen_at
             RETURNING id",
        )
        .bind(Uuid::now_v7().to_string())
        .bind(i64::from(site.0))
        .bind(visitor.0.cast_signed())
        .bind(&subscription.endpoint)
        .bind(&subscription.keys.p256dh)
        .bind(&subscription.keys.auth)
        .bind(key_id)
        .bind(ms(now))
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM devices WHERE site = $1 AND visitor = $2 AND id NOT IN
                (SELECT id FROM devices WHERE site = $1 AND visitor = $2 ORDER BY seen_at DESC, id LIMIT $3)",
        )
        .bind(i64::from(site.0))
        .bind(visitor.0.cast_signed())
        .bind(MOST)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Uuid::parse_str(&id).map_err(|_| RegistryError::Corrupt { what: "device" })
    }

    /// A person's devices that can be pushed to, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn devices(
        &self,
        site: SiteId,
        visitor: VisitorId,
    ) -> Result<Vec<Device>, RegistryError> {
        let rows = sqlx::query(
            "SELECT * FROM devices WHERE site = $1 AND visitor = $2 AND quarantined = FALSE ORDER BY created_at, id",
        )
        .bind(i64::from(site.0))
        .bind(visitor.0.cast_signed())
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(from_row).collect()
    }

    /// Removes one of a person's own devices; gives whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_device(
        &self,
        site: SiteId,
        visitor: VisitorId,
        device: Uuid,
    ) -> Result<bool, RegistryError> {
        let mut tx = self.write().await?;
        let gone = sqlx::query("DELETE FROM devices WHERE id = $1 AND site = $2 AND visitor = $3")
            .bind(device.to_string())
            .bind(i64::from(site.0))
            .bind(visitor.0.cast_signed())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// Everybody on a site with a device that can be pushed to, by number: the audience of an emergency.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reachable(&self, site: SiteId) -> Result<Vec<VisitorId>, RegistryError> {
        let sql = "SELECT DISTINCT visitor FROM devices WHERE site = $1 AND quarantined = FALSE ORDER BY visitor";
        let found: Vec<i64> =
            sqlx::query_scalar(sql).bind(i64::from(site.0)).fetch_all(self.readers()).await?;
        Ok(found.into_iter().map(|visitor| VisitorId(visitor.cast_unsigned())).collect())
    }

    pub(crate) async fn forget_device(&self, device: Uuid) -> Result<(), RegistryError> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM devices WHERE id = $1")
            .bind(device.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn count_answer(
        &self,
        device: Uuid,
        taken: bool,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let sql = if taken {
            "UPDATE devices SET failures = 0, seen_at = $2 WHERE id = $1"
        } else {
            "UPDATE devices SET failures = failures + 1, quarantined = (failures + 1 >= $2) WHERE id = $1"
        };
        let mut tx = self.write().await?;
        let second = if taken { ms(now) } else { QUARANTINE };
        sqlx::query(sql).bind(device.to_string()).bind(second).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(name: &str) -> PushSubscription {
        PushSubscription {
            endpoint: format!("https://push.example/{name}"),
            keys: PushKeys { p256dh: "p".to_owned(), auth: "a".to_owned() },
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn an_endpoint_is_one_device_and_a_person_has_ten_at_most() {
        let registry = Registry::memory().await.unwrap();
        let (site, one, two) = (SiteId(1), VisitorId(1), VisitorId(u64::MAX));
        let first =
            registry.register_device(site, one, &subscription("x"), "k1", at(1)).await.unwrap();
        let again =
            registry.register_device(site, two, &subscription("x"), "k2", at(2)).await.unwrap();
        assert_eq!(first, again);
        assert!(registry.devices(site, one).await.unwrap().is_empty());
        let device = registry.devices(site, two).await.unwrap().remove(0);
        assert_eq!((device.key_id.as_str(), device.visitor), ("k2", two));
        assert!(!registry.revoke_device(site, one, first).await.unwrap(), "not theirs any more");
        for number in 0..12 {
            let name = number.to_string();
            registry
                .register_device(site, two, &subscription(&name), "k", at(10 + number))
                .await
                .unwrap();
        }
        let devices = registry.devices(site, two).await.unwrap();
        assert_eq!(devices.len(), 10);
        assert!(devices[0].subscription.endpoint.ends_with("/2"));
    }

    #[tokio::test]
    async fn eight_refusals_in_a_row_quarantine_a_device_until_it_comes_back() {
        let registry = Registry::memory().await.unwrap();
        let (site, person) = (SiteId(1), VisitorId(1));
        let id =
            registry.register_device(site, person, &subscription("x"), "k", at(1)).await.unwrap();
        for _ in 0..7 {
            registry.count_answer(id, false, at(2)).await.unwrap();
        }
        assert_eq!(registry.reachable(site).await.unwrap(), [person]);
        registry.count_answer(id, true, at(3)).await.unwrap();
        for _ in 0..8 {
            registry.count_answer(id, false, at(4)).await.unwrap();
        }
        assert!(registry.reachable(site).await.unwrap().is_empty());
        registry.register_device(site, person, &subscription("x"), "k", at(5)).await.unwrap();
        assert_eq!(registry.devices(site, person).await.unwrap().len(), 1);
    }
}
