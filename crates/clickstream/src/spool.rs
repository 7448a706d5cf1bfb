//! The durable spool: what is acknowledged is on disk, once, in order, until every consumer has taken it.
//!
//! One `fjall` database holds everything, so one fsynced write covers a group of requests: their events, dead letters,
//! statistics, and the ids that make a re-sent event a duplicate. A writer thread forms the groups; while one is being
//! synced the next one gathers.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use fjall::Database;
use parking_lot::{Condvar, Mutex};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::{CollectError, Intake};

mod batch;
mod dedup;
mod disk;
mod lane;
mod prepare;
mod read;
mod record;
mod writer;

pub use batch::Batch;
pub use lane::Lane;
pub use record::{Record, StatRow};

use disk::Disk;
use lane::Lanes;
use prepare::Prepared;
use writer::{Command, Writer};

/// Bytes of journals before what only they hold is written as tables. A journal also keeps in memory what it alone holds
/// of segments already let go.
const JOURNAL_BYTES: u64 = 128 << 20;

/// Where the spool lives and how much it may hold.
#[derive(Clone, Debug)]
pub struct SpoolConfig {
    /// Its directory; made if absent.
    pub dir: PathBuf,
    /// Bytes of records kept before the spool refuses more. Default 4 GiB.
    pub max_bytes: u64,
    /// Bytes of the disk that stay free: the spool refuses more before. Default 256 MiB.
    pub min_free_bytes: u64,
    /// Bytes of records waiting for the writer before requests are refused. Default 64 MiB.
    pub max_queued_bytes: u64,
    /// How long an event id is remembered. Imported events are remembered for ever. Default 72 h.
    pub dedup_window: Duration,
    /// Events kept after every consumer has taken them, so open sessions are found again at start. Default 100,000.
    pub keep_events: u64,
}

impl SpoolConfig {
    /// The defaults, in that directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            max_bytes: 4 << 30,
            min_free_bytes: 256 << 20,
            max_queued_bytes: 64 << 20,
            dedup_window: Duration::from_secs(72 * 3600),
            keep_events: 100_000,
        }
    }
}

/// What became of the events of one [`Intake`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// For each event, in order: its offset in [`Lane::Events`], or `None` for a duplicate.
    pub offsets: Vec<Option<u64>>,
}

impl Appended {
    /// How many events were stored.
    pub fn stored(&self) -> usize {
        self.offsets.iter().flatten().count()
    }
}

/// The spool. Share it in an [`Arc`]; dropping the last one finishes the queued writes.
#[derive(Debug)]
pub struct Spool {
    queue: Option<mpsc::UnboundedSender<Command>>,
    queued_bytes: Arc<AtomicU64>,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

/// What readers and the writer share.
pub(crate) struct Shared {
    pub(crate) db: Database,
    pub(crate) config: SpoolConfig,
    pub(crate) disk: Disk,
    pub(crate) lanes: Lanes,
    pub(crate) batches: Mutex<batch::Batches>,
    pub(crate) id: Uuid,
    /// Notified whenever the writer has written or trimmed something.
    pub(crate) made_room: Condvar,
    pub(crate) room: Mutex<()>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").field("dir", &self.config.dir).finish_non_exhaustive()
    }
}

impl Spool {
    /// Opens the spool, or makes an empty one. A write torn by a crash was never acknowledged and is left out.
    ///
    /// # Errors
    /// `Storage` where the directory cannot be used, or another process has it open.
    pub fn open(config: SpoolConfig) -> Result<Self, CollectError> {
        let db = Database::builder(&config.dir)
            .journal_compression(fjall::CompressionType::None)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(1)
            .open()?;
        let lanes = Lanes::open(&db, config.max_bytes)?;
        let (batches, id) = batch::Batches::open(&db)?;
        let disk = Disk::new(config.dir.clone(), config.min_free_bytes);
        let shared = Arc::new(Shared {
            db,
            disk,
            config,
            lanes,
            batches: Mutex::new(batches),
            id,
            made_room: Condvar::new(),
            room: Mutex::new(()),
        });
        let (queue, commands) = mpsc::unbounded_channel();
        let queued_bytes = Arc::new(AtomicU64::new(0));
        let writer = Writer::new(Arc::clone(&shared), Arc::clone(&queued_bytes))?;
        let writer = std::thread::Builder::new()
            .name("spool-writer".into())
            .spawn(move || writer.run(commands))
            .map_err(fjall::Error::Io)?;
        Ok(Self { queue: Some(queue), queued_bytes, shared, writer: Some(writer) })
    }

