//! Lists that were shown, until what became of them is known.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use vocab::{ItemId, RequestId, VisitorId};

use super::{Became, Objectives, Row};
use crate::RecommendError;

/// What happens later than this after a list was shown is not its doing.
const WINDOW: SignedDuration = SignedDuration::from_mins(30);
/// Lists that wait, at most: 20,000 of 12 items are 25 MB. In a rush some are not learnt from.
const WAITING: usize = 20_000;
/// Lists of one visitor learnt from within the window: nobody teaches alone.
const LISTS: usize = 10;

/// One item of a shown list.
#[derive(Clone, Debug)]
pub struct ShownItem {
    /// The item.
    pub item: ItemId,
    /// Its place.
    pub place: u16,
    /// What it was described by.
    pub row: Row,
}

#[derive(Debug)]
struct List {
    request: RequestId,
    visitor: VisitorId,
    at: Timestamp,
    items: Vec<(ShownItem, Became)>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Oldest first.
    order: VecDeque<RequestId>,
    lists: HashMap<RequestId, List>,
    by_visitor: HashMap<VisitorId, Vec<RequestId>>,
}

/// Shown lists, and the models that learn from them.
#[derive(Debug)]
pub struct Outcomes {
    waiting: Mutex<Waiting>,
    models: ArcSwap<Objectives>,
}

impl Outcomes {
    /// Nothing shown, nothing learnt.
    ///
    /// # Errors
    /// Never with the parameters used; what the library refuses.
    pub fn new() -> Result<Self, RecommendError> {
        Ok(Self::with(Objectives::new()?))
    }

    /// Nothing shown, this learnt before.
    pub fn with(models: Objectives) -> Self {
        Self { waiting: Mutex::default(), models: ArcSwap::from_pointee(models) }
    }

    /// The models, as they are now.
    pub fn models(&self) -> Arc<Objectives> {
        self.models.load_full()
    }

    /// Notes a list that was shown.
    pub fn shown(
        &self,
        request: RequestId,
        visitor: VisitorId,
        at: Timestamp,
        items: Vec<ShownItem>,
    ) {
        if items.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock();
        let lists = waiting.by_visitor.entry(visitor).or_default();
        if lists.len() >= LISTS {
            return;
        }
        lists.push(request);
        if waiting.lists.len() >= WAITING {
            waiting.drop_oldest();
        }
        let items = items.into_iter().map(|item| (item, Became::default())).collect();
        waiting.order.push_back(request);
        waiting.lists.insert(request, List { request, visitor, at, items });
    }

    /// An item of a list was opened.
    pub fn opened(&self, request: RequestId, visitor: VisitorId, item: &ItemId) {
        self.of_request(request, visitor, item, &|became| became.opened = true);
    }

    /// Somebody said whether an item of a list was useful; it was opened, then.
    pub fn judged(&self, visitor: VisitorId, item: &ItemId, is_useful: bool) {
        self.of_visitor(visitor, item, &|became| became.useful = Some(is_useful));
    }

    /// Somebody completed the service of an item that a list led to.
    pub fn completed(&self, visitor: VisitorId, item: &ItemId) {
        self.of_visitor(visitor, item, &|became| became.completed = true);
    }

    fn of_request(
        &self,
        request: RequestId,
        visitor: VisitorId,
        item: &ItemId,
        change: &dyn Fn(&mut Became),
    ) {
        let mut waiting = self.waiting.lock();
        // Whoever sends another's id of a request changes nothing.
        let list = waiting.lists.get_mut(&request).filter(|list| list.visitor == visitor);
        let shown =
            list.and_then(|list| list.items.iter_mut().find(|(shown, _)| shown.item == *item));
        if let Some((_, became)) = shown {
            change(became);
        }
    }

    fn of_visitor(&self, visitor: VisitorId, item: &ItemId, change: &dyn Fn(&mut Became)) {
        let mut waiting = self.waiting.lock();
        let requests = waiting.by_visitor.get(&visitor).cloned().unwrap_or_default();
        // The last list it was opened from.
        for request in requests.into_iter().rev() {
            let Some(list) = waiting.lists.get_mut(&request) else { continue };
            let opened =
                list.items.iter_mut().find(|(shown, became)| became.opened && shown.item == *item);
            if let Some((_, became)) = opened {
                return change(became);
            }
        }
    }

    /// Forgets a visitor's lists at once: consent withdrawn, or erasure.
    pub fn forget(&self, visitor: VisitorId) {
        let mut waiting = self.waiting.lock();
        for request in waiting.by_visitor.remove(&visitor).unwrap_or_default() {
            waiting.lists.remove(&request);
        }
    }

    /// Learns from lists whose time is over, beside those who ask; returns how many. One caller at a time.
    pub fn settle(&self, now: Timestamp) -> usize {
        let mut over = Vec::new();
        let mut waiting = self.waiting.lock();
        while let Some(request) = waiting.order.front() {
            let is_over = waiting.lists.get(request).is_none_or(|list| now - WINDOW >= list.at);
            if !is_over {
                break;
            }
            over.extend(waiting.drop_oldest());
        }
        drop(waiting);
        if over.is_empty() {
            return 0;
        }
        let mut models = Objectives::clone(&self.models.load());
        for list in &over {
            // What lies below the last opened item may not have been seen.
            let seen =
                list.items.iter().rposition(|(_, became)| became.opened).map_or(0, |last| last + 1);
            // Of a list nothing was opened from, the first items were seen.
            let seen = seen.max(list.items.len().min(3));
            for (shown, became) in &list.items[..seen] {
                models.learn(&shown.row, shown.place, *became);
            }
        }
        self.models.store(Arc::new(models));
        over.len()
    }
}

impl Waiting {
    fn drop_oldest(&mut self) -> Option<List> {
        let request = self.order.pop_front()?;
        let list = self.lists.remove(&request)?;
        if let Some(requests) = self.by_visitor.get_mut(&list.visitor) {
            requests.retain(|other| *other != list.request);
            if requests.is_empty() {
                self.by_visitor.remove(&list.visitor);
            }
        }
        Some(list)
    }
}
