//! Who comes to the portal: people grouped by their needs, told by size and shared needs.

use axum::extract::State;
use insight::segments::{SegmentParams, segments as grouped};
use insight::{InferOptions, Scope, Used};
use recommend::Trace;
use registry::Refusals;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::Json;
use crate::problem::{Answer, Problem};

/// People looked at, at most: those seen last.
const MOST: usize = 20_000;

/// A need that people of a segment share.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharedNeed {
    id: String,
    zh: String,
    en: String,
    /// Mean share of the need in what its people need, 0 to 1.
    strength: f32,
}

/// People who need the same.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentShown {
    /// How many they are, at least 20.
    people: u32,
    /// What they need, strongest first.
    needs: Vec<SharedNeed>,
}

/// Everybody who may be grouped.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentsAnswer {
    /// People with a profile and a need that may be kept.
    people: u32,
    /// The largest first; groups of fewer than 20 people are left out.
    segments: Vec<SegmentShown>,
}

/// Who comes: people who agreed to a profile, grouped by the needs that may be kept of them.
///
/// At most 20,000 are looked at. Nobody is named, groups of fewer than 20 are left out, sensitive, guarded and deleted
/// needs are in none.
#[utoipa::path(get, path = "/v1/console/segments", tag = "console",
    responses((status = 200, body = SegmentsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn segments(State(app): State<App>, _: Staff) -> Answer<Json<SegmentsAnswer>> {
    let refusals = app.registry.refusals(app.clock.now()).await?;
    let state = app.clone();
    let answer = app.blocking(move || of(&state, &refusals)).await?;
    answer.map(Json)
}

fn of(app: &App, refusals: &Refusals) -> Answer<SegmentsAnswer> {
    let library = app.library.load_full();
    let Some(models) = library.world.models() else {
        return Ok(SegmentsAnswer { people: 0, segments: Vec::new() });
    };
    let now_ms = app.clock.now().as_millisecond();
    let mut people = Vec::new();
    for (visitor, traces) in app.visitors.profiles(MOST) {
        if refusals.switched_off.contains(&visitor) {
            continue;
        }
        let denied = refusals.deleted.get(&visitor).map_or(&[][..], Vec::as_slice);
        let history: Vec<Used> =
            traces.into_iter().map(|trace| Trace::from(trace).into()).collect();
        let inferred = models.needs.infer_needs(&history, &InferOptions { now_ms, denied });
        let kept = inferred.iter().filter(|need| need.scope == Scope::Profile);
        let needs: Vec<(u16, f32)> = kept.map(|need| (need.position, need.score)).collect();
        if !needs.is_empty() {
            people.push(needs);
        }
    }
    let found = grouped(&people, models.needs.needs(), &SegmentParams::default())
        .map_err(|error| Problem::internal(error.to_string()))?;
    let shared = |(position, strength): (u16, f32)| {
        let need = app.taxonomy.need(models.needs.need_id(position)?.as_str())?;
        let (zh, en) = (need.zh.clone(), need.en.clone());
        Some(SharedNeed { id: need.id.to_string(), zh, en, strength })
    };
    let segments = found
        .into_iter()
        .map(|segment| SegmentShown {
            people: segment.people,
            needs: segment.needs.into_iter().filter_map(shared).collect(),
        })
        .collect();
    Ok(SegmentsAnswer { people: u32::try_from(people.len()).unwrap_or(u32::MAX), segments })
}
