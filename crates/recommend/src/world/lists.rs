//! Lists made in advance, so that a request never walks the catalogue.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use insight::Models;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use search::SearchIndex;
use vocab::{Audience, Channel, Item, ReasonCode, SiteId, Taxonomy};

use super::cold::Cold;
use super::crowds::CrowdLists;
use super::segment::Segment;
use super::{Base, Hand, Live};
use crate::catalogue::{Catalogue, Entry, Place};

/// An item and how strongly, 0 to 1.
pub(crate) type Scored = (Place, f32);

/// Items kept for each need.
const PER_NEED: usize = 300;
/// Items kept for each department, column and division.
const PER_TOPIC: usize = 200;
/// Items kept in the lists for everybody.
const FOR_ALL: usize = 2_000;
/// Items without known needs whose texts are read while the view is built; later ones wait for the next training.
const READ_AT_MOST: usize = 2_000;

impl Base {
    pub(super) fn new(
        items: &[Item],
        taxonomy: Arc<Taxonomy>,
        models: Option<Arc<Models>>,
        search: Option<Arc<SearchIndex>>,
    ) -> Self {
        let catalogue = Catalogue::new(items, |id| taxonomy.position(id));
        let (from_model, to_model) = positions(&catalogue, models.as_deref());
        let needs = needs(&catalogue, items, &taxonomy, models.as_deref());
        let popular = |place: Place| {
            let position = to_model[place as usize];
            models.as_ref().map_or(0.0, |models| models.popularity.score(position))
        };
        let mut by_need = vec![Vec::new(); taxonomy.needs.len()];
        for (place, needs) in (0_u32..).zip(&needs) {
            for &(need, probability) in needs {
                if let Some(list) = by_need.get_mut(usize::from(need)) {
                    list.push((place, probability));
                }
            }
        }
        for list in &mut by_need {
            let weight = |&(place, probability): &Scored| {
                let importance = f32::from(catalogue.at(place).importance);
                probability * (1.0 + 0.2 * popular(place).ln_1p() + 0.1 * importance)
            };
            sort(list, &catalogue, weight);
            list.truncate(PER_NEED);
        }
        let mut newest: Vec<Place> = (0..catalogue.len() as Place).collect();
        newest.sort_by(|&a, &b| newer(catalogue.at(a), catalogue.at(b)));
        let cold = Cold::new(&catalogue, items, &to_model, &newest, models.as_deref());
        let fresh = newest.iter().copied().take(FOR_ALL).collect();
        let by_dept = group(&newest, |place| vec![catalogue.dept(catalogue.at(place).dept)]);
        let by_column = group(&newest, |place| vec![catalogue.at(place).column.as_str()]);
        let by_region = group(&newest, |place| vec![catalogue.at(place).region.as_str()]);
        Self {
            from_model,
            to_model,
            cold,
            needs,
            by_need,
            by_dept,
            by_column,
            by_region,
            fresh,
            catalogue,
            taxonomy,
            models,
            search,
            streaming: None,
            outcomes: None,
        }
    }
}

fn sort(list: &mut [Scored], catalogue: &Catalogue, weight: impl Fn(&Scored) -> f32) {
    list.sort_by(|a, b| {
        weight(b)
            .total_cmp(&weight(a))
            .then_with(|| catalogue.at(a.0).id.cmp(&catalogue.at(b.0).id))
    });
}

fn newer(a: &Entry, b: &Entry) -> Ordering {
    b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id))
}

fn group<'a>(
    newest: &[Place],
    names: impl Fn(Place) -> Vec<&'a str>,
) -> HashMap<String, Vec<Place>> {
    let mut groups: HashMap<String, Vec<Place>> = HashMap::new();
    for &place in newest {
        for name in names(place).into_iter().filter(|name| !name.is_empty()) {
            let list = groups.entry(name.to_owned()).or_default();
            if list.len() < PER_TOPIC {
                list.push(place);
            }
        }
    }
    groups
}

