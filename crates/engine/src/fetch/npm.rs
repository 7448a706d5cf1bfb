//! `npm pack`: the package manager's own way to the registry, with the operator's mirror, proxy and certificates.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{FetchProgress, OnProgress};
use crate::error::EngineError;
use crate::platform::{Package, ROOM_MIB};

/// How often the download's size is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Downloads a package into `work` and returns the archive.
///
/// npm keeps its cache in `work` too: its growth is the progress, and nothing is left in the operator's own cache.
pub(super) async fn pack(
    package: &Package,
    work: &Path,
    progress: &OnProgress,
) -> Result<PathBuf, EngineError> {
    let spec = package.spec();
    let cache = work.join("npm");
    let mut command = npm(work, &cache);
    command
        .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(work)
        .arg(&spec);
    let mut child = std::pin::pin!(run(command, &spec, work));
    let total = package.bytes;
    loop {
        tokio::select! {
            done = &mut child => {
                done?;
                break;
            }
            () = tokio::time::sleep(LOOK) => {
                let bytes = largest(&cache).max(largest(work)).min(total);
                progress(FetchProgress::Downloading { bytes, total });
            }
        }
    }
    let archives = std::fs::read_dir(work).map_err(EngineError::io("reading", work))?;
    archives
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "tgz"))
        .ok_or_else(|| EngineError::Npm {
            package: spec.clone(),
            reason: "npm pack left no archive".to_owned(),
        })
}

/// Asks the registry for the digest it states for a package.
pub(super) async fn stated_integrity(
    package: &Package,
    work: &Path,
) -> Result<String, EngineError> {
    let spec = package.spec();
    let mut command = npm(work, &work.join("npm"));
    command.args(["view", "--silent", &spec, "dist.integrity"]);
    Ok(run(command, &spec, work).await?.trim().to_owned())
}

fn npm(work: &Path, cache: &Path) -> Command {
    let mut command = Command::new("npm");
    command
        .current_dir(work)
        .arg("--cache")
        .arg(cache)
        .args(["--no-update-notifier", "--no-fund", "--no-audit"])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs npm to its end and returns what it printed.
async fn run(mut command: Command, spec: &str, work: &Path) -> Result<String, EngineError> {
    let output = command.output().await.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => EngineError::NpmMissing,
        _ => EngineError::Io { action: "running npm in", path: work.to_path_buf(), source },
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failure(spec, work, &[output.stdout, output.stderr].concat(), &output.status.to_string()))
}

/// What npm's words mean.
fn failure(spec: &str, work: &Path, said: &[u8], status: &str) -> EngineError {
    let said = String::from_utf8_lossy(said);
    if said.contains("ENOSPC") {
        return EngineError::DiskFull { path: work.to_path_buf(), needed_mib: ROOM_MIB };
    }
    let errors: Vec<&str> = said
        .lines()
        .filter(|l| l.starts_with("npm error") && !l.contains("complete log"))
        .take(6)
        .collect();
    let reason = if errors.is_empty() { status.to_owned() } else { errors.join("; ") };
    EngineError::Npm { package: spec.to_owned(), reason }
}

/// The length of the largest file under a directory, 0 when there is none.
fn largest(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => largest(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npms_words_become_a_reason() {
        let said = b"npm warn x\nnpm error code E404\nnpm error 404 Not Found\nnpm error A complete log of this run\n";
        let error = failure("p@1", Path::new("/w"), said, "exit status: 1");
        assert_eq!(
            error.to_string(),
            "npm could not fetch p@1: npm error code E404; npm error 404 Not Found"
        );
        let full = failure("p@1", Path::new("/w"), b"npm error code ENOSPC", "exit status: 1");
        assert!(matches!(full, EngineError::DiskFull { .. }));
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let error = run(Command::new("/nonexistent/npm"), "p@1", Path::new("/"))
            .await
            .expect_err("missing");
        assert!(matches!(error, EngineError::NpmMissing));
    }
}
