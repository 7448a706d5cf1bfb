//! The catalogue's full-text index: Chinese and English, highlighting, facets, suggestions.
#![doc = include_str!("../README.md")]

mod analysis;
mod collect;
mod document;
mod error;
mod highlight;
mod index;
mod lexicon;
pub mod metrics;
mod plan;
pub mod query;
mod rank;
mod results;
mod schema;
mod search;
mod similar;

pub use error::SearchError;
pub use index::SearchIndex;
pub use lexicon::{MIN_PEOPLE, Origin, PopularQuery, Suggestion};
pub use query::{Filters, SearchQuery};
pub use rank::MAX_MOVE;
pub use results::{Facet, FacetValue, Hit, SearchResults};
pub use similar::Similar;

#[cfg(test)]
mod tests;
