//! The collector's pipelines: those that come with the program, and those an operator puts in their place.

use std::path::Path;

use anyhow::{Context as _, ensure};
use clickstream::{Definitions, Road, SpoolConfig};

use crate::config::Config;

/// The file of parameters that dialects share.
pub const ROAD: &str = "road.toml";

/// The pipelines to run; those read from a directory have passed their tests.
///
/// # Errors
/// A directory that was named and cannot be read or holds none, a definition that is wrong or whose tests fail.
pub fn load(config: &Config) -> anyhow::Result<Definitions> {
    match config.collect.pipelines.as_str() {
        "" => Ok(Definitions::built_in()?),
        dir => read(Path::new(dir)).with_context(|| format!("collect.pipelines, {dir}")),
    }
}

fn read(dir: &Path) -> anyhow::Result<Definitions> {
    let (mut road, mut texts) = (Road::built_in()?, Vec::new());
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name == ROAD) {
            road = Road::parse(&std::fs::read_to_string(&path)?)?;
        } else if path.extension().is_some_and(|ext| ext == "toml") {
            texts.push(std::fs::read_to_string(&path)?);
        }
    }
    ensure!(!texts.is_empty() || dir.join(ROAD).is_file(), "holds no definition");
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let definitions = Definitions::load(&texts, &road)?;
    definitions.validate()?;
    Ok(definitions)
}

/// The spool that those pipelines share, as the configuration bounds it.
pub fn spool_config(definitions: &Definitions, config: &Config) -> SpoolConfig {
    let mut spool = definitions.spool_config(config.data.dir.join("spool"));
    spool.max_bytes = config.spool.limit.0;
    spool.min_free_bytes = config.spool.min_free.0;
    spool
}
