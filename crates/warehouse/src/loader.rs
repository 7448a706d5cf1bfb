//! From the spool to ClickHouse: batches cut once, encoded once, sent until they arrive, counted, and let go.
//!
//! A batch is a range of offsets that the spool writes down before anything is sent, so after a crash the same records
//! become the same bytes under the same token. ClickHouse then ignores what it already has, in every table and rollup.

mod deliver;
mod encode;

use std::collections::HashSet;
use std::iter::repeat_n;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clickstream::{Batch, Lane, Spool};
use futures::future::try_join_all;
use jiff::Timestamp;
use tokio::sync::Mutex;
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
    /// Longest wait of a record for company. Default 1 s; a tenth of `eager_rows` that nothing joins waits no longer.
    pub linger: Duration,
    /// How often the spool is looked at; costs one atomic read a lane. Default 50 ms.
    pub poll: Duration,
}

impl Default for LoaderConfig {
    fn default() -> Self {
        Self {
            max_rows: 200_000,
            eager_rows: 100_000,
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
    /// One courier of a lane cuts at a time, in the order of [`Lane::ALL`].
    turns: [Mutex<()>; Lane::ALL.len()],
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What a courier saw at its last look.
#[derive(Default)]
struct Waiting {
    since: Option<Instant>,
    uncut: u64,
}

/// Batches of a lane under way at once: while ClickHouse writes one to disk it reads the next.
fn couriers(lane: Lane) -> usize {
    match lane {
        Lane::Events => 2,
        Lane::DeadLetters | Lane::Stats => 1,
    }
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
        let turns = Lane::ALL.map(|_| Mutex::default());
        Self { warehouse, spool, config, clock: Arc::new(clock), turns }
    }

    /// Loads until cancelled. Whatever ClickHouse does, records wait in the spool and none is lost.
    ///
    /// # Errors
    /// `Spool` where the spool itself cannot be read or written; everything else is waited out.
    pub async fn run(&self, cancel: CancellationToken) -> Result<(), WarehouseError> {
        self.resume(&cancel).await?;
        let couriers = self.couriers().map(|(lane, turn)| self.carry(lane, turn, &cancel));
        try_join_all(couriers).await?;
        Ok(())
    }

    /// Loads what is there now and returns; stops early when cancelled.
    ///
    /// # Errors
    /// As [`Loader::run`].
    pub async fn drain(&self, cancel: &CancellationToken) -> Result<(), WarehouseError> {
        self.resume(cancel).await?;
        let couriers = self.couriers().map(|(lane, turn)| async move {
            loop {
                let batch = {
                    let _turn = turn.lock().await;
                    self.cut(lane).await?
                };
                let Some(batch) = batch else { return Ok::<(), WarehouseError>(()) };
                if !self.step(batch, cancel).await? {
                    return Ok(());
                }
            }
        });
        try_join_all(couriers).await?;
        Ok(())
    }

    /// Records of `lane` that have not arrived yet.
    pub fn backlog(&self, lane: Lane) -> u64 {
        self.spool.unloaded(lane)
    }

    fn couriers(&self) -> impl Iterator<Item = (Lane, &Mutex<()>)> {
        Lane::ALL
            .into_iter()
            .zip(&self.turns)
            .flat_map(|(lane, turn)| repeat_n((lane, turn), couriers(lane)))
    }

    /// Takes batch after batch of a lane until cancelled.
    async fn carry(
        &self,
        lane: Lane,
        turn: &Mutex<()>,
        cancel: &CancellationToken,
    ) -> Result<(), WarehouseError> {
        let mut waiting = Waiting::default();
        while !cancel.is_cancelled() {
            let batch = {
                let _turn = turn.lock().await;
                if self.is_due(lane, &mut waiting) { self.cut(lane).await? } else { None }
            };
            match batch {
                Some(batch) => {
                    waiting = Waiting::default();
                    self.step(batch, cancel).await?;
                }
                None => {
                    tokio::select! {
                        () = tokio::time::sleep(self.config.poll) => {}
                        () = cancel.cancelled() => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Sends what was cut before the last stop, exactly as it was.
    async fn resume(&self, cancel: &CancellationToken) -> Result<(), WarehouseError> {
        for lane in Lane::ALL {
            for batch in self.spool.open_batches(lane) {
                tracing::info!(batch.first, batch.last, "batch resumed");
                let Some(divided) = self.divided_before(&batch, cancel).await else {
                    return Ok(());
                };
                let load = self.encode(batch).await?;
                if !self.deliver(load, divided, cancel).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn is_due(&self, lane: Lane, waiting: &mut Waiting) -> bool {
        metrics::gauge!(names::BACKLOG, "lane" => lane.as_str()).set(self.backlog(lane) as f64);
        let uncut = self.spool.uncut(lane);
        if uncut == 0 {
            *waiting = Waiting::default();
            return false;
        }
        let since = *waiting.since.get_or_insert_with(Instant::now);
        let (eager, grown) = (self.config.eager_rows as u64, uncut > waiting.uncut);
        waiting.uncut = uncut;
        uncut >= eager || (uncut >= eager / 10 && !grown) || since.elapsed() >= self.config.linger
    }

    /// Loads one batch; `false` where cancellation came first.
    async fn step(&self, batch: Batch, cancel: &CancellationToken) -> Result<bool, WarehouseError> {
        let load = self.encode(batch).await?;
        self.deliver(load, HashSet::new(), cancel).await
    }

    async fn cut(&self, lane: Lane) -> Result<Option<Batch>, WarehouseError> {
        let (spool, max, now) = (Arc::clone(&self.spool), self.config.max_rows, (self.clock)());
        blocking(move || Ok(spool.cut(lane, max, now)?)).await
    }

    /// Reads and encodes a batch on a thread that may block.
    async fn encode(&self, batch: Batch) -> Result<Load, WarehouseError> {
        let spool = Arc::clone(&self.spool);
        blocking(move || Load::encode(&spool, batch)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WarehouseError> + Send + 'static,
) -> Result<T, WarehouseError> {
    // A thread that panicked or was cut off by shutdown leaves its batch to the next start.
    let stopped = |error| WarehouseError::Answer(format!("encoding stopped: {error}"));
    tokio::task::spawn_blocking(work).await.map_err(stopped)?
}
