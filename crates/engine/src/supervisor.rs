//! The parent's side: starts the engine process, waits until it answers, starts it again when it dies, stops it.

mod access;
mod process;
mod secret;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::error::EngineError;
use crate::fetch::{OnProgress, fetch};
use crate::hello::Credentials;
use crate::metrics;
pub use access::Access;
use process::{Launch, Process};

/// The user every engine has; `clickhouse` clients assume this name.
const USER: &str = "default";

/// The first wait before a dead engine is started again; doubled every time, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An engine that ran this long was healthy: the next wait is the first again.
const HEALTHY: Duration = Duration::from_secs(60);

/// How long an engine that holds the data directory may take to be gone: one that answers, whose parent may just have been
/// killed, and one that stops.
const ANSWERING: Duration = Duration::from_secs(1);
const STOPPING: Duration = Duration::from_secs(20);
const LOCKED_WAIT: Duration = Duration::from_millis(100);

/// How to run an engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The directory of ClickHouse's data, the password and the lock. Made if missing.
    pub data_dir: PathBuf,
    /// Where the fetched library is kept; shared by all engines of a machine.
    pub cache_dir: PathBuf,
    /// A `libchdb` of the operator's own; nothing is fetched then.
    pub library: Option<PathBuf>,
    /// The program that runs [`crate::child::run`].
    pub program: PathBuf,
    /// Its arguments before `--data DIR --library PATH --listen ADDRESS:PORT`, for example `engine`.
    pub args: Vec<OsString>,
    /// The port on loopback; 0 takes a free one, which stays the same over restarts.
    pub port: u16,
}

/// A running engine. Dropping it stops the process; [`Engine::stop`] also waits for that.
#[derive(Debug)]
pub struct Engine {
    url: Url,
    credentials: Credentials,
    state: Arc<State>,
    up: watch::Receiver<bool>,
    tracker: TaskTracker,
    stop: CancellationToken,
    _guard: DropGuard,
}

/// What the supervising task lets others see.
#[derive(Debug, Default)]
struct State {
    pid: AtomicU32,
    restarts: AtomicU64,
}

impl Engine {
    /// Fetches the library if need be, starts the engine process and waits until it answers. The engine of a killed parent
    /// is still finishing what it began; this waits for it.
    ///
    /// # Errors
    /// Everything of [`fetch`]; [`EngineError::Locked`] when another engine has the data directory;
    /// [`EngineError::Child`] and [`EngineError::Timeout`] when the process does not come up.
    pub async fn start(config: EngineConfig, progress: OnProgress) -> Result<Self, EngineError> {
        let library = match &config.library {
            Some(library) => library.clone(),
            None => fetch(&config.cache_dir, &progress).await?,
        };
        let password = secret::read_or_make(&config.data_dir)?;
        let credentials = Credentials { user: USER.to_owned(), password };
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, config.port));
        let EngineConfig { data_dir, program, args, .. } = config;
        let mut launch =
            Launch { program, args, data_dir, library, listen, credentials: credentials.clone() };
        let process = start_after_the_last(&launch).await?;
        launch.listen.set_port(process.port);
        access::tell(&launch.data_dir, process.port)?;

        let state = Arc::new(State::default());
        let (up_sender, up) = watch::channel(true);
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        let url =
            Url::parse(&format!("http://{}/", launch.listen)).expect("an address makes a URL");
        state.pid.store(process.pid, Ordering::Relaxed);
        ::metrics::gauge!(metrics::UP).set(1.0);
        tracker.spawn(supervise(process, launch, Arc::clone(&state), up_sender, stop.clone()));
        tracker.close();
        Ok(Self { url, credentials, state, up, tracker, _guard: stop.clone().drop_guard(), stop })
    }

    /// Where the engine listens, for example `http://127.0.0.1:40123/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The user to log in as.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.credentials.user
    }

    /// The password, made at the first start on this data directory.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.credentials.password
    }

    /// The process id; `None` while the engine is being started again.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        Some(self.state.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// How often the engine died and was started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.state.restarts.load(Ordering::Relaxed)
    }

    /// Waits until the engine answers; returns at once when it does already.
    pub async fn ready(&self) {
        let mut up = self.up.clone();
        // The sender goes only when the engine is stopped, and then nobody can be waiting.
        let _stopped = up.wait_for(|up| *up).await;
    }

    /// Stops the engine: asks, lets running statements finish for some seconds, then kills.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tracker.wait().await;
    }
}

/// Starts the process once the one before it has let go of the data directory.
async fn start_after_the_last(launch: &Launch) -> Result<Process, EngineError> {
    let since = Instant::now();
    loop {
        let locked = match Process::start(launch).await {
            Err(error @ EngineError::Locked { .. }) => error,
            started => return started,
        };
        let runs = Access::find(&launch.data_dir).await.is_some();
        if since.elapsed() > if runs { ANSWERING } else { STOPPING } {
            return Err(locked);
        }
        tokio::time::sleep(LOCKED_WAIT).await;
    }
}

/// Keeps the engine running until `stop`.
async fn supervise(
    mut process: Process,
    launch: Launch,
    state: Arc<State>,
    up: watch::Sender<bool>,
    stop: CancellationToken,
) {
    let mut wait = FIRST_WAIT;
    loop {
        let since = Instant::now();
        tokio::select! {
            status = process.ended() => {
                tracing::error!(engine.status = status, "the engine process died");
            }
            () = stop.cancelled() => {
                process.stop().await;
                break;
            }
        }
        state.pid.store(0, Ordering::Relaxed);
        ::metrics::gauge!(metrics::UP).set(0.0);
        up.send_replace(false);
        if since.elapsed() > HEALTHY {
            wait = FIRST_WAIT;
        }
        let Some(next) = restart(&launch, &mut wait, &stop).await else { break };
        process = next;
        state.pid.store(process.pid, Ordering::Relaxed);
        state.restarts.fetch_add(1, Ordering::Relaxed);
        ::metrics::counter!(metrics::RESTARTS).increment(1);
        ::metrics::gauge!(metrics::UP).set(1.0);
        up.send_replace(true);
        tracing::info!("the engine process was started again");
    }
    state.pid.store(0, Ordering::Relaxed);
    ::metrics::gauge!(metrics::UP).set(0.0);
}

/// Starts the engine again, waiting longer after every failure; `None` when asked to stop meanwhile.
async fn restart(
    launch: &Launch,
    wait: &mut Duration,
    stop: &CancellationToken,
) -> Option<Process> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(*wait) => {}
            () = stop.cancelled() => return None,
        }
        *wait = (*wait * 2).min(LONGEST_WAIT);
        let error = match Process::spawn(launch).await {
            Err(error) => error,
            Ok(mut process) => {
                let error = match stop.run_until_cancelled(process.answers(launch)).await {
                    Some(Ok(())) => return Some(process),
                    Some(Err(error)) => Some(error),
                    None => None,
                };
                process.stop().await;
                error?
            }
        };
        tracing::error!(%error, engine.wait_ms = wait.as_millis(), "could not start the engine process again");
    }
}
