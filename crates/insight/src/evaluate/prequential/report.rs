//! What a replay found: both ways of counting, beside the baselines, by strata, with coverage and concentration.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::figures::{Earned, means};
use super::replay::BASELINES;
use super::{Lag, StreamParams};
use crate::evaluate::Estimate;
use crate::formats::Visits;
use crate::stream::{Click, Stream};

/// One model under one way of counting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// `ranker` or a baseline.
    pub model: String,
    /// Hit rate at 10.
    pub hr_10: Estimate,
    /// Hit rate at 20; against 50 negatives it says little.
    pub hr_20: Estimate,
    /// Mean reciprocal rank at 10.
    pub mrr_10: Estimate,
}

/// A part of the clicks, full ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// For example `item age: under an hour`.
    pub name: String,
    /// Clicks in it.
    pub clicks: usize,
    /// Hit rate at 20 of the ranker.
    pub hr_20: f64,
}

/// One replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LagReport {
    /// How far the models lagged.
    pub lag: Lag,
    /// Clicks measured.
    pub measured: usize,
    /// Sampled metrics against popular negatives: only to be compared with published tables.
    pub sampled: Vec<Row>,
    /// All items of the last 24 hours ranked.
    pub full: Vec<Row>,
    /// Share of labels among the candidates.
    pub candidate_recall: f64,
    /// Candidates a request, on average.
    pub candidates: f64,
    /// Parts of the clicks.
    pub strata: Vec<Stratum>,
    /// Share of all items that were shown in some list of 20.
    pub coverage_20: f64,
    /// Gini index of how often items were shown: 0 all alike, 1 one alone.
    pub gini_20: f64,
    /// Mean -log2 of the share of clicks of what was shown: higher is less obvious.
    pub novelty_20: f64,
    /// Mean gain in HR@20 over STAN on the same clicks, with its interval.
    pub gain_over_stan: Estimate,
}

/// All replays of one data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamReport {
    /// Clicks.
    pub clicks: usize,
    /// Items.
    pub items: usize,
    /// Visitors.
    pub visitors: usize,
    /// Visits.
    pub visits: usize,
    /// Clock values that were clipped to their visit.
    pub clipped: usize,
    /// Rows left out because they name neither a visitor nor a visit.
    pub nameless: usize,
    /// Clicks on to an item new to the visit.
    pub next_clicks: usize,
    /// The seed.
    pub seed: u64,
    /// One a lag.
    pub lags: Vec<LagReport>,
    /// Seconds, as the caller's stopwatch says.
    pub seconds: f64,
}

/// Earnings of all models, click by click.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) ranker: Vec<Earned>,
    pub(super) baselines: [Vec<Earned>; BASELINES.len()],
}

/// Everything gathered while replaying.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) sampled: Table,
    pub(super) full: Table,
    pub(super) visits: Vec<u64>,
    pub(super) reached: u64,
    pub(super) candidates: u64,
    strata: BTreeMap<String, (usize, f64)>,
    shown: HashMap<u32, u64>,
    novelty: (f64, u64),
}

impl Measured {
    /// Puts the newest prediction into its strata.
    pub(super) fn stratify(
        &mut self,
        click: &Click,
        place: usize,
        returning: bool,
        stream: &Stream,
    ) {
        let hit = self.full.ranker.last().map_or(0.0, |earned| f64::from(earned.hit_20));
        let hours = stream.first_used(click.item).map(|at| (click.at_ms - at) / 3_600_000);
        let age = match hours {
            None => "4 never seen",
            Some(..1) => "0 under an hour",
            Some(..24) => "1 under a day",
            Some(..168) => "2 under a week",
            Some(_) => "3 older",
        };
        let place = match place {
            1 => "1 second click",
            2 => "2 third click",
            _ => "3 later",
        };
        let known = if returning { "known visitor" } else { "new visitor" };
        for name in [
            format!("item age: {}", &age[2..]),
            format!("place: {}", &place[2..]),
            known.to_owned(),
        ] {
            let entry = self.strata.entry(name).or_default();
            entry.0 += 1;
            entry.1 += hit;
        }
    }

    /// Counts what a list showed.
    pub(super) fn show(&mut self, items: impl Iterator<Item = u32>, stream: &Stream) {
        for item in items {
            *self.shown.entry(item).or_default() += 1;
            self.novelty.0 += -f64::from(stream.share(item).max(1e-9)).log2();
            self.novelty.1 += 1;
        }
    }

