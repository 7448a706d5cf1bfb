//! What became of messages: for the console, the auditor and the person.

use channels::{Medium, State};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row as _;
use uuid::Uuid;
use vocab::{SiteId, VisitorId};

use crate::store::instant;
use crate::{Registry, RegistryError};

/// How many deliveries of a message stand in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// The medium.
    pub medium: Medium,
    /// The state, with its reason.
    #[serde(flatten)]
    pub state: State,
    /// How many.
    pub count: u64,
}

/// Why a person was told or not told something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The message.
    pub message: Uuid,
    /// The medium.
    pub medium: Medium,
    /// The state, with its reason.
    #[serde(flatten)]
    pub state: State,
    /// What it waits for, for example `quiet_hours`; empty where it does not wait.
    pub held_for: String,
    /// Until when it waits.
    pub not_before: Timestamp,
}

fn state_of(row: &sqlx::sqlite::SqliteRow) -> Result<(Medium, State), RegistryError> {
    let medium =
        Medium::parse(row.try_get("medium")?).ok_or(RegistryError::Corrupt { what: "medium" })?;
    let state = State::from_parts(row.try_get("state")?, row.try_get("reason")?)
        .ok_or(RegistryError::Corrupt { what: "state" })?;
    Ok((medium, state))
}

impl Registry {
    /// The states of a message's deliveries; their sum is its audience (invariant 7).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivered(&self, message: Uuid) -> Result<Vec<Delivered>, RegistryError> {
        let rows = sqlx::query(
            "SELECT medium, state, reason, COUNT(*) AS number FROM jobs WHERE message = $1
             GROUP BY medium, state, reason ORDER BY medium, state, reason",
        )
        .bind(message.to_string())
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let (medium, state) = state_of(row)?;
                Ok(Delivered {
                    medium,
                    state,
                    count: row.try_get::<i64, _>("number")?.unsigned_abs(),
                })
            })
            .collect()
    }

    /// What became of a person's last messages, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn told(
        &self,
        site: SiteId,
        person: VisitorId,
        limit: u32,
    ) -> Result<Vec<Told>, RegistryError> {
        let rows = sqlx::query(
            "SELECT * FROM jobs WHERE site = $1 AND person = $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(i64::from(site.0))
        .bind(person.0.cast_signed())
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let (medium, state) = state_of(row)?;
                Ok(Told {
                    message: Uuid::parse_str(row.try_get("message")?)
                        .map_err(|_| RegistryError::Corrupt { what: "message" })?,
                    medium,
                    state,
                    held_for: row.try_get("held_for")?,
                    not_before: instant(row.try_get("not_before")?),
                })
            })
            .collect()
    }
}
