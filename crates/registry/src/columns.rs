//! Columns (栏目) of a site, with how often each should have something new.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::Row as _;
use vocab::{SiteId, Text};

use crate::store::{instant, ms};
use crate::{Registry, RegistryError};

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The site.
    pub site: SiteId,
    /// Its code, as items name it.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Code of the column above; empty at the top.
    pub parent: String,
    /// Something new is expected within so many days; 0 is no expectation.
    pub cadence_days: u16,
}

/// A column that has nothing new for longer than expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaleColumn {
    /// The column.
    pub column: Column,
    /// Its newest servable item; `None` where it has none.
    pub newest: Option<Timestamp>,
}

impl Registry {
    /// Adds or changes a column.
    ///
    /// # Errors
    /// When the site is not there or the database fails.
    pub async fn put_column(&self, column: &Column) -> Result<(), RegistryError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO columns (site, code, name_zh, name_en, parent, cadence_days)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (site, code) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
                parent = excluded.parent, cadence_days = excluded.cadence_days",
        )
        .bind(i64::from(column.site.0))
        .bind(&column.code)
        .bind(&column.name.zh)
        .bind(&column.name.en)
        .bind(&column.parent)
        .bind(i64::from(column.cadence_days))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The columns of a site, by code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn columns(&self, site: SiteId) -> Result<Vec<Column>, RegistryError> {
        let rows = sqlx::query("SELECT * FROM columns WHERE site = $1 ORDER BY code")
            .bind(i64::from(site.0))
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Column {
                    site,
                    code: row.try_get("code")?,
                    name: Text::new(
                        row.try_get::<&str, _>("name_zh")?,
                        row.try_get::<&str, _>("name_en")?,
                    ),
                    parent: row.try_get("parent")?,
                    cadence_days: row
                        .try_get::<i64, _>("cadence_days")?
                        .try_into()
                        .unwrap_or_default(),
                })
            })
            .collect()
    }

    /// The columns that should have had something new by `now`, by code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stale_columns(
        &self,
        site: SiteId,
        now: Timestamp,
    ) -> Result<Vec<StaleColumn>, RegistryError> {
        let newest: Vec<(String, i64)> = sqlx::query_as(
            "SELECT column_code, MAX(published_at) FROM items
             WHERE site = $1 AND review = 'approved' AND lifecycle <> 'withdrawn' AND published_at <= $2
             GROUP BY column_code",
        )
        .bind(i64::from(site.0))
        .bind(ms(now))
        .fetch_all(self.readers())
        .await?;
        let mut stale = Vec::new();
        for column in self.columns(site).await? {
            let newest =
                newest.iter().find(|(code, _)| *code == column.code).map(|&(_, at)| instant(at));
            let due = SignedDuration::from_hours(24 * i64::from(column.cadence_days));
            let late = newest.is_none_or(|at| now.duration_since(at) > due);
            if column.cadence_days > 0 && late {
                stale.push(StaleColumn { column, newest });
            }
        }
        Ok(stale)
    }
}
