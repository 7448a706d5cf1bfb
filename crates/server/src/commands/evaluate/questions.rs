//! Other questions an evaluation can answer: which pages to link, who wants an item nobody has used, and what another
//! policy would have earned. Told apart by the columns of the files.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use insight::cold_start::{self, ColdStartParams, ItemFeatures, Uses};
use insight::links::{self, Graph, LinksParams};
use insight::off_policy::{OpenBandit, OpenBanditParams, open_bandit};

use super::input::{Part, first_line, parts};
use super::{Args, Found};

/// Answers the question the files ask, if it is one of these.
pub(super) fn answer(args: &Args, files: &[Part]) -> anyhow::Result<Option<Found>> {
    let first = first_line(files);
    if !args.items.is_empty() {
        return cold(args, files).map(Some);
    }
    if first.contains("propensity_score") {
        return bandit(args, files).map(Some);
    }
    if first.contains("source_content_id") && first.contains("destination_content_id") {
        return pages(args, files).map(Some);
    }
    Ok(None)
}

fn pages(args: &Args, moves: &[Part]) -> anyhow::Result<Found> {
    let mut graph = Graph::default();
    for part in moves {
        graph.read_moves(part.text.as_slice()).with_context(|| part.unread())?;
    }
    for part in parts(&args.links)? {
        graph.read_links(part.text.as_slice()).with_context(|| part.unread())?;
    }
    let params = LinksParams { seed: args.seed, ..LinksParams::default() };
    Ok(Found::Links(Box::new(links::evaluate(&graph, &params)?)))
}

fn cold(args: &Args, train: &[Part]) -> anyhow::Result<Found> {
    let one = |files: &[Part], what: &str| -> anyhow::Result<Vec<u8>> {
        ensure!(files.len() == 1, "one file of {what} is needed, {} were given", files.len());
        Ok(files[0].text.clone())
    };
    let test = parts(&args.test)?;
    let train = Uses::read(one(train, "training pairs")?.as_slice()).context("training pairs")?;
    let cold =
        Uses::read(one(&test, "pairs of new items (--test)")?.as_slice()).context("--test")?;
    let items = one(&parts(&args.items)?, "items")?;
    let items = ItemFeatures::read(items.as_slice()).context("--items")?;
    let params = ColdStartParams { seed: args.seed, ..ColdStartParams::default() };
    Ok(Found::Cold(Box::new(cold_start::evaluate(&train, &cold, &items, &params)?)))
}

fn bandit(args: &Args, logs: &[Part]) -> anyhow::Result<Found> {
    let others = parts(&args.test)?;
    ensure!(
        logs.len() == others.len() && !logs.is_empty(),
        "every log needs the log of the policy to be valued (--test): {} and {} were given",
        logs.len(),
        others.len()
    );
    let read = |parts: &[Part]| -> anyhow::Result<Vec<OpenBandit>> {
        let one =
            |part: &Part| OpenBandit::read(part.text.as_slice()).with_context(|| part.unread());
        parts.iter().map(one).collect()
    };
    let (measured, valued) = (read(logs)?, read(&others)?);
    let name = |part: &Part| {
        let path = PathBuf::from(&part.name);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_default().split('.').next().unwrap_or_default().to_owned()
    };
    let names: Vec<String> = logs.iter().map(name).collect();
    let campaigns: Vec<(&str, &OpenBandit, &OpenBandit)> = names
        .iter()
        .zip(measured.iter().zip(&valued))
        .map(|(name, (log, other))| (name.as_str(), log, other))
        .collect();
    let params = OpenBanditParams { seed: args.seed, ..OpenBanditParams::default() };
    Ok(Found::Policies(Box::new(open_bandit(&campaigns, &params)?)))
}
