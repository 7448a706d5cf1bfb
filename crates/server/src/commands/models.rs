//! `civicsense models`: the versions on the shelf, and which of them is served.

use anyhow::ensure;

use super::Common;
use crate::clock::Clock;
use crate::serving::models::{Shelf, Version, Way};

/// Arguments of `models`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense models                                             every version, the newest first
  civicsense models --json
  civicsense models promote 1a2b3c4d --by li --reason 'NDCG +3 % on last week'
  civicsense models rollback --by li --reason complaints        serve the version of before again
  civicsense models canary 1a2b3c4d --share 5 --by li --reason 'NDCG +3 %'
  civicsense models canary stop --by li --reason complaints     everybody gets what is served
  civicsense models shadow 1a2b3c4d --share 20 --by li --reason 'how much changes'

A running server follows within ten seconds.")]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Serve a version that passed its gates.
    #[command(after_help = "Examples:
  civicsense models promote 1a2b3c4d --by li --reason 'NDCG +3 % on last week'")]
    Promote {
        /// The beginning of its digest, or its name on the shelf.
        digest: String,
        #[command(flatten)]
        approval: Approval,
    },
    /// Serve the version again that was served before the present one.
    #[command(after_help = "Examples:
  civicsense models rollback --by li --reason complaints")]
    Rollback {
        #[command(flatten)]
        approval: Approval,
    },
    /// Try a version on a share of the visitors, or stop trying.
    #[command(after_help = "Examples:
  civicsense models canary 1a2b3c4d --share 5 --by li --reason 'NDCG +3 % on last week'
  civicsense models canary stop --by li --reason complaints

The same visitors get it all the time, none without their consent. What came of their lists:
  GET /v1/analytics/recommendations?by=models")]
    Canary {
        /// The beginning of its digest, or its name on the shelf; `stop` ends the trial.
        digest: String,
        /// Share of the visitors, in percent: above 0, at most 50.
        #[arg(long, default_value_t = 5.0)]
        share: f64,
        #[command(flatten)]
        approval: Approval,
    },
    /// Make lists with a version that nobody sees, and compare them with those served, or stop.
    #[command(after_help = "Examples:
  civicsense models shadow 1a2b3c4d --share 20 --by li --reason 'how much changes'
  civicsense models shadow stop --by li --reason 'seen enough'

How many of the first ten items are the same, and how long the lists take:
  GET /v1/models/versions")]
    Shadow {
        /// The beginning of its digest, or its name on the shelf; `stop` ends it.
        digest: String,
        /// Share of the requests, in percent: above 0, at most 100.
        #[arg(long, default_value_t = 5.0)]
        share: f64,
        #[command(flatten)]
        approval: Approval,
    },
}

#[derive(Clone, Debug, clap::Args)]
struct Approval {
    /// Who approves it.
    #[arg(long)]
    by: String,
    /// Why, for the record.
    #[arg(long)]
    reason: String,
}

/// Lists, promotes, goes back or tries; works beside a running server.
///
/// # Errors
/// No models there, no such version, one its gates refuse, nothing to go back to, a disk that fails.
#[expect(clippy::print_stdout, reason = "the versions are this command's output")]
pub fn run(args: Args) -> anyhow::Result<()> {
    let config = args.common.config()?;
    let dir = config.data.dir.join("models");
    ensure!(
        dir.is_dir(),
        "no models in {}: `civicsense serve` makes them, --data-dir names another",
        config.data.dir.display()
    );
    let shelf = Shelf::open(dir, config.training.max_age.0)?;
    let now = Clock::system().now();
    match args.what {
        None if args.json => println!("{}", serde_json::to_string_pretty(&shelf.versions()?)?),
        None => {
            println!("digest\ttrained at\tuses\tvisitors\tstate");
            for version in shelf.versions()? {
                println!("{}", line(&version));
            }
        }
        Some(What::Promote { digest, approval }) => {
            let name = shelf.promote(&digest, &approval.by, &approval.reason, now)?;
            println!("{name} is in service");
        }
        Some(What::Rollback { approval }) => {
            let name = shelf.roll_back(&approval.by, &approval.reason, now)?;
            println!("{name} is in service again");
        }
        Some(What::Canary { digest, share, approval }) => {
            println!("{}", tried(&shelf, Way::Canary, &digest, share, &approval)?);
        }
        Some(What::Shadow { digest, share, approval }) => {
            println!("{}", tried(&shelf, Way::Shadow, &digest, share, &approval)?);
        }
    }
    Ok(())
}

fn tried(
    shelf: &Shelf,
    way: Way,
    digest: &str,
    share: f64,
    approval: &Approval,
) -> anyhow::Result<String> {
    let (by, reason, now) = (&approval.by, &approval.reason, Clock::system().now());
    if digest == "stop" {
        let name = shelf.stop_trial(way, by, reason, now)?;
        return Ok(format!("{name} is not tried any more"));
    }
    let name = shelf.start_trial(way, (digest, share), by, reason, now)?;
    Ok(match way {
        Way::Canary => format!("{name} is tried on {share} % of the visitors"),
        Way::Shadow => format!("{name} is compared on {share} % of the requests"),
    })
}

fn line(version: &Version) -> String {
    let by =
        version.promotions.last().map(|one| format!(", {} by {}: {}", one.at, one.by, one.reason));
    let state = match (version.serving, version.refusals.as_slice()) {
        (true, _) => format!("in service{}", by.unwrap_or_default()),
        (false, []) if version.promotions.is_empty() => "waits".to_owned(),
        (false, []) => "was in service".to_owned(),
        (false, refusals) => format!("refused: {}", refusals.join("; ")),
    };
    let tried = [("tried on", version.canary_percent), ("shadow of", version.shadow_percent)];
    let tried =
        tried.into_iter().filter_map(|(how, percent)| Some(format!("{how} {} %", percent?)));
    let state = std::iter::once(state).chain(tried).collect::<Vec<_>>().join(", ");
    let Version { digest, trained_at, uses, visitors, .. } = version;
    format!("{}\t{trained_at}\t{uses}\t{visitors}\t{state}", &digest[..8.min(digest.len())])
}
