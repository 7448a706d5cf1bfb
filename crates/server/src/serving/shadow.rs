//! The list a shadow would have shown, made beside the request and compared with the one served.

use std::sync::Arc;
use std::time::Instant;

use metrics::histogram;
use recommend::{Pipeline, Query, Shown};
use vocab::ItemId;

use super::library::Library;
use super::models::overlap;
use crate::app::App;
use crate::metrics::{SHADOW_DURATION, SHADOW_OVERLAP};

/// Compares for the shadow's share of the requests, one at a time.
///
/// What comes while one runs is left out, so that a shadow never takes more than one core from those who wait. Nothing
/// is kept of who asked.
pub fn compare(
    app: &App,
    library: &Arc<Library>,
    pipeline: &Arc<Pipeline>,
    query: Query,
    served: &[Shown],
) {
    // The random half of the id.
    let unit = query.request.0.as_u64_pair().1;
    let Some(shadow) = library.shadow().filter(|shadow| shadow.tried.has(unit)) else { return };
    let Some(turn) = shadow.tried.turn() else { return };
    let (shadow, pipeline) = (shadow.clone(), pipeline.clone());
    let served: Vec<ItemId> = served.iter().map(|item| item.id.clone()).collect();
    app.tasks.spawn_blocking(move || {
        let started = Instant::now();
        let list = recommend::items(&pipeline, &query, &shadow.world);
        let (took, overlap) = (started.elapsed(), overlap(&served, &list));
        histogram!(SHADOW_DURATION).record(took.as_secs_f64());
        histogram!(SHADOW_OVERLAP).record(overlap);
        turn.measured(overlap, took);
    });
}
