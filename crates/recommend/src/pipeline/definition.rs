//! A pipeline as data: `format = 1`, unknown keys refused, a digest of what it does.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::Pipeline;
use super::inline::InlineTest;
use super::registry::Use;
use super::stage::{Filter, Scorer};
use crate::RecommendError;
use crate::filters::{blocked::Blocked, given::Given};
use crate::hydrators::{needs::Needs, reasons::Reasons};
use crate::query::MAX_LIMIT;
use crate::scorers::boosted::Boosted;

/// Candidates a fallback may offer.
const FALLBACK_LIMIT: i64 = 500;
/// Without these a list could break invariant 8 or show something twice.
const NEEDED_FILTERS: [&str; 2] = ["expired", "duplicate"];

/// A definition as it is written; [`Definition::build`] makes it a [`Pipeline`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Version of the format; 1.
    pub format: u32,
    /// Its name.
    pub name: String,
    /// Where its lists are shown.
    pub surface: String,
    /// Items of a list.
    pub result_size: usize,
    /// After this, sources that are not needed are left out.
    pub deadline: SignedDuration,
    /// Source that fills a short list.
    pub fallback: String,
    /// Sources in order.
    pub source: Vec<Table>,
    /// Filters in order.
    pub filter: Vec<Table>,
    /// Scorers in order.
    pub score: Vec<Table>,
    /// The selector.
    pub select: Table,
    /// Effects in order.
    #[serde(default)]
    pub effect: Vec<Table>,
    /// What it promises.
    #[serde(default)]
    pub test: Vec<InlineTest>,
}

impl Definition {
    /// Reads a definition and makes a pipeline of it; `file` names it in errors.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn load(file: &str, text: &str) -> Result<Pipeline, RecommendError> {
        let syntax = |error: toml::de::Error| RecommendError::Syntax {
            name: file.to_owned(),
            source: Box::new(error),
        };
        let definition: Self = toml::from_str(text).map_err(syntax)?;
        let digest = digest(&toml::from_str(text).map_err(syntax)?);
        definition.build(&digest)
    }

    fn build(self, digest: &str) -> Result<Pipeline, RecommendError> {
        self.check()?;
        let uses = |stage, tables: &[Table]| -> Result<Vec<Use<'_>>, RecommendError> {
            tables.iter().map(|table| self.component(stage, table)).collect()
        };
        let sources =
            uses("source", &self.source)?.iter().map(Use::source).collect::<Result<_, _>>()?;
        let mut filters: Vec<Box<dyn Filter>> = vec![Box::new(Given), Box::new(Blocked)];
        for filter in uses("filter", &self.filter)? {
            filters.push(filter.filter()?);
        }
        let mut scorers: Vec<Box<dyn Scorer>> = Vec::new();
        for scorer in uses("score", &self.score)? {
            scorers.push(scorer.scorer()?);
        }
        scorers.push(Box::new(Boosted));
        if let Some(missing) = NEEDED_FILTERS
            .into_iter()
            .find(|needed| filters.iter().all(|filter| filter.name() != *needed))
        {
            return Err(self.value("filter", format!("must include {missing}")));
        }
        let fallback = Table::from_iter([
            ("use".to_owned(), Value::from(self.fallback.clone())),
            ("limit".to_owned(), Value::from(FALLBACK_LIMIT)),
        ]);
        Ok(Pipeline {
            policy: format!("{}@{digest}", self.name),
            deadline: Duration::try_from(self.deadline).unwrap_or_default(),
            query_hydrators: vec![Box::new(Needs)],
            sources,
            filters,
            scorers,
            selector: self.component("select", &self.select)?.selector()?,
            fallback: self.component("source", &fallback)?.source()?,
            hydrators: vec![Box::new(Reasons)],
            effects: uses("effect", &self.effect)?
                .iter()
                .map(Use::effect)
                .collect::<Result<_, _>>()?,
            name: self.name,
            surface: self.surface,
            result_size: self.result_size,
            tests: self.test,
        })
    }

    fn check(&self) -> Result<(), RecommendError> {
        if self.format != 1 {
            return Err(RecommendError::Format { name: self.name.clone(), format: self.format });
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err(self.value("name", "must be of a-z, 0-9, - and _".to_owned()));
        }
        if !(1..=MAX_LIMIT).contains(&self.result_size) {
            return Err(self.value("result_size", format!("must be 1 to {MAX_LIMIT}")));
        }
        if self.deadline <= SignedDuration::ZERO {
            return Err(self.value("deadline", "must be longer than nothing".to_owned()));
        }
        if self.source.is_empty() || self.score.is_empty() {
            return Err(self.value("source", "and score must each have a component".to_owned()));
        }
        Ok(())
    }

    fn value(&self, field: &'static str, problem: String) -> RecommendError {
        RecommendError::Value { name: self.name.clone(), field, problem }
    }

    fn component(&self, stage: &'static str, table: &Table) -> Result<Use<'_>, RecommendError> {
        let mut parameters = table.clone();
        match parameters.remove("use") {
            Some(Value::String(name)) => Ok(Use { pipeline: &self.name, stage, name, parameters }),
            _ => Err(self.value(stage, "must say which component to use".to_owned())),
        }
    }
}

/// First eight hexadecimal characters of the SHA-256 of what the definition does: comments, order of keys and tests do
/// not count.
fn digest(definition: &Table) -> String {
    let mut meant = definition.clone();
    meant.remove("test");
    let mut text = String::new();
    canonical(&Value::Table(meant), &mut text);
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Table(table) => {
            let mut keys: Vec<_> = table.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in keys {
                out.push_str(&format!("{key:?}:"));
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for value in values {
                canonical(value, out);
                out.push(',');
            }
            out.push(']');
        }
        // 1 and 1.0 are the same weight.
        Value::Integer(number) => out.push_str(&format!("{:?}", *number as f64)),
        Value::Float(number) => out.push_str(&format!("{number:?}")),
        Value::String(text) => out.push_str(&format!("{text:?}")),
        Value::Boolean(truth) => out.push_str(&truth.to_string()),
        Value::Datetime(at) => out.push_str(&at.to_string()),
    }
}
