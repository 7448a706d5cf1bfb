//! The recommendation pipeline: sources, hydrators, filters, scorers, selectors, effects.
#![doc = include_str!("../README.md")]

mod affinity;
pub mod candidate;
pub mod catalogue;
pub mod context;
pub mod effects;
mod error;
pub mod experiment;
pub mod expression;
pub mod filters;
pub mod hydrators;
pub mod metrics;
pub mod objectives;
pub mod pipeline;
pub mod pipelines;
pub mod query;
pub mod response;
pub mod scorers;
pub mod selectors;
pub mod sources;
pub mod streaming;
mod whereabouts;
mod world;

pub use affinity::Affinity;
pub use catalogue::Catalogue;
pub use error::RecommendError;
pub use objectives::{Objectives, Outcomes};
pub use pipeline::Pipeline;
pub use pipeline::run::{items, recommend};
pub use pipelines::{EMBEDDED, Pipelines, Validated, validate};
pub use query::{Profile, Query, Trace};
pub use response::{Answer, Response, Shown, StageStats};
pub use streaming::{Streaming, Use};
pub use whereabouts::{Whereabouts, whereabouts};
pub use world::{Block, Boost, Crowd, Live, Parts, Pin, Segment, Voted, World};

#[cfg(test)]
mod tests;
