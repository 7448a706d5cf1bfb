//! Names of this crate's metrics.

/// Rows stored, by `table`.
pub const ROWS: &str = "civicsense_warehouse_loaded_rows_total";
/// Batches finished, by `lane`.
pub const BATCHES: &str = "civicsense_warehouse_batches_total";
/// Rows ClickHouse could not take, kept as dead letters.
pub const UNSTORABLE: &str = "civicsense_warehouse_unstorable_rows_total";
/// Inserts repeated, by `remedy` (`retry`, `wait`, `divide`).
pub const REPEATS: &str = "civicsense_warehouse_insert_repeats_total";
/// Time of one insert, in seconds.
pub const INSERT_SECONDS: &str = "civicsense_warehouse_insert_seconds";
/// Records in the spool that are not loaded yet, by `lane`.
pub const BACKLOG: &str = "civicsense_warehouse_backlog_records";
/// 1 while loading waits for a person: schema, rights, disk.
pub const BLOCKED: &str = "civicsense_warehouse_loader_blocked";
/// Time of one question, in seconds.
pub const QUERY_SECONDS: &str = "civicsense_warehouse_query_seconds";
