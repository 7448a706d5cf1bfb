//! `civicsense import`: server logs and content catalogues, each idempotent.

mod catalogue;
mod log;

use anyhow::Context as _;
use registry::{Registry, Site};

/// What to bring in.
#[derive(Clone, Debug, clap::Subcommand)]
#[command(after_help = "Examples:
  civicsense import log access.log.gz --site main
  civicsense import catalogue items.ndjson --site main --reviewed")]
pub enum Command {
    /// Bring in server logs: Common or Combined Log Format, plain or gzip, any size.
    Log(log::Args),
    /// Bring in a content catalogue: NDJSON, JSON, CSV, RSS, Atom or a sitemap; a file or an address.
    Catalogue(catalogue::Args),
}

/// Imports.
///
/// # Errors
/// A file that cannot be read, an unknown site, a store in use by a running server.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Log(args) => log::run(args).await,
        Command::Catalogue(args) => catalogue::run(args).await,
    }
}

/// The site with that code; without one the first.
pub(super) async fn site(registry: &Registry, code: Option<&str>) -> anyhow::Result<Site> {
    let sites = registry.sites().await?;
    let codes: Vec<String> = sites.iter().map(|site| site.code.clone()).collect();
    sites.into_iter().find(|site| code.is_none_or(|code| site.code == code)).with_context(|| {
        match code {
            Some(code) => format!("no site `{code}`; there are: {}", codes.join(", ")),
            None => "there is no site yet: start the server once".to_owned(),
        }
    })
}
