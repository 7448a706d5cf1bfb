//! What all requests of the engine process share: the library, the credentials, the limits and the counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::exception::{Exception, Raised};
use super::request::quoted;
use crate::error::EngineError;
use crate::ffi::{Connection, Library, Parameters};
use crate::hello::{Counts, Credentials};

/// Statements that may wait for their turn before more are refused.
const LONGEST_QUEUE: usize = 200;

/// Reading and writing statements that run at the same time; apart, so that neither kind holds up the other.
const READERS: usize = 8;
const WRITERS: usize = 4;

/// Settings every connection starts with, because ClickHouse's own defaults would break a promise of ours.
const SESSION: [&str; 3] = [
    // Batches are deduplicated by their token, which ClickHouse 26 does not do for asynchronous inserts.
    "--async_insert=0",
    "--implicit_select=0",
    "--allow_introspection_functions=0",
];

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    library: Library,
    /// Keeps the engine running: it stops when its last connection closes.
    _root: std::sync::Mutex<Connection>,
    arguments: Vec<String>,
    pub(crate) credentials: Credentials,
    pub(crate) version: String,
    pub(crate) time_zone: String,
    pub(crate) counters: Arc<Counters>,
    readers: Arc<Semaphore>,
    writers: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Shared {
    /// Starts the engine on its data directory.
    ///
    /// # Errors
    /// [`EngineError::Connect`] when the library refuses.
    pub(crate) fn start(
        library: Library,
        mut arguments: Vec<String>,
        credentials: Credentials,
    ) -> Result<Arc<Self>, EngineError> {
        arguments.extend(SESSION.iter().map(|&s| s.to_owned()));
        let mut root = library.connect(&arguments)?;
        let mut ask = |sql: &str| {
            root.query(sql, "TabSeparatedRaw", &Parameters::default())
                .map(|output| String::from_utf8_lossy(output.as_ref()).trim().to_owned())
                .map_err(|reason| EngineError::Connect { reason })
        };
        let (version, time_zone) = (ask("SELECT version()")?, ask("SELECT timezone()")?);
        tracing::info!(
            engine.library = library.version(),
            engine.clickhouse = version,
            "engine started"
        );
        Ok(Arc::new(Self {
            library,
            _root: std::sync::Mutex::new(root),
            arguments,
            credentials,
            version,
            time_zone,
            counters: Arc::new(Counters::default()),
            readers: Arc::new(Semaphore::new(READERS)),
            writers: Arc::new(Semaphore::new(WRITERS)),
            waiting: AtomicUsize::new(0),
        }))
    }

    /// A session of its own for one statement.
    ///
    /// # Errors
    /// The library refused.
    pub(crate) fn connect(&self) -> Result<Connection, Exception> {
        self.library.connect(&self.arguments).map_err(|e| Raised::Unknown.because(e))
    }

    /// Waits for a turn; must be called outside the runtime's own threads.
    ///
    /// # Errors
    /// `TOO_MANY_SIMULTANEOUS_QUERIES` when too many wait already.
    pub(crate) fn turn(
        &self,
        runtime: &Handle,
        writes: bool,
    ) -> Result<OwnedSemaphorePermit, Exception> {
        let gate = if writes { &self.writers } else { &self.readers };
        if let Ok(permit) = Arc::clone(gate).try_acquire_owned() {
            return Ok(permit);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let permit = if before < LONGEST_QUEUE {
            runtime.block_on(Arc::clone(gate).acquire_owned()).ok()
        } else {
            None
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        permit.ok_or_else(|| {
            Raised::TooManyQueries
                .because(format!("Too many simultaneous queries: {before} are waiting"))
        })
    }

    /// Stops the statement that carries `mark`, if it still runs.
    pub(crate) fn kill(&self, mark: &str) {
        let sql = format!("KILL QUERY WHERE Settings['{MARK}'] = {} ASYNC", quoted(mark, '\''));
        let killed = self.connect().and_then(|mut c| {
            c.query(&sql, "Null", &Parameters::default()).map_err(|e| Exception::from_engine(&e))
        });
        if let Err(error) = killed {
            tracing::warn!(
                engine.code = error.code,
                "could not cancel the query of a client that has gone"
            );
        }
    }
}

/// The setting that marks a statement, so that it can be found among the running ones. The interface of the library
/// has no query ids; this is a text setting of the query cache, which the library does not have either.
pub(crate) const MARK: &str = "query_cache_tag";

/// What the process did since it started.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    queries: AtomicU64,
    inserts: AtomicU64,
    failures: AtomicU64,
    rows_written: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Counters {
    pub(crate) fn statement(&self, insert: bool) {
        if insert { &self.inserts } else { &self.queries }.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn rows_written(&self, rows: u64) {
        self.rows_written.fetch_add(rows, Ordering::Relaxed);
    }

    pub(crate) fn bytes_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn bytes_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            queries: read(&self.queries),
            inserts: read(&self.inserts),
            failures: read(&self.failures),
            rows_written: read(&self.rows_written),
            bytes_in: read(&self.bytes_in),
            bytes_out: read(&self.bytes_out),
        }
    }
}
