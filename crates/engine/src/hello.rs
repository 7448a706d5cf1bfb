//! What parent and child say to each other over standard input and output: one JSON object a line.

use serde::{Deserialize, Serialize};

use crate::error::EngineError;

/// The first line of the child's standard input.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A line of the child's standard output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "said")]
pub(crate) enum Hello {
    /// The child listens on this port.
    Ready { port: u16 },
    /// The child gives up.
    Failed { locked: bool, reason: String },
    /// What the child did since it started.
    Counted(Counts),
}

impl Hello {
    pub(crate) fn failed(error: &EngineError) -> Self {
        Self::Failed {
            locked: matches!(error, EngineError::Locked { .. }),
            reason: error.to_string(),
        }
    }
}

/// What the child did since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) queries: u64,
    pub(crate) inserts: u64,
    pub(crate) failures: u64,
    pub(crate) rows_written: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}
