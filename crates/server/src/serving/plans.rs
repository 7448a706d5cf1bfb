//! The sites' tracking plans, read from their directory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clickstream::Plan;

use crate::config::Config;

/// Plans by the site's code.
pub type Plans = HashMap<String, Arc<Plan>>;

/// Where the plans lie.
pub fn directory(config: &Config) -> PathBuf {
    match config.collect.plans.as_str() {
        "" => config.data.dir.join("plans"),
        dir => PathBuf::from(dir),
    }
}

/// Reads every plan; none where the default directory is not there.
///
/// # Errors
/// A directory that was named and cannot be read, a plan that is wrong or whose tests fail, two plans of one site.
pub fn load(config: &Config) -> anyhow::Result<Plans> {
    let dir = directory(config);
    if config.collect.plans.is_empty() && !dir.is_dir() {
        return Ok(Plans::new());
    }
    let mut plans = Plans::new();
    let entries = std::fs::read_dir(&dir).with_context(|| format!("plans in {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ext| ext == "toml") {
            let plan = read(&path)?;
            let other = plans.insert(plan.site.clone(), Arc::new(plan));
            ensure!(other.is_none(), "{}: its site has a plan already", path.display());
        }
    }
    Ok(plans)
}

/// Reads one plan and runs its tests.
///
/// # Errors
/// As [`load`].
pub fn read(path: &Path) -> anyhow::Result<Plan> {
    let shown = || path.display().to_string();
    let plan =
        Plan::parse(&std::fs::read_to_string(path).with_context(shown)?).with_context(shown)?;
    plan.validate().with_context(shown)?;
    Ok(plan)
}
