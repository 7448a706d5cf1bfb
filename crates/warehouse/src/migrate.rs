//! Migrations: numbered `.sql` files, embedded, applied once in order, and never edited afterwards.

mod split;

use std::time::Instant;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Warehouse, WarehouseError};

/// One numbered file of statements. Every statement can be run twice: ClickHouse has no transactions for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its place in the order, from 1 without gaps.
    pub number: u32,
    /// The name of its file, without `.sql`.
    pub name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "0001_events",
        sql: include_str!("../migrations/0001_events.sql"),
    },
    Migration {
        number: 2,
        name: "0002_visitor_log",
        sql: include_str!("../migrations/0002_visitor_log.sql"),
    },
    Migration {
        number: 3,
        name: "0003_sessions",
        sql: include_str!("../migrations/0003_sessions.sql"),
    },
    Migration {
        number: 4,
        name: "0004_hourly",
        sql: include_str!("../migrations/0004_hourly.sql"),
    },
    Migration {
        number: 5,
        name: "0005_ledger",
        sql: include_str!("../migrations/0005_ledger.sql"),
    },
    Migration {
        number: 6,
        name: "0006_identity",
        sql: include_str!("../migrations/0006_identity.sql"),
    },
    Migration {
        number: 7,
        name: "0007_replays",
        sql: include_str!("../migrations/0007_replays.sql"),
    },
    Migration {
        number: 8,
        name: "0008_sessions_siphash",
        sql: include_str!("../migrations/0008_sessions_siphash.sql"),
    },
];

/// Where applied migrations are written down.
const BOOK: &str = "CREATE TABLE IF NOT EXISTS schema_migrations
(
  number      UInt32,
  name        String,
  checksum    String,
  applied_at  DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
  ms          UInt32
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1";

impl Migration {
    /// All of them, in order.
    pub fn all() -> &'static [Self] {
        MIGRATIONS
    }

    /// Why it exists: its first line.
    pub fn reason(&self) -> &'static str {
        let first = self.sql.lines().next().unwrap_or_default();
        first.strip_prefix("-- reason: ").unwrap_or_default()
    }

    /// Its statements, in order.
    pub fn statements(&self) -> Vec<&'static str> {
        split::statements(self.sql)
    }

    /// SHA-256 of the file, in hex.
    fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A migration that has just been applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// How long it took, in milliseconds.
    pub ms: u32,
}

#[derive(Debug, Deserialize, clickhouse::Row)]
struct Entry {
    number: u32,
    name: String,
    checksum: String,
}

impl Warehouse {
    /// Makes the database if absent and applies what is missing, in order; returns what was applied.
    ///
    /// # Errors
    /// `EditedMigration`, `UnknownMigration`, `Unavailable`, `Refused`.
    pub async fn migrate(&self) -> Result<Vec<Applied>, WarehouseError> {
        // The name was checked to be an identifier when the handle was made.
        let create = format!("CREATE DATABASE IF NOT EXISTS `{}`", self.config.database);
        let client = self.client.clone().with_database("default");
        self.execute_query(client.query_raw(&create)).await?;
        self.execute(BOOK).await?;
        let mut applied = Vec::new();
        for migration in self.pending_migrations().await? {
            let began = Instant::now();
            for statement in migration.statements() {
                self.execute(statement).await?;
            }
            let ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
            self.write_down(&migration, ms).await?;
            tracing::info!(
                migration.name,
                migration.ms = ms,
                "migration {} applied",
                migration.name
            );
            applied.push(Applied { name: migration.name.to_owned(), ms });
        }
        self.client.clear_cached_metadata().await;
        Ok(applied)
    }

    /// What [`Warehouse::migrate`] would apply; changes nothing.
    ///
    /// # Errors
    /// As [`Warehouse::migrate`].
    pub async fn pending_migrations(&self) -> Result<Vec<Migration>, WarehouseError> {
        let there: u64 = self
            .client
            .query_raw(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'",
            )
            .fetch_one()
            .await
            // Without the database nothing is applied.
            .or_else(|error| match WarehouseError::from(error) {
                WarehouseError::Refused { code: 81, .. } => Ok(0),
                other => Err(other),
            })?;
        let mut entries: Vec<Entry> = Vec::new();
        if there > 0 {
            entries = self
                .client
                .query_raw(
                    "SELECT number, name, checksum FROM schema_migrations FINAL ORDER BY number",
                )
                .fetch_all()
                .await?;
        }
        missing(MIGRATIONS, &entries)
    }

    async fn write_down(&self, migration: &Migration, ms: u32) -> Result<(), WarehouseError> {
        let query = self
            .client
            .query_raw(
                "INSERT INTO schema_migrations (number, name, checksum, ms)
                 SELECT {number:UInt32}, {name:String}, {checksum:String}, {ms:UInt32}",
            )
            .param("number", migration.number)
            .param("name", migration.name)
            .param("checksum", migration.checksum())
            .param("ms", ms);
        self.execute_query(query).await
    }
}

/// The migrations not in the book; an entry that does not match its file stops everything.
fn missing(known: &[Migration], entries: &[Entry]) -> Result<Vec<Migration>, WarehouseError> {
    for entry in entries {
        match known.iter().find(|migration| migration.number == entry.number) {
            None => return Err(WarehouseError::UnknownMigration(entry.name.clone())),
            Some(migration) if migration.checksum() != entry.checksum => {
                return Err(WarehouseError::EditedMigration(entry.name.clone()));
            }
            Some(_) => {}
        }
    }
    let applied = |migration: &&Migration| entries.iter().any(|e| e.number == migration.number);
    Ok(known.iter().filter(|migration| !applied(migration)).copied().collect())
}

#[cfg(test)]
mod tests;
