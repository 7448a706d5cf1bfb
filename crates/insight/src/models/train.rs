//! One training: canonical data in, every part fitted, one stamped artefact out.

use vocab::Taxonomy;

use super::{Meta, Models};
use crate::Result;
use crate::factors::Factors;
use crate::interactions::Interactions;
use crate::needs::{ItemText, NeedModel};
use crate::neighbours::Neighbours;
use crate::params::ValidTrainParams;
use crate::popularity::Popularity;

/// The parts of a training, in order, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Sorting, leaving out robots, weighting.
    Prepare,
    /// Matrix factorisation.
    Factors,
    /// Item-to-item lists.
    Neighbours,
    /// Popularity.
    Popularity,
    /// Needs from texts.
    Needs,
    /// Encoding and digest.
    Stamp,
}

impl Stage {
    /// The name for a log or a progress bar.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Factors => "factors",
            Self::Neighbours => "neighbours",
            Self::Popularity => "popularity",
            Self::Needs => "needs",
            Self::Stamp => "stamp",
        }
    }
}

/// Trains everything.
///
/// Same data in any order, same texts in any order and same seed give the same artefact, bit for
/// bit, on any number of threads (invariant 11). Empty interactions are allowed: the models then know only needs of
/// texts. `progress` gets the stage and the share of it done, 0 to 1.
///
/// # Errors
/// Interactions or labels that contradict themselves.
pub fn train(
    interactions: &Interactions,
    texts: &[ItemText],
    taxonomy: &Taxonomy,
    params: &ValidTrainParams,
    progress: &dyn Fn(Stage, f32),
) -> Result<Models> {
    let params = params.get();
    progress(Stage::Prepare, 0.0);
    interactions.check()?;
    let (human, robots, robot_uses) =
        interactions.without_robots(params.weighting.robot_uses_per_day);
    let table = human.canonical();
    let (first_ms, _) = table.window().unwrap_or_default();
    let last_ms = table.reference_ms();
    let matrix = table.user_item(&params.weighting, last_ms);
    progress(Stage::Prepare, 1.0);

    let factors = Factors::fit(&matrix, &table.visitors, &params.factors, params.seed, &|share| {
        progress(Stage::Factors, share);
    });
    progress(Stage::Neighbours, 0.0);
    let neighbours = Neighbours::build(&matrix, &table, &params.neighbours, last_ms);
    progress(Stage::Neighbours, 1.0);
    let popularity = Popularity::count(&table, &params.popularity, last_ms);
    progress(Stage::Popularity, 1.0);
    let (needs, report) = NeedModel::fit(texts, taxonomy, &params.needs, &|share| {
        progress(Stage::Needs, share);
    })?;

    progress(Stage::Stamp, 0.0);
    let meta = Meta {
        digest: String::new(),
        first_ms,
        last_ms,
        uses: table.rows.len() as u64,
        visitors: table.visitors.len() as u64,
        robots: robots as u64,
        robot_uses: robot_uses as u64,
        texts: texts.len() as u64,
        metrics: vec![
            ("matrix.cells".to_owned(), matrix.stored() as f64),
            ("factors.visitors".to_owned(), factors.visitors().len() as f64),
            ("neighbours.similar.edges".to_owned(), neighbours.similar.edges() as f64),
            ("neighbours.covisit.edges".to_owned(), neighbours.covisit.edges() as f64),
        ],
        needs: report,
        params: params.clone(),
    };
    let models = Models { meta, items: table.items, factors, neighbours, popularity, needs };
    let stamped = models.stamp()?;
    progress(Stage::Stamp, 1.0);
    Ok(stamped)
}
