//! Experiments as data: `experiments.toml`, unknown keys refused.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::RecommendError;

/// All experiments.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiments {
    /// Version of the format; 1.
    pub format: u32,
    /// Another salt assigns everybody anew.
    pub salt: String,
    /// Who is kept out of everything.
    #[serde(default)]
    pub holdout: Option<HoldOut>,
    /// The experiments; in a layer their shares follow one another.
    #[serde(default)]
    pub experiment: Vec<Experiment>,
}

/// A share that gets one simple pipeline on every surface, to see what all experiments together are worth.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldOut {
    /// 0 to 0.5.
    pub share: f64,
    /// The pipeline.
    pub pipeline: String,
}

/// One experiment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Its name.
    pub name: String,
    /// Where it runs.
    pub surface: String,
    /// Experiments of one layer exclude each other.
    pub layer: String,
    /// Share of the layer, 0 to 1.
    pub traffic: f64,
    /// What is compared.
    pub arm: Vec<Arm>,
}

/// One side of an experiment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// The pipeline.
    pub pipeline: String,
    /// Share of the experiment, relative to the other arms.
    pub weight: f64,
}

impl Experiments {
    /// Reads a definition; `known` says which pipelines there are.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn parse(
        file: &str,
        text: &str,
        known: impl Fn(&str) -> bool,
    ) -> Result<Self, RecommendError> {
        let read: Self = toml::from_str(text).map_err(|error| RecommendError::Syntax {
            name: file.to_owned(),
            source: Box::new(error),
        })?;
        if read.format != 1 {
            return Err(RecommendError::Format { name: file.to_owned(), format: read.format });
        }
        let wrong = |field, problem: String| {
            Err(RecommendError::Value { name: file.to_owned(), field, problem })
        };
        if let Some(held) = &read.holdout {
            if !(0.0..=0.5).contains(&held.share) {
                return wrong("holdout.share", "must be 0 to 0.5".to_owned());
            }
            if !known(&held.pipeline) {
                return wrong("holdout.pipeline", format!("{} does not exist", held.pipeline));
            }
        }
        let plain = |name: &str| {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            !name.is_empty() && name.chars().all(fits)
        };
        let mut names = HashSet::new();
        let mut layers: BTreeMap<&str, f64> = BTreeMap::new();
        let mut surfaces: BTreeMap<&str, &str> = BTreeMap::new();
        for one in &read.experiment {
            let name = &one.name;
            if !plain(name) || name == super::HOLD_OUT || !names.insert(name) {
                return wrong(
                    "experiment.name",
                    format!("{name} must be of a-z, 0-9, - and _, once"),
                );
            }
            let layer = layers.entry(&one.layer).or_insert(0.0);
            *layer += one.traffic;
            if !(0.0..=1.0).contains(&one.traffic) || *layer > 1.0 + 1e-9 {
                let problem = format!("of layer {} must be 0 to 1 in all", one.layer);
                return wrong("experiment.traffic", problem);
            }
            // Two layers would each choose a pipeline for one list.
            if *surfaces.entry(&one.surface).or_insert(&one.layer) != one.layer {
                let problem = format!("of surface {} must be one only", one.surface);
                return wrong("experiment.layer", problem);
            }
            let mut arms = HashSet::new();
            for arm in &one.arm {
                if !plain(&arm.name) || !arms.insert(&arm.name) {
                    let problem =
                        format!("{} of {name} must be of a-z, 0-9, - and _, once", arm.name);
                    return wrong("experiment.arm.name", problem);
                }
                if !(arm.weight.is_finite() && arm.weight > 0.0) {
                    return wrong("experiment.arm.weight", format!("of {name} must be above 0"));
                }
                if !known(&arm.pipeline) {
                    let problem = format!("{} of {name} does not exist", arm.pipeline);
                    return wrong("experiment.arm.pipeline", problem);
                }
            }
            if one.arm.len() < 2 {
                return wrong("experiment.arm", format!("of {name} must be two at least"));
            }
        }
        Ok(read)
    }
}
