//! One training: canonical data in, every part fitted, one stamped artefact out.

use vocab::Taxonomy;

use super::checkpoint::{Checkpoints, Kept, Slots};
use super::{Meta, Models};
use crate::Result;
use crate::content::{ContentModel, Warm};
use crate::evaluate::HeldOut;
use crate::factors::{Factors, Fit};
use crate::interactions::Interactions;
use crate::matrix::Csr;
use crate::needs::{ItemText, NeedModel, NeedReport};
use crate::neighbours::Neighbours;
use crate::params::{TrainParams, ValidTrainParams};
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
    /// Items nobody used, from their texts.
    Content,
    /// Predicting the newest uses from the others, to judge the training by.
    Evaluate,
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
            Self::Content => "content",
            Self::Evaluate => "evaluate",
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
    training(interactions, texts, taxonomy, params, progress, None)
}

/// The same, going on from what a killed training of the same data, parameters and build left in `checkpoints`.
///
/// What it has done is left there; whoever stored the artefact clears it. The artefact is the one [`train`] gives, bit
/// for bit.
///
/// # Errors
/// As [`train`]; checkpoints that cannot be kept or read are no error.
pub fn train_resumable(
    interactions: &Interactions,
    texts: &[ItemText],
    taxonomy: &Taxonomy,
    params: &ValidTrainParams,
    progress: &dyn Fn(Stage, f32),
    checkpoints: &dyn Checkpoints,
) -> Result<Models> {
    training(interactions, texts, taxonomy, params, progress, Some(checkpoints))
}

fn training(
    interactions: &Interactions,
    texts: &[ItemText],
    taxonomy: &Taxonomy,
    params: &ValidTrainParams,
    progress: &dyn Fn(Stage, f32),
    checkpoints: Option<&dyn Checkpoints>,
) -> Result<Models> {
    let params = params.get();
    progress(Stage::Prepare, 0.0);
    interactions.check()?;
    let (human, robots, robot_uses) =
        interactions.without_robots(params.weighting.robot_uses_per_day);
    let table = human.canonical();
    // Ten million uses are 300 MB.
    drop(human);
    let (first_ms, _) = table.window().unwrap_or_default();
    let last_ms = table.reference_ms();
    let matrix = table.user_item(&params.weighting, last_ms);
    let slots = Slots::of(checkpoints, &table, texts, taxonomy, params)?;
    progress(Stage::Prepare, 1.0);

    let factors = factors(&slots, &matrix, &table, params, progress);
    progress(Stage::Neighbours, 0.0);
    let items = table.items.len();
    let neighbours = slots.of_behaviour(Stage::Neighbours).part(
        |kept: &Neighbours| kept.is_consistent(items),
        || Ok(Neighbours::build(&matrix, &table, &params.neighbours, last_ms)),
    )?;
    progress(Stage::Neighbours, 1.0);
    let popularity = slots.of_behaviour(Stage::Popularity).part(
        |kept: &Popularity| kept.is_consistent(items),
        || Ok(Popularity::count(&table, &params.popularity, last_ms)),
    )?;
    progress(Stage::Popularity, 1.0);
    let (needs, report) = slots.of_texts(Stage::Needs).part(
        |kept: &(NeedModel, NeedReport)| kept.0.is_consistent(),
        || NeedModel::fit(texts, taxonomy, &params.needs, &|share| progress(Stage::Needs, share)),
    )?;
    progress(Stage::Needs, 1.0);
    progress(Stage::Content, 0.0);
    let uses = matrix.transpose().row_sums();
    let warm = Warm { items: &table.items, factors: &factors, uses: &uses };
    let mut content = slots.of_both(Stage::Content).part(
        |kept: &ContentModel| kept.is_consistent(factors.dim()),
        || {
            let progress = |share| progress(Stage::Content, share);
            Ok(ContentModel::fit(texts, warm, &params.content, params.seed, &progress))
        },
    )?;
    content.arrange();
    progress(Stage::Content, 1.0);
    progress(Stage::Evaluate, 0.0);
    let held_out = slots
        .of_behaviour(Stage::Evaluate)
        .part(|_| true, || Ok(HeldOut::measure(&table, params)))?;
    progress(Stage::Evaluate, 1.0);

    progress(Stage::Stamp, 0.0);
    let mut metrics = vec![
        ("matrix.cells".to_owned(), matrix.stored() as f64),
        ("factors.visitors".to_owned(), factors.visitors().len() as f64),
        ("neighbours.similar.edges".to_owned(), neighbours.similar.edges() as f64),
        ("neighbours.covisit.edges".to_owned(), neighbours.covisit.edges() as f64),
    ];
    metrics.extend(content.metrics());
    metrics.extend(held_out.metrics());
    let meta = Meta {
        digest: String::new(),
        first_ms,
        last_ms,
        uses: table.rows.len() as u64,
        visitors: table.visitors.len() as u64,
        robots: robots as u64,
        robot_uses: robot_uses as u64,
        texts: texts.len() as u64,
        metrics,
        needs: report,
        params: params.clone(),
    };
    let items = table.items;
    let models = Models { meta, items, factors, neighbours, popularity, needs, content };
    let stamped = models.stamp()?;
    progress(Stage::Stamp, 1.0);
    Ok(stamped)
}

/// The factors, kept after every few rounds: they take the longest.
fn factors(
    slots: &Slots<'_>,
    matrix: &Csr,
    table: &Interactions,
    params: &TrainParams,
    progress: &dyn Fn(Stage, f32),
) -> Factors {
    let (of, seed) = (params.factors.epochs, params.seed);
    let fits = |kept: &Kept<Fit, Factors>| match kept {
        Kept::Rounds(done, fit) => *done < of && fit.is_consistent(matrix, &params.factors),
        Kept::Finished(factors) => factors.is_consistent(table.items.len()),
    };
    let slot = slots.of_behaviour(Stage::Factors);
    let mut factors = slot.rounds(of, fits, |begun, keep| {
        let start = || (0, Fit::start(matrix, &params.factors, seed));
        let (done, fit) = begun.unwrap_or_else(start);
        let fit = fit.go_on(done, matrix, &params.factors, &mut |done, fit| {
            keep(done, fit);
            progress(Stage::Factors, done as f32 / of as f32);
        });
        Factors::of(fit, matrix, &table.visitors, &params.factors, seed)
    });
    factors.arrange();
    progress(Stage::Factors, 1.0);
    factors
}
