//! What is known of a version without loading it.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use insight::Models;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Promotion, Trial, write_durably};

/// A version on the shelf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// Its name on the shelf.
    pub name: String,
    /// SHA-256 of the artefact.
    pub digest: String,
    /// When it was trained.
    #[schema(value_type = String)]
    pub trained_at: Timestamp,
    /// First and last use it learnt from, milliseconds since 1970.
    pub window_ms: (i64, i64),
    /// Uses learnt from.
    pub uses: u64,
    /// Visitors learnt from.
    pub visitors: u64,
    /// What the fit says of itself.
    #[schema(value_type = Object)]
    pub metrics: Vec<(String, f64)>,
    /// What it did not reach of what its definition asks for; then it cannot be promoted.
    pub refusals: Vec<String>,
    /// Whether it is in service.
    #[serde(default)]
    pub serving: bool,
    /// When it was put in service, by whom and why.
    #[serde(default)]
    pub promotions: Vec<Promotion>,
    /// Share of the visitors it is tried on, in percent, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary_percent: Option<f64>,
    /// Share of the requests it makes lists for that nobody sees, in percent, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow_percent: Option<f64>,
    /// When it was tried, how, on how many, who decided it and why.
    #[serde(default)]
    pub trials: Vec<Trial>,
}

impl Version {
    pub(super) fn new(
        name: &str,
        models: &Models,
        trained_at: Timestamp,
        refusals: Vec<String>,
    ) -> Self {
        let meta = &models.meta;
        Self {
            name: name.to_owned(),
            digest: meta.digest.clone(),
            trained_at,
            window_ms: (meta.first_ms, meta.last_ms),
            uses: meta.uses,
            visitors: meta.visitors,
            metrics: meta.metrics.clone(),
            refusals,
            serving: false,
            promotions: Vec::new(),
            canary_percent: None,
            shadow_percent: None,
            trials: Vec::new(),
        }
    }

    pub(super) fn write(&self, dir: &Path) -> anyhow::Result<()> {
        write_durably(&dir.join(format!("{}.json", self.name)), &serde_json::to_vec_pretty(self)?)
    }

    pub(super) fn read(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let path = dir.join(format!("{name}.json"));
        let text = match fs::read(&path) {
            // Trained before versions had records: the artefact itself says it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let models = Models::from_bytes(&fs::read(dir.join(name))?)?;
                let trained_at = super::time_of(name).context("the version's name has no time")?;
                return Ok(Self::new(name, &models, trained_at, Vec::new()));
            }
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
    }
}
