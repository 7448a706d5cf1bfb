//! Names of the metrics this crate counts.

/// Deliveries by `medium` and the `state` they came to.
pub const DELIVERIES: &str = "civicsense_channels_deliveries_total";
/// Seconds one send took, by `medium`.
pub const SEND_SECONDS: &str = "civicsense_channels_send_seconds";
/// Jobs put off, by `medium` and `reason`.
pub const POSTPONED: &str = "civicsense_channels_postponed_total";
/// Push endpoints found gone and removed.
pub const PRUNED: &str = "civicsense_channels_pruned_total";
/// Sends under way.
pub const IN_FLIGHT: &str = "civicsense_channels_in_flight_jobs";
/// Listeners of the event stream.
pub const STREAM_LISTENERS: &str = "civicsense_channels_stream_listeners";
/// Gaps announced to listeners whose events were gone.
pub const STREAM_GAPS: &str = "civicsense_channels_stream_gaps_total";
/// Failures of the store behind the dispatcher.
pub const STORE_ERRORS: &str = "civicsense_channels_store_errors_total";
