//! What a search gives back.

use jiff::Timestamp;
use serde::Serialize;
use vocab::{ItemId, ItemKind, SiteId, Text};

/// One page of results.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SearchResults {
    /// How many items were found, over all pages.
    pub total: usize,
    /// This page.
    pub hits: Vec<Hit>,
    /// Counts over everything found.
    pub facets: Vec<Facet>,
    /// A likelier spelling, where few items were found.
    pub did_you_mean: Option<String>,
    /// Whether the results are those of `did_you_mean`, because the words typed found nothing.
    pub corrected: bool,
}

/// One result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The item.
    pub id: ItemId,
    /// The site that publishes it.
    pub site: SiteId,
    /// Its family.
    pub kind: ItemKind,
    /// Its title, plain.
    pub title: Text,
    /// Its title in the language asked for: HTML, escaped, with `<em>` around what was found.
    pub title_html: String,
    /// The passage that answers best: HTML, escaped, with `<em>` around what was found.
    pub snippet_html: String,
    /// Address on the portal.
    pub url: String,
    /// Department.
    pub dept: String,
    /// Division (GB/T 2260).
    pub region: String,
    /// Number of the document.
    pub doc_number: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// Relevance; comparable within one answer only.
    pub score: f32,
    /// Whether the query is its title or its document number.
    pub exact: bool,
    /// Whether it is in force; those that are not come last.
    pub current: bool,
    /// Places moved up by personal affinity: -3 to 3, 0 without personalisation.
    pub moved: i8,
}

/// Counts of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facet {
    /// `kind`, `dept`, `region`, `theme`, `audience`, `site` or `year`.
    pub name: &'static str,
    /// Values, most frequent first, ties by value; at most 50.
    pub values: Vec<FacetValue>,
}

/// How often a value occurs among the results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    /// The value.
    pub value: String,
    /// The number of items.
    pub count: u64,
}
