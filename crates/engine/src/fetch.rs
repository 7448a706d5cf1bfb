//! Brings the ClickHouse library onto this machine: once, whole, and the very bytes that were pinned.

mod npm;
mod unpack;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::EngineError;
use crate::platform::Package;

/// How far fetching the library has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchProgress {
    /// Another process is fetching it.
    Waiting,
    /// The package is coming over the network.
    Downloading {
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all, as far as known.
        total: u64,
    },
    /// The package's digest is being compared with the pinned one.
    Checking,
    /// The library is being unpacked.
    Unpacking {
        /// Bytes of the package read so far.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The library is in place.
    Ready,
}

/// Who wants to know how far fetching has come; called from any thread, a few times a second.
pub type OnProgress = Arc<dyn Fn(FetchProgress) + Send + Sync>;

/// Finds the library in the cache, or fetches it with `npm pack` from the registry that npm is configured for.
///
/// Processes that need it at the same time wait for the one that fetches.
///
/// # Errors
/// No package for this machine, npm missing or failing, a wrong digest, a full disk.
pub async fn fetch(cache_dir: &Path, progress: &OnProgress) -> Result<PathBuf, EngineError> {
    let package = Package::of(std::env::consts::OS, std::env::consts::ARCH)?;
    let library = cache_dir.join(package.directory()).join(package.file);
    if is_whole(&library) {
        progress(FetchProgress::Ready);
        return Ok(library);
    }
    fs::create_dir_all(cache_dir).map_err(EngineError::io("creating", cache_dir))?;
    let _lock = wait_for_turn(cache_dir, progress).await?;
    // Somebody else may have fetched it while we waited.
    if !is_whole(&library) {
        let work = tempfile::Builder::new()
            .prefix(".fetching-")
            .tempdir_in(cache_dir)
            .map_err(EngineError::io("creating a directory in", cache_dir))?;
        let archive = npm::pack(&package, work.path(), progress).await?;
        let expected = match package.integrity {
            Some(pinned) => pinned.to_owned(),
            None => {
                tracing::warn!(
                    engine.package = package.name,
                    "no digest is pinned for this machine, trusting the registry's"
                );
                npm::stated_integrity(&package, work.path()).await?
            }
        };
        let (cache, on_progress) = (cache_dir.to_path_buf(), Arc::clone(progress));
        blocking(move || {
            unpack::unpack(&package, &expected, &archive, work.path(), &cache, &on_progress)
        })
        .await?;
    }
    progress(FetchProgress::Ready);
    Ok(library)
}

/// Whether the library is there. It was put in place whole, by a rename; the note beside it says how long it is, which
/// notices a disk that lost some of it.
fn is_whole(library: &Path) -> bool {
    let noted = fs::read_to_string(library.with_extension("size"))
        .ok()
        .and_then(|s| s.trim().parse::<u64>().ok());
    matches!((fs::metadata(library), noted), (Ok(found), Some(noted)) if found.len() == noted)
}

/// Takes the cache's lock, waiting for another process to be done with it.
async fn wait_for_turn(cache_dir: &Path, progress: &OnProgress) -> Result<File, EngineError> {
    let path = cache_dir.join("fetch.lock");
    let file = File::create(&path).map_err(EngineError::io("creating", &path))?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    progress(FetchProgress::Waiting);
    blocking(move || {
        file.lock().map_err(EngineError::io("locking", &path))?;
        Ok(file)
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| EngineError::Child { reason: e.to_string() })?
}
