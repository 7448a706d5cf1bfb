//! The four stores of one machine, opened together and closed together: engine, warehouse, registry, spool's directory.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use engine::{Access, Engine, EngineConfig, EngineError, FetchProgress};
use registry::Registry;
use warehouse::{Warehouse, WarehouseConfig};

use crate::config::Config;
use crate::progress::Steps;

/// Everything durable except the spool, which only one process may open.
#[derive(Debug)]
pub struct Storage {
    /// The embedded engine; `None` where the configuration names a running ClickHouse, or a server on this directory has it.
    pub engine: Option<Engine>,
    /// The analytic store.
    pub warehouse: Warehouse,
    /// The transactional store.
    pub registry: Registry,
}

impl Storage {
    /// Opens everything without a word on the terminal. Where a server runs on this directory, its engine is asked.
    ///
    /// # Errors
    /// What cannot be opened, by name.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(beside) = Self::open_beside(config).await? {
            return Ok(beside);
        }
        match Self::open_telling(config, &Steps::silent()).await {
            // A server was just starting.
            Err(error) if matches!(error.downcast_ref(), Some(EngineError::Locked { .. })) => {
                Self::open_beside(config).await?.ok_or(error)
            }
            opened => opened,
        }
    }

    /// Opens everything with the engine of the server that runs on this directory; `None` where none does.
    async fn open_beside(config: &Config) -> anyhow::Result<Option<Self>> {
        if !config.clickhouse.url.is_empty() {
            return Ok(None);
        }
        let Some(access) = Access::find(&config.data.dir.join("clickhouse")).await else {
            return Ok(None);
        };
        let registry = open_registry(config).await?;
        let database = &config.clickhouse.database;
        let url = access.url.as_str();
        let connection = WarehouseConfig::new(url, &access.user, &access.password, database);
        let warehouse = Warehouse::connect(connection)?;
        warehouse.verify_schema().await.context("the schema")?;
        Ok(Some(Self { engine: None, warehouse, registry }))
    }

    /// Opens everything; fetching the engine and migrating show on `steps`.
    ///
    /// # Errors
    /// What cannot be opened, by name.
    pub async fn open_telling(config: &Config, steps: &Steps) -> anyhow::Result<Self> {
        let dir = &config.data.dir;
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let registry = open_registry(config).await?;
        let settings = &config.clickhouse;
        let (engine, connection) = if settings.url.is_empty() {
            let engine = start_engine(config, steps).await.context("the analytic engine")?;
            let connection = WarehouseConfig::new(
                engine.url().as_str(),
                engine.user(),
                engine.password(),
                &settings.database,
            );
            (Some(engine), connection)
        } else {
            let connection = WarehouseConfig::new(
                &settings.url,
                &settings.user,
                &settings.password,
                &settings.database,
            );
            (None, connection)
        };
        let warehouse = Warehouse::connect(connection)?;
        let step = steps.begin("schema");
        warehouse.migrate().await.context("the schema")?;
        warehouse.verify_schema().await.context("the schema")?;
        step.done("ready");
        Ok(Self { engine, warehouse, registry })
    }

    /// Stops the engine and waits until it is gone.
    pub async fn close(self) {
        self.registry.close().await;
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

async fn open_registry(config: &Config) -> anyhow::Result<Registry> {
    Registry::open(&config.data.dir.join("registry.sqlite")).await.context("the registry")
}

async fn start_engine(config: &Config, steps: &Steps) -> anyhow::Result<Engine> {
    let settings = &config.clickhouse;
    let step = Arc::new(steps.begin("analytic engine"));
    let told = step.clone();
    let engine_config = EngineConfig {
        data_dir: config.data.dir.join("clickhouse"),
        cache_dir: cache_dir(&settings.cache_dir)?,
        library: (!settings.library.is_empty()).then(|| PathBuf::from(&settings.library)),
        program: std::env::current_exe().context("the path of this program")?,
        args: vec!["engine".into()],
        port: 0,
    };
    let progress = move |progress: FetchProgress| told.fetching(&progress);
    let engine = Engine::start(engine_config, Arc::new(progress)).await?;
    step.done("running");
    Ok(engine)
}

/// Where a fetched library is kept: configured, else the user's cache directory.
fn cache_dir(configured: &str) -> anyhow::Result<PathBuf> {
    if !configured.is_empty() {
        return Ok(PathBuf::from(configured));
    }
    Ok(crate::config::user_cache_dir()?.join("civicsense"))
}
