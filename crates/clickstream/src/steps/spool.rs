//! Step 12: how much the spool may hold. It is `crate::spool` that does it.

use serde::Deserialize;

/// Bounds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpoolStep {
    /// Bytes of records before requests are refused.
    pub(crate) max_bytes: u64,
    /// Bytes waiting for the writer before requests are refused.
    pub(crate) max_queued_bytes: u64,
    /// Events kept after the loader took them, to find open sessions at start.
    pub(crate) keep_events: u64,
}
