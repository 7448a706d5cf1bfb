//! The index as its users see it.

mod any_input;
mod finding;
mod life;
mod load;
mod meant;
mod order;
mod quality;

use jiff::Timestamp;
use vocab::{Item, ItemKind, ReviewState, Text};

use crate::{SearchIndex, SearchQuery, SearchResults};

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn item(id: &str, title: &str) -> Item {
    Item {
        id: id.into(),
        kind: ItemKind::Service,
        title: Text::new(title, ""),
        review: ReviewState::Approved,
        published_at: "2025-01-01T00:00:00Z".parse().unwrap(),
        ..Item::default()
    }
}

fn index(items: &[Item]) -> SearchIndex {
    let index = SearchIndex::in_memory().unwrap();
    index.apply(items, &[]).unwrap();
    index.commit().unwrap();
    index
}

fn titled(titles: &[&str]) -> SearchIndex {
    let items: Vec<Item> = titles.iter().map(|title| item(title, title)).collect();
    index(&items)
}

fn search(index: &SearchIndex, q: &str) -> SearchResults {
    index.search(&SearchQuery::new(q, now()), &|_| 0.0).unwrap()
}

fn ids(results: &SearchResults) -> Vec<&str> {
    results.hits.iter().map(|hit| hit.id.as_str()).collect()
}
