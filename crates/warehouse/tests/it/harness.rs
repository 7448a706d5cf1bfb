//! One engine for all tests of the process, a database and a spool for each.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use clickstream::{Intake, Spool, SpoolConfig};
use engine::{Engine, EngineConfig};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use vocab::Event;
use warehouse::{Loader, LoaderConfig, Warehouse, WarehouseConfig};

/// The moment the tests happen at.
pub(crate) fn now() -> Timestamp {
    "2026-11-23T04:30:00Z".parse().unwrap()
}

const TABLES: [&str; 7] =
    ["events", "visitor_log", "sessions", "hourly", "dead_letters", "ingest_stats", "batches"];

/// Runs a test on the runtime the engine lives on.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let start = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    RUNTIME.get_or_init(start).block_on(test)
}

/// The example built beside this test.
fn child() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("examples").join("warehouse-test-engine");
    assert!(program.exists(), "{} is missing: run `cargo test` without --test", program.display());
    program
}

pub(crate) async fn start_engine(data: &Path) -> Engine {
    let config = EngineConfig {
        data_dir: data.to_owned(),
        cache_dir: concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/chdb-cache").into(),
        library: None,
        program: child(),
        args: Vec::new(),
        port: 0,
    };
    Engine::start(config, Arc::new(|_| {})).await.expect("the engine starts")
}

/// The engine most tests share; its process ends with this one.
pub(crate) async fn shared_engine() -> &'static Engine {
    static ENGINE: tokio::sync::OnceCell<(TempDir, Engine)> = tokio::sync::OnceCell::const_new();
    let start = async || {
        let dir = TempDir::new().unwrap();
        let engine = start_engine(dir.path()).await;
        (dir, engine)
    };
    &ENGINE.get_or_init(start).await.1
}

/// A warehouse of its own on that engine.
pub(crate) async fn warehouse_on(engine: &Engine, database: &str) -> Warehouse {
    let config =
        WarehouseConfig::new(engine.url().as_str(), engine.user(), engine.password(), database);
    let warehouse = Warehouse::connect(config).unwrap();
    warehouse.migrate().await.unwrap();
    warehouse
}

/// A test's own database and spool.
pub(crate) struct Bench {
    pub(crate) warehouse: Warehouse,
    pub(crate) spool: Arc<Spool>,
    pub(crate) dir: TempDir,
}

impl Bench {
    pub(crate) async fn new(database: &str) -> Self {
        Self::on(shared_engine().await, database).await
    }

    pub(crate) async fn on(engine: &Engine, database: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let spool = open_spool(&dir.path().join("spool"));
        let warehouse = warehouse_on(engine, database).await;
        // The events of the tests stay where they are while the calendar goes on.
        for table in TABLES {
            warehouse.inspect(&format!("ALTER TABLE {table} REMOVE TTL")).await.unwrap();
        }
        warehouse.inspect("ALTER TABLE events MODIFY COLUMN ip REMOVE TTL").await.unwrap();
        Self { warehouse, spool, dir }
    }

    pub(crate) async fn append(&self, events: Vec<Event>) {
        for chunk in events.chunks(5000) {
            let intake = Intake { events: chunk.to_vec(), ..Intake::default() };
            self.spool.append(&intake).await.unwrap();
        }
    }

    pub(crate) fn loader(&self, config: LoaderConfig) -> Loader {
        Loader::new(self.warehouse.clone(), Arc::clone(&self.spool), config, now)
    }

    pub(crate) async fn load(&self, config: LoaderConfig) {
        self.loader(config).drain(&CancellationToken::new()).await.unwrap();
    }

    /// Every table in a few numbers: equal before and after means nothing was added, lost or counted twice.
    pub(crate) async fn sums(&self) -> Vec<String> {
        let mut sums = Vec::new();
        for (table, values) in [
            ("events", "count(), uniqExact(event_id), sum(cityHash64(event_id, ts, path, props))"),
            ("visitor_log", "count(), uniqExact(event_id)"),
            // A visit at a time: `uniq` is exact for small sets only.
            (
                "(SELECT session_id, uniqMerge(events) AS e, uniqMerge(views) AS v, max(stop) AS t
                  FROM sessions GROUP BY session_id) AS sessions",
                "count(), sum(e), sum(v), max(t)",
            ),
            (
                "hourly",
                "sum(hits), uniqCombined64Merge(15)(visitors), uniqExact(hour, event, channel, device, bot)",
            ),
            ("dead_letters", "count(), uniqExact(letter_id)"),
            ("ingest_stats", "sum(n)"),
            ("batches", "count(), sum(rows), sum(dead)"),
        ] {
            let answer = self.query(&format!("SELECT {values} FROM {table}")).await;
            let name = table.rsplit(' ').next().unwrap();
            sums.push(format!("{name}: {answer}"));
        }
        sums
    }

    /// One row as tab-separated text.
    pub(crate) async fn query(&self, sql: &str) -> String {
        self.warehouse.inspect(sql).await.unwrap().trim_end().to_owned()
    }
}

pub(crate) fn open_spool(dir: &Path) -> Arc<Spool> {
    Arc::new(Spool::open(SpoolConfig::new(dir)).unwrap())
}

/// Copies a closed spool.
pub(crate) fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
