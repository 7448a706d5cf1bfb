//! What can go wrong here: parameters, definitions, data and artefacts.

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InsightError {
    /// A parameter outside its range.
    #[error("parameter {name}: {detail}")]
    Parameter {
        /// Dotted name, for example `factors.dim`.
        name: &'static str,
        /// What is wrong and what would be right.
        detail: String,
    },
    /// A definition file that cannot be read.
    #[error("definition {name}: {detail}")]
    Definition {
        /// For example `models/factors/model.toml`.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// Interactions that contradict themselves.
    #[error("interactions, row {row}: {detail}")]
    Interactions {
        /// Row from 0.
        row: usize,
        /// What is wrong.
        detail: String,
    },
    /// A line of an input file that cannot be read.
    #[error("line {line}: {detail}")]
    Parse {
        /// Line from 1.
        line: usize,
        /// What is wrong and what was expected.
        detail: String,
    },
    /// Reading an input failed.
    #[error("read: {0}")]
    Read(#[from] std::io::Error),
    /// Bytes that are no artefact of this engine.
    #[error("not a model artefact: {0}")]
    NotAnArtefact(&'static str),
    /// An artefact of another format.
    #[error("model artefact has format {found}, this build reads format {expected}")]
    Format {
        /// The format found.
        found: u32,
        /// The format this build reads.
        expected: u32,
    },
    /// An artefact cut short.
    #[error("model artefact is truncated: {found} of {expected} bytes")]
    Truncated {
        /// Bytes there should be.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// An artefact whose content does not match its digest.
    #[error("model artefact is damaged: digest {found}, expected {expected}")]
    Digest {
        /// The digest in the header, hexadecimal.
        expected: String,
        /// The digest of the content, hexadecimal.
        found: String,
    },
    /// An artefact whose content cannot be decoded or does not hang together.
    #[error("model artefact cannot be decoded: {0}")]
    Decode(String),
    /// A fit that could not be done.
    #[error("fit of {model}: {detail}")]
    Fit {
        /// The model.
        model: &'static str,
        /// What went wrong.
        detail: String,
    },
    /// Data that leave nothing to evaluate.
    #[error("nothing to evaluate: {0}")]
    NothingToEvaluate(String),
}

/// Shorthand used all over the crate.
pub type Result<T, E = InsightError> = std::result::Result<T, E>;
