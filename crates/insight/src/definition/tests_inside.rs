//! The `[[test]]`s a definition carries: tiny histories with an expected neighbour, texts with an expected need.

use std::collections::BTreeMap;

use serde::Deserialize;
use vocab::{SessionId, Taxonomy, VisitorId};

use super::Definitions;
use crate::content::{ContentModel, ContentParams, Warm};
use crate::interactions::{Interactions, InteractionsBuilder};
use crate::needs::{ItemText, NeedModel};
use crate::neighbours::Neighbours;
use crate::params::TrainParams;
use crate::{Factors, InsightError, Result};

/// One test of a definition.
///
/// Behaviour tests give `people` (items in order of use), `given` and `expect` or `refuse`;
/// content tests `texts` of those items and of items nobody used beside; need tests give `text` and `need`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DefinitionTest {
    /// What it shows, as a sentence.
    pub name: String,
    /// What each person used, in order.
    pub people: Vec<Vec<String>>,
    /// The history to ask for.
    pub given: Vec<String>,
    /// An item that must be among the first `within`.
    pub expect: Option<String>,
    /// An item that must not be.
    pub refuse: Option<String>,
    /// Item → what is written on it.
    pub texts: BTreeMap<String, String>,
    /// A text to recognise a need in.
    pub text: Option<String>,
    /// The need that must be among the first `within`.
    pub need: Option<String>,
    /// Length of the list looked at.
    pub within: usize,
}

/// How a test of a definition went.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The definition, for example `models/needs/model.toml`.
    pub definition: String,
    /// The test's name.
    pub test: String,
    /// What went wrong; `None` is passed.
    pub failure: Option<String>,
}

pub(super) fn run(definitions: &Definitions, taxonomy: &Taxonomy) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let mut push = |name: &str, test: &DefinitionTest, failure: Option<String>| {
        outcomes.push(Outcome {
            definition: format!("models/{name}/model.toml"),
            test: test.name.clone(),
            failure,
        });
    };
    let params = definitions.params.get();
    for test in &definitions.factors.tests {
        let (table, history) = behaviour("factors", test)?;
        let matrix = table.user_item(&params.weighting, 0);
        let factors = Factors::fit(&matrix, &table.visitors, &params.factors, params.seed, &|_| {});
        let seen = |item| history.iter().any(|entry| entry.0 == item);
        let found = factors.top(&factors.fold_in(&history), test.within, &seen);
        push("factors", test, judge(test, &names(&table, &found)));
    }
    for test in &definitions.neighbours.tests {
        let (table, history) = behaviour("neighbours", test)?;
        let matrix = table.user_item(&params.weighting, 0);
        let neighbours = Neighbours::build(&matrix, &table, &params.neighbours, 0);
        let found: Vec<(u32, f32)> =
            history.iter().flat_map(|&(item, _)| neighbours.related(item, test.within)).collect();
        push("neighbours", test, judge(test, &names(&table, &found)));
    }
    for test in &definitions.content.tests {
        let (table, history) = behaviour("content", test)?;
        let found = content(test, &table, &history, params);
        push("content", test, judge(test, &found));
    }
    if !definitions.needs.tests.is_empty() {
        let (model, _) = NeedModel::fit(&[], taxonomy, &params.needs, &|_| {})?;
        for test in &definitions.needs.tests {
            push("needs", test, need(&model, test)?);
        }
    }
    Ok(outcomes)
}

fn missing(name: &str, test: &DefinitionTest, what: &str) -> InsightError {
    super::fail(&format!("{name}/model.toml"), format!("test \"{}\" has no {what}", test.name))
}

fn behaviour(name: &str, test: &DefinitionTest) -> Result<(Interactions, Vec<(u32, f32)>)> {
    if test.within == 0 {
        return Err(missing(name, test, "`within` above 0"));
    }
    if test.expect.is_none() && test.refuse.is_none() {
        return Err(missing(name, test, "`expect` or `refuse`"));
    }
    let mut builder = InteractionsBuilder::new();
    for (person, items) in test.people.iter().enumerate() {
        let id = person as u64 + 1;
        for (step, item) in items.iter().enumerate() {
            builder.push(VisitorId(id), item, SessionId(id), step as i64 * 1_000, 1.0);
        }
    }
    let table = builder.build().canonical();
    let position = |item: &String| {
        let found = table.items.iter().position(|known| known.as_str() == item.as_str());
        found
            .map(|position| (position as u32, 1.0))
            .ok_or_else(|| missing(name, test, &format!("person who used the given item {item}")))
    };
    let history = test.given.iter().map(position).collect::<Result<Vec<_>>>()?;
    if history.is_empty() {
        return Err(missing(name, test, "`given`"));
    }
    Ok((table, history))
}

/// The items nobody used that are offered, best first.
fn content(
    test: &DefinitionTest,
    table: &Interactions,
    history: &[(u32, f32)],
    params: &TrainParams,
) -> Vec<String> {
    let matrix = table.user_item(&params.weighting, 0);
    let factors = Factors::fit(&matrix, &table.visitors, &params.factors, params.seed, &|_| {});
    let texts = test.texts.iter().map(|(id, text)| ItemText {
        id: id.as_str().into(),
        text: text.clone(),
        labels: Vec::new(),
    });
    let uses = matrix.transpose().row_sums();
    let warm = Warm { items: &table.items, factors: &factors, uses: &uses };
    // A test has a handful of items.
    let few = ContentParams { min_items: 1, ..params.content.clone() };
    let texts: Vec<ItemText> = texts.collect();
    let model = ContentModel::fit(&texts, warm, &few, params.seed, &|_| {});
    let found = model.cold().top_near(&factors.fold_in(history), test.within, usize::MAX);
    found.iter().map(|entry| model.cold().items()[entry.0 as usize].to_string()).collect()
}

fn names(table: &Interactions, found: &[(u32, f32)]) -> Vec<String> {
    found.iter().map(|entry| table.items[entry.0 as usize].to_string()).collect()
}

fn judge(test: &DefinitionTest, found: &[String]) -> Option<String> {
    if let Some(expected) = test.expect.as_ref().filter(|item| !found.contains(item)) {
        return Some(format!("expected {expected}, found {}", found.join(", ")));
    }
    let refused = test.refuse.as_ref().filter(|item| found.contains(item))?;
    Some(format!("{refused} must not be there, found {}", found.join(", ")))
}

fn need(model: &NeedModel, test: &DefinitionTest) -> Result<Option<String>> {
    let text = test.text.as_ref().ok_or_else(|| missing("needs", test, "`text`"))?;
    let expected = test.need.as_ref().ok_or_else(|| missing("needs", test, "`need`"))?;
    let mut best = crate::ranking::Best::new(test.within);
    for (position, probability) in model.probabilities(text).into_iter().enumerate() {
        best.push(position as u32, probability);
    }
    let found: Vec<String> = best
        .into_sorted()
        .into_iter()
        .filter_map(|(need, _)| model.need_id(need as u16).map(ToString::to_string))
        .collect();
    let failure = format!("expected {expected}, found {}", found.join(", "));
    Ok((!found.contains(expected)).then_some(failure))
}
