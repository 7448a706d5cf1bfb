//! `civicsense query`: a behaviour question, its answer as a table, and the SQL.

use analytics::Query as Question;
use anyhow::Context as _;

use super::Common;
use crate::clock::Clock;
use crate::storage::Storage;

/// Arguments of `query`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  civicsense query '{\"question\":\"trends\",\"metric\":\"visitors\",\"interval\":\"day\"}'
  civicsense query '{\"question\":\"search\",\"report\":\"zero_results\",\"limit\":20}' --json
  civicsense query '{\"question\":\"trends\"}' --data-dir civicsense-data/demo    of the demo
  civicsense query '{\"question\":\"funnel\",\"steps\":[{\"event\":\"page_view\"},{\"event\":\"service_start\"}]}' --sql")]
pub struct Args {
    /// The question as JSON.
    question: String,
    /// Print only the SQL and its parameters; asks nobody.
    #[arg(long)]
    sql: bool,
    /// Print rows as JSON, one a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Asks and prints.
///
/// # Errors
/// A question that is not valid, or an analytic store that is away.
#[expect(clippy::print_stdout, reason = "the answer is this command's output")]
pub async fn run(args: Args) -> anyhow::Result<()> {
    let value = serde_json::from_str(&args.question).context("the question is not JSON")?;
    let plan = Question::parse(value)?.check(Clock::system().now())?.plan();
    if args.sql {
        println!("{}", plan.sql);
        for param in &plan.params {
            println!("-- {} = {}", param.name, serde_json::to_string(&param.value)?);
        }
        return Ok(());
    }
    let storage = Storage::open(&args.common.config()?).await?;
    let answer = storage.warehouse.run(&plan).await;
    storage.close().await;
    let rows = answer?.rows;
    if args.json {
        for row in rows {
            println!("{}", serde_json::to_string(&row)?);
        }
        return Ok(());
    }
    let names: Vec<&str> = plan.columns.iter().map(|column| column.name).collect();
    println!("{}", names.join("\t"));
    for row in rows {
        let cells: Vec<String> = names
            .iter()
            .filter_map(|name| row.get(*name))
            .map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned))
            .collect();
        println!("{}", cells.join("\t"));
    }
    println!("\n{}", plan.sql);
    Ok(())
}
