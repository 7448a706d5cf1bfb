//! A behaviour question becomes ClickHouse SQL in four pure steps: parse, check, optimise, write.
#![doc = include_str!("../README.md")]

mod check;
mod error;
mod optimise;
mod plan;
mod query;
mod scope;
mod sql;

pub use check::{Checked, Period, ValidScope};
pub use error::QueryError;
pub use optimise::Table;
pub use plan::{Column, ColumnKind, Param, Plan, Value};
pub use query::{
    Dimension, Funnel, FunnelBy, Interval, Metric, Query, Question, Realtime, RecommendationBy,
    Recommendations, Search, SearchReport, Step, TopBy, TopContent, TopOrder, Trends,
};
pub use scope::Scope;
