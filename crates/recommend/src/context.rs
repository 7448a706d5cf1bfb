//! A request as the components see it: privacy applied, ids resolved, needs worked out.

use rustc_hash::{FxHashMap, FxHashSet};
use vocab::{PrivacyMode, VisitorId};

use crate::catalogue::Place;
use crate::query::{MAX_LIMIT, SESSION};
use crate::world::{Base, CrowdLists};
use crate::{Profile, Query, Segment, World};

/// A need the list may serve.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveNeed {
    /// Position in the taxonomy.
    pub need: u16,
    /// Strength, 0 to 1.
    pub score: f32,
    /// Whether the person declared it.
    pub declared: bool,
}

/// Something the person did, resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Did {
    /// The item.
    pub item: Place,
    /// Milliseconds.
    pub at: i64,
    /// How strongly it speaks for an interest.
    pub weight: f32,
    /// Whether it belongs to this visit.
    pub in_session: bool,
}

/// The request.
#[derive(Debug)]
pub struct Context<'a> {
    /// What was asked; its profile is **not** to be read: [`Context::profile`] is what may be used.
    query: &'a Query,
    /// The view the list is made from.
    pub world: &'a World,
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// What the privacy mode lets through.
    pub profile: Profile,
    /// The history in this catalogue, newest first, each item once.
    pub did: Vec<Did>,
    /// The item on the page.
    pub item: Option<Place>,
    /// Needs to serve, strongest first; filled by the query hydrators.
    pub needs: Vec<ActiveNeed>,
    /// Milliseconds.
    pub now: i64,
    /// Items wanted.
    pub limit: usize,
    region: &'a str,
    unwanted: FxHashSet<Place>,
    served: FxHashMap<Place, Vec<i64>>,
    given: FxHashSet<Place>,
}

impl<'a> Context<'a> {
    /// Applies the privacy mode and resolves the ids. `size` is the pipeline's own list size.
    pub fn new(query: &'a Query, world: &'a World, pipeline: &'a str, size: usize) -> Self {
        let catalogue = world.catalogue();
        let profile = query.profile.within(query.mode, query.now);
        let session = query.now - SESSION;
        let mut history: Vec<_> = profile
            .history
            .iter()
            .filter(|trace| trace.at <= query.now && trace.weight.is_finite() && trace.weight > 0.0)
            .filter_map(|trace| {
                let (at, in_session) = (trace.at.as_millisecond(), trace.at >= session);
                Some(Did {
                    item: catalogue.place(&trace.item)?,
                    at,
                    weight: trace.weight,
                    in_session,
                })
            })
            .collect();
        history.sort_by(|a, b| b.at.cmp(&a.at).then(a.item.cmp(&b.item)));
        let mut once = FxHashSet::default();
        history.retain(|did| once.insert(did.item));
        let unwanted = profile.unwanted.iter().filter_map(|id| catalogue.place(id)).collect();
        let mut served: FxHashMap<Place, Vec<i64>> = FxHashMap::default();
        for (id, at) in &profile.served {
            if let Some(place) = catalogue.place(id) {
                served.entry(place).or_default().push(at.as_millisecond());
            }
        }
        Self {
            item: query.item.as_ref().and_then(|id| catalogue.place(id)),
            needs: Vec::new(),
            now: query.now.as_millisecond(),
            limit: if query.limit == 0 { size } else { query.limit }.min(MAX_LIMIT),
            did: history,
            region: known_region(&query.region, &world.base),
            unwanted,
            served,
            given: query.exclude.iter().filter_map(|id| catalogue.place(id)).collect(),
            query,
            world,
            pipeline,
            profile,
        }
    }

    /// Whom the list is for; `None` without a privacy mode that allows to know.
    pub fn visitor(&self) -> Option<VisitorId> {
        self.query.visitor.filter(|_| self.query.mode != PrivacyMode::None)
    }

    /// How far the list may be personal.
    pub fn mode(&self) -> PrivacyMode {
        self.query.mode
    }

    /// Whether the person does not want to see it.
    pub fn is_unwanted(&self, item: Place) -> bool {
        self.unwanted.contains(&item)
    }

    /// Whether an earlier page of the same list gave it.
    pub fn is_given(&self, item: Place) -> bool {
        self.given.contains(&item)
    }

    /// How often it was shown in a list since `since` (milliseconds).
    pub fn times_served(&self, item: Place, since: i64) -> usize {
        self.served.get(&item).map_or(0, |times| times.iter().filter(|at| **at >= since).count())
    }

    /// The division the page or the person chose; empty is unknown, or of a province this portal has nothing of.
    pub fn region(&self) -> &str {
        self.region
    }

    /// The lists of the part of everybody the request belongs to, by what is about the page: channel, division and
    /// audience. The same for everybody who looks at it; `None` where too little is known of any such part. A division
    /// the catalogue has nothing of counts here: it has people all the same, and their list is never empty.
    pub(crate) fn crowd(&self) -> Option<(Segment, &'a CrowdLists)> {
        self.world.live.crowd(self.query.channel, &self.query.region, self.query.audience)
    }

    /// What of the request is no part of the profile.
    pub(crate) fn request(&self) -> &Query {
        self.query
    }

    pub(crate) fn base(&self) -> &Base {
        &self.world.base
    }
}

/// Somebody from another province gets what everybody gets: a list for theirs would be empty.
fn known_region<'a>(asked: &'a str, base: &Base) -> &'a str {
    let Some(province) = asked.get(..2) else { return asked };
    if base.by_region.keys().any(|known| known.starts_with(province)) { asked } else { "" }
}
