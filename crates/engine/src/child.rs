//! The engine process: opens the library on its data directory and serves ClickHouse's HTTP interface on loopback.

mod auth;
mod config;
mod decode;
mod encode;
mod exception;
mod flushed;
mod formats;
mod job;
mod reply;
mod request;
mod serve;
mod shared;
mod sql;

use std::ffi::OsString;
use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::error::EngineError;
use crate::ffi::Library;
use crate::hello::{Credentials, Hello};
pub(crate) use config::is_locked;

/// How long the child lets running queries finish after its parent asked it to stop.
const GRACE: Duration = Duration::from_secs(5);

/// The arguments of the engine process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildArgs {
    /// The directory that holds ClickHouse's data; one engine process per directory.
    pub data_dir: PathBuf,
    /// The `libchdb` to open.
    pub library: PathBuf,
    /// Where to listen; must be a loopback address. Port 0 takes a free one.
    pub listen: SocketAddr,
}

impl ChildArgs {
    /// Reads `--data DIR --library PATH --listen ADDRESS:PORT`.
    ///
    /// # Errors
    /// [`EngineError::Arguments`] with the name of what is missing or wrong.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, EngineError> {
        let wrong = |reason: String| EngineError::Arguments { reason };
        let (mut data_dir, mut library, mut listen) = (None, None, None);
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let name = name.to_string_lossy().into_owned();
            let value = arguments.next().ok_or_else(|| wrong(format!("{name} needs a value")))?;
            match name.as_str() {
                "--data" => data_dir = Some(PathBuf::from(value)),
                "--library" => library = Some(PathBuf::from(value)),
                "--listen" => {
                    let text = value.to_string_lossy();
                    listen = Some(
                        text.parse()
                            .map_err(|_| wrong(format!("--listen {text} is not an address")))?,
                    );
                }
                _ => return Err(wrong(format!("unknown argument {name}"))),
            }
        }
        Ok(Self {
            data_dir: data_dir.ok_or_else(|| wrong("--data DIR is missing".to_owned()))?,
            library: library.ok_or_else(|| wrong("--library PATH is missing".to_owned()))?,
            listen: listen.ok_or_else(|| wrong("--listen ADDRESS:PORT is missing".to_owned()))?,
        })
    }
}

/// Runs the engine until standard input closes, which it does when the parent asks for it or is gone.
///
/// The first line of standard input holds the credentials as JSON, `{"user":…,"password":…}`. The first line of
/// standard output tells the parent the port or why there is none.
///
/// # Errors
/// Everything that keeps the engine from starting; the parent has been told by then.
pub fn run(arguments: &ChildArgs) -> Result<(), EngineError> {
    let result = serve_until_closed(arguments);
    if let Err(error) = &result {
        say(&Hello::failed(error));
    }
    result
}

fn serve_until_closed(arguments: &ChildArgs) -> Result<(), EngineError> {
    if !arguments.listen.ip().is_loopback() {
        return Err(EngineError::Arguments {
            reason: format!("{} is not a loopback address", arguments.listen),
        });
    }
    let credentials = read_credentials()?;
    let lock = config::lock(&arguments.data_dir)?;
    let connect = config::write(&arguments.data_dir)?;
    let library = Library::open(&arguments.library)?;
    let shared = shared::Shared::start(library, connect, credentials)?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .thread_name("engine")
        .build()
        .map_err(EngineError::io("starting threads for", &arguments.data_dir))?;
    let stop = CancellationToken::new();
    watch_standard_input(stop.clone());
    let ended = runtime.block_on(serve::serve(arguments.listen, shared.clone(), stop, |port| {
        say(&Hello::Ready { port });
    }));
    runtime.shutdown_timeout(GRACE);
    // Closing the last connection flushes and stops the engine; a query that outlived the grace period keeps its own
    // connection, so this cannot wait for it.
    drop(shared);
    drop(lock);
    ended
}

/// Reads the first line of standard input.
fn read_credentials() -> Result<Credentials, EngineError> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(EngineError::io("reading", "standard input"))?;
    serde_json::from_str(&line).map_err(|_| EngineError::Arguments {
        reason: "the first line of standard input must be {\"user\":…,\"password\":…}".to_owned(),
    })
}

/// Cancels `stop` when standard input closes. A thread of its own: a blocked read cannot be taken back.
fn watch_standard_input(stop: CancellationToken) {
    std::thread::spawn(move || {
        let mut line = String::new();
        let mut input = std::io::stdin().lock();
        while matches!(input.read_line(&mut line), Ok(n) if n > 0) {
            line.clear();
        }
        stop.cancel();
    });
}

/// Tells the parent something, as one line of JSON on standard output.
pub(crate) fn say(hello: &Hello) {
    let mut line = serde_json::to_string(hello).expect("plain data");
    line.push('\n');
    let mut output = std::io::stdout().lock();
    // A parent that no longer reads has closed standard input too; there is nobody else to tell.
    let _told = output.write_all(line.as_bytes()).and_then(|()| output.flush());
}
