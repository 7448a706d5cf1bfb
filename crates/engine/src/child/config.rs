//! The engine's own files in its data directory: the lock, the configuration and the access rights.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::EngineError;

/// Settings of ClickHouse that are not its defaults. `{backups}` is replaced.
const CONFIG: &str = include_str!("config/config.xml");

/// What the one user may do: everything with tables, nothing with files and the network.
const USERS: &str = include_str!("config/users.xml");

/// Locks the data directory for this process; the lock goes when the process ends, however it ends.
///
/// # Errors
/// [`EngineError::Locked`] when another process holds it.
pub(crate) fn lock(data_dir: &Path) -> Result<File, EngineError> {
    fs::create_dir_all(data_dir).map_err(EngineError::io("creating", data_dir))?;
    let path = lock_file(data_dir);
    let file = File::create(&path).map_err(EngineError::io("creating", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EngineError::Locked { path: data_dir.to_path_buf() }),
        Err(TryLockError::Error(source)) => {
            Err(EngineError::Io { action: "locking", path, source })
        }
    }
}

/// Whether an engine process has the data directory.
pub(crate) fn is_locked(data_dir: &Path) -> bool {
    // Where nobody has it this takes it for a moment; a start that meets the moment tries again.
    File::open(lock_file(data_dir))
        .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn lock_file(data_dir: &Path) -> PathBuf {
    data_dir.join("engine.lock")
}

/// Writes the configuration and returns the arguments of the library's first connection.
///
/// # Errors
/// [`EngineError::Io`] when the directory cannot be written.
pub(crate) fn write(data_dir: &Path) -> Result<Vec<String>, EngineError> {
    let data_dir = data_dir.canonicalize().map_err(EngineError::io("finding", data_dir))?;
    let backups = data_dir.join("backups");
    fs::create_dir_all(&backups).map_err(EngineError::io("creating", &backups))?;
    let config = data_dir.join("config.xml");
    let users = data_dir.join("users.xml");
    let text = CONFIG.replace("{backups}", &escaped(&backups));
    fs::write(&config, text).map_err(EngineError::io("writing", &config))?;
    fs::write(&users, USERS).map_err(EngineError::io("writing", &users))?;
    Ok(vec![
        format!("--path={}", data_dir.join("clickhouse").display()),
        format!("--config-file={}", config.display()),
        format!("--users_config={}", users.display()),
    ])
}

fn escaped(path: &Path) -> String {
    path.display().to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
