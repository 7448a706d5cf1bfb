//! The pipelines in use: swapped as a whole set or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use vocab::Taxonomy;

use crate::RecommendError;
use crate::pipeline::Pipeline;
use crate::pipeline::definition::Definition;

/// The definitions inside the binary, by file name.
pub const EMBEDDED: [(&str, &str); 9] = [
    ("home.toml", include_str!("../../../pipelines/recommend/home.toml")),
    ("item.toml", include_str!("../../../pipelines/recommend/item.toml")),
    ("search.toml", include_str!("../../../pipelines/recommend/search.toml")),
    ("category.toml", include_str!("../../../pipelines/recommend/category.toml")),
    ("app.toml", include_str!("../../../pipelines/recommend/app.toml")),
    ("kiosk.toml", include_str!("../../../pipelines/recommend/kiosk.toml")),
    ("new_media.toml", include_str!("../../../pipelines/recommend/new_media.toml")),
    ("digest.toml", include_str!("../../../pipelines/recommend/digest.toml")),
    ("popular.toml", include_str!("../../../pipelines/recommend/popular.toml")),
];

type Set = BTreeMap<String, Arc<Pipeline>>;

/// A set of pipelines behind one pointer: a request sees the old set or the new one, never a mixture.
#[derive(Debug)]
pub struct Pipelines {
    set: ArcSwap<Set>,
}

/// What [`validate`] found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validated {
    /// Name and digest.
    pub policy: String,
    /// Tests that hold.
    pub tests: usize,
}

/// Reads a definition and runs its tests. `taxonomy` gives its needs their names.
///
/// # Errors
/// What is wrong with it, or the first test that does not hold.
pub fn validate(
    file: &str,
    text: &str,
    taxonomy: &Arc<Taxonomy>,
) -> Result<Validated, RecommendError> {
    let pipeline = Definition::load(file, text)?;
    for test in &pipeline.tests {
        test.check(&pipeline, taxonomy)?;
    }
    Ok(Validated { policy: pipeline.policy.clone(), tests: pipeline.tests.len() })
}

impl Pipelines {
    /// Reads definitions, each with the name of its file.
    ///
    /// # Errors
    /// What is wrong with one of them, two of one name, or an empty set.
    pub fn load(definitions: &[(&str, &str)]) -> Result<Self, RecommendError> {
        Ok(Self { set: ArcSwap::from_pointee(read(definitions)?) })
    }

    /// The definitions inside the binary.
    ///
    /// # Errors
    /// Never in a build whose tests passed.
    pub fn embedded() -> Result<Self, RecommendError> {
        Self::load(&EMBEDDED)
    }

    /// The definitions inside the binary, with `own` in place of those of the same name or beside them. The tests of
    /// `own` are run.
    ///
    /// # Errors
    /// As [`Pipelines::load`] and [`validate`].
    pub fn with_own(
        own: &[(&str, &str)],
        taxonomy: &Arc<Taxonomy>,
    ) -> Result<Self, RecommendError> {
        let mut set = read(&EMBEDDED)?;
        if !own.is_empty() {
            let own = read(own)?;
            check(&own, taxonomy)?;
            set.extend(own);
        }
        Ok(Self { set: ArcSwap::from_pointee(set) })
    }

    /// Takes over the set of another; requests under way keep the old one.
    pub fn adopt(&self, other: &Self) {
        self.set.store(other.set.load_full());
    }

    /// Replaces the whole set after running every test; on an error the old set stays.
    ///
    /// # Errors
    /// As [`Pipelines::load`] and [`validate`].
    pub fn replace(
        &self,
        definitions: &[(&str, &str)],
        taxonomy: &Arc<Taxonomy>,
    ) -> Result<(), RecommendError> {
        let set = read(definitions)?;
        check(&set, taxonomy)?;
        self.set.store(Arc::new(set));
        tracing::info!(pipelines.count = definitions.len(), "recommendation pipelines replaced");
        Ok(())
    }

    /// The pipeline of that name.
    pub fn get(&self, name: &str) -> Option<Arc<Pipeline>> {
        self.set.load().get(name).cloned()
    }

    /// The pipeline for that surface: the one of its name, else the first by name.
    pub fn for_surface(&self, surface: &str) -> Option<Arc<Pipeline>> {
        let set = self.set.load();
        let here = |pipeline: &&Arc<Pipeline>| pipeline.surface() == surface;
        set.get(surface).filter(here).or_else(|| set.values().find(here)).cloned()
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<Arc<Pipeline>> {
        self.set.load().values().cloned().collect()
    }
}

fn check(set: &Set, taxonomy: &Arc<Taxonomy>) -> Result<(), RecommendError> {
    for pipeline in set.values() {
        for test in &pipeline.tests {
            test.check(pipeline, taxonomy)?;
        }
    }
    Ok(())
}

fn read(definitions: &[(&str, &str)]) -> Result<Set, RecommendError> {
    let mut set = Set::new();
    for (file, text) in definitions {
        let pipeline = Definition::load(file, text)?;
        let name = pipeline.name.clone();
        if set.insert(name.clone(), Arc::new(pipeline)).is_some() {
            return Err(RecommendError::Set { name, problem: "is defined twice" });
        }
    }
    if set.is_empty() {
        return Err(RecommendError::Set { name: "set".to_owned(), problem: "is empty" });
    }
    Ok(set)
}
