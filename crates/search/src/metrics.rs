//! The numbers this crate reports.

/// Searches answered; label `outcome` is `hits`, `corrected`, `pinyin`, `loose` or `none`.
pub const QUERIES: &str = "civicsense_search_queries_total";
/// Documents that can be found.
pub const DOCUMENTS: &str = "civicsense_search_documents";
/// Segments of the index: a steady climb means merges do not keep up.
pub const SEGMENTS: &str = "civicsense_search_segments";
/// Commits made.
pub const COMMITS: &str = "civicsense_search_commits_total";