    /// Writes an intake and returns once it is fsynced; many callers share one fsync.
    ///
    /// # Errors
    /// `Overloaded` where the spool or its queue is full (nothing was written), `Storage`, `Closed`.
    pub async fn append(&self, intake: &Intake) -> Result<Appended, CollectError> {
        match self.enqueue(intake)? {
            Some(answer) => answer.await.map_err(|_| CollectError::Closed)?,
            None => Ok(Appended::default()),
        }
    }

    /// [`Self::append`] for a thread outside the runtime: an import. Waits at most `patience` for room.
    ///
    /// # Errors
    /// As [`Self::append`]; `Overloaded` only after `patience`.
    pub fn append_blocking(
        &self,
        intake: &Intake,
        patience: Duration,
    ) -> Result<Appended, CollectError> {
        let until = std::time::Instant::now() + patience;
        loop {
            match self.enqueue(intake) {
                Err(CollectError::Overloaded { .. }) if std::time::Instant::now() < until => {
                    let mut room = self.shared.room.lock();
                    self.shared.made_room.wait_for(&mut room, Duration::from_millis(50));
                }
                Err(error) => return Err(error),
                Ok(None) => return Ok(Appended::default()),
                Ok(Some(answer)) => {
                    return answer.blocking_recv().map_err(|_| CollectError::Closed)?;
                }
            }
        }
    }

    fn enqueue(
        &self,
        intake: &Intake,
    ) -> Result<Option<oneshot::Receiver<Result<Appended, CollectError>>>, CollectError> {
        if intake.is_empty() {
            return Ok(None);
        }
        let config = &self.shared.config;
        if self.held_bytes() >= config.max_bytes || self.shared.disk.is_full() {
            // Only the loader or an operator makes room, and they work in seconds.
            return Err(CollectError::Overloaded { retry_after: Duration::from_secs(5) });
        }
        if self.queued_bytes.load(Ordering::Relaxed) >= config.max_queued_bytes {
            return Err(CollectError::Overloaded { retry_after: Duration::from_secs(1) });
        }
        let prepared = Prepared::new(intake);
        self.queued_bytes.fetch_add(prepared.bytes, Ordering::Relaxed);
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(CollectError::Closed)?;
        queue.send(Command::Append { prepared, reply }).map_err(|_| CollectError::Closed)?;
        Ok(Some(answer))
    }

    /// Bytes of records in the segments of all lanes; a segment goes once all its records were taken.
    pub fn held_bytes(&self) -> u64 {
        self.shared.lanes.held_bytes()
    }

    /// The offset the next record of `lane` will get.
    pub fn next_offset(&self, lane: Lane) -> u64 {
        self.shared.lanes.get(lane).next()
    }

    /// The offset of the oldest record of `lane` that is still there.
    pub fn first_offset(&self, lane: Lane) -> u64 {
        self.shared.lanes.get(lane).first()
    }

    /// A name for this spool, made when it was: batch ids of two spools never collide.
    pub fn id(&self) -> Uuid {
        self.shared.id
    }

    /// Lets go the events that every consumer has taken, those kept for open visits too: somebody among them was erased.
    /// A visit that is open now begins anew if the process is started again within its gap.
    pub fn forget_loaded(&self) {
        self.command(Command::Forget);
    }

    /// Asks the writer to remove what every consumer has taken.
    fn trim(&self, lane: Lane) {
        self.command(Command::Trim(lane));
    }

    fn command(&self, command: Command) {
        if let Some(queue) = &self.queue {
            // A closed queue means shutdown; the next start trims.
            drop(queue.send(command));
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            // The thread panics only where the process is already lost.
            drop(writer.join());
        }
    }
}

#[cfg(test)]
mod tests;
