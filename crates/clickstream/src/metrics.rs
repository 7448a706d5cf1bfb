//! Names of this crate's metrics.

/// Arrivals by `proto` and `outcome` (`stored`, `suppressed.<reason>`, `dead.<reason>`; `warning.<reason>` counts some of
/// the stored again).
pub const ARRIVALS: &str = "civicsense_clickstream_arrivals_total";
/// Requests refused as a whole, by `proto` and `kind`.
pub const REFUSALS: &str = "civicsense_clickstream_refusals_total";
/// Time from the first record of a group to its fsync, in seconds.
pub const COMMIT_SECONDS: &str = "civicsense_clickstream_commit_seconds";
/// Requests that shared one fsync.
pub const COMMIT_REQUESTS: &str = "civicsense_clickstream_commit_requests";
/// Bytes in the spool not yet trimmed.
pub const SPOOL_BYTES: &str = "civicsense_clickstream_spool_bytes";
/// Lines of server logs read, by `outcome`.
pub const LOG_LINES: &str = "civicsense_clickstream_log_lines_total";
