//! The database: one writing connection, several reading ones, migrations at open.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{SqlSafeStr, Sqlite, Transaction};

use crate::RegistryError;

const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "sites and items", include_str!("../migrations/0001_sites_and_items.sql")),
    (2, "people", include_str!("../migrations/0002_people.sql")),
    (3, "delivery", include_str!("../migrations/0003_delivery.sql")),
    (4, "editorial", include_str!("../migrations/0004_editorial.sql")),
    (5, "rules", include_str!("../migrations/0005_rules.sql")),
];

/// A transaction that writes.
pub(crate) type Tx = Transaction<'static, Sqlite>;

/// The registry; cheap to clone.
#[derive(Clone, Debug)]
pub struct Registry {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Registry {
    /// Opens the database file, creates it where it is missing, and brings its schema up to date.
    ///
    /// Write-ahead log, `synchronous=FULL`: what a call has written survives a power cut.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer build.
    pub async fn open(path: &Path) -> Result<Self, RegistryError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-16000");
        let writer = pool(1).connect_with(options.clone()).await?;
        migrator().run(&writer).await?;
        let readers =
            pool(4).connect_with(options.read_only(true).create_if_missing(false)).await?;
        Ok(Self { writer, readers })
    }

    /// A registry that is gone when the last clone is dropped: for tests and rehearsals.
    ///
    /// # Errors
    /// When the schema cannot be made.
    pub async fn memory() -> Result<Self, RegistryError> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let writer = pool(1).connect_with(options).await?;
        migrator().run(&writer).await?;
        Ok(Self { readers: writer.clone(), writer })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), RegistryError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Waits for what is under way and closes the files.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Begins a writing transaction; the lock is taken at once, so a second process waits instead of failing later.
    pub(crate) async fn write(&self) -> Result<Tx, RegistryError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(
            version,
            Cow::Borrowed(name),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.into())
}

/// Takes the next `count` numbers of a sequence; gives the last of them.
pub(crate) async fn take_numbers(
    tx: &mut Tx,
    name: &str,
    count: i64,
) -> Result<i64, RegistryError> {
    let sql = "UPDATE sequences SET value = value + $1 WHERE name = $2 RETURNING value";
    Ok(sqlx::query_scalar(sql).bind(count).bind(name).fetch_one(&mut **tx).await?)
}

/// An instant as stored.
pub(crate) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// An instant from the store; what is out of range becomes the nearest that is not.
pub(crate) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// A list as stored.
pub(crate) fn list<T: serde::Serialize>(values: &T) -> String {
    serde_json::to_string(values).unwrap_or_else(|_| "[]".to_owned())
}

/// A JSON value from the store.
pub(crate) fn unlist<T: serde::de::DeserializeOwned>(
    text: &str,
    what: &'static str,
) -> Result<T, RegistryError> {
    serde_json::from_str(text).map_err(|_| RegistryError::Corrupt { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opening_twice_changes_nothing_and_the_database_is_durable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("registry.sqlite");
        Registry::open(&path).await.unwrap().close().await;
        let registry = Registry::open(&path).await.unwrap();
        registry.ping().await.unwrap();
        let mut tx = registry.write().await.unwrap();
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *tx).await.unwrap();
        let sync: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *tx).await.unwrap();
        assert_eq!((mode.as_str(), sync), ("wal", 2));
        assert_eq!(take_numbers(&mut tx, "items", 3).await.unwrap(), 3);
        assert_eq!(take_numbers(&mut tx, "items", 1).await.unwrap(), 4);
        tx.commit().await.unwrap();
        // Readers cannot write.
        let refused = sqlx::query("DELETE FROM sequences").execute(registry.readers()).await;
        assert!(refused.is_err());
    }
}
