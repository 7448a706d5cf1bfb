//! What can go wrong while the engine is fetched, started or stopped.

use std::path::PathBuf;

/// Why the engine could not be fetched, started or kept running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No package of the library exists for this kind of machine.
    #[error(
        "no ClickHouse library is published for {os} on {arch}; set the path of a libchdb of your own, or the address of a ClickHouse server"
    )]
    UnsupportedPlatform {
        /// The operating system, as Rust names it.
        os: &'static str,
        /// The processor architecture, as Rust names it.
        arch: &'static str,
    },
    /// `npm` is not installed or not on the path.
    #[error(
        "npm was not found; install Node.js with npm, or set the path of a libchdb of your own"
    )]
    NpmMissing,
    /// `npm pack` failed.
    #[error("npm could not fetch {package}: {reason}")]
    Npm {
        /// The package with its version.
        package: String,
        /// The last lines npm wrote.
        reason: String,
    },
    /// The package is not the one this version was built for.
    #[error("the package {package} has digest {actual}, expected {expected}")]
    Integrity {
        /// The package with its version.
        package: String,
        /// The digest that was expected (subresource-integrity form).
        expected: String,
        /// The digest of what arrived.
        actual: String,
    },
    /// The disk is full.
    #[error("the disk that holds {} is full; the ClickHouse library needs {needed_mib} MiB", .path.display())]
    DiskFull {
        /// Where the library was being written.
        path: PathBuf,
        /// How much room is needed, in MiB.
        needed_mib: u64,
    },
    /// A file could not be read or written.
    #[error("{action} {}: {source}", .path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The library could not be opened.
    #[error("{} is not a usable libchdb: {reason}", .path.display())]
    Library {
        /// The file.
        path: PathBuf,
        /// The linker's answer.
        reason: String,
    },
    /// The library refused to start the engine or to open a connection.
    #[error("the engine did not start: {reason}")]
    Connect {
        /// What is known about it.
        reason: String,
    },
    /// Another engine process works on this data directory.
    #[error("the data directory {} is in use by another engine process", .path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
    },
    /// The child process ended before it was ready.
    #[error("the engine process ended before it was ready: {reason}")]
    Child {
        /// Its own words, or its exit status.
        reason: String,
    },
    /// The child process was not ready in time.
    #[error("the engine process was not ready after {seconds} s")]
    Timeout {
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// The arguments of the child are wrong.
    #[error("{reason}")]
    Arguments {
        /// What is wrong with them.
        reason: String,
    },
}

impl EngineError {
    /// An [`EngineError::Io`], or [`EngineError::DiskFull`] where that is what the system says.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path, needed_mib: crate::platform::ROOM_MIB }
            }
            _ => Self::Io { action, path, source },
        }
    }
}
