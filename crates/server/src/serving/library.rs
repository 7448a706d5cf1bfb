//! The content library in memory: the pipelines' view and what answers print, replaced together.

use std::collections::HashMap;
use std::sync::Arc;

use recommend::{Live, Parts, Query, World};
use registry::{Registry, RegistryError};
use vocab::{Audience, Item, ItemId, PrivacyMode, Taxonomy};

use crate::app::State;
use crate::serving::models::{Tried, Way};

/// What an answer prints of an item beyond what the pipelines hold.
#[derive(Clone, Debug)]
pub struct Card {
    /// One or two sentences.
    pub summary: vocab::Text,
    /// Its address.
    pub url: String,
    /// Title, family, column, department and time of publication.
    pub title: vocab::Text,
    /// Its family.
    pub kind: vocab::ItemKind,
    /// Its column.
    pub column: String,
    /// Its department.
    pub dept: String,
    /// When it was published.
    pub published_at: jiff::Timestamp,
}

impl From<&Item> for Card {
    fn from(item: &Item) -> Self {
        Self {
            summary: item.summary.clone(),
            url: item.url.clone(),
            title: item.title.clone(),
            kind: item.kind,
            column: item.column.clone(),
            dept: item.dept.clone(),
            published_at: item.published_at,
        }
    }
}

/// One frozen view of everything servable.
#[derive(Debug)]
pub struct Library {
    /// What the pipelines read.
    pub world: Arc<World>,
    /// The same with models that are tried, while some are: a second view costs the memory of the first.
    canary: Option<Other>,
    shadow: Option<Other>,
    cards: Arc<HashMap<ItemId, Card>>,
}

/// The view with other models than those in service.
#[derive(Clone, Debug)]
pub struct Other {
    /// What is tried.
    pub tried: Arc<Tried>,
    /// What its lists are made from.
    pub world: Arc<World>,
}

impl Other {
    fn with_live(&self, live: Live) -> Self {
        Self { tried: self.tried.clone(), world: Arc::new(self.world.with_live(live)) }
    }
}

/// Items read at once.
const PAGE: u32 = 5_000;

/// The whole catalogue, what may not be served included.
///
/// # Errors
/// The registry cannot be read.
pub async fn all_items(registry: &Registry) -> Result<Vec<Item>, RegistryError> {
    let mut items = Vec::new();
    let mut from = 0;
    loop {
        let changes = registry.changes_since(from, PAGE).await?;
        let Some(last) = changes.last() else { return Ok(items) };
        from = last.seq;
        items.extend(changes.into_iter().map(|change| change.item));
    }
}

impl Library {
    /// A view of nothing, before the catalogue is read.
    pub fn empty(taxonomy: &Arc<Taxonomy>) -> Self {
        let parts = Parts {
            items: &[],
            taxonomy: taxonomy.clone(),
            models: None,
            search: None,
            streaming: None,
            outcomes: None,
            live: Live::default(),
        };
        Self {
            world: Arc::new(World::new(parts)),
            canary: None,
            shadow: None,
            cards: Arc::default(),
        }
    }

    /// Builds the view from the whole catalogue; about a second for 100,000 items, so not on a request.
    pub fn build(app: &State, items: &[Item], live: Live) -> Self {
        let now = app.clock.now();
        let view = |models, live| {
            Arc::new(World::new(Parts {
                items,
                taxonomy: app.taxonomy.clone(),
                models,
                search: Some(app.search.clone()),
                streaming: Some(app.streaming.clone()),
                outcomes: Some(app.outcomes.clone()),
                live,
            }))
        };
        let other = |way| {
            let tried = app.models.servable_trial(way, now)?;
            let models = tried.loaded()?.models.clone();
            Some(Other { world: view(Some(models), live.clone()), tried })
        };
        let (canary, shadow) = (other(Way::Canary), other(Way::Shadow));
        let models = app.models.servable(now).map(|loaded| loaded.models.clone());
        let world = view(models, live);
        let servable = items.iter().filter(|item| item.is_servable());
        let cards = servable.map(|item| (item.id.clone(), Card::from(item))).collect();
        metrics::gauge!(crate::metrics::CATALOGUE_ITEMS).set(items.len() as f64);
        Self { world, canary, shadow, cards: Arc::new(cards) }
    }

    /// The same items and models with newer counts and pins.
    #[must_use]
    pub fn with_live(&self, live: &Live) -> Self {
        let with_live = |other: &Other| other.with_live(live.clone());
        Self {
            canary: self.canary.as_ref().map(with_live),
            shadow: self.shadow.as_ref().map(with_live),
            world: Arc::new(self.world.with_live(live.clone())),
            cards: self.cards.clone(),
        }
    }

    /// The view a request gets: that of the models that are tried where its visitor, who agreed to a profile, is among
    /// those who try them.
    pub fn world_for(&self, query: &Query) -> &Arc<World> {
        let agreed = query.mode == PrivacyMode::Profile;
        let unit = if agreed { recommend::experiment::unit(query) } else { None };
        let canary = self.canary.as_ref().zip(unit).filter(|(other, unit)| other.tried.has(*unit));
        canary.map_or(&self.world, |(other, _)| &other.world)
    }

    /// The view of a shadow: its lists are compared, nobody sees them.
    pub fn shadow(&self) -> Option<&Other> {
        self.shadow.as_ref()
    }

    /// Whom an item is for; everybody where it is not servable.
    pub fn audience(&self, item: &ItemId) -> Audience {
        let catalogue = self.world.catalogue();
        catalogue.place(item).map_or(Audience::All, |place| catalogue.at(place).audience)
    }

    /// What to print of an item; `None` where it is not servable.
    pub fn card(&self, item: &ItemId) -> Option<&Card> {
        self.cards.get(item)
    }
}
