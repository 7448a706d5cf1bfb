//! Experiments: which pipeline makes a list, for whom, decided by a hash and by nothing that is kept.
//!
//! Within a layer a unit is in one experiment at most; layers are independent of each other; a hold-out share over all
//! of them keeps getting the same simple pipeline. A unit is the visitor, or in a session the visit; who agreed to
//! neither is in no experiment.

mod definition;
mod rate;
mod ratio;

use sha2::{Digest, Sha256};
use vocab::PrivacyMode;

use crate::Query;
pub use definition::{Arm, Experiment, Experiments, HoldOut};
pub use rate::{Clicks, Rate};
pub use ratio::ratio_mismatch;

/// Hashes fall into so many buckets.
pub const BUCKETS: u32 = 10_000;
/// The experiment's name on answers of the hold-out share.
pub const HOLD_OUT: &str = "holdout";

/// What a unit gets on a surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Name of the pipeline.
    pub pipeline: String,
    /// `name:arm`, for [`Query::experiment`].
    pub experiment: String,
}

/// Who is assigned: the visitor with a profile, the visit in a session, nobody without consent.
pub fn unit(query: &Query) -> Option<u64> {
    match query.mode {
        PrivacyMode::None => None,
        PrivacyMode::Session => Some(query.session.0).filter(|session| *session != 0),
        PrivacyMode::Profile => query.visitor.map(|visitor| visitor.0),
    }
}

impl Experiments {
    /// What a unit gets on a surface; `None` where it is in no experiment there. Always the same for the same unit.
    pub fn assign(&self, surface: &str, unit: u64) -> Option<Assignment> {
        if let Some(held) = &self.holdout
            && bucket(&self.salt, "holdout", "", unit) < share(held.share)
        {
            let experiment = format!("{HOLD_OUT}:{HOLD_OUT}");
            return Some(Assignment { pipeline: held.pipeline.clone(), experiment });
        }
        let here = |experiment: &&Experiment| experiment.surface == surface;
        let layer = self.experiment.iter().find(here)?.layer.as_str();
        let at = bucket(&self.salt, "layer", layer, unit);
        let mut from = 0;
        for experiment in self.experiment.iter().filter(|experiment| experiment.layer == layer) {
            let to = from + share(experiment.traffic);
            if (from..to).contains(&at) {
                return (experiment.surface == surface).then(|| {
                    let arm = experiment.arm_at(bucket(&self.salt, "arm", &experiment.name, unit));
                    Assignment {
                        pipeline: arm.pipeline.clone(),
                        experiment: format!("{}:{}", experiment.name, arm.name),
                    }
                });
            }
            from = to;
        }
        None
    }
}

/// Whether a unit is in the share, 0 to 1, that tries something of this name.
///
/// A larger share has everybody in it who was in a smaller one; it has nothing to do with any experiment, nor with what
/// is tried under another name.
pub fn is_tried(name: &str, unit: u64, tried: f64) -> bool {
    bucket("", "trial", name, unit) < share(tried)
}

impl Experiment {
    fn arm_at(&self, bucket: u32) -> &Arm {
        let all: f64 = self.arm.iter().map(|arm| arm.weight).sum();
        let mut upto = 0.0;
        let found = self.arm.iter().find(|arm| {
            upto += arm.weight / all;
            f64::from(bucket) < upto * f64::from(BUCKETS)
        });
        // Rounding may leave the last bucket over.
        found.unwrap_or(&self.arm[self.arm.len() - 1])
    }
}

/// Buckets of a share.
fn share(share: f64) -> u32 {
    (share * f64::from(BUCKETS)).round() as u32
}

/// The bucket of a unit for one purpose; those of different purposes have nothing to do with each other.
fn bucket(salt: &str, purpose: &str, name: &str, unit: u64) -> u32 {
    let mut hash = Sha256::new();
    for part in [salt, purpose, name] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(unit.to_le_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    (u64::from_le_bytes(first) % u64::from(BUCKETS)) as u32
}

#[cfg(test)]
mod tests;
