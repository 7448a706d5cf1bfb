//! A site's tracking plan: which events it means to send, with which properties, and how strictly that is taken.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::CollectError;

mod case;

/// The only format there is so far.
const FORMAT: u32 = 1;

/// What happens to an event that is not as planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Stored without what is not planned, with a warning that is counted.
    #[default]
    Warn,
    /// A dead letter. A property nobody planned is only left out.
    Enforce,
}

/// What a property's value must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropType {
    /// Any text.
    #[default]
    Text,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

/// One planned property.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prop {
    /// What its value must be.
    pub r#type: PropType,
    /// Whether every such event must have it.
    pub required: bool,
    /// The values it may have; empty is any.
    pub values: BTreeSet<String>,
    /// What it means, for people: Chinese.
    pub zh: String,
    /// And English.
    pub en: String,
}

impl Prop {
    /// What was expected, where `value` is not that.
    fn wrong(&self, value: &str) -> Option<String> {
        let fits = match self.r#type {
            PropType::Text => true,
            PropType::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            PropType::Integer => value.parse::<i64>().is_ok(),
            PropType::Boolean => matches!(value, "true" | "false"),
        };
        if !fits {
            return Some(match self.r#type {
                PropType::Integer => "expected a whole number".into(),
                PropType::Boolean => "expected true or false".into(),
                PropType::Text | PropType::Number => "expected a number".into(),
            });
        }
        if self.values.is_empty() || self.values.contains(value) {
            return None;
        }
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        Some(format!("expected one of {}", values.join(", ")))
    }
}

/// One planned event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlannedEvent {
    /// What it means, for people: Chinese.
    pub zh: String,
    /// And English.
    pub en: String,
    /// Its properties by name.
    pub props: BTreeMap<String, Prop>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    site: String,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    props: BTreeMap<String, Prop>,
    #[serde(default)]
    event: BTreeMap<String, PlannedEvent>,
    #[serde(rename = "test", default)]
    tests: Vec<case::Case>,
}

/// The plan of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The site's code.
    pub site: String,
    /// How strictly it is taken.
    pub mode: Mode,
    /// Properties any event may have.
    pub props: BTreeMap<String, Prop>,
    /// Events of the portal's own, and the engine's with properties of the portal's own, by name.
    pub events: BTreeMap<String, PlannedEvent>,
    tests: Vec<case::Case>,
}

/// How an event is not as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deviation {
    /// A warning's name.
    pub(crate) reason: &'static str,
    /// The property, or empty for the event's name.
    pub(crate) prop: String,
    pub(crate) detail: String,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// `Definition`, saying what is wrong where.
    pub fn parse(text: &str) -> Result<Self, CollectError> {
        let fail = |name: &str, detail: String| CollectError::Definition {
            name: format!("plan of {name}"),
            detail,
        };
        let file: File = toml::from_str(text).map_err(|error| fail("a site", error.to_string()))?;
        if file.format != FORMAT {
            return Err(fail(&file.site, format!("format {} is not known", file.format)));
        }
        let File { site, mode, props, event, tests, .. } = file;
        Ok(Self { site, mode, props, events: event, tests })
    }

    /// A plan of nothing but these properties, for any event.
    pub fn of_props<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let props = names.into_iter().map(|name| (name.into(), Prop::default())).collect();
        Self { props, ..Self::default() }
    }

    /// Runs the plan's own tests and returns how many there were.
    ///
    /// # Errors
    /// `Definition`, naming the first test that fails.
    pub fn validate(&self) -> Result<usize, CollectError> {
        for case in &self.tests {
            case.run(self).map_err(|detail| CollectError::Definition {
                name: format!("plan of {}", self.site),
                detail: format!("test '{}': {detail}", case.name),
            })?;
        }
        Ok(self.tests.len())
    }

    /// The planned property of an event.
    pub(crate) fn prop(&self, event: &str, name: &str) -> Option<&Prop> {
        self.events.get(event).and_then(|event| event.props.get(name)).or(self.props.get(name))
    }

    /// Whether any event may have the property.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.props.contains_key(name)
            || self.events.values().any(|event| event.props.contains_key(name))
    }

    /// Every way in which an event with these properties is not as planned.
    pub(crate) fn deviations(&self, event: &str, props: &[(String, String)]) -> Vec<Deviation> {
        let mut found = Vec::new();
        let planned = self.events.get(event);
        // A plan of properties alone says nothing about events.
        if planned.is_none() && !self.events.is_empty() && !vocab::event::name::ALL.contains(&event)
        {
            let detail = format!("no event {event} is planned");
            found.push(Deviation { reason: "event_not_in_plan", prop: String::new(), detail });
        }
        for (name, value) in props {
            if let Some(detail) = self.prop(event, name).and_then(|prop| prop.wrong(value)) {
                found.push(Deviation { reason: "prop_not_as_planned", prop: name.clone(), detail });
            }
        }
        let required = planned.map(|event| &event.props).into_iter().chain([&self.props]).flatten();
        for (name, _) in required.filter(|(_, prop)| prop.required) {
            if !props.iter().any(|(known, _)| known == name) {
                let detail = "is required by the plan".to_owned();
                found.push(Deviation { reason: "prop_missing", prop: name.clone(), detail });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"
format = 1
site = "main"
mode = "enforce"

[props.form]
zh = "表单"

[event.form_error.props]
field = { required = true }
attempt = { type = "integer" }
level = { values = ["hint", "stop"] }

[[test]]
name = "as planned"
event = "form_error"
props = { field = "id", attempt = "2", level = "stop", form = "f" }

[[test]]
name = "not as planned"
event = "form_error"
props = { attempt = "two", level = "loud" }
expect = ["prop_not_as_planned attempt", "prop_not_as_planned level", "prop_missing field"]

[[test]]
name = "nobody planned it"
event = "form_closed"
expect = ["event_not_in_plan"]

[[test]]
name = "the engine's own events need no plan"
event = "page_view"
"#;

    #[test]
    fn a_plan_tells_every_deviation() {
        assert_eq!(Plan::parse(PLAN).unwrap().validate().unwrap(), 4);
        let wrong = PLAN.replace("values = [\"hint\", \"stop\"]", "values = [\"hint\"]");
        assert!(Plan::parse(&wrong).unwrap().validate().is_err());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (from, to) in
            [("format = 1", "format = 2"), ("required", "needed"), ("enforce", "hope")]
        {
            assert!(Plan::parse(&PLAN.replace(from, to)).is_err(), "{from}");
        }
    }
}
