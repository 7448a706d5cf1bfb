//! The crate as its users see it.

mod affinity;
mod any_world;
mod cold;
mod crowds;
mod definitions;
mod degraded;
mod learnt;
mod load;
mod privacy;
mod rules;
mod selection;
mod shape;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vocab::{
    Item, ItemKind, PrivacyMode, RequestId, ReviewState, SessionId, Taxonomy, Text, VisitorId,
};

use crate::pipeline::definition::Definition;
use crate::{EMBEDDED, Live, Parts, Pipeline, Pipelines, Query, Trace, World};

fn taxonomy() -> Arc<Taxonomy> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/taxonomy.toml"));
    let taxonomy: Taxonomy = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    Arc::new(taxonomy.check().unwrap())
}

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn minutes_ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub(crate) fn item(id: &str) -> Item {
    Item {
        id: id.into(),
        kind: ItemKind::Service,
        title: Text::new(format!("事项{id}"), format!("Matter {id}")),
        review: ReviewState::Approved,
        published_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        ..Item::default()
    }
}

pub(crate) fn world(items: &[Item]) -> World {
    World::new(Parts { items, taxonomy: taxonomy(), ..Parts::default() })
}

/// The embedded home page, with a deadline no busy machine misses.
fn home() -> Pipeline {
    let mut home = Definition::load("home.toml", EMBEDDED[0].1).unwrap();
    home.deadline = Duration::from_secs(60);
    home
}

pub(crate) fn query(mode: PrivacyMode) -> Query {
    Query {
        mode,
        visitor: Some(VisitorId(7)),
        session: SessionId(70),
        ..Query::new(RequestId(Uuid::from_u128(1)), now())
    }
}

fn used(id: &str, minutes: i64) -> Trace {
    Trace { item: id.into(), at: minutes_ago(minutes), weight: 1.0 }
}
