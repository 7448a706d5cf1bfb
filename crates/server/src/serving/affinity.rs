//! How much an item is to a visitor's liking, 0 to 1: the bounded boost of search.

use std::collections::HashMap;
use std::sync::Arc;

use insight::{InferOptions, Used};
use jiff::Timestamp;
use recommend::World;
use vocab::{ItemId, PrivacyMode};

use crate::api::recommendations::profile;
use crate::api::visitor::Asking;
use crate::app::App;

/// A visitor's needs, ready to compare with items.
#[derive(Clone, Debug, Default)]
pub struct Affinity {
    needs: HashMap<u16, f32>,
    world: Option<Arc<World>>,
}

impl Affinity {
    /// The affinity that `mode` allows: declared needs count fully, inferred ones by score and confidence.
    pub fn of(app: &App, asking: &Asking, mode: PrivacyMode, now: Timestamp) -> Self {
        let world = app.library.load().world.clone();
        let (profile, _) = profile(app, asking);
        let profile = profile.within(mode, now);
        let mut needs = HashMap::new();
        if let Some(models) = world.models() {
            let history: Vec<Used> = profile
                .history
                .iter()
                .map(|trace| Used {
                    item: trace.item.clone(),
                    ts_ms: trace.at.as_millisecond(),
                    weight: trace.weight,
                })
                .collect();
            let options = InferOptions { now_ms: now.as_millisecond(), denied: &profile.denied };
            for need in models.needs.infer_needs(&history, &options) {
                needs.insert(need.position, need.score * need.confidence);
            }
        }
        for need in &profile.declared {
            if let Some(position) = app.taxonomy.position(need.as_str()) {
                needs.insert(u16::try_from(position).unwrap_or(u16::MAX), 1.0);
            }
        }
        Self { needs, world: Some(world) }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// The affinity to one item.
    pub fn to(&self, item: &ItemId) -> f32 {
        let Some(world) = &self.world else { return 0.0 };
        let strength = |(need, probability): &(u16, f32)| {
            self.needs.get(need).map_or(0.0, |score| score * probability)
        };
        world.needs_of(item).iter().map(strength).fold(0.0_f32, f32::max).clamp(0.0, 1.0)
    }
}
