//! Works out the needs to serve: those declared, and those the behaviour speaks for.

use insight::{InferOptions, Scope, Used};
use vocab::{PrivacyMode, Sensitivity};

use crate::context::{ActiveNeed, Context};
use crate::pipeline::stage::QueryHydrator;

/// Inferred needs weaker than this lead nowhere.
const MIN_SCORE: f32 = 0.05;
/// Most needs one list serves.
const MOST: usize = 8;

/// The hydrator.
///
/// Sensitive needs count only where declared. Guarded ones are inferred from the current visit alone and are gone with
/// it (invariant 5); `insight` keeps to that, and it is checked again here.
#[derive(Debug)]
pub struct Needs;

impl QueryHydrator for Needs {
    fn name(&self) -> &'static str {
        "needs"
    }

    fn hydrate(&self, context: &mut Context<'_>) {
        let mut needs: Vec<ActiveNeed> = declared(context);
        for inferred in inferred(context) {
            if needs.iter().all(|need| need.need != inferred.need) {
                needs.push(inferred);
            }
        }
        needs.sort_by(|a, b| {
            b.declared.cmp(&a.declared).then(b.score.total_cmp(&a.score)).then(a.need.cmp(&b.need))
        });
        needs.truncate(MOST);
        context.needs = needs;
    }
}

fn declared(context: &Context<'_>) -> Vec<ActiveNeed> {
    let taxonomy = &context.base().taxonomy;
    let position = |id: &vocab::NeedId| u16::try_from(taxonomy.position(id.as_str())?).ok();
    let declared = context.profile.declared.iter().filter_map(position);
    declared.map(|need| ActiveNeed { need, score: 1.0, declared: true }).collect()
}

fn inferred(context: &Context<'_>) -> Vec<ActiveNeed> {
    if context.mode() == PrivacyMode::None || context.did.is_empty() {
        return Vec::new();
    }
    let base = context.base();
    let Some(models) = &base.models else { return without_models(context) };
    let catalogue = &base.catalogue;
    let history: Vec<Used> = context
        .did
        .iter()
        .map(|did| Used {
            item: catalogue.at(did.item).id.clone(),
            ts_ms: did.at,
            weight: did.weight,
        })
        .collect();
    let options = InferOptions { now_ms: context.now, denied: &context.profile.denied };
    let found = models.needs.infer_needs(&history, &options);
    let allowed = found.into_iter().filter_map(|score| {
        let position = base.taxonomy.position(score.need.as_str())?;
        let ok = match base.taxonomy.needs[position].sensitivity {
            Sensitivity::Normal => true,
            Sensitivity::Guarded => score.scope == Scope::Session,
            Sensitivity::Sensitive => false,
        };
        (ok && score.score >= MIN_SCORE).then_some(())?;
        Some(ActiveNeed {
            need: u16::try_from(position).ok()?,
            score: score.score,
            declared: false,
        })
    });
    allowed.collect()
}

/// Without models the needs editors set on the items of this visit still say something.
fn without_models(context: &Context<'_>) -> Vec<ActiveNeed> {
    let base = context.base();
    let mut needs: Vec<ActiveNeed> = Vec::new();
    for did in context.did.iter().filter(|did| did.in_session) {
        for &(need, probability) in &base.needs[did.item as usize] {
            let leaf = &base.taxonomy.needs[usize::from(need)];
            let known = needs.iter().any(|active| active.need == need);
            if leaf.sensitivity != Sensitivity::Sensitive
                && !context.profile.denied.contains(&leaf.id)
                && !known
            {
                needs.push(ActiveNeed { need, score: 0.4 * probability, declared: false });
            }
        }
    }
    needs
}