fn positions(catalogue: &Catalogue, models: Option<&Models>) -> (Vec<Place>, Vec<u32>) {
    let mut to_model = vec![u32::MAX; catalogue.len()];
    let Some(models) = models else { return (Vec::new(), to_model) };
    let mut from_model = vec![u32::MAX; models.items.len()];
    for (position, id) in (0_u32..).zip(&models.items) {
        if let Some(place) = catalogue.place(id) {
            from_model[position as usize] = place;
            to_model[place as usize] = position;
        }
    }
    (from_model, to_model)
}

/// Needs of every item: what an editor set is certain, the rest is what the model recognised.
fn needs(
    catalogue: &Catalogue,
    items: &[Item],
    taxonomy: &Taxonomy,
    models: Option<&Models>,
) -> Vec<Vec<(u16, f32)>> {
    let mut all: Vec<Vec<(u16, f32)>> = catalogue
        .entries()
        .iter()
        .map(|entry| entry.needs.iter().map(|&need| (need, 1.0)).collect())
        .collect();
    let Some(models) = models else { return all };
    // The models number needs as their training's taxonomy did: translate by id.
    let translate: Vec<Option<u16>> = (0..models.needs.needs())
        .map(|need| {
            let id = models.needs.need_id(u16::try_from(need).ok()?)?;
            u16::try_from(taxonomy.position(id.as_str())?).ok()
        })
        .collect();
    let mut to_read = READ_AT_MOST;
    for item in items {
        let Some(place) = catalogue.place(&item.id) else { continue };
        let list = &mut all[place as usize];
        if !list.is_empty() {
            continue;
        }
        let mut found: Vec<(u16, f32)> = models.needs.needs_of(&item.id).collect();
        if found.is_empty() && to_read > 0 {
            to_read -= 1;
            found = models.needs.item_needs(&item.reading());
        }
        list.extend(found.into_iter().filter_map(|(need, probability)| {
            Some((translate.get(usize::from(need)).copied().flatten()?, probability))
        }));
    }
    all
}

/// An item every list must carry.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    pub(crate) place: Place,
    pub(crate) code: ReasonCode,
    pub(crate) pipeline: String,
    pub(crate) site: SiteId,
    pub(crate) until: Option<Timestamp>,
}

/// The lists for everybody, from the newest counts.
#[derive(Debug, Default)]
pub(crate) struct LiveLists {
    /// Most used first.
    pub(crate) popular: Vec<Scored>,
    /// Most above the usual first.
    pub(crate) trending: Vec<Scored>,
    /// Emergencies, mandated items, pins.
    pub(crate) ordered: Vec<Ordered>,
    /// What editors decided about items.
    pub(crate) hand: Hand,
    /// By place; empty where nothing was counted.
    counts: Vec<Counts>,
    /// The lists of parts of everybody.
    crowds: FxHashMap<Segment, CrowdLists>,
}

/// How much an item is used and shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counts {
    /// Use, 0 to 1.
    pub(crate) popularity: f32,
    /// Use by what is usual; 1 is as usual.
    pub(crate) trend: f32,
    /// Times shown in lists.
    pub(crate) impressions: f32,
    /// Times opened from lists; never more than shown.
    pub(crate) clicks: f32,
}

const UNCOUNTED: Counts = Counts { popularity: 0.0, trend: 1.0, impressions: 0.0, clicks: 0.0 };

