//! Lists for parts of everybody, each drawn towards the part around it as far as it is small.

use rustc_hash::{FxBuildHasher, FxHashMap};
use vocab::ItemId;

use super::lists::Scored;
use super::segment::Segment;
use crate::catalogue::{Catalogue, Place};

/// Votes of the part around that stand beside a part's own (shrinkage as in empirical Bayes): a part with so many votes
/// counts half, one with ten times as many nearly alone.
const PRIOR_VOTES: f32 = 30.0;
/// Votes for one item that its trend elsewhere is worth.
const PRIOR_TREND: f32 = 3.0;
/// Parts that get lists, those with most votes first: with the two lengths, what keeps the swap at milliseconds.
const CROWDS: usize = 512;
/// Items of a part's list of what is used.
const POPULAR: usize = 120;
/// Items of a part's list of what is used more than usual.
const TRENDING: usize = 60;

/// What a part of everybody uses. Whoever counts must leave out parts and items of few people: what is in here is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crowd {
    /// Whom and where.
    pub segment: Segment,
    /// Votes for all items, those not listed too; they fade as the popularity of [`Live`](super::Live) does.
    pub votes: f32,
    /// Votes of the last hour or so.
    pub recent: f32,
    /// What it uses, in any order.
    pub items: Vec<Voted>,
}

/// An item as a part of everybody uses it.
#[derive(Clone, Debug, PartialEq)]
pub struct Voted {
    /// The item.
    pub item: ItemId,
    /// Votes, faded as the popularity of [`Live`](super::Live) is.
    pub votes: f32,
    /// The votes it would have if it had always been used as in the last hour: above `votes` it rises.
    pub pace: f32,
}

/// An item in a part's list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placed {
    pub(crate) place: Place,
    /// 0 to 1.
    pub(crate) score: f32,
    /// Whether the part itself uses it; else those around it do.
    pub(crate) own: bool,
}

/// The two lists of a part.
#[derive(Debug, Default)]
pub(crate) struct CrowdLists {
    /// Most used first.
    pub(crate) popular: Vec<Placed>,
    /// Most above the usual first.
    pub(crate) trending: Vec<Placed>,
}

/// Shares of all votes and trends (1 is as usual), as far as they are known.
#[derive(Debug, Default)]
struct Known {
    shares: Vec<Scored>,
    trends: Vec<Scored>,
}

/// An item of a part while its lists are made.
#[derive(Clone, Copy, Debug, Default)]
struct Mixed {
    share: f32,
    around: f32,
    votes: f32,
    pace: f32,
}

/// Lists of all parts. `popular` (in votes) and `trending` (1 is as usual) are everybody's.
pub(super) fn lists(
    catalogue: &Catalogue,
    mut crowds: Vec<Crowd>,
    popular: &[Scored],
    trending: &[Scored],
) -> FxHashMap<Segment, CrowdLists> {
    crowds.retain(|crowd| crowd.votes.is_finite() && crowd.votes > 0.0 && crowd.recent >= 0.0);
    crowds.sort_by(|a, b| b.votes.total_cmp(&a.votes).then(a.segment.cmp(&b.segment)));
    crowds.truncate(CROWDS);
    // Wider parts first: narrower ones are drawn towards what is known of them.
    crowds.sort_by_key(|crowd| crowd.segment.depth());
    let total: f32 = popular.iter().map(|(_, votes)| votes.max(0.0)).sum::<f32>().max(1.0);
    let everybody = Known {
        shares: popular
            .iter()
            .take(POPULAR)
            .map(|&(p, votes)| (p, votes.max(0.0) / total))
            .collect(),
        trends: trending.iter().filter(|(_, trend)| *trend > 1.0).take(TRENDING).copied().collect(),
    };
    let mut known: FxHashMap<Segment, Known> = FxHashMap::default();
    let mut all = FxHashMap::default();
    for crowd in &crowds {
        let around =
            crowd.segment.wider().find_map(|wider| known.get(&wider)).unwrap_or(&everybody);
        let (of_crowd, lists) = mix(catalogue, crowd, around, total);
        known.insert(crowd.segment, of_crowd);
        all.insert(crowd.segment, lists);
    }
    all
}

fn mix(catalogue: &Catalogue, crowd: &Crowd, around: &Known, total: f32) -> (Known, CrowdLists) {
    let room = around.shares.len() + around.trends.len() + crowd.items.len();
    let mut items: FxHashMap<Place, Mixed> =
        FxHashMap::with_capacity_and_hasher(room, FxBuildHasher);
    let weight = PRIOR_VOTES / (crowd.votes + PRIOR_VOTES);
    for &(place, share) in &around.shares {
        items.entry(place).or_default().share = weight * share;
    }
    // What the part had a chance to turn to and did not is less of a trend there.
    let calm = PRIOR_VOTES / (crowd.recent + PRIOR_VOTES);
    for &(place, trend) in &around.trends {
        items.entry(place).or_default().around = calm * (trend - 1.0);
    }
    for voted in crowd.items.iter().filter(|voted| voted.votes > 0.0 && voted.votes.is_finite()) {
        let Some(place) = catalogue.place(&voted.item) else { continue };
        let mixed = items.entry(place).or_default();
        mixed.share += voted.votes / (crowd.votes + PRIOR_VOTES);
        mixed.votes = voted.votes;
        mixed.pace = if voted.pace.is_finite() { voted.pace.max(0.0) } else { voted.votes };
    }
    let trend = |mixed: &Mixed| {
        (mixed.pace + PRIOR_TREND * (1.0 + mixed.around)) / (mixed.votes + PRIOR_TREND)
    };
    let order = |a: &Scored, b: &Scored| {
        b.1.total_cmp(&a.1).then_with(|| catalogue.at(a.0).id.cmp(&catalogue.at(b.0).id))
    };
    let best = |value: &dyn Fn(&Mixed) -> f32, least: f32, length: usize| {
        let all = items.iter().map(|(&place, mixed)| (place, value(mixed)));
        let mut best: Vec<Scored> = all.filter(|(_, value)| *value > least).collect();
        if best.len() > length {
            best.select_nth_unstable_by(length, order);
            best.truncate(length);
        }
        best.sort_unstable_by(order);
        best
    };
    let known = Known {
        shares: best(&|mixed| mixed.share, 0.0, POPULAR),
        trends: best(&trend, 1.0, TRENDING),
    };
    let placed = |list: &[Scored], score: &dyn Fn(f32) -> f32, is_own: &dyn Fn(&Mixed) -> bool| {
        let own = |place: Place| items.get(&place).is_some_and(is_own);
        list.iter()
            .map(|&(place, value)| Placed { place, score: score(value), own: own(place) })
            .collect()
    };
    // The same scale as everybody's list: logarithms of votes, by those of the most used.
    let most = known.shares.first().map_or(0.0, |(_, share)| share * total).ln_1p();
    let lists = CrowdLists {
        popular: placed(
            &known.shares,
            &|share| (share * total).ln_1p() / most.max(f32::MIN_POSITIVE),
            &|mixed| mixed.votes > 0.0,
        ),
        // It rises here only where it does so here.
        trending: placed(&known.trends, &|trend| 1.0 - 1.0 / trend, &|mixed| {
            mixed.pace > mixed.votes
        }),
    };
    (known, lists)
}
