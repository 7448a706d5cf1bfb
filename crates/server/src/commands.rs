//! The commands of the binary, one file each.

pub mod demo;
pub mod doctor;
pub mod engine;
pub mod evaluate;
pub mod import;
pub mod models;
pub mod push;
pub mod query;
pub mod serve;
pub mod sites;
pub mod train;
pub mod validate;

use std::path::PathBuf;

use anyhow::Context as _;

use crate::config::Config;

/// Runs a command to its end on a multi-threaded runtime.
///
/// # Errors
/// The command's own, or a runtime that cannot start.
pub fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(command)
}

/// What every command that touches data takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Common {
    /// Configuration file; without it every setting has its default.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory of everything durable; overrides `data.dir`.
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl Common {
    /// The configuration this command runs with.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(dir) = &self.data_dir {
            config.data.dir.clone_from(dir);
        }
        Ok(config)
    }
}
