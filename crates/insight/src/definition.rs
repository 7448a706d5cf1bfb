//! Definitions as data: `models/*.toml`, checked into valid parameters, carrying their gates, explanations and tests.

mod gates;
mod tests_inside;
mod write;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use vocab::{Interest, Taxonomy, Text};

use crate::content::ContentParams;
use crate::evaluate::Report;
use crate::factors::FactorParams;
use crate::interactions::Weighting;
use crate::models::Meta;
use crate::needs::NeedParams;
use crate::neighbours::NeighbourParams;
use crate::params::{OfflineParams, TrainParams, ValidTrainParams};
use crate::popularity::PopularityParams;
use crate::{InsightError, Result};

pub use gates::Gates;
pub use tests_inside::{DefinitionTest, Outcome};
pub use write::with_params;

/// Format of the definitions this build reads.
pub const FORMAT: u32 = 1;

const TAXONOMY: &str = include_str!("../../../models/taxonomy.toml");
/// Name (relative to `models/`) and text of every embedded definition.
const EMBEDDED: [(&str, &str); 5] = [
    ("features.toml", include_str!("../../../models/features.toml")),
    ("factors/model.toml", include_str!("../../../models/factors/model.toml")),
    ("neighbours/model.toml", include_str!("../../../models/neighbours/model.toml")),
    ("needs/model.toml", include_str!("../../../models/needs/model.toml")),
    ("content/model.toml", include_str!("../../../models/content/model.toml")),
];

/// `models/features.toml`: what behaviour counts, and how much.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Format of the file.
    pub format: u32,
    /// Seed of every training.
    pub seed: u64,
    /// Days of behaviour a training looks at.
    pub window_days: u32,
    /// What it does, for the transparency page.
    pub explain: Text,
    /// Event name → page views it is worth.
    pub events: Interest,
    /// From uses to weights.
    pub weighting: Weighting,
    /// Popularity and trends.
    pub popularity: PopularityParams,
}

/// `models/<name>/model.toml`: one model's parameters and what they must live up to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDefinition<P> {
    /// Format of the file.
    pub format: u32,
    /// `factors`, `neighbours`, `needs` or `content`.
    pub name: String,
    /// What it does, for the transparency page.
    pub explain: Text,
    /// What a training must reach to be promoted.
    pub gates: Gates,
    /// The parameters.
    pub params: P,
    /// Tests of the definition itself.
    #[serde(default, rename = "test")]
    pub tests: Vec<DefinitionTest>,
}

/// All definitions together.
#[derive(Clone, Debug, PartialEq)]
pub struct Definitions {
    /// What behaviour counts.
    pub features: Features,
    /// Matrix factorisation.
    pub factors: ModelDefinition<FactorParams>,
    /// Item-to-item lists.
    pub neighbours: ModelDefinition<NeighbourParams>,
    /// Needs.
    pub needs: ModelDefinition<NeedParams>,
    /// Items nobody used.
    pub content: ModelDefinition<ContentParams>,
    params: ValidTrainParams,
    digest: String,
}

impl Definitions {
    /// The definitions compiled into the binary.
    ///
    /// # Errors
    /// Never in a build whose tests passed.
    pub fn embedded() -> Result<Self> {
        Self::load(&[])
    }

