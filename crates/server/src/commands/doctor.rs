//! `civicsense doctor`: looks at configuration, engine, schema, definitions; `doctor ledger` checks the sums.

use std::time::Duration;

use anyhow::ensure;
use jiff::SignedDuration;
use warehouse::Reconciliation;

use super::Common;
use crate::clock::Clock;
use crate::storage::Storage;

/// How often a ledger that does not balance is looked at again: what arrived just now may still be in the spool.
const LOOKS: u32 = 15;
/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Arguments of `doctor`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense doctor
  civicsense doctor ledger --hours 24    accepted = stored + suppressed + dead letters, per minute, site and library")]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum What {
    /// Compare what was accepted with what is stored, suppressed or dead-lettered.
    Ledger {
        /// Hours back from now.
        #[arg(long, default_value_t = 24)]
        hours: u32,
    },
}

/// Looks and tells.
///
/// # Errors
/// Anything that is not as it should be.
#[expect(clippy::print_stdout, reason = "the findings are this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.common.config()?;
    println!("ok  configuration");
    let storage = Storage::open(&config).await?;
    println!("ok  registry, analytic engine and schema");
    let outcome = match args.what {
        Some(What::Ledger { hours }) => ledger(&storage, hours).await,
        None => {
            storage.close().await;
            return super::validate::run(&super::validate::Args::default());
        }
    };
    storage.close().await;
    outcome
}

#[expect(clippy::print_stdout, reason = "the ledger is this command's output")]
async fn ledger(storage: &Storage, hours: u32) -> anyhow::Result<()> {
    let found = settled(storage, hours).await?;
    println!(
        "minute\tsite\tprotocol\tlibrary\taccepted\tstored\tsuppressed\tdead letters\tdifference"
    );
    for row in &found.rows {
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            row.minute,
            row.site,
            row.proto,
            row.lib,
            row.accepted(),
            row.stored,
            row.suppressed,
            row.dead,
            row.difference()
        );
    }
    let wrong = found.differences().count();
    ensure!(wrong == 0, "{wrong} of {} rows do not balance", found.rows.len());
    println!("ok  {} rows balance", found.rows.len());
    Ok(())
}

/// The ledger up to this moment, once it balances or has had its time.
async fn settled(storage: &Storage, hours: u32) -> anyhow::Result<Reconciliation> {
    let mut looks = 1;
    loop {
        let now = Clock::system().now();
        let from = now - SignedDuration::from_hours(i64::from(hours));
        let found = storage.warehouse.ledger(from, now + SignedDuration::from_mins(1)).await?;
        if found.balances() || looks == LOOKS {
            return Ok(found);
        }
        looks += 1;
        tokio::time::sleep(PAUSE).await;
    }
}
