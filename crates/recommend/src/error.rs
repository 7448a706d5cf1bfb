//! What can be wrong with a definition; serving itself cannot fail.

/// A definition that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecommendError {
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("pipeline {name} cannot be read: {source}")]
    Syntax {
        /// The definition.
        name: String,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// A format this build does not know.
    #[error("pipeline {name} has format {format}, this build knows format 1")]
    Format {
        /// The definition.
        name: String,
        /// What it says.
        format: u32,
    },
    /// A component that is not there.
    #[error(
        "pipeline {name} uses the {stage} {component}, which does not exist; there are: {known}"
    )]
    UnknownComponent {
        /// The definition.
        name: String,
        /// `source`, `filter`, `score`, `select` or `effect`.
        stage: &'static str,
        /// What it asks for.
        component: String,
        /// What there is.
        known: String,
    },
    /// A parameter of a component that is unknown or of the wrong type.
    #[error("pipeline {name}: {stage} {component}: {source}")]
    Parameter {
        /// The definition.
        name: String,
        /// The stage.
        stage: &'static str,
        /// The component.
        component: String,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// A value outside its range.
    #[error("pipeline {name}: {field} {problem}")]
    Value {
        /// The definition.
        name: String,
        /// The key.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Two definitions of one name, or a set without the one that is needed.
    #[error("pipeline {name} {problem}")]
    Set {
        /// The name.
        name: String,
        /// What is wrong with the set.
        problem: &'static str,
    },
    /// One of the definition's own tests does not hold.
    #[error("pipeline {name}, test “{test}”: {problem}")]
    Test {
        /// The definition.
        name: String,
        /// The test.
        test: String,
        /// What was expected and what came.
        problem: String,
    },
    /// What lists taught before cannot be kept or taken up.
    #[error("what lists taught cannot be taken up: {0}")]
    Kept(String),
    /// A model that cannot be made.
    #[error(transparent)]
    Model(insight::InsightError),
}
