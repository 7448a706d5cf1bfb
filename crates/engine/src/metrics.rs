//! The names of the numbers this crate counts.

/// Times the engine process was started again after it died (counter).
pub const RESTARTS: &str = "civicsense_engine_restarts_total";
/// Whether the engine process is up: 1 or 0 (gauge).
pub const UP: &str = "civicsense_engine_up";
/// Statements other than inserts with data (counter).
pub const QUERIES: &str = "civicsense_engine_queries_total";
/// Inserts with data (counter).
pub const INSERTS: &str = "civicsense_engine_inserts_total";
/// Statements that ended with an exception, and refused requests (counter).
pub const FAILURES: &str = "civicsense_engine_failures_total";
/// Rows written, those of materialised views included (counter).
pub const ROWS_WRITTEN: &str = "civicsense_engine_written_rows_total";
/// Bytes of request bodies received, as they came over the wire (counter).
pub const BYTES_IN: &str = "civicsense_engine_received_bytes_total";
/// Bytes of results sent, as they went over the wire (counter).
pub const BYTES_OUT: &str = "civicsense_engine_sent_bytes_total";
