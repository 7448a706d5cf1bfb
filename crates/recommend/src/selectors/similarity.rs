//! How alike two candidates are, 0 to 1: what the list already says need not be said again.

use crate::candidate::Candidate;
use crate::context::Context;

/// Weight of the cosine of item factors, of shared needs, of the same department, column and topic.
const WEIGHTS: [f32; 4] = [0.4, 0.3, 0.15, 0.15];

/// What is compared of each candidate.
pub(super) struct Features<'a> {
    context: &'a Context<'a>,
    items: Vec<u32>,
    /// Factors with their length, where behaviour is known.
    vectors: Vec<Option<(&'a [f32], f32)>>,
}

impl<'a> Features<'a> {
    pub(super) fn new(context: &'a Context<'a>, candidates: &[Candidate]) -> Self {
        let base = context.base();
        let vector = |item: u32| {
            let vector = base.models.as_ref()?.factors.item(base.to_model[item as usize])?;
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            (length.is_finite() && length > 0.0).then_some((vector, length))
        };
        let items: Vec<u32> = candidates.iter().map(|candidate| candidate.item).collect();
        Self { context, vectors: items.iter().map(|item| vector(*item)).collect(), items }
    }

    /// How alike the two are. What is not known of both has no weight, so that the rest decides.
    pub(super) fn of(&self, a: usize, b: usize) -> f32 {
        if a == b {
            return 1.0;
        }
        let catalogue = self.context.world.catalogue();
        let (x, y) = (catalogue.at(self.items[a]), catalogue.at(self.items[b]));
        let needs = &self.context.base().needs;
        let (of_x, of_y) = (&needs[self.items[a] as usize], &needs[self.items[b] as usize]);
        let words = |a: &str, b: &str| -> f32 { if !a.is_empty() && a == b { 1.0 } else { 0.0 } };
        let cosine = self.vectors[a].zip(self.vectors[b]).map(|((u, of_u), (v, of_v))| {
            let dot: f32 = u.iter().zip(v).map(|(x, y)| x * y).sum();
            (dot / (of_u * of_v)).clamp(0.0, 1.0)
        });
        let shared = of_x
            .iter()
            .filter_map(|(need, p)| {
                let other = of_y.iter().find(|(other, _)| other == need)?;
                Some((p * other.1).sqrt())
            })
            .fold(0.0, f32::max);
        let dept = if x.dept != 0 && x.dept == y.dept { 1.0 } else { 0.0 };
        let topic = words(&x.column, &y.column).max(words(&x.topic, &y.topic));
        let known = [
            cosine,
            (!of_x.is_empty() && !of_y.is_empty()).then_some(shared),
            Some(dept),
            Some(topic),
        ];
        let parts =
            known.into_iter().zip(WEIGHTS).filter_map(|(part, weight)| Some((part?, weight)));
        let (sum, weights) = parts
            .fold((0.0, 0.0), |(sum, all), (part, weight)| (sum + part * weight, all + weight));
        (sum / weights).clamp(0.0, 1.0)
    }
}

/// Scores moved to 0 to 1 over the candidates; what is not finite is 0.
pub(super) fn qualities(candidates: &[Candidate]) -> Vec<f32> {
    let finite = || candidates.iter().map(|one| one.score).filter(|score| score.is_finite());
    let (least, most) = (finite().fold(f32::INFINITY, f32::min), finite().fold(0.0, f32::max));
    let span = (most - least.min(0.0)).max(f32::MIN_POSITIVE);
    let quality =
        |score: f32| if score.is_finite() { (score - least.min(0.0)) / span } else { 0.0 };
    candidates.iter().map(|candidate| quality(candidate.score)).collect()
}
