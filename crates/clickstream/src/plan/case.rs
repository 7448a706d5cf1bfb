//! A test inside a plan: an event with properties, and the deviations it must have.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Plan;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    event: String,
    #[serde(default)]
    props: BTreeMap<String, String>,
    /// `<reason> <property>`, in the order of properties; none where all is as planned.
    #[serde(default)]
    expect: Vec<String>,
}

impl Case {
    pub(super) fn run(&self, plan: &Plan) -> Result<(), String> {
        let props: Vec<_> = self.props.clone().into_iter().collect();
        let found = plan.deviations(&self.event, &props);
        let found: Vec<String> = found
            .into_iter()
            .map(|deviation| format!("{} {}", deviation.reason, deviation.prop).trim().to_owned())
            .collect();
        if found == self.expect {
            return Ok(());
        }
        Err(format!("found {found:?}, expected {:?}", self.expect))
    }
}
