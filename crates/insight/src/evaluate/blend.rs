//! A weighted sum of signals, each scaled to length 1 a person; the weights are found on the tuning window.

use rayon::prelude::*;

use super::metrics::{Mean, mean_of_places};
use super::signals::{BATCH, Fitted, Scratch, Signal};
use super::split::Task;
use super::{EvalParams, Variant};
use crate::ranking::Best;

/// Items of a person looked at for each signal while weights are searched.
const SHORTLIST: usize = 200;
/// Rounds of the coordinate search, each with half the step of the one before.
const ROUNDS: usize = 5;
/// First step of the search.
const STEP: f32 = 0.4;

/// A weight a signal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights(pub(super) Vec<(Signal, f32)>);

impl Weights {
    /// Where nothing is tuned.
    pub(super) fn start(signals: &[Signal]) -> Self {
        let usual = |signal: &Signal| match signal {
            Signal::Popularity => 0.02,
            Signal::ItemNeighbours => 0.1,
            Signal::VisitorNeighbours => 0.45,
            Signal::CoVisitation | Signal::Factors => 0.65,
            Signal::Ease | Signal::GraphFilter => 0.5,
            Signal::TwoSteps => -0.6,
        };
        Self(signals.iter().map(|signal| (*signal, usual(signal))).collect())
    }

    fn with(&self, position: usize, value: f32) -> Self {
        let mut other = self.clone();
        other.0[position].1 = value;
        other
    }

    /// For the report.
    pub(super) fn describe(&self) -> String {
        let parts: Vec<String> = self
            .0
            .iter()
            .filter(|(_, weight)| weight.abs() > f32::EPSILON)
            .map(|(signal, weight)| format!("{} {weight:.3}", signal.name()))
            .collect();
        parts.join(" ")
    }
}

/// What a row is multiplied by to have length 1; 0 for a row of zeros.
fn unit(row: &[f32]) -> f32 {
    let square: f64 = row.iter().map(|&score| f64::from(score) * f64::from(score)).sum();
    if square > 0.0 { square.sqrt().recip() as f32 } else { 0.0 }
}

/// The weighted sum of signals, each row of each signal scaled to length 1.
pub(super) fn mix(signals: &[Vec<f32>], items: usize, weights: &Weights) -> Vec<f32> {
    let mut sum = vec![0_f32; signals.first().map_or(0, Vec::len)];
    for (rows, &(_, weight)) in signals.iter().zip(&weights.0) {
        if weight.abs() > f32::EPSILON {
            for (total, row) in sum.chunks_exact_mut(items).zip(rows.chunks_exact(items)) {
                let scale = weight * unit(row);
                for (total, &score) in total.iter_mut().zip(row) {
                    *total += scale * score;
                }
            }
        }
    }
    sum
}

/// What the search needs of one person: the items any signal would show, their values, and which are labels.
struct Shortlist {
    /// A row a signal, a column an item.
    values: Vec<f32>,
    labels: Vec<bool>,
    /// Labels in all; those no signal found are misses.
    wanted: usize,
}

/// Searches the weights by coordinates: from the usual mixture, and from the best signal alone. The better end counts.
pub(super) fn search(task: &Task, fitted: &Fitted<'_>, params: &EvalParams) -> Weights {
    let signals = fitted.signals();
    let people: Vec<Shortlist> = task
        .people
        .par_chunks(BATCH)
        .map_init(Scratch::default, |scratch, batch| {
            shortlists(task, fitted, batch, params, scratch)
        })
        .flatten_iter()
        .collect();
    let judge = |weights: &Weights| -> f64 {
        let found: Vec<Mean> =
            people.par_iter().map(|person| person.measure(weights, params.at)).collect();
        found.iter().map(|person| person.ndcg + person.recall).sum::<f64>()
    };
    let nothing = Weights(signals.iter().map(|signal| (*signal, 0.0)).collect());
    let alone = (0..signals.len()).map(|position| nothing.with(position, 1.0));
    let alone = alone.map(|weights| (judge(&weights), weights));
    let alone = alone.reduce(|best, other| if other.0 > best.0 { other } else { best });
    let usual = climb(Weights::start(&signals), &judge);
    let from_one = alone.map(|(_, weights)| climb(weights, &judge));
    from_one.into_iter().fold(usual, |best, other| if other.0 > best.0 { other } else { best }).1
}

/// Moves one weight at a time for as long as that is better, in ever smaller steps.
fn climb(start: Weights, judge: &dyn Fn(&Weights) -> f64) -> (f64, Weights) {
    let (mut kept, mut best) = (judge(&start), start);
    let mut step = STEP;
    for _ in 0..ROUNDS {
        for position in 0..best.0.len() {
            for direction in [step, -step] {
                loop {
                    let candidate = best.with(position, best.0[position].1 + direction);
                    let found = judge(&candidate);
                    if found <= kept {
                        break;
                    }
                    (best, kept) = (candidate, found);
                }
            }
        }
        step /= 2.0;
    }
    (kept, best)
}

fn shortlists(
    task: &Task,
    fitted: &Fitted<'_>,
    batch: &[super::split::Person],
    params: &EvalParams,
    scratch: &mut Scratch,
) -> Vec<Shortlist> {
    let items = task.matrix.columns();
    let rows: Vec<u32> = batch.iter().map(|person| person.visitor).collect();
    let signals = fitted.score(task, &rows, scratch);
    let mut all = Vec::with_capacity(batch.len());
    for (row, person) in batch.iter().enumerate() {
        let labels = person.labels(params.objective);
        if labels.is_empty() {
            continue;
        }
        let values: Vec<&[f32]> =
            signals.iter().map(|signal| &signal[row * items..(row + 1) * items]).collect();
        let scales: Vec<f32> = values.iter().map(|row| unit(row)).collect();
        let candidate = |item: u32| {
            task.live[item as usize]
                && (params.objective == Variant::All || person.seen.binary_search(&item).is_err())
        };
        let mut shown: Vec<u32> = Vec::new();
        for signal in &values {
            let mut best = Best::new(SHORTLIST);
            for (item, &value) in (0_u32..).zip(*signal) {
                if best.admits(value) && candidate(item) {
                    best.push(item, value);
                }
            }
            shown.extend(best.into_sorted().into_iter().map(|entry| entry.0));
        }
        shown.sort_unstable();
        shown.dedup();
        all.push(Shortlist {
            values: values
                .iter()
                .zip(scales)
                .flat_map(|(signal, scale)| {
                    shown.iter().map(move |&item| scale * signal[item as usize])
                })
                .collect(),
            labels: shown.iter().map(|item| labels.binary_search(item).is_ok()).collect(),
            wanted: labels.len(),
        });
    }
    all
}

impl Shortlist {
    fn measure(&self, weights: &Weights, at: u32) -> Mean {
        let width = self.labels.len();
        let mut sum = vec![0_f32; width];
        for (values, &(_, weight)) in self.values.chunks_exact(width.max(1)).zip(&weights.0) {
            for (total, &value) in sum.iter_mut().zip(values) {
                *total += weight * value;
            }
        }
        let places =
            self.labels.iter().zip(&sum).filter(|(label, _)| **label).map(|(_, &score)| {
                let (mut higher, mut same) = (0_usize, 0_usize);
                for &other in &sum {
                    higher += usize::from(other > score);
                    same += usize::from(other.total_cmp(&score).is_eq());
                }
                1.0 + higher as f64 + (same - 1) as f64 / 2.0
            });
        mean_of_places(places, self.wanted, at)
    }
}
