//! What each component gave to a candidate's score, for those who ask.

use std::collections::BTreeMap;

use crate::candidate::Candidate;

fn finite(number: f32) -> f32 {
    if number.is_finite() { number } else { 0.0 }
}

/// Notes what the sources said; without this nothing else is noted.
pub(super) fn begin(candidates: &mut [Candidate]) {
    for candidate in candidates.iter_mut().filter(|candidate| candidate.features.is_none()) {
        let mut features = BTreeMap::new();
        for signal in &candidate.signals {
            features.insert(format!("source.{}", signal.source), finite(signal.score));
        }
        candidate.features = Some(features);
    }
}

/// The scores before a scorer.
pub(super) fn before(candidates: &[Candidate]) -> Vec<f32> {
    candidates.iter().map(|candidate| candidate.score).collect()
}

/// Notes by how much the scorer, the `nth` of its pipeline, moved each score.
pub(super) fn after(candidates: &mut [Candidate], before: &[f32], nth: usize, scorer: &str) {
    for (candidate, before) in candidates.iter_mut().zip(before) {
        let moved = finite(candidate.score - before);
        if let Some(features) = &mut candidate.features {
            let key = format!("score.{scorer}");
            // A scorer may be used twice.
            let key = if features.contains_key(&key) { format!("{key}.{nth}") } else { key };
            features.insert(key, moved);
        }
    }
}
