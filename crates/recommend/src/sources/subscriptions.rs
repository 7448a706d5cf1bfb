//! What the person asked to be told about: what lasts, and what is new.

use std::sync::Arc;

use vocab::{ItemId, ItemKind, ReasonCode, Target};

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::catalogue::Place;
use crate::context::Context;
use crate::pipeline::stage::Source;

/// Days after which a followed item of a kind that ages counts half.
const HALF_LIFE_DAYS: f32 = 30.0;
const DAY_MS: f32 = 86_400_000.0;

/// The source.
#[derive(Debug)]
pub struct Subscriptions {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Subscriptions {
    fn name(&self) -> &'static str {
        "subscriptions"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        !context.profile.subscriptions.is_empty()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let base = context.base();
        let mut pool = Pool::new(self.name(), ReasonCode::Subscribed, true);
        for target in &context.profile.subscriptions {
            let (_, words) = target.parts();
            let about = About::Words(Arc::from(words));
            match target {
                Target::Need(id) => {
                    let need = base.taxonomy.position(id).and_then(|at| u16::try_from(at).ok());
                    let list = need.and_then(|need| base.by_need.get(usize::from(need)));
                    for &(place, _) in list.into_iter().flatten() {
                        add(context, &mut pool, place, need.map_or(About::Nothing, About::Need));
                    }
                }
                Target::Dept(_) => all(context, &mut pool, base.by_dept.get(words), &about),
                Target::Column(_) => all(context, &mut pool, base.by_column.get(words), &about),
                Target::Region(_) => all(context, &mut pool, base.by_region.get(words), &about),
                Target::Item(_) => {
                    if let Some(place) = base.catalogue.place(&ItemId::from(words)) {
                        add(context, &mut pool, place, About::Item(place));
                    }
                }
                Target::Keyword(_) => {
                    for &(place, _) in super::search_intent::found(context, words).iter() {
                        add(context, &mut pool, place, about.clone());
                    }
                }
            }
        }
        pool.best(self.limit)
    }
}

fn all(context: &Context<'_>, pool: &mut Pool, places: Option<&Vec<Place>>, about: &About) {
    for &place in places.into_iter().flatten() {
        add(context, pool, place, about.clone());
    }
}

/// A wish outranks an inference as long as it is about something that lasts or is new.
fn add(context: &Context<'_>, pool: &mut Pool, place: Place, about: About) {
    let entry = context.world.catalogue().at(place);
    let age = (context.now - entry.published).max(0) as f32 / DAY_MS;
    let young = (-age / HALF_LIFE_DAYS).exp2();
    let lasts = matches!(entry.kind, ItemKind::Service | ItemKind::Qa);
    pool.add(place, if lasts { 0.5 + 0.5 * young } else { young.max(0.05) }, about);
}