    /// The embedded definitions, with some replaced by `(name relative to models/, text)`.
    ///
    /// # Errors
    /// A name that is no definition, an unknown key, another format, a parameter outside its range: with the file's name.
    pub fn load(replaced: &[(String, String)]) -> Result<Self> {
        if let Some((name, _)) =
            replaced.iter().find(|(name, _)| EMBEDDED.iter().all(|known| known.0 != name))
        {
            let known: Vec<&str> = EMBEDDED.iter().map(|known| known.0).collect();
            return Err(fail(
                name,
                format!("not a definition; expected one of {}", known.join(", ")),
            ));
        }
        let text = |position: usize| -> (&str, &str) {
            let (name, default) = EMBEDDED[position];
            let found = replaced.iter().find(|(other, _)| other == name);
            (name, found.map_or(default, |(_, text)| text))
        };
        let mut hash = Sha256::new();
        for position in 0..EMBEDDED.len() {
            let (name, text) = text(position);
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        let features: Features = parse(text(0))?;
        check_features(text(0).0, &features)?;
        let factors: ModelDefinition<FactorParams> = model(text(1), "factors")?;
        let neighbours: ModelDefinition<NeighbourParams> = model(text(2), "neighbours")?;
        let needs: ModelDefinition<NeedParams> = model(text(3), "needs")?;
        let content: ModelDefinition<ContentParams> = model(text(4), "content")?;
        let params = TrainParams {
            seed: features.seed,
            weighting: features.weighting.clone(),
            factors: factors.params.clone(),
            neighbours: neighbours.params.clone(),
            needs: needs.params.clone(),
            content: content.params.clone(),
            popularity: features.popularity.clone(),
            offline: OfflineParams::default(),
        };
        let digest = crate::models::hex(&hash.finalize());
        let params = params.check()?;
        Ok(Self { features, factors, neighbours, needs, content, params, digest })
    }

    /// The parameters of a training.
    pub fn params(&self) -> &ValidTrainParams {
        &self.params
    }

    /// SHA-256 over all definition texts, 64 hexadecimal characters.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What an artefact does not reach of what the definitions ask for, each with the model's name; empty is passed.
    pub fn refusals(&self, meta: &Meta, report: Option<&Report>) -> Vec<String> {
        let named = |(name, gates): (&str, &Gates)| -> Vec<String> {
            let refusals = gates.refusals(meta, report).into_iter();
            refusals.map(|refusal| format!("{name}: {refusal}")).collect()
        };
        self.gates().into_iter().flat_map(named).collect()
    }

    /// Why an artefact whose data end at `last_ms` is stale at `now_ms` (both milliseconds since 1970), each with the
    /// model's name; empty is fresh.
    pub fn staleness(&self, last_ms: i64, now_ms: i64) -> Vec<String> {
        let stale = self.gates().into_iter().filter(|(_, gates)| gates.is_stale(last_ms, now_ms));
        stale
            .map(|(name, gates)| {
                let days = (now_ms - last_ms) / crate::interactions::DAY_MS;
                format!(
                    "{name}: its data end {days} days ago, at most {} allowed",
                    gates.max_age_days
                )
            })
            .collect()
    }

    fn gates(&self) -> [(&str, &Gates); 4] {
        [
            (&self.factors.name, &self.factors.gates),
            (&self.neighbours.name, &self.neighbours.gates),
            (&self.needs.name, &self.needs.gates),
            (&self.content.name, &self.content.gates),
        ]
    }

    /// How strongly each kind of event speaks for an interest.
    pub fn interest(&self) -> &Interest {
        &self.features.events
    }

    /// Runs every `[[test]]`.
    ///
    /// # Errors
    /// Only where a test cannot be run at all; a failed one is an [`Outcome`].
    pub fn validate(&self, taxonomy: &Taxonomy) -> Result<Vec<Outcome>> {
        tests_inside::run(self, taxonomy)
    }
}

/// The embedded taxonomy, checked.
///
/// # Errors
/// Never in a build whose tests passed.
pub fn taxonomy() -> Result<Taxonomy> {
    parse_taxonomy(TAXONOMY)
}

/// A taxonomy from its text, checked.
///
/// # Errors
/// An unknown key or a reference to something that is not defined.
pub fn parse_taxonomy(text: &str) -> Result<Taxonomy> {
    let parsed: Taxonomy = parse(("taxonomy.toml", text))?;
    parsed.check().map_err(|error| fail("taxonomy.toml", error.to_string()))
}

fn fail(name: &str, detail: String) -> InsightError {
    InsightError::Definition { name: format!("models/{name}"), detail }
}

fn parse<T: for<'de> Deserialize<'de>>((name, text): (&str, &str)) -> Result<T> {
    toml::from_str(text).map_err(|error| fail(name, error.to_string().trim().to_owned()))
}

fn format_is_known(name: &str, format: u32) -> Result<()> {
    if format == FORMAT {
        return Ok(());
    }
    Err(fail(name, format!("format {format}, this build reads format {FORMAT}")))
}

fn check_features(name: &str, features: &Features) -> Result<()> {
    format_is_known(name, features.format)?;
    if features.window_days == 0 {
        return Err(fail(name, "window_days is 0, expected at least 1".to_owned()));
    }
    Ok(())
}

fn model<P: for<'de> Deserialize<'de>>(
    source: (&str, &str),
    name: &str,
) -> Result<ModelDefinition<P>> {
    let parsed: ModelDefinition<P> = parse(source)?;
    format_is_known(source.0, parsed.format)?;
    if parsed.name != name {
        return Err(fail(source.0, format!("name is {}, expected {name}", parsed.name)));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests;
