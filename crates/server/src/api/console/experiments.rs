//! Experiments for editors: their arms, who saw them and clicked, and whether the shares came out as they should.

use std::collections::HashMap;

use axum::extract::State;
use jiff::SignedDuration;
use recommend::experiment::{Experiment, ratio_mismatch};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::admin::Staff;
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::problem::{Answer, Problem};

pub mod seen;

use seen::{Seen, Span};

/// Below this probability of the counts an experiment is broken (Fabijan et al., KDD 2019).
const BROKEN_BELOW: f64 = 0.001;

/// How far back.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExperimentsQuery {
    /// Days back from now, 1 to 90; 28 unless told.
    days: Option<i64>,
}

/// One side of an experiment.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArmState {
    /// Its name.
    name: String,
    /// The pipeline that makes its lists.
    pipeline: String,
    /// Share of the experiment it should get, 0 to 1.
    share: f64,
    /// Who saw it, and what they clicked.
    #[serde(flatten)]
    seen: Seen,
    /// How far its clicks per impression are above the first arm's; absent for that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    above_first: Option<Span>,
}

/// One experiment.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentState {
    /// Its name.
    name: String,
    /// Where it runs.
    surface: String,
    /// Experiments of one layer exclude each other.
    layer: String,
    /// Share of the layer, 0 to 1.
    traffic: f64,
    /// What is compared.
    arms: Vec<ArmState>,
    /// Probability of units as far from the shares as these, by a chi-square test.
    ratio_p: f64,
    /// Whether the shares are off beyond chance: no result of it may be believed.
    mismatch: bool,
}

/// Who is kept out of all experiments.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldOutState {
    /// Share of all units, 0 to 0.5.
    share: f64,
    /// The pipeline they get on every surface.
    pipeline: String,
    /// Who saw it, and what they clicked.
    #[serde(flatten)]
    seen: Seen,
}

/// All experiments.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentsAnswer {
    /// The hold-out share, if there is one.
    holdout: Option<HoldOutState>,
    /// As the file has them.
    experiments: Vec<ExperimentState>,
}

/// The experiments that run, with units seen in each arm and the test of their shares.
#[utoipa::path(get, path = "/v1/console/experiments", tag = "console", params(ExperimentsQuery),
    responses((status = 200, body = ExperimentsAnswer), (status = "4XX", body = crate::problem::ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    _: Staff,
    Query(query): Query<ExperimentsQuery>,
) -> Answer<Json<ExperimentsAnswer>> {
    let days = query.days.unwrap_or(28);
    if !(1..=90).contains(&days) {
        return Err(Problem::field("days", "is 1 to 90"));
    }
    let defined = app.experiments.load_full();
    let from = app.clock.now() - SignedDuration::from_hours(24 * days);
    let counts = app.warehouse.arm_counts(from).await;
    let counts = counts.map_err(|error| Problem::unavailable("the analytic store", error))?;
    let counts: HashMap<&str, Seen> =
        counts.iter().map(|count| (count.experiment.as_str(), count.into())).collect();
    let of = |name: &str, arm: &str| {
        counts.get(format!("{name}:{arm}").as_str()).copied().unwrap_or_default()
    };
    let held = recommend::experiment::HOLD_OUT;
    let holdout = defined.holdout.as_ref().map(|one| HoldOutState {
        share: one.share,
        pipeline: one.pipeline.clone(),
        seen: of(held, held),
    });
    let experiments = defined.experiment.iter().map(|one| state(one, of)).collect();
    Ok(Json(ExperimentsAnswer { holdout, experiments }))
}

fn state(experiment: &Experiment, of: impl Fn(&str, &str) -> Seen) -> ExperimentState {
    let weights: Vec<f64> = experiment.arm.iter().map(|arm| arm.weight).collect();
    let all: f64 = weights.iter().sum();
    let seen: Vec<Seen> =
        experiment.arm.iter().map(|arm| of(&experiment.name, &arm.name)).collect();
    let arms = experiment
        .arm
        .iter()
        .zip(&seen)
        .enumerate()
        .map(|(place, (arm, mine))| ArmState {
            name: arm.name.clone(),
            pipeline: arm.pipeline.clone(),
            share: arm.weight / all,
            seen: *mine,
            above_first: if place == 0 { None } else { mine.above(&seen[0]) },
        })
        .collect();
    let units: Vec<u64> = seen.iter().map(|arm| arm.units).collect();
    let ratio_p = ratio_mismatch(&units, &weights);
    ExperimentState {
        name: experiment.name.clone(),
        surface: experiment.surface.clone(),
        layer: experiment.layer.clone(),
        traffic: experiment.traffic,
        arms,
        ratio_p,
        mismatch: ratio_p < BROKEN_BELOW,
    }
}
