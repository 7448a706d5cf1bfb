//! How near an item is to a person: what search is allowed to know when it moves results a little.

use std::collections::{BTreeSet, HashMap, HashSet};

use vocab::{ItemId, PrivacyMode, Target};

use crate::context::Context;
use crate::hydrators::needs::Needs;
use crate::pipeline::stage::QueryHydrator;
use crate::{Query, World};

/// What a match with a subscription is worth.
const FOLLOWED: f32 = 1.0;
/// What an item of the same department as something used lately is worth.
const SAME_DEPT: f32 = 0.3;

/// A person's affinities, worked out once a search under the same privacy rules as a list.
///
/// Pass it on as `&|id| affinity.of(id)`. In [`PrivacyMode::None`] it is 0 for every item.
#[derive(Debug)]
pub struct Affinity<'a> {
    world: &'a World,
    needs: HashMap<u16, f32>,
    followed: BTreeSet<Target>,
    depts: HashSet<u32>,
    vector: Option<Vec<f32>>,
}

impl<'a> Affinity<'a> {
    /// The affinities of the person who asks.
    pub fn new(query: &Query, world: &'a World) -> Self {
        let mut context = Context::new(query, world, "search", 0);
        Needs.hydrate(&mut context);
        let base = context.base();
        let history: Vec<(u32, f32)> = context
            .did
            .iter()
            .map(|did| (base.to_model[did.item as usize], did.weight))
            .filter(|(position, _)| *position != u32::MAX)
            .collect();
        let models =
            world.models().filter(|_| query.mode != PrivacyMode::None && !history.is_empty());
        Self {
            needs: context.needs.iter().map(|need| (need.need, need.score)).collect(),
            followed: context.profile.subscriptions.iter().cloned().collect(),
            depts: context
                .did
                .iter()
                .map(|did| base.catalogue.at(did.item).dept)
                .filter(|dept| *dept != 0)
                .collect(),
            vector: models.map(|models| models.factors.fold_in(&history)),
            world,
        }
    }

    /// Whether there is nothing to go by: every item is at 0.
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
            && self.followed.is_empty()
            && self.depts.is_empty()
            && self.vector.is_none()
    }

    /// How near `item` is, 0 to 1: the strongest of subscription, need, behaviour and department.
    pub fn of(&self, item: &ItemId) -> f32 {
        let base = &self.world.base;
        let Some(place) = base.catalogue.place(item) else { return 0.0 };
        let entry = base.catalogue.at(place);
        let needs = &base.needs[place as usize];
        let need_id = |need: u16| base.taxonomy.needs[usize::from(need)].id.to_string();
        let follows = |target: Target| self.followed.contains(&target);
        let followed = !self.followed.is_empty()
            && (follows(Target::Item(item.to_string()))
                || follows(Target::Dept(base.catalogue.dept(entry.dept).to_owned()))
                || follows(Target::Column(entry.column.clone()))
                || follows(Target::Region(entry.region.clone()))
                || needs.iter().any(|(need, _)| follows(Target::Need(need_id(*need)))));
        let need = needs
            .iter()
            .map(|(need, p)| p * self.needs.get(need).copied().unwrap_or(0.0))
            .fold(0.0, f32::max);
        let behaviour = match (&self.vector, &base.models) {
            (Some(vector), Some(models)) => base
                .cold
                .score(models, item, vector)
                .unwrap_or_else(|| models.factors.score(vector, base.to_model[place as usize])),
            _ => 0.0,
        };
        let dept = if self.depts.contains(&entry.dept) { SAME_DEPT } else { 0.0 };
        let followed = if followed { FOLLOWED } else { 0.0 };
        let nearest = [followed, need, behaviour, dept]
            .into_iter()
            .filter(|score| score.is_finite())
            .fold(0.0, f32::max);
        nearest.min(1.0)
    }
}
