//! What is served for items nobody used: plain words mapped to factors ([`crate::content`]), without features made for films.

use vocab::{ItemId, VisitorId};

use super::{ColdStartParams, ItemFeatures};
use crate::content::{ContentModel, ContentParams, Warm};
use crate::factors::{Factors, Fit};
use crate::matrix::Csr;
use crate::needs::ItemText;

/// Vectors of the cold items, row-major; zeros where the text says nothing.
pub(super) fn vectors(
    matrix: &Csr,
    items: &ItemFeatures,
    (warm, cold): (&[u32], &[u32]),
    fit: &Fit,
    params: &ColdStartParams,
) -> Vec<f32> {
    let visitors: Vec<VisitorId> = (0..matrix.rows() as u64).map(VisitorId).collect();
    let factors = Factors::of(fit.clone(), matrix, &visitors, &params.factors, params.seed);
    let texts: Vec<ItemText> = warm
        .iter()
        .chain(cold)
        .filter_map(|item| {
            let (title, genres) = items.items.get(item)?;
            let text = format!("{title}\n{}", genres.join(" "));
            Some(ItemText { id: id(*item), text, labels: Vec::new() })
        })
        .collect();
    let ids: Vec<ItemId> = warm.iter().copied().map(id).collect();
    let uses = matrix.transpose().row_sums();
    let known = Warm { items: &ids, factors: &factors, uses: &uses };
    let model = ContentModel::fit(&texts, known, &ContentParams::default(), params.seed, &|_| {});
    let nothing = vec![0.0; fit.dim];
    cold.iter()
        .flat_map(|item| model.cold().vector(&id(*item)).unwrap_or(&nothing).to_vec())
        .collect()
}

/// In the order of the numbers.
fn id(item: u32) -> ItemId {
    format!("{item:010}").as_str().into()
}
