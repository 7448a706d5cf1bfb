//! Items by the address of their page: how a tracker that knows only addresses still tells which item was read.

use std::collections::HashMap;
use std::sync::Arc;

use clickstream::{Pages, Shown};
use vocab::{Item, ItemId, SiteId};

/// The paths of every site's items.
#[derive(Debug, Default)]
pub struct ByAddress {
    sites: HashMap<SiteId, HashMap<String, Option<Arc<Shown>>>>,
}

impl ByAddress {
    /// Queries are not kept: a path that several items share says nothing of which one was read.
    pub fn new<'i>(items: impl IntoIterator<Item = &'i Item>) -> Self {
        let mut all = Self::default();
        for item in items.into_iter().filter(|item| !item.url.is_empty()) {
            let paths = all.sites.entry(item.site).or_default();
            let known = paths.entry(path(&item.url)).or_insert_with(|| Some(Arc::new(shown(item))));
            if known.as_ref().is_none_or(|known| known.item != item.id) {
                *known = None;
            }
        }
        all
    }

    /// The item at a path of a site, where it is the only one.
    pub fn item(&self, site: SiteId, path: &str) -> Option<&ItemId> {
        self.shown(site, path).map(|shown| &shown.item)
    }

    /// How many paths of a site lead to one item, and how many to several.
    pub fn count(&self, site: SiteId) -> (usize, usize) {
        let Some(paths) = self.sites.get(&site) else { return (0, 0) };
        let shared = paths.values().filter(|shown| shown.is_none()).count();
        (paths.len() - shared, shared)
    }

    fn shown(&self, site: SiteId, path: &str) -> Option<&Shown> {
        self.sites.get(&site)?.get(path)?.as_deref()
    }
}

impl Pages for ByAddress {
    fn at(&self, site: SiteId, path: &str) -> Option<Shown> {
        self.shown(site, path).cloned()
    }
}

fn shown(item: &Item) -> Shown {
    let need = item.needs.first().map(|need| need.as_str().to_owned());
    Shown {
        item: item.id.clone(),
        kind: item.kind.as_str().to_owned(),
        column: item.column.clone(),
        topic: need.unwrap_or_else(|| item.topic.clone()),
        dept: item.dept.clone(),
    }
}

/// The path of an item's address as trackers and logs have it: without host and query, percent-encoded.
fn path(address: &str) -> String {
    let base = url::Url::parse("http://-/").ok();
    match url::Url::options().base_url(base.as_ref()).parse(address) {
        Ok(url) => url.path().to_owned(),
        Err(_) => address.split(['?', '#']).next().unwrap_or(address).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_two_items_is_neithers() {
        let item = |id: &str, url: &str| Item {
            id: ItemId::from(id),
            site: SiteId(1),
            url: url.into(),
            ..Item::default()
        };
        let items = [
            item("a", "https://portal.example/a.html?x=1#y"),
            item("b", "/show?id=1"),
            item("c", "/show?id=2"),
            item("d", ""),
            item("e", "https://portal.example"),
        ];
        let pages = ByAddress::new(&items);
        assert_eq!(pages.item(SiteId(1), "/a.html"), Some(&ItemId::from("a")));
        assert_eq!(pages.item(SiteId(1), "/"), Some(&ItemId::from("e")));
        assert_eq!(pages.item(SiteId(1), "/show"), None);
        assert_eq!(pages.item(SiteId(2), "/a.html"), None);
        assert_eq!(pages.count(SiteId(1)), (2, 1));
    }
}
