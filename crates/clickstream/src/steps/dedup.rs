//! Step 11: how long an event id is remembered. The spool's writer does it, in the same fsync as the event.

use jiff::SignedDuration;
use serde::Deserialize;

/// The window.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dedup {
    /// For how long a second arrival of an id is a duplicate; imported events for ever.
    pub(crate) window: SignedDuration,
}
