//! The numbers this crate reports.

/// Answers given; labels `pipeline`, `degraded`.
pub const ANSWERS: &str = "civicsense_recommend_answers_total";
/// Time to make an answer, in seconds; label `pipeline`.
pub const DURATION: &str = "civicsense_recommend_duration_seconds";
/// Distinct candidates looked at for one answer; label `pipeline`.
pub const CANDIDATES: &str = "civicsense_recommend_candidates";
/// Answers cut short by their deadline; label `pipeline`.
pub const LATE: &str = "civicsense_recommend_late_total";
/// Items the list was filled up with after filters emptied it; label `pipeline`.
pub const BACKFILLED: &str = "civicsense_recommend_backfilled_items_total";
