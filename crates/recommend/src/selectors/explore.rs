//! Slots given to chance, by Thompson sampling: the less is known of an item, the wider its chances are spread.

use serde::Deserialize;

use super::draws::Draws;
use crate::candidate::Candidate;
use crate::context::Context;

/// Draws a propensity is estimated from; less than one in so many is taken for one in so many.
const RESAMPLES: u32 = 64;

/// The parameters.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explore {
    /// Slots, the last of the list.
    pub slots: usize,
    /// Clicks every item is taken to have had already.
    #[serde(default = "one")]
    pub prior_clicks: f32,
    /// Times every item is taken to have been shown already.
    #[serde(default = "twenty")]
    pub prior_views: f32,
    /// Candidates that take part: the best of those not in the list.
    #[serde(default = "pool")]
    pub pool: usize,
}

fn one() -> f32 {
    1.0
}

fn twenty() -> f32 {
    20.0
}

fn pool() -> usize {
    16
}

/// So many of `pool`, each with the probability that it came out, given those before it. The draws follow from the
/// request and the page of its list, so that the same request gets the same list.
pub(super) fn explore(
    rule: &Explore,
    context: &Context<'_>,
    candidates: &[Candidate],
    mut pool: Vec<usize>,
    slots: usize,
) -> Vec<(usize, f64)> {
    let request = context.request();
    let seed = request.request.0.as_u128() ^ request.exclude.len() as u128;
    let mut draws = Draws::new((seed >> 64) as u64 ^ seed as u64);
    pool.truncate(rule.pool.max(slots));
    let mut chances: Vec<(f64, f64)> = pool
        .iter()
        .map(|&one| {
            let counts = context.world.live.counts(candidates[one].item);
            let clicks = rule.prior_clicks + counts.clicks;
            let views = rule.prior_views + counts.impressions;
            (f64::from(clicks), f64::from(views - clicks).max(1e-3))
        })
        .collect();
    let mut chosen = Vec::with_capacity(slots);
    while chosen.len() < slots {
        let Some(winner) = winner(&chances, &mut draws) else { break };
        let wins = (0..RESAMPLES).filter(|_| self::winner(&chances, &mut draws) == Some(winner));
        let wins = wins.count().max(1) as f64;
        chosen.push((pool.remove(winner), wins / f64::from(RESAMPLES)));
        chances.remove(winner);
    }
    chosen
}

/// Who has the highest rate of clicks in one draw of every item's.
fn winner(chances: &[(f64, f64)], draws: &mut Draws) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (nth, &(clicks, others)) in chances.iter().enumerate() {
        let rate = draws.beta(clicks, others);
        if best.is_none_or(|(_, most)| rate > most) {
            best = Some((nth, rate));
        }
    }
    best.map(|(nth, _)| nth)
}
