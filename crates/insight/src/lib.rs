//! From behaviour to models: factors, neighbours, needs, and an honest account of how good they are.
#![doc = include_str!("../README.md")]

pub mod cold_start;
pub mod content;
pub mod definition;
pub mod ease;
pub mod error;
pub mod evaluate;
pub mod factors;
pub mod formats;
pub mod graph_filter;
pub mod interactions;
pub mod links;
pub mod matrix;
pub mod models;
pub mod needs;
pub mod neighbours;
pub mod off_policy;
pub mod params;
pub mod popularity;
pub mod propensity;
pub mod ranking;
pub mod segments;
pub mod spectral;
pub mod stream;
pub mod text;

#[cfg(test)]
mod samples;

pub use content::{ContentModel, ContentParams};
pub use error::{InsightError, Result};
pub use evaluate::{EvalParams, Hooks, Report, ValidEvalParams, evaluate, evaluate_given};
pub use factors::Factors;
pub use interactions::{Interaction, Interactions, InteractionsBuilder};
pub use models::{Checkpoints, Meta, Models, Note, Stage, train, train_resumable};
pub use needs::{InferOptions, ItemText, NeedModel, NeedScore, Scope, Used};
pub use neighbours::Neighbours;
pub use params::{TrainParams, ValidTrainParams};
pub use popularity::Popularity;
pub use text::{TextClassifier, TextParams};
