//! What completes requests and items, one component a file. Every pipeline has them: invariants 5 and 6 are not optional.

pub mod needs;
pub mod reasons;