    pub(super) fn report(self, lag: Lag, params: &StreamParams, items: usize) -> LagReport {
        let rows = |table: &Table| -> Vec<Row> {
            let all = [("ranker", &table.ranker)];
            let others = BASELINES.iter().map(|entry| entry.0).zip(&table.baselines);
            all.into_iter()
                .chain(others)
                .map(|(model, earned)| {
                    let [hr_10, hr_20, mrr_10] =
                        means(earned, &self.visits, params.resamples, params.seed);
                    Row { model: model.to_owned(), hr_10, hr_20, mrr_10 }
                })
                .collect()
        };
        let stan = BASELINES.len() - 1;
        let gains: Vec<Earned> = self
            .full
            .ranker
            .iter()
            .zip(&self.full.baselines[stan])
            .map(|(own, other)| Earned { hit_20: own.hit_20 - other.hit_20, ..Earned::default() })
            .collect();
        let [_, gain_over_stan, _] = means(&gains, &self.visits, params.resamples, params.seed);
        let measured = self.full.ranker.len();
        let of = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        LagReport {
            lag,
            measured,
            sampled: rows(&self.sampled),
            full: rows(&self.full),
            candidate_recall: of(self.reached as f64, measured as f64),
            candidates: of(self.candidates as f64, measured as f64),
            strata: self
                .strata
                .iter()
                .map(|(name, &(clicks, hits))| Stratum {
                    name: name.clone(),
                    clicks,
                    hr_20: of(hits, clicks as f64),
                })
                .collect(),
            coverage_20: of(self.shown.len() as f64, items as f64),
            gini_20: gini(self.shown.values().copied().collect(), items),
            novelty_20: of(self.novelty.0, self.novelty.1 as f64),
            gain_over_stan,
        }
    }
}

/// Gini index over `items` of which only those counted were ever shown.
fn gini(mut counts: Vec<u64>, items: usize) -> f64 {
    counts.sort_unstable();
    let never = items.saturating_sub(counts.len());
    let total: u64 = counts.iter().sum();
    if total == 0 || items == 0 {
        return 0.0;
    }
    let weighted: f64 =
        (1..).zip(&counts).map(|(place, &count)| (never + place) as f64 * count as f64).sum();
    let n = items as f64;
    2.0 * weighted / (n * total as f64) - (n + 1.0) / n
}

impl StreamReport {
    pub(super) fn new(
        visits: &Visits,
        params: &StreamParams,
        next_clicks: usize,
        lags: Vec<LagReport>,
        seconds: f64,
    ) -> Self {
        let distinct = |key: fn(&Click) -> u64| {
            let mut all: Vec<u64> = visits.clicks.iter().map(key).collect();
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        Self {
            clicks: visits.clicks.len(),
            items: visits.items.len(),
            visitors: distinct(|click| click.visitor),
            visits: distinct(|click| click.session),
            clipped: visits.clipped,
            nameless: visits.nameless,
            next_clicks,
            seed: params.seed,
            lags,
            seconds,
        }
    }

    /// The report of a lag.
    pub fn lag(&self, lag: Lag) -> Option<&LagReport> {
        self.lags.iter().find(|report| report.lag == lag)
    }

    /// The report without its time: equal for equal runs.
    #[must_use]
    pub fn without_times(mut self) -> Self {
        self.seconds = 0.0;
        self
    }
}

impl LagReport {
    /// A model's row, full ranking.
    pub fn full(&self, model: &str) -> Option<&Row> {
        self.full.iter().find(|row| row.model == model)
    }

    /// A model's row, sampled.
    pub fn sampled(&self, model: &str) -> Option<&Row> {
        self.sampled.iter().find(|row| row.model == model)
    }
}

impl fmt::Display for StreamReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "data      {} clicks, {} items, {} visitors, {} visits; {} clocks clipped to their visit, {} rows of nobody left out",
            self.clicks, self.items, self.visitors, self.visits, self.clipped, self.nameless
        )?;
        writeln!(
            f,
            "protocol  prequential: each of {} next clicks predicted before it is learnt, ties half, seed {}",
            self.next_clicks, self.seed
        )?;
        for lag in &self.lags {
            writeln!(f, "\n{}, {} clicks measured", lag.lag.describe(), lag.measured)?;
            let table = |f: &mut fmt::Formatter<'_>, title: &str, rows: &[Row]| {
                writeln!(f, "{title:<34}{:<26}{:<26}MRR@10", "HR@10", "HR@20")?;
                for row in rows {
                    let cell = |e: Estimate| format!("{:.4} [{:.4}, {:.4}]", e.mean, e.low, e.high);
                    let (ten, twenty, mrr) = (cell(row.hr_10), cell(row.hr_20), cell(row.mrr_10));
                    writeln!(f, "  {:<32}{ten:<26}{twenty:<26}{mrr}", row.model)?;
                }
                Ok(())
            };
            table(f, "full ranking, last 24 h", &lag.full)?;
            table(f, "sampled, popular negatives", &lag.sampled)?;
            let gain = lag.gain_over_stan;
            writeln!(
                f,
                "  HR@20 over STAN, paired: {:+.4} [{:+.4}, {:+.4}]; candidates {:.0}, their recall {:.4}",
                gain.mean, gain.low, gain.high, lag.candidates, lag.candidate_recall
            )?;
            writeln!(
                f,
                "  coverage@20 {:.3}, Gini {:.3}, novelty {:.2} bits",
                lag.coverage_20, lag.gini_20, lag.novelty_20
            )?;
            for stratum in &lag.strata {
                writeln!(
                    f,
                    "  {:<32}HR@20 {:.4} of {}",
                    stratum.name, stratum.hr_20, stratum.clicks
                )?;
            }
        }
        write!(f, "\n{:.1} s", self.seconds)
    }
}
