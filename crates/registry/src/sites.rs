//! Sites of the portal family: a tenant each.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rand::TryRngCore as _;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use vocab::{SiteId, Text};

use crate::store::{instant, list, ms, unlist};
use crate::{Registry, RegistryError};

/// Whether a site is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteStatus {
    /// Being tried: its items are not shown on other sites.
    Trial,
    /// Open.
    #[default]
    Live,
    /// Closed: its events are refused, its items kept.
    Closed,
}

impl SiteStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Live => "live",
            Self::Closed => "closed",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "trial" => Self::Trial,
            "closed" => Self::Closed,
            _ => Self::Live,
        }
    }
}

/// A site.
#[derive(Clone, PartialEq, Eq)]
pub struct Site {
    /// Its number; 0 is no site.
    pub id: SiteId,
    /// Its identification code (网站标识码) or another unique word.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Its host.
    pub host: String,
    /// Hosts it had before or has besides: one series of statistics.
    pub aliases: Vec<String>,
    /// `province`, `city`, `county` or empty.
    pub level: String,
    /// Administrative division (GB/T 2260).
    pub region: String,
    /// What trackers authenticate with; public, as it stands in pages.
    pub write_key: String,
    /// Key of the pseudonyms: a secret.
    pub pepper: [u8; 32],
    /// IANA name of its zone.
    pub time_zone: String,
    /// Origins that may send events and read recommendations.
    pub origins: Vec<String>,
    /// Whether it is open.
    pub status: SiteStatus,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site")
            .field("id", &self.id)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl Site {
    /// A new open site with a random write key and pepper, in Shanghai's zone.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(
        id: SiteId,
        code: &str,
        name: Text,
        host: &str,
        now: Timestamp,
    ) -> Result<Self, RegistryError> {
        let key: [u8; 18] = random()?;
        Ok(Self {
            id,
            code: code.to_owned(),
            name,
            host: host.to_owned(),
            aliases: Vec::new(),
            level: String::new(),
            region: String::new(),
            write_key: format!("wk_{}", URL_SAFE_NO_PAD.encode(key)),
            pepper: random()?,
            time_zone: "Asia/Shanghai".to_owned(),
            origins: Vec::new(),
            status: SiteStatus::Live,
            created_at: now,
        })
    }

    fn from_row(row: &SqliteRow) -> Result<Self, RegistryError> {
        let pepper: Vec<u8> = URL_SAFE_NO_PAD
            .decode(row.try_get::<&str, _>("pepper")?)
            .map_err(|_| RegistryError::Corrupt { what: "pepper" })?;
        Ok(Self {
            id: SiteId(row.try_get::<i64, _>("id")?.try_into().unwrap_or_default()),
            code: row.try_get("code")?,
            name: Text::new(row.try_get::<&str, _>("name_zh")?, row.try_get::<&str, _>("name_en")?),
            host: row.try_get("host")?,
            aliases: unlist(row.try_get("aliases")?, "aliases")?,
            level: row.try_get("level")?,
            region: row.try_get("region")?,
            write_key: row.try_get("write_key")?,
            pepper: pepper.try_into().map_err(|_| RegistryError::Corrupt { what: "pepper" })?,
            time_zone: row.try_get("time_zone")?,
            origins: unlist(row.try_get("origins")?, "origins")?,
            status: SiteStatus::parse(row.try_get("status")?),
            created_at: instant(row.try_get("created_at")?),
        })
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], RegistryError> {
    let mut bytes = [0; N];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|_| RegistryError::Invalid {
        field: "random",
        reason: "the system gives no randomness".to_owned(),
    })?;
    Ok(bytes)
}

impl Registry {
    /// Every site, by number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sites(&self) -> Result<Vec<Site>, RegistryError> {
        let rows = sqlx::query("SELECT * FROM sites ORDER BY id").fetch_all(self.readers()).await?;
        rows.iter().map(Site::from_row).collect()
    }

    /// Adds a site, or changes the one with the same number; its keys stay what they were.
    ///
    /// # Errors
    /// When its code or write key belongs to another site, its zone is unknown, or the database fails.
    pub async fn put_site(&self, site: &Site) -> Result<(), RegistryError> {
        if site.id == SiteId(0) {
            let reason = "0 is no site".to_owned();
            return Err(RegistryError::Invalid { field: "id", reason });
        }
        if jiff::tz::TimeZone::get(&site.time_zone).is_err() {
            let reason = format!("{} is not the name of a time zone", site.time_zone);
            return Err(RegistryError::Invalid { field: "time_zone", reason });
        }
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO sites (id, code, name_zh, name_en, host, aliases, level, region, write_key, pepper,
                time_zone, origins, status, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (id) DO UPDATE SET code = excluded.code, name_zh = excluded.name_zh,
                name_en = excluded.name_en, host = excluded.host, aliases = excluded.aliases,
                level = excluded.level, region = excluded.region, time_zone = excluded.time_zone,
                origins = excluded.origins, status = excluded.status",
        )
        .bind(i64::from(site.id.0))
        .bind(&site.code)
        .bind(&site.name.zh)
        .bind(&site.name.en)
        .bind(&site.host)
        .bind(list(&site.aliases))
        .bind(&site.level)
        .bind(&site.region)
        .bind(&site.write_key)
        .bind(URL_SAFE_NO_PAD.encode(site.pepper))
        .bind(&site.time_zone)
        .bind(list(&site.origins))
        .bind(site.status.as_str())
        .bind(ms(site.created_at))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The site with that code; where there is none it is made, with random keys: for a first run.
    ///
    /// # Errors
    /// When the database fails or the system gives no randomness.
    pub async fn ensure_site(
        &self,
        code: &str,
        name: Text,
        host: &str,
        now: Timestamp,
    ) -> Result<Site, RegistryError> {
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT * FROM sites WHERE code = $1")
            .bind(code)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = known {
            return Site::from_row(&row);
        }
        let id: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) + 1 FROM sites")
            .fetch_one(&mut *tx)
            .await?;
        drop(tx);
        let id = SiteId(id.try_into().map_err(|_| RegistryError::Corrupt { what: "site number" })?);
        let site = Site::new(id, code, name, host, now)?;
        self.put_site(&site).await?;
        // Two first runs at once: whoever was first has decided the keys.
        let row = sqlx::query("SELECT * FROM sites WHERE code = $1")
            .bind(code)
            .fetch_one(self.readers())
            .await?;
        Site::from_row(&row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_first_run_keeps_the_keys() {
        let registry = Registry::memory().await.unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let make = || registry.ensure_site("demo", Text::new("演示", "Demo"), "localhost", now);
        let (first, again) = (make().await.unwrap(), make().await.unwrap());
        assert_eq!(first, again);
        assert_eq!(first.id, SiteId(1));
        assert!(first.write_key.starts_with("wk_") && first.pepper != [0; 32]);
        let other = registry.ensure_site("two", Text::default(), "two.example", now).await.unwrap();
        assert_eq!(other.id, SiteId(2));
        assert_ne!(other.pepper, first.pepper);
        assert!(!format!("{first:?}").contains(&first.write_key));
        let mut changed = first.clone();
        changed.host = "portal.example".to_owned();
        changed.write_key = "wk_other".to_owned();
        registry.put_site(&changed).await.unwrap();
        let stored = &registry.sites().await.unwrap()[0];
        assert_eq!((stored.host.as_str(), &stored.write_key), ("portal.example", &first.write_key));
        changed.time_zone = "Mars/Base".to_owned();
        assert!(registry.put_site(&changed).await.unwrap_err().to_string().contains("time_zone"));
    }
}
