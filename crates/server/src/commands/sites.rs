//! `civicsense sites`: what trackers must be told: numbers, write keys, and the token that only servers may know.

use registry::Registry;

use super::Common;
use crate::boot;
use crate::clock::Clock;

/// Arguments of `sites`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense sites              numbers, codes, hosts and public write keys
  civicsense sites --tokens     and the secret tokens (Matomo's token_auth) that allow old times and others' addresses")]
pub struct Args {
    /// Show the secret tracking tokens too.
    #[arg(long)]
    tokens: bool,
    #[command(flatten)]
    common: Common,
}

/// Lists the sites; works beside a running server.
///
/// # Errors
/// A registry that cannot be opened.
#[expect(clippy::print_stdout, reason = "the list is this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.common.config()?;
    std::fs::create_dir_all(&config.data.dir)?;
    let registry = Registry::open(&config.data.dir.join("registry.sqlite")).await?;
    boot::ensure_site(&registry, Clock::system().now()).await?;
    print!("number\tcode\thost\twrite key");
    println!("{}", if args.tokens { "\ttoken" } else { "" });
    for site in registry.sites().await? {
        print!("{}\t{}\t{}\t{}", site.id, site.code, site.host, site.write_key);
        if args.tokens {
            print!("\t{}", clickstream::tracking_token(&site.pepper, site.id));
        }
        println!();
    }
    registry.close().await;
    Ok(())
}
