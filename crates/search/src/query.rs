//! What somebody asks for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vocab::{Audience, ItemKind, Lang, SiteId};

/// Longest query looked at, in characters; the rest is ignored.
pub const MAX_QUERY: usize = 200;
/// Most results of one page.
pub const MAX_LIMIT: usize = 100;
/// Deepest result that can be reached, counted from 0.
pub const MAX_DEPTH: usize = 10_000;

/// One search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchQuery {
    /// What was typed; empty text browses the catalogue, newest first.
    pub q: String,
    /// Language of titles and snippets.
    pub lang: Lang,
    /// Which items may be found.
    pub filters: Filters,
    /// Results to skip; at most [`MAX_DEPTH`].
    pub offset: usize,
    /// Results wanted; at most [`MAX_LIMIT`].
    pub limit: usize,
    /// The moment of the request: decides what is published and what has expired.
    pub now: Timestamp,
}

impl SearchQuery {
    /// The first ten results for `q`, unfiltered.
    pub fn new(q: impl Into<String>, now: Timestamp) -> Self {
        Self { q: q.into(), lang: Lang::Zh, filters: Filters::default(), offset: 0, limit: 10, now }
    }
}

/// Values an item must have; an empty list accepts everything, several values accept any of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// Families of content.
    pub kinds: Vec<ItemKind>,
    /// Departments.
    pub depts: Vec<String>,
    /// Divisions (GB/T 2260); one includes the divisions below it.
    pub regions: Vec<String>,
    /// National service themes.
    pub themes: Vec<String>,
    /// Audiences; items for everybody always pass.
    pub audiences: Vec<Audience>,
    /// Sites.
    pub sites: Vec<SiteId>,
    /// Years of publication, China's time.
    pub years: Vec<i16>,
}
