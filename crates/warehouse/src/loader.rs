//! From the spool to ClickHouse: batches cut once, encoded once, sent until they arrive, counted, and let go.
//!
//! A batch is a range of offsets that the spool writes down before anything is sent, so after a crash the same records
//! become the same bytes under the same token. ClickHouse then ignores what it already has, in every table and rollup.

mod deliver;
mod encode;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clickstream::{Batch, Lane, Spool};
use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::send::BLOCK_ROWS;
use crate::{Warehouse, WarehouseError, metrics as names};
use encode::Load;

/// How the loader cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoaderConfig {
    /// Records a batch has at most, 1 to 1,048,576. Memory while sending is about 300 bytes a record, twice.
    pub max_rows: usize,
    /// Records that make a batch at once.
    pub eager_rows: usize,
    /// Longest wait of a record for company. Default 1 s.
    pub linger: Duration,
    /// How often the spool is looked at; costs one atomic read a lane. Default 50 ms.
    pub poll: Duration,
}

impl Default for LoaderConfig {
    fn default() -> Self {
        Self {
            max_rows: 200_000,
            eager_rows: 50_000,
            linger: Duration::from_secs(1),
            poll: Duration::from_millis(50),
        }
    }
}

/// Tells the time a batch is cut at.
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Moves the spool's lanes into ClickHouse. One loader a spool.
pub struct Loader {
    warehouse: Warehouse,
    spool: Arc<Spool>,
    config: LoaderConfig,
    clock: Clock,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A batch on its way from the spool to bytes.
type Encoding = JoinHandle<Result<Load, WarehouseError>>;

/// What the loader remembers about one lane between two looks.
#[derive(Default)]
struct Progress {
    waiting_since: Option<Instant>,
    /// The next batch, encoded while the one before was sent.
    ahead: Option<Encoding>,
}

impl Loader {
    /// A loader; nothing moves before [`Loader::run`] or [`Loader::drain`].
    pub fn new(
        warehouse: Warehouse,
        spool: Arc<Spool>,
        config: LoaderConfig,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let max_rows = config.max_rows.clamp(1, BLOCK_ROWS);
        let config =
            LoaderConfig { max_rows, eager_rows: config.eager_rows.clamp(1, max_rows), ..config };
        Self { warehouse, spool, config, clock: Arc::new(clock) }
    }

    /// Loads until cancelled. Whatever ClickHouse does, records wait in the spool and none is lost.
    ///
    /// # Errors
    /// `Spool` where the spool itself cannot be read or written; everything else is waited out.
    pub async fn run(&self, cancel: CancellationToken) -> Result<(), WarehouseError> {
        self.resume(&cancel).await?;
        let mut lanes = Lane::ALL.map(|lane| (lane, Progress::default()));
        while !cancel.is_cancelled() {
            let mut busy = false;
            for (lane, progress) in &mut lanes {
                if self.is_due(*lane, progress) {
                    busy |= self.step(*lane, progress, &cancel).await?;
                }
            }
            if !busy {
                tokio::select! {
                    () = tokio::time::sleep(self.config.poll) => {}
                    () = cancel.cancelled() => {}
                }
            }
        }
        Ok(())
    }

    /// Loads what is there now and returns; stops early when cancelled.
    ///
    /// # Errors
    /// As [`Loader::run`].
    pub async fn drain(&self, cancel: &CancellationToken) -> Result<(), WarehouseError> {
        self.resume(cancel).await?;
        for lane in Lane::ALL {
            let mut progress = Progress::default();
            while !cancel.is_cancelled() && self.step(lane, &mut progress, cancel).await? {}
        }
        Ok(())
    }

    /// Records of `lane` that have not arrived yet.
    pub fn backlog(&self, lane: Lane) -> u64 {
        let done = self.spool.committed("loader", lane).unwrap_or(0);
        self.spool.next_offset(lane).saturating_sub(done.max(self.spool.first_offset(lane)))
    }

    /// Sends what was cut before the last stop, exactly as it was.
    async fn resume(&self, cancel: &CancellationToken) -> Result<(), WarehouseError> {
        for lane in Lane::ALL {
            for batch in self.spool.open_batches(lane) {
                tracing::info!(batch.first, batch.last, "batch resumed");
                let Some(divided) = self.divided_before(&batch, cancel).await else {
                    return Ok(());
                };
                let load = finished(self.encode(batch)).await?;
                if !self.deliver(load, divided, cancel).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn is_due(&self, lane: Lane, progress: &mut Progress) -> bool {
        let backlog = self.backlog(lane);
        metrics::gauge!(names::BACKLOG, "lane" => lane.as_str()).set(backlog as f64);
        if backlog == 0 {
            progress.waiting_since = None;
            return false;
        }
        let since = *progress.waiting_since.get_or_insert_with(Instant::now);
        backlog >= self.config.eager_rows as u64 || since.elapsed() >= self.config.linger
    }

    /// Loads one batch of a lane; `false` where there is none, or cancellation came first.
    async fn step(
        &self,
        lane: Lane,
        progress: &mut Progress,
        cancel: &CancellationToken,
    ) -> Result<bool, WarehouseError> {
        let encoding = match progress.ahead.take() {
            Some(encoding) => Some(encoding),
            None => self.cut(lane).await?.map(|batch| self.encode(batch)),
        };
        let Some(encoding) = encoding else { return Ok(false) };
        let load = finished(encoding).await?;
        // One core encodes the next batch while ClickHouse works on this one.
        if self.backlog(lane).saturating_sub(load.records()) >= self.config.eager_rows as u64 {
            progress.ahead = self.cut(lane).await?.map(|batch| self.encode(batch));
        }
        let arrived = self.deliver(load, HashSet::new(), cancel).await?;
        progress.waiting_since = None;
        Ok(arrived)
    }

    async fn cut(&self, lane: Lane) -> Result<Option<Batch>, WarehouseError> {
        let (spool, max, now) = (Arc::clone(&self.spool), self.config.max_rows, (self.clock)());
        blocking(move || Ok(spool.cut(lane, max, now)?)).await
    }

    /// Reads and encodes a batch on a thread that may block.
    fn encode(&self, batch: Batch) -> Encoding {
        let spool = Arc::clone(&self.spool);
        tokio::task::spawn_blocking(move || Load::encode(&spool, batch))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WarehouseError> + Send + 'static,
) -> Result<T, WarehouseError> {
    finished(tokio::task::spawn_blocking(work)).await
}

/// The outcome of a thread; one that panicked or was cut off by shutdown leaves its batch to the next start.
async fn finished<T>(work: JoinHandle<Result<T, WarehouseError>>) -> Result<T, WarehouseError> {
    work.await.map_err(|error| WarehouseError::Answer(format!("encoding stopped: {error}")))?
}
