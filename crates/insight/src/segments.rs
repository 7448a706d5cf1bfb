//! Who comes: people grouped by what they need, by k-means over their needs' strengths.
//!
//! A segment is told by its size and the needs its people share; who is in it is never told, and a small one is not told
//! at all. Lloyd's algorithm with k-means++ (Arthur, Vassilvitskii, SODA 2007), from linfa.

use linfa::DatasetBase;
use linfa::prelude::{Fit, Predict};
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::params::positive;
use crate::{InsightError, Result};

/// Needs a segment is told by, at most.
const TOLD: usize = 5;
/// Needs that weigh less than this share of a segment's strongest one are not told.
const WEAKEST: f32 = 0.1;

/// How people are grouped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SegmentParams {
    /// Segments, at most; fewer where there are too few people.
    pub segments: u32,
    /// People of a segment, at least: smaller ones are left out, lest somebody be known by their company.
    pub least: u32,
    /// Rounds of one run, at most.
    pub rounds: u32,
    /// Runs from different starts; the tightest is kept.
    pub runs: u32,
}

impl Default for SegmentParams {
    fn default() -> Self {
        Self { segments: 12, least: 20, rounds: 100, runs: 4 }
    }
}

impl SegmentParams {
    fn check(&self) -> Result<()> {
        positive("segments.segments", self.segments)?;
        positive("segments.least", self.least)?;
        positive("segments.rounds", self.rounds)?;
        positive("segments.runs", self.runs)
    }
}

/// People who need the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// How many they are.
    pub people: u32,
    /// What they need, by position in the taxonomy, with the mean strength among them; strongest first.
    pub needs: Vec<(u16, f32)>,
}

/// Groups people by their needs (position below `needs`, strength above 0), the largest group first.
///
/// People are compared by the direction of their needs, not by how busy they are. Those without needs are left out. The
/// same people in the same order give the same segments.
///
/// # Errors
/// A parameter that is 0.
pub fn segments(
    people: &[Vec<(u16, f32)>],
    needs: usize,
    params: &SegmentParams,
) -> Result<Vec<Segment>> {
    params.check()?;
    let known: Vec<Array1<f64>> =
        people.iter().filter_map(|person| direction(person, needs)).collect();
    let least = params.least as usize;
    let wanted = (params.segments as usize).min(known.len() / least);
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let mut records = Array2::<f64>::zeros((known.len(), needs));
    for (mut row, person) in records.rows_mut().into_iter().zip(&known) {
        row.assign(person);
    }
    let dataset = DatasetBase::from(records);
    let model = KMeans::params(wanted)
        .init_method(KMeansInit::KMeansPlusPlus)
        .max_n_iterations(u64::from(params.rounds))
        .n_runs(params.runs as usize)
        .tolerance(1e-4)
        .fit(&dataset)
        .map_err(|error| InsightError::Fit { model: "segments", detail: error.to_string() })?;
    let of: Array1<usize> = model.predict(&dataset);
    let mut counts = vec![0_u32; wanted];
    for &segment in &of {
        counts[segment] += 1;
    }
    let mut found: Vec<Segment> = counts
        .into_iter()
        .zip(model.centroids().rows())
        .filter(|(people, _)| *people as usize >= least)
        .map(|(people, centroid)| Segment { people, needs: told(centroid.iter().copied()) })
        .collect();
    found.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| order(a).cmp(&order(b))));
    Ok(found)
}

/// A person's needs as a vector of unit length.
fn direction(person: &[(u16, f32)], needs: usize) -> Option<Array1<f64>> {
    let mut vector = Array1::<f64>::zeros(needs);
    for &(need, strength) in person {
        if usize::from(need) < needs && strength.is_finite() && strength > 0.0 {
            vector[usize::from(need)] += f64::from(strength);
        }
    }
    let length = vector.dot(&vector).sqrt();
    (length > 0.0).then(|| vector / length)
}

fn told(centroid: impl Iterator<Item = f64>) -> Vec<(u16, f32)> {
    let mut best = crate::ranking::Best::new(TOLD);
    for (need, strength) in centroid.enumerate() {
        best.push(need as u32, strength as f32);
    }
    let best = best.into_sorted();
    let strongest = best.first().map_or(0.0, |entry| entry.1);
    let told = best.into_iter().filter(|entry| entry.1 > strongest * WEAKEST);
    told.map(|(need, strength)| (need as u16, strength)).collect()
}

fn order(segment: &Segment) -> Vec<u16> {
    segment.needs.iter().map(|need| need.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::on_threads;

    /// 60 parents (needs 0 and 1), 40 drivers (2 and 3), 5 divers (4).
    fn people() -> Vec<Vec<(u16, f32)>> {
        let parents = (0..60).map(|n| vec![(0, 0.8), (1, 0.2 + n as f32 / 100.0)]);
        let drivers = (0..40).map(|n| vec![(2, 0.3 + n as f32 / 100.0), (3, 0.6)]);
        parents.chain(drivers).chain((0..5).map(|_| vec![(4, 0.9)])).collect()
    }

    #[test]
    fn people_who_need_the_same_are_together_and_few_are_not_told() {
        let found = segments(&people(), 5, &SegmentParams { segments: 3, ..Default::default() });
        let found = found.unwrap();
        let sizes: Vec<u32> = found.iter().map(|segment| segment.people).collect();
        assert_eq!(sizes, [60, 40], "{found:?}");
        assert_eq!(found[0].needs[0].0, 0);
        assert!(found[1].needs.iter().all(|need| [2, 3].contains(&need.0)), "{found:?}");
    }

    #[test]
    fn a_few_people_nobody_or_wrong_strengths_are_no_segments() {
        let params = SegmentParams::default();
        assert_eq!(segments(&[], 5, &params).unwrap(), []);
        assert_eq!(segments(&people()[..19], 5, &params).unwrap(), []);
        let wrong = vec![vec![(9, 1.0), (1, f32::NAN), (2, -1.0)]; 50];
        assert_eq!(segments(&wrong, 5, &params).unwrap(), []);
        assert!(segments(&people(), 5, &SegmentParams { least: 0, ..params }).is_err());
    }

    #[test]
    fn any_number_of_threads_gives_the_same_segments() {
        let run = || segments(&people(), 5, &SegmentParams::default()).unwrap();
        assert_eq!(on_threads(1, run), on_threads(3, run));
    }
}
