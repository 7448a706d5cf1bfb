//! Which pipeline makes a list: an operator's own definitions and experiments, read from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use recommend::experiment::Experiments;
use recommend::{Pipeline, Pipelines, Query};
use vocab::Taxonomy;

use crate::app::State;
use crate::config::Config;

/// The usual name of the file of experiments; in a directory of pipelines it is none.
pub const EXPERIMENTS: &str = "experiments.toml";

/// What the files say, unchecked: two of the same text need no second look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pipelines: Vec<(String, String)>,
    experiments: Option<(String, String)>,
}

/// Pipelines and the experiments that name them, checked together.
#[derive(Debug)]
pub struct Arms {
    /// The built-in ones with the operator's own.
    pub pipelines: Pipelines,
    /// None where no file is configured.
    pub experiments: Experiments,
}

impl Texts {
    /// Reads what `[recommend]` names; what is not named is empty.
    ///
    /// # Errors
    /// A directory or a file that was named and cannot be read.
    pub fn read(config: &Config) -> anyhow::Result<Self> {
        let mut texts = Self::default();
        let settings = &config.recommend;
        if !settings.pipelines.is_empty() {
            let dir = Path::new(&settings.pipelines);
            texts.pipelines = definitions(dir)
                .with_context(|| format!("recommend.pipelines, {}", dir.display()))?;
        }
        if !settings.experiments.is_empty() {
            let file = &settings.experiments;
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("recommend.experiments, {file}"))?;
            texts.experiments = Some((file.clone(), text));
        }
        Ok(texts)
    }

    /// A file of experiments with the pipelines that lie beside it.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn beside(file: &Path) -> anyhow::Result<Self> {
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
        let pipelines = definitions(dir.unwrap_or(Path::new(".")))?;
        let text = std::fs::read_to_string(file)?;
        Ok(Self { pipelines, experiments: Some((EXPERIMENTS.to_owned(), text)) })
    }

    /// Checks everything, tests of the operator's pipelines included.
    ///
    /// # Errors
    /// The first definition that is wrong, and how.
    pub fn load(&self, taxonomy: &Arc<Taxonomy>) -> anyhow::Result<Arms> {
        let own: Vec<(&str, &str)> =
            self.pipelines.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let pipelines = Pipelines::with_own(&own, taxonomy).context("recommend.pipelines")?;
        let experiments = match &self.experiments {
            None => Experiments::default(),
            Some((file, text)) => {
                Experiments::parse(file, text, |name| pipelines.get(name).is_some())
                    .context("recommend.experiments")?
            }
        };
        Ok(Arms { pipelines, experiments })
    }
}

/// The `.toml` files of a directory with their names, in order of name.
fn definitions(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let is_experiments = path.file_name().is_some_and(|name| name == EXPERIMENTS);
        if !is_experiments && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort_unstable();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
        Ok((name, text))
    };
    files.into_iter().map(read).collect()
}

/// The pipeline for a query on a surface: that of its arm, which the query is told, else the surface's own. `None` where
/// there is no such surface.
pub fn choose(state: &State, surface: &str, query: &mut Query) -> Option<Arc<Pipeline>> {
    let own = state.pipelines.for_surface(surface)?;
    let assigned = recommend::experiment::unit(query)
        .and_then(|unit| state.experiments.load().assign(surface, unit));
    let Some(assigned) = assigned else { return Some(own) };
    // A reload may have taken the arm's pipeline away a moment ago: such a list is in no experiment.
    let Some(pipeline) = state.pipelines.get(&assigned.pipeline) else { return Some(own) };
    query.experiment = assigned.experiment;
    Some(pipeline)
}
