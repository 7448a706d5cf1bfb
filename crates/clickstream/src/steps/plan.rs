//! Step 4: the site's tracking plan: which properties are stored, and what becomes of an event that is not as planned.

use serde::Deserialize;

use super::Step;
use super::validate::cut;
use crate::DropReason;
use crate::draft::{Context, Draft, Fault};
use crate::plan::Mode;

/// What holds for every site's plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeepPlanned {
    /// Properties of one event; the rest is left out.
    pub(crate) max_props: usize,
    /// Characters of a property.
    pub(crate) max_text: usize,
    /// Properties kept without being in the site's plan: the engine's own words.
    pub(crate) own_props: Vec<String>,
}

impl Default for KeepPlanned {
    fn default() -> Self {
        Self { max_props: 64, max_text: 1_024, own_props: Vec::new() }
    }
}

impl Step for KeepPlanned {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let mut props = std::mem::take(&mut draft.props);
        let plan = context.site.key.plan.as_deref();
        let deviations =
            plan.map(|plan| plan.deviations(&draft.event.name, &props)).unwrap_or_default();
        for deviation in deviations {
            let field = match deviation.prop.as_str() {
                "" => "name".to_owned(),
                prop => format!("props/{prop}"),
            };
            if plan.is_some_and(|plan| plan.mode == Mode::Enforce) {
                return Err(draft.fault(DropReason::PlanViolation, &field, deviation.detail));
            }
            props.retain(|(name, _)| *name != deviation.prop);
            draft.warn(deviation.reason, &field);
        }
        for (name, mut value) in props {
            let known = plan.is_some_and(|plan| plan.prop(&draft.event.name, &name).is_some());
            let known = known || self.own_props.contains(&name);
            if known && draft.event.props.len() < self.max_props {
                cut(&mut value, self.max_text);
                draft.event.props.insert(name, value);
            } else {
                draft.warn("prop_not_in_plan", &format!("props/{name}"));
            }
        }
        Ok(())
    }
}
