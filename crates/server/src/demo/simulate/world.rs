//! What the simulated people meet: items ready to be written, the needs, the sites, the words to search with.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use vocab::{Item, ItemKind, Lifecycle, Taxonomy};

use super::life::{self, LifeEvent};
use super::queries::{self, Phrase};
use super::wire;
use crate::demo::{DemoColumn, DemoSite, Persona};

/// An item as the simulation needs it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) kind: ItemKind,
    pub(super) column: String,
    /// Positions in the taxonomy.
    pub(super) needs: Vec<u16>,
    pub(super) published_ms: i64,
    pub(super) expires_ms: i64,
    pub(super) importance: u8,
    pub(super) emergency: bool,
    /// In force, so it may stand in a recommended list.
    pub(super) in_force: bool,
    pub(super) online: bool,
    /// Characters of the body: longer ones are read longer.
    pub(super) length: usize,
    /// Related items, by position.
    pub(super) related: Vec<u32>,
    /// `,"item_id":…` and what else every event about the item says.
    pub(super) fields: String,
    pub(super) page: String,
}

/// Everything that does not change while simulating.
#[derive(Debug)]
pub(super) struct World {
    pub(super) items: Vec<Shown>,
    pub(super) needs: Vec<vocab::NeedId>,
    pub(super) legal: Vec<bool>,
    /// Words people search with, by need.
    pub(super) phrases: Vec<Vec<Phrase>>,
    pub(super) sites: Vec<DemoSite>,
    pub(super) columns: Vec<DemoColumn>,
    pub(super) personas: Vec<Persona>,
    pub(super) life: Vec<LifeEvent>,
    /// The most important policy of the last days, which everybody reads.
    pub(super) breaking: Option<u32>,
}

impl World {
    /// Takes what may be served; drafts and withdrawn items never show up (invariant 8).
    pub(super) fn new(items: &[Item], taxonomy: &Taxonomy) -> Result<Self> {
        let servable: Vec<&Item> = items.iter().filter(|item| item.is_servable()).collect();
        ensure!(!servable.is_empty(), "a simulation needs at least one item that may be served");
        let sites = crate::demo::sites()?;
        let by_id: HashMap<&str, u32> =
            servable.iter().zip(0..).map(|(item, position)| (item.id.as_str(), position)).collect();
        let mut shown: Vec<Shown> =
            servable.iter().map(|item| Shown::new(item, taxonomy)).collect();
        for (position, item) in (0u32..).zip(&servable) {
            for related in item.relates_to.iter().filter_map(|id| by_id.get(id.as_str())) {
                shown[position as usize].related.push(*related);
                shown[*related as usize].related.push(position);
            }
        }
        let legal = |need: &vocab::Need| {
            taxonomy
                .group(&need.group)
                .is_some_and(|group| group.audience == vocab::Audience::Legal)
        };
        Ok(Self {
            needs: taxonomy.needs.iter().map(|need| need.id.clone()).collect(),
            legal: taxonomy.needs.iter().map(legal).collect(),
            phrases: queries::phrases(&servable, taxonomy),
            columns: crate::demo::columns()?,
            personas: crate::demo::personas()?,
            life: life::events(taxonomy)?,
            breaking: breaking(&shown),
            items: shown,
            sites,
        })
    }

    pub(super) fn item(&self, position: u32) -> &Shown {
        &self.items[position as usize]
    }
}

/// The newest of the most important policies.
fn breaking(items: &[Shown]) -> Option<u32> {
    (0u32..)
        .zip(items)
        .filter(|(_, item)| item.kind == ItemKind::Policy && item.importance >= 2 && item.in_force)
        .max_by_key(|(position, item)| (item.published_ms, *position))
        .map(|(position, _)| position)
}

impl Shown {
    fn new(item: &Item, taxonomy: &Taxonomy) -> Self {
        let positions = item.needs.iter().filter_map(|need| taxonomy.position(need.as_str()));
        let mut fields = String::new();
        let mut put = |key: &str, value: &str| {
            if !value.is_empty() {
                wire::text(&mut fields, key, value);
            }
        };
        put("item_id", item.id.as_str());
        put("item_kind", item.kind.as_str());
        put("column_id", &item.column);
        put("topic", item.needs.first().map_or(item.topic.as_str(), vocab::NeedId::as_str));
        put("dept", &item.dept);
        if item.kind == ItemKind::Service {
            put("service_id", item.id.as_str());
        }
        Self {
            id: item.id.as_str().to_owned(),
            kind: item.kind,
            column: item.column.clone(),
            needs: positions.map(|position| position as u16).collect(),
            published_ms: item.published_at.as_millisecond(),
            expires_ms: item.expires_at.map_or(i64::MAX, |end| end.as_millisecond()),
            importance: item.importance,
            emergency: item.emergency,
            in_force: matches!(item.lifecycle, Lifecycle::Current | Lifecycle::Amended),
            online: item.service.as_ref().is_some_and(|service| service.online),
            length: item.body.chars().count(),
            related: Vec::new(),
            fields,
            page: wire::quoted(&item.title.zh),
        }
    }

    pub(super) fn is_out(&self, at_ms: i64) -> bool {
        self.published_ms <= at_ms
    }

    /// Whether it may stand in a recommended list at that time.
    pub(super) fn is_recommendable(&self, at_ms: i64) -> bool {
        self.in_force && self.is_out(at_ms) && self.expires_ms > at_ms
    }

    pub(super) fn serves(&self, need: u16) -> bool {
        self.needs.contains(&need)
    }
}
