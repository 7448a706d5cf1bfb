//! Who did what: rows are only ever added.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::{QueryBuilder, Row as _};
use vocab::SiteId;

use crate::store::{Tx, instant, ms, take_numbers};
use crate::{Registry, RegistryError};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its number, growing without holes.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// On which site; 0 is none.
    pub site: SiteId,
    /// The officer's name or a job's.
    pub who: String,
    /// For example `item.approve`.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// What changed; never a citizen's data.
    pub detail: String,
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this object.
    pub object: Option<String>,
    /// By this officer.
    pub who: Option<String>,
    /// After this number.
    pub after: i64,
}

/// Adds an entry in the transaction of what it tells about.
pub(crate) async fn note(
    tx: &mut Tx,
    at: Timestamp,
    site: SiteId,
    (who, action): (&str, &str),
    object: &str,
    detail: &str,
) -> Result<(), RegistryError> {
    let seq = take_numbers(tx, "audit", 1).await?;
    sqlx::query("INSERT INTO audit (seq, at, site, who, action, object, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(seq)
        .bind(ms(at))
        .bind(i64::from(site.0))
        .bind(who)
        .bind(action)
        .bind(object)
        .bind(detail)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Registry {
    /// Adds an entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(
        &self,
        site: SiteId,
        who: &str,
        action: &str,
        object: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let mut tx = self.write().await?;
        note(&mut tx, now, site, (who, action), object, detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Entries in order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RegistryError> {
        let mut query = QueryBuilder::new("SELECT * FROM audit WHERE seq > ");
        query.push_bind(filter.after);
        if let Some(object) = &filter.object {
            query.push(" AND object = ").push_bind(object.clone());
        }
        if let Some(who) = &filter.who {
            query.push(" AND who = ").push_bind(who.clone());
        }
        query.push(" ORDER BY seq LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                Ok(AuditEntry {
                    seq: row.try_get("seq")?,
                    at: instant(row.try_get("at")?),
                    site: SiteId(row.try_get::<i64, _>("site")?.try_into().unwrap_or_default()),
                    who: row.try_get("who")?,
                    action: row.try_get("action")?,
                    object: row.try_get("object")?,
                    detail: row.try_get("detail")?,
                })
            })
            .collect()
    }
}
