//! The connection: one cheap, cloneable handle to a database of a ClickHouse server or of the embedded engine.

use std::sync::Arc;
use std::time::Duration;

use clickhouse::{Client, Compression};
use tokio::sync::RwLock;

use crate::WarehouseError;

/// Where ClickHouse is, and how long it may take.
#[derive(Clone)]
pub struct WarehouseConfig {
    /// Address of its HTTP interface, for example `http://127.0.0.1:8123`.
    pub url: String,
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
    /// Database; made by [`Warehouse::migrate`] if absent. Letters, digits, underscores.
    pub database: String,
    /// LZ4 on the wire; not worth it on loopback.
    pub compress: bool,
    /// Longest time for one chunk of an insert to leave. Default 30 s.
    pub send_timeout: Duration,
    /// Longest time for ClickHouse to finish an insert or a statement. Default 180 s.
    pub answer_timeout: Duration,
    /// Longest time for a question. Default 30 s.
    pub query_timeout: Duration,
    /// Most memory for a question, in bytes; half of it may be used before it spills to disk. Default 2 GiB.
    pub query_memory: u64,
}

impl std::fmt::Debug for WarehouseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WarehouseConfig")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl WarehouseConfig {
    /// The defaults for that server.
    pub fn new(
        url: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<String>,
        database: impl Into<String>,
    ) -> Self {
        Self {
            url: url.into(),
            user: user.into(),
            password: password.into(),
            database: database.into(),
            compress: false,
            send_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(180),
            query_timeout: Duration::from_secs(30),
            query_memory: 2 << 30,
        }
    }
}

/// The warehouse. Clones share one connection pool.
#[derive(Clone)]
pub struct Warehouse {
    pub(crate) client: Client,
    pub(crate) config: Arc<WarehouseConfig>,
    /// Inserts hold it for reading; an erasure holds it for writing while it recomputes rollups.
    pub(crate) gate: Arc<RwLock<()>>,
}

impl std::fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.config.fmt(f)
    }
}

impl Warehouse {
    /// A handle; nothing is sent yet.
    ///
    /// # Errors
    /// `Database` where the name cannot be an identifier.
    pub fn connect(config: WarehouseConfig) -> Result<Self, WarehouseError> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if config.database.is_empty() || !config.database.chars().all(plain) {
            return Err(WarehouseError::Database(config.database));
        }
        let compression = if config.compress { Compression::Lz4 } else { Compression::None };
        let client = Client::default()
            .with_url(&config.url)
            .with_user(&config.user)
            .with_password(&config.password)
            .with_database(&config.database)
            .with_compression(compression)
            // The embedded engine and a server then answer errors with a status instead of half a body.
            .with_setting("wait_end_of_query", "1");
        Ok(Self { client, config: Arc::new(config), gate: Arc::new(RwLock::new(())) })
    }

    /// Whether ClickHouse answers.
    ///
    /// # Errors
    /// `Unavailable`, or `Refused` for a wrong password.
    pub async fn ping(&self) -> Result<(), WarehouseError> {
        // The database may not exist yet.
        let client = self.client.clone().with_database("default");
        let answer = client.query("SELECT 1").fetch_one::<u8>();
        match tokio::time::timeout(Duration::from_secs(5), answer).await {
            Ok(answer) => answer.map(drop).map_err(Into::into),
            Err(_) => Err(WarehouseError::Unavailable("no answer in 5 s".to_owned())),
        }
    }

    /// Runs one statement of an operator's and gives its answer as tab-separated text. Not for callers' text.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn inspect(&self, sql: &str) -> Result<String, WarehouseError> {
        self.text(sql, "TabSeparated").await
    }

    /// Runs one statement that answers nothing.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), WarehouseError> {
        self.execute_query(self.client.query_raw(sql)).await
    }

    /// Runs one prepared statement that answers nothing, within the time limit.
    pub(crate) async fn execute_query(
        &self,
        query: clickhouse::query::Query,
    ) -> Result<(), WarehouseError> {
        match tokio::time::timeout(self.config.answer_timeout, query.execute()).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(WarehouseError::Unavailable("no answer in time".to_owned())),
        }
    }
}
