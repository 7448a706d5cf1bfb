//! The items in memory: a dense number each, and only what the hot path reads.

use std::collections::HashMap;

use jiff::Timestamp;
use vocab::{Audience, Item, ItemId, ItemKind, Lifecycle, SiteId, Text};

/// An item of the catalogue by its place in it.
pub type Place = u32;

/// What is known of an item while a list is made.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The item.
    pub id: ItemId,
    /// Its title.
    pub title: Text,
    /// Its family.
    pub kind: ItemKind,
    /// The site that publishes it.
    pub site: SiteId,
    /// Number of its department; 0 is none.
    pub dept: u32,
    /// Division (GB/T 2260); empty is everywhere.
    pub region: String,
    /// Whom it is for.
    pub audience: Audience,
    /// Column.
    pub column: String,
    /// Topic.
    pub topic: String,
    /// Needs an editor set, by position in the taxonomy.
    pub needs: Vec<u16>,
    /// Items it belongs to.
    pub relates_to: Vec<ItemId>,
    /// Milliseconds of publication.
    pub published: i64,
    /// Milliseconds at which it stops to matter; `i64::MIN` where it may never be recommended.
    pub ends: i64,
    /// 0 to 3.
    pub importance: u8,
    /// Must be shown by order.
    pub mandated: bool,
    /// Before everything else.
    pub emergency: bool,
    /// The title without spaces and signs: two items with the same one are duplicates.
    pub same: u64,
}

impl Entry {
    /// Whether it may be recommended at `now` (milliseconds).
    pub fn is_recommendable(&self, now: i64) -> bool {
        self.published <= now && self.ends > now
    }
}

/// All servable items.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    by_id: HashMap<ItemId, Place>,
    depts: Vec<String>,
}

impl Catalogue {
    /// Takes in the servable items among `items`; of two with one id the later counts. `need` gives a need's
    /// position in the taxonomy.
    pub fn new<'a>(
        items: impl IntoIterator<Item = &'a Item>,
        need: impl Fn(&str) -> Option<usize>,
    ) -> Self {
        let mut catalogue = Self { depts: vec![String::new()], ..Self::default() };
        let mut depts: HashMap<String, u32> = HashMap::from([(String::new(), 0)]);
        for item in items.into_iter().filter(|item| item.is_servable()) {
            let next = catalogue.depts.len() as u32;
            let dept = *depts.entry(item.dept.clone()).or_insert(next);
            if dept == next {
                catalogue.depts.push(item.dept.clone());
            }
            let entry = entry(item, dept, &need);
            match catalogue.by_id.get(&item.id) {
                Some(&place) => catalogue.entries[place as usize] = entry,
                None => {
                    catalogue.by_id.insert(item.id.clone(), catalogue.entries.len() as Place);
                    catalogue.entries.push(entry);
                }
            }
        }
        catalogue
    }

    /// The item at a place; places come from this catalogue only.
    pub fn at(&self, place: Place) -> &Entry {
        &self.entries[place as usize]
    }

    /// The place of an item; `None` where it is not servable.
    pub fn place(&self, id: &ItemId) -> Option<Place> {
        self.by_id.get(id).copied()
    }

    /// All items, in order of place.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The name of a department by its number.
    pub fn dept(&self, number: u32) -> &str {
        self.depts.get(number as usize).map_or("", String::as_str)
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn entry(item: &Item, dept: u32, need: impl Fn(&str) -> Option<usize>) -> Entry {
    let in_force = matches!(item.lifecycle, Lifecycle::Current | Lifecycle::Amended);
    let ends = item.expires_at.map_or(i64::MAX, Timestamp::as_millisecond);
    let position = |id: &vocab::NeedId| need(id.as_str()).and_then(|at| u16::try_from(at).ok());
    Entry {
        id: item.id.clone(),
        title: item.title.clone(),
        kind: item.kind,
        site: item.site,
        dept,
        region: item.region.clone(),
        audience: item.audience,
        column: item.column.clone(),
        topic: item.topic.clone(),
        needs: item.needs.iter().filter_map(position).collect(),
        relates_to: item.relates_to.clone(),
        published: item.published_at.as_millisecond(),
        ends: if in_force { ends } else { i64::MIN },
        importance: item.importance,
        mandated: item.mandated,
        emergency: item.emergency,
        same: same(&item.title),
    }
}

/// FNV-1a over the letters of the title.
fn same(title: &Text) -> u64 {
    let letters = title
        .get(vocab::Lang::Zh)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase);
    letters.fold(0xcbf2_9ce4_8422_2325, |hash, c| {
        (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3)
    })
}
