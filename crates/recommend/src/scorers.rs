//! What orders candidates, one component a file. Scores add up in the order of the definition.

pub mod boost;
pub mod boosted;
pub mod freshness;
pub mod objectives;
pub mod weighted_sum;
