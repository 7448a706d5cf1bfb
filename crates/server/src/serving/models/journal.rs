//! What was decided about versions when, by whom and why: one line each, only ever added.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was put in service: [`Promotion`]s.
pub(super) const PROMOTIONS: &str = "promotions.jsonl";
/// What was tried: [`super::Trial`]s.
pub(super) const TRIALS: &str = "trials.jsonl";

/// A version was put in service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Promotion {
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Its name on the shelf.
    pub version: String,
    /// Who approved it: an officer, or `training` where it passed its gates.
    pub by: String,
    /// Why.
    pub reason: String,
}

pub(super) fn append(dir: &Path, journal: &str, entry: &impl Serialize) -> anyhow::Result<()> {
    // The first newline ends a line that a crash cut short.
    let line = format!("\n{}\n", serde_json::to_string(entry)?);
    let path = dir.join(journal);
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(line.as_bytes())?;
    Ok(file.sync_all()?)
}

/// All of them, the oldest first; a line cut short by a crash is left out.
pub(super) fn read<T: DeserializeOwned>(dir: &Path, journal: &str) -> anyhow::Result<Vec<T>> {
    let file = match File::open(dir.join(journal)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let lines = BufReader::new(file).lines().collect::<Result<Vec<String>, _>>()?;
    Ok(lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
