//! Everything a list is made from, in memory and ready to read: swapped as a whole, never changed.

pub(crate) mod cold;
mod crowds;
mod editors;
mod lists;
pub(crate) mod recall;
mod segment;

use std::collections::HashMap;
use std::sync::Arc;

use insight::Models;
use jiff::Timestamp;
use search::SearchIndex;
use vocab::{Item, ItemId, SiteId, Taxonomy};

use crate::catalogue::{Catalogue, Place};
use crate::{Outcomes, Streaming};
use cold::Cold;
pub use crowds::{Crowd, Voted};
pub(crate) use crowds::{CrowdLists, Placed};
pub(crate) use editors::Hand;
pub(crate) use lists::{LiveLists, Ordered, Scored};
use recall::Recall;
pub use segment::Segment;

/// What changes from minute to minute.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Items with how much they are used; higher is more. Empty falls back to the models, then to importance.
    pub popular: Vec<(ItemId, f32)>,
    /// Items with how much more they are used than usual; 1 is as usual.
    pub trending: Vec<(ItemId, f32)>,
    /// What parts of everybody use: channels, divisions, audiences. A request gets the lists of its own part; empty
    /// leaves everybody's.
    pub crowds: Vec<Crowd>,
    /// What editors chose.
    pub pins: Vec<Pin>,
    /// How often items were shown in lists and opened from there: item, impressions, clicks.
    pub exposure: Vec<(ItemId, f32, f32)>,
    /// What editors raise or lower.
    pub boosts: Vec<Boost>,
    /// What editors took out of lists.
    pub blocks: Vec<Block>,
    /// Items whose pages get no links.
    pub never_from: Vec<ItemId>,
    /// Items no list links to.
    pub never_to: Vec<ItemId>,
}

/// An editor's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The item.
    pub item: ItemId,
    /// Name of the pipeline it is for; empty is every one.
    pub pipeline: String,
    /// The site it is for; 0 is every one.
    pub site: SiteId,
    /// When it ends.
    pub until: Option<Timestamp>,
}

/// An editor's hand on the scale: the item's score is multiplied. Emergencies are not touched.
#[derive(Clone, Debug, PartialEq)]
pub struct Boost {
    /// The item.
    pub item: ItemId,
    /// 0.1 to 10; anything else is moved into that range, what is no number counts 1.
    pub factor: f32,
    /// Name of the pipeline it is for; empty is every one.
    pub pipeline: String,
    /// The site it is for; 0 is every one.
    pub site: SiteId,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// Why, for the record.
    pub reason: String,
}

/// An editor's refusal: the item is in no list. Emergencies stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The item.
    pub item: ItemId,
    /// Name of the pipeline it is for; empty is every one.
    pub pipeline: String,
    /// The site it is for; 0 is every one.
    pub site: SiteId,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// Why, for the record.
    pub reason: String,
}

/// The part that changes with the catalogue or the models.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) catalogue: Catalogue,
    pub(crate) taxonomy: Arc<Taxonomy>,
    pub(crate) models: Option<Arc<Models>>,
    pub(crate) search: Option<Arc<SearchIndex>>,
    pub(crate) streaming: Option<Arc<Streaming>>,
    pub(crate) outcomes: Option<Arc<Outcomes>>,
    /// Place of each of the models' items; `u32::MAX` where it is no longer there.
    pub(crate) from_model: Vec<Place>,
    /// The models' position of each item; `u32::MAX` where behaviour is unknown.
    pub(crate) to_model: Vec<u32>,
    /// Items behaviour is unknown of whose texts suggest who would use them.
    pub(crate) cold: Cold,
    /// Needs of each item with probabilities, strongest first.
    pub(crate) needs: Vec<Vec<(u16, f32)>>,
    /// Items of each need, best first.
    pub(crate) by_need: Vec<Vec<Scored>>,
    /// Items of a department, a column, a division: newest first.
    pub(crate) by_dept: HashMap<String, Vec<Place>>,
    pub(crate) by_column: HashMap<String, Vec<Place>>,
    pub(crate) by_region: HashMap<String, Vec<Place>>,
    /// Newest first.
    pub(crate) fresh: Vec<Place>,
}

/// What [`World::new`] is built from.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// The content library; what may not be served is left out.
    pub items: &'a [Item],
    /// The vocabulary of needs.
    pub taxonomy: Arc<Taxonomy>,
    /// What was learnt; `None` degrades the answers.
    pub models: Option<Arc<Models>>,
    /// The full-text index, for search intent; `None` leaves that source empty.
    pub search: Option<Arc<SearchIndex>>,
    /// What people go on to right now; `None` leaves that source empty.
    pub streaming: Option<Arc<Streaming>>,
    /// What became of lists, and what was learnt from it; `None` learns nothing.
    pub outcomes: Option<Arc<Outcomes>>,
    /// What changes from minute to minute.
    pub live: Live,
}

/// A frozen view of everything; share it behind an `Arc` and swap it.
#[derive(Debug)]
pub struct World {
    pub(crate) base: Arc<Base>,
    pub(crate) live: LiveLists,
    pub(crate) recall: Recall,
}

impl World {
    /// Builds the view. Takes about a second for 100,000 items: not on the path of a request.
    pub fn new(parts: Parts<'_>) -> Self {
        let mut base = Base::new(parts.items, parts.taxonomy, parts.models, parts.search);
        base.streaming = parts.streaming;
        base.outcomes = parts.outcomes;
        let base = Arc::new(base);
        let live = LiveLists::new(&base, parts.live);
        Self { base, live, recall: Recall::default() }
    }

    /// The same catalogue and models with newer counts and pins; takes milliseconds.
    #[must_use]
    pub fn with_live(&self, live: Live) -> Self {
        let live = LiveLists::new(&self.base, live);
        Self { base: Arc::clone(&self.base), live, recall: self.recall.clone() }
    }

    /// The items.
    pub fn catalogue(&self) -> &Catalogue {
        &self.base.catalogue
    }

    /// What was learnt, where it is there.
    pub fn models(&self) -> Option<&Arc<Models>> {
        self.base.models.as_ref()
    }

    /// What people go on to right now, where it is there.
    pub fn streaming(&self) -> Option<&Streaming> {
        self.base.streaming.as_deref()
    }

    /// What became of lists, where it is noted.
    pub fn outcomes(&self) -> Option<&Outcomes> {
        self.base.outcomes.as_deref()
    }

    /// Needs of an item with probabilities, strongest first, by position in the taxonomy.
    pub fn needs_of(&self, item: &ItemId) -> &[(u16, f32)] {
        self.base.catalogue.place(item).map_or(&[], |place| &self.base.needs[place as usize])
    }
}
