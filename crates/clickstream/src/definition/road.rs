//! Parameters that several definitions share, so that five dialects do not repeat one list of crawlers five times.

use serde::Deserialize;

use super::FORMAT;
use crate::CollectError;
use crate::steps::StepSpec;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    name: String,
    #[serde(rename = "step")]
    steps: Vec<toml::Table>,
}

/// Steps whose parameters a definition takes by `from = "road"`.
#[derive(Clone, Debug)]
pub struct Road {
    name: String,
    steps: Vec<toml::Table>,
}

impl Road {
    /// The one that comes with the program.
    pub const BUILT_IN: &str = include_str!("../../../../pipelines/clickstream/road.toml");

    /// The road that comes with the program.
    ///
    /// # Errors
    /// `Definition`, only where the program was built from a wrong one.
    pub fn built_in() -> Result<Self, CollectError> {
        Self::parse(Self::BUILT_IN)
    }

    /// Reads a road. Its parameters are checked where a definition uses them.
    ///
    /// # Errors
    /// `Definition`: not in the format.
    pub fn parse(text: &str) -> Result<Self, CollectError> {
        let fail = |name: String, detail: String| CollectError::Definition { name, detail };
        let file: File =
            toml::from_str(text).map_err(|error| fail("road".into(), error.to_string()))?;
        if file.format != FORMAT {
            return Err(fail(file.name, format!("format {} is not known", file.format)));
        }
        Ok(Self { name: file.name, steps: file.steps })
    }

    /// A step of a definition with what it takes from here; what it says itself wins.
    pub(super) fn complete(&self, mut step: toml::Table) -> Result<StepSpec, String> {
        let kind = step.get("do").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        if let Some(from) = step.remove("from") {
            if from.as_str() != Some(&self.name) {
                return Err(format!("step {kind}: `from` is {from}, known is \"{}\"", self.name));
            }
            let shared = self.steps.iter().find(|shared| shared.get("do") == step.get("do"));
            let shared = shared.ok_or_else(|| format!("{} has no step {kind}", self.name))?;
            for (key, value) in shared {
                step.entry(key).or_insert_with(|| value.clone());
            }
        }
        step.try_into().map_err(|error: toml::de::Error| format!("step {kind}: {error}"))
    }
}
