//! `civicsense sites`: what trackers must be told: numbers, write keys, and the token that only servers may know.

use anyhow::ensure;
use registry::Registry;

use super::Common;

/// Arguments of `sites`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense sites              numbers, codes, hosts and public write keys
  civicsense sites --data-dir civicsense-data/demo    of the demo
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
/// No data there, or a registry that cannot be opened.
#[expect(clippy::print_stdout, reason = "the list is this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.common.config()?;
    let file = config.data.dir.join("registry.sqlite");
    ensure!(
        file.is_file(),
        "no data in {}: `civicsense serve` makes it, --data-dir names another",
        config.data.dir.display()
    );
    let registry = Registry::open(&file).await?;
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
