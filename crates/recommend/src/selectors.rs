//! What makes the list, one component a file; what all of them keep to is in [`rules`].

pub mod dpp;
mod draws;
pub mod explore;
pub mod mmr;
pub mod rules;
mod similarity;
pub mod top_k;
