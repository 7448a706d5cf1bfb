//! The way of the owner's other processes to a running engine: its port lies beside its password.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::process::pong;
use super::{USER, secret};
use crate::child::is_locked;
use crate::error::EngineError;

/// How long a running engine may take to answer `/ping`.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a running engine listens and how to log in.
#[derive(Clone)]
pub struct Access {
    /// Its address on loopback.
    pub url: Url,
    /// The user.
    pub user: String,
    /// The password; only the owner of the data directory can read it.
    pub password: String,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Access {
    /// The engine that another process runs on a data directory; `None` where none answers.
    pub async fn find(data_dir: &Path) -> Option<Self> {
        if !is_locked(data_dir) {
            return None;
        }
        let port = fs::read_to_string(file(data_dir)).ok()?.trim().parse().ok()?;
        // A port written down by an engine that is gone may be anybody's by now.
        let answers = tokio::time::timeout(PATIENCE, pong(port)).await;
        if !matches!(answers, Ok(Ok(true))) {
            return None;
        }
        let password = secret::read_or_make(data_dir).ok()?;
        let url = Url::parse(&format!("http://127.0.0.1:{port}/")).ok()?;
        Some(Self { url, user: USER.to_owned(), password })
    }
}

/// Writes down where the engine listens.
pub(super) fn tell(data_dir: &Path, port: u16) -> Result<(), EngineError> {
    let path = file(data_dir);
    fs::write(&path, port.to_string()).map_err(EngineError::io("writing", path))
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("port")
}
