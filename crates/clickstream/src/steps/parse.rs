//! Step 2: limits and words of the dialect; the reading itself is in `dialect` and `log`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Limits, and what the sender's words mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Parse {
    /// Bytes of a request after decompression.
    pub(crate) max_request_bytes: u64,
    /// Bytes of one event, or of one line of a log.
    pub(crate) max_event_bytes: usize,
    /// Events of one request.
    pub(crate) max_events: usize,
    /// Event names in snake case and what they are called here.
    pub(crate) names: BTreeMap<String, String>,
    /// Property names and the field of the event they fill.
    pub(crate) properties: BTreeMap<String, String>,
}

impl Default for Parse {
    fn default() -> Self {
        Self {
            max_request_bytes: 4 << 20,
            max_event_bytes: 32 << 10,
            max_events: 5_000,
            names: BTreeMap::new(),
            properties: BTreeMap::new(),
        }
    }
}
