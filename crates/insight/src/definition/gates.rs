//! What a training must reach before it may serve.

use serde::Deserialize;

use crate::evaluate::{HeldOut, Report, Variant};
use crate::models::Meta;

/// With fewer held-out items the calibration error is mostly noise and its gate is not judged.
const MIN_HELD_OUT: u32 = 200;

/// The gates of one model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Uses learnt from, at least.
    pub min_uses: u64,
    /// Visitors learnt from, at least.
    pub min_visitors: u64,
    /// Days after its last use at which the artefact is stale.
    pub max_age_days: u32,
    /// NDCG of the blend over that of popularity on held-out uses, at least; judged on at least 200 people.
    #[serde(default)]
    pub min_gain_over_popularity: Option<f64>,
    /// Calibration error of needs on held-out items, at most; judged on at least 200 of them.
    #[serde(default)]
    pub max_calibration_error: Option<f64>,
}

impl Gates {
    /// Why the artefact may not be promoted; empty is passed.
    ///
    /// Without a report the gain over popularity is judged by what the training held out itself ([`HeldOut`]), and not at
    /// all where that were too few people.
    pub fn refusals(&self, meta: &Meta, report: Option<&Report>) -> Vec<String> {
        let mut refusals = Vec::new();
        if meta.uses < self.min_uses {
            refusals.push(format!("{} uses, at least {} needed", meta.uses, self.min_uses));
        }
        if meta.visitors < self.min_visitors {
            let needed = self.min_visitors;
            refusals.push(format!("{} visitors, at least {needed} needed", meta.visitors));
        }
        if let (Some(most), true) =
            (self.max_calibration_error, meta.needs.held_out >= MIN_HELD_OUT)
        {
            let found = meta.needs.calibration_error;
            if found > most {
                refusals.push(format!("calibration error {found:.4}, at most {most} allowed"));
            }
        }
        let found = match report {
            Some(report) => Some(of_report(report)),
            None => HeldOut::of(meta).and_then(|held| held.ndcg).map(|n| (n.blend, n.popularity)),
        };
        if let (Some(least), Some((blend, popularity))) = (self.min_gain_over_popularity, found)
            && blend < least * popularity
        {
            refusals.push(format!(
                "NDCG {blend:.4} against {popularity:.4} of popularity, at least {least} times needed"
            ));
        }
        refusals
    }

    /// Whether an artefact whose data end at `last_ms` is too old at `now_ms` (both milliseconds since 1970).
    pub fn is_stale(&self, last_ms: i64, now_ms: i64) -> bool {
        now_ms - last_ms > i64::from(self.max_age_days) * crate::interactions::DAY_MS
    }
}

/// NDCG of the blend and of popularity over new items; 0 of what was not measured.
fn of_report(report: &Report) -> (f64, f64) {
    let ndcg = |model| report.entry(model, Variant::New).map_or(0.0, |entry| entry.ndcg.mean);
    (ndcg("blend"), ndcg("popularity"))
}
