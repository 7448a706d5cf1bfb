//! Why a version is not put in service or tried.

/// Why a version is not put in service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// No version begins like that, or more than one does.
    #[error("no single version `{0}` is on the shelf")]
    Unknown(String),
    /// It did not reach what its definition asks for.
    #[error("refused: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// What it learnt from is older than its definition allows.
    #[error("stale: {}", .0.join("; "))]
    Stale(Vec<String>),
    /// A share that is no trial.
    #[error("a share of {percent} % is not above 0 and at most {most}")]
    Share {
        /// The share asked for, in percent.
        percent: f64,
        /// The most it may be.
        most: f64,
    },
    /// What is in service cannot be tried.
    #[error("it is in service already")]
    InService,
    /// No version is tried that way.
    #[error("no version is tried that way")]
    NotTried,
    /// Nothing was served before the present version.
    #[error("there is no version to go back to")]
    NothingBefore,
    /// The disk or the artefact failed.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
