//! The server's own metric names; each crate declares its own in a file of this name.

/// Error answers by code.
pub const PROBLEMS: &str = "civicsense_server_problems_total";
/// Requests by route, method and status class.
pub const REQUESTS: &str = "civicsense_server_requests_total";
/// Time to answer by route, in seconds.
pub const REQUEST_DURATION: &str = "civicsense_server_request_duration_seconds";
/// Age of the models being served, in seconds.
pub const MODELS_AGE: &str = "civicsense_server_models_age_seconds";
/// 1 while the models in service, or what they learnt from, are older than they may be, else 0.
pub const MODELS_STALE: &str = "civicsense_server_models_stale";
/// Share of the first ten items of a list that a shadow would have shown too.
pub const SHADOW_OVERLAP: &str = "civicsense_server_shadow_overlap_ratio";
/// Time a shadow's list took, in seconds.
pub const SHADOW_DURATION: &str = "civicsense_server_shadow_duration_seconds";
/// Training runs by outcome.
pub const TRAININGS: &str = "civicsense_server_trainings_total";
/// Items in the served catalogue.
pub const CATALOGUE_ITEMS: &str = "civicsense_server_catalogue_items";
/// Visitors whose recent behaviour is held in memory.
pub const LIVE_VISITORS: &str = "civicsense_server_live_visitors";
/// Live events memory missed because it was too slow; the spool has them.
pub const LIVE_MISSED: &str = "civicsense_server_live_missed_events_total";
/// Visits going on, as the stream sees them.
pub const LIVE_VISITS: &str = "civicsense_server_live_visits";
/// Choices the ranker of what comes next has learnt from.
pub const CHOICES: &str = "civicsense_server_choices_learnt";