impl LiveLists {
    pub(super) fn new(base: &Base, live: Live) -> Self {
        let catalogue = &base.catalogue;
        let known = |list: Vec<(vocab::ItemId, f32)>| -> Vec<Scored> {
            let mut list: Vec<Scored> = list
                .into_iter()
                .filter(|(_, score)| score.is_finite())
                .filter_map(|(id, score)| Some((catalogue.place(&id)?, score)))
                .collect();
            sort(&mut list, catalogue, |&(_, score)| score);
            list.truncate(FOR_ALL);
            list
        };
        let mut popular = known(live.popular);
        let mut trending = known(live.trending);
        if let Some(models) = &base.models {
            let here = |position: u32| {
                base.from_model.get(position as usize).copied().filter(|&place| place != u32::MAX)
            };
            if popular.is_empty() {
                let ranked = models.popularity.ranked().iter();
                let ranked =
                    ranked.filter_map(|&at| Some((here(at)?, models.popularity.score(at))));
                popular = ranked.take(FOR_ALL).collect();
            }
            if trending.is_empty() {
                let ranked = models.popularity.trending(FOR_ALL).into_iter();
                trending = ranked.filter_map(|(at, trend)| Some((here(at)?, trend))).collect();
            }
        }
        if popular.is_empty() {
            popular = important(base);
        }
        let crowds = super::crowds::lists(catalogue, live.crowds, &popular, &trending);
        // Logarithms, because the few most used items would flatten everything else.
        let most = popular
            .iter()
            .map(|&(_, score)| score)
            .fold(0.0, f32::max)
            .ln_1p()
            .max(f32::MIN_POSITIVE);
        for (_, score) in &mut popular {
            *score = score.max(0.0).ln_1p() / most;
        }
        let mut counts = vec![UNCOUNTED; catalogue.len()];
        for &(place, score) in &popular {
            counts[place as usize].popularity = score;
        }
        for &(place, trend) in &trending {
            counts[place as usize].trend = trend;
        }
        for (id, impressions, clicks) in live.exposure {
            let count = |number: f32| if number.is_finite() { number.max(0.0) } else { 0.0 };
            if let Some(place) = catalogue.place(&id) {
                let counts = &mut counts[place as usize];
                counts.impressions = count(impressions);
                counts.clicks = count(clicks).min(counts.impressions);
            }
        }
        trending.retain(|&(_, trend)| trend > 1.0);
        for (_, trend) in &mut trending {
            *trend = 1.0 - 1.0 / *trend;
        }
        let never = [live.never_from, live.never_to];
        let hand = Hand::new(catalogue, live.boosts, live.blocks, never);
        Self { popular, trending, ordered: ordered(catalogue, live.pins), hand, counts, crowds }
    }

    /// The lists of the narrowest part of everybody that is known and this belongs to; `None` leaves everybody's.
    pub(crate) fn crowd(
        &self,
        channel: Channel,
        region: &str,
        audience: Audience,
    ) -> Option<(Segment, &CrowdLists)> {
        if self.crowds.is_empty() {
            return None;
        }
        Segment::all_of(channel, region, audience)
            .find_map(|part| self.crowds.get_key_value(&part))
            .map(|(part, lists)| (*part, lists))
    }

    /// What was counted of an item.
    pub(crate) fn counts(&self, place: Place) -> Counts {
        self.counts.get(place as usize).copied().unwrap_or(UNCOUNTED)
    }
}

/// Where nothing was counted yet: what editors call important, services first, then the newest.
fn important(base: &Base) -> Vec<Scored> {
    let weight = |entry: &Entry| {
        f32::from(entry.importance)
            + f32::from(u8::from(entry.kind == vocab::ItemKind::Service))
            + 0.5
    };
    let mut list: Vec<Scored> = (0_u32..)
        .zip(base.catalogue.entries())
        .map(|(place, entry)| (place, weight(entry)))
        .collect();
    list.sort_by(|a, b| {
        b.1.total_cmp(&a.1).then_with(|| newer(base.catalogue.at(a.0), base.catalogue.at(b.0)))
    });
    list.truncate(FOR_ALL);
    list
}

fn ordered(catalogue: &Catalogue, pins: Vec<super::Pin>) -> Vec<Ordered> {
    let by_law =
        (0_u32..).zip(catalogue.entries()).filter(|(_, entry)| entry.emergency || entry.mandated);
    let mut list: Vec<Ordered> = by_law
        .map(|(place, entry)| Ordered {
            place,
            code: if entry.emergency { ReasonCode::Emergency } else { ReasonCode::Mandated },
            pipeline: String::new(),
            site: SiteId(0),
            until: None,
        })
        .collect();
    list.sort_by(|a, b| {
        let (x, y) = (catalogue.at(a.place), catalogue.at(b.place));
        a.code.cmp(&b.code).then(y.importance.cmp(&x.importance)).then_with(|| newer(x, y))
    });
    list.extend(pins.into_iter().filter_map(|pin| {
        let place = catalogue.place(&pin.item)?;
        let (pipeline, site, until) = (pin.pipeline, pin.site, pin.until);
        Some(Ordered { place, code: ReasonCode::Curated, pipeline, site, until })
    }));
    list
}
