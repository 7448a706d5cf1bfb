//! How strongly each kind of event speaks for an interest in its item: one table for live profiles and for training.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Event;
use crate::event::name;

/// Interest one minute of active reading adds.
pub const READING_PER_MIN: f32 = 0.5;
/// Minutes of reading one event can speak for.
pub const READING_CAP_MIN: f32 = 6.0;
/// Interest of the feedback `useful`.
pub const USEFUL: f32 = 3.0;
/// Interest of the feedback `not_interested`.
pub const NOT_INTERESTED: f32 = -5.0;

/// Page views an event is worth, by its name; an event not named says nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, f32>", into = "BTreeMap<String, f32>")]
pub struct Interest(BTreeMap<String, f32>);

impl TryFrom<BTreeMap<String, f32>> for Interest {
    type Error = String;

    fn try_from(weights: BTreeMap<String, f32>) -> Result<Self, String> {
        Self::new(weights)
    }
}

impl From<Interest> for BTreeMap<String, f32> {
    fn from(interest: Interest) -> Self {
        interest.0
    }
}

impl Interest {
    /// The table, or the first entry that is not a plain name with a finite number above 0.
    ///
    /// # Errors
    /// What is wrong, with the name.
    pub fn new(weights: BTreeMap<String, f32>) -> Result<Self, String> {
        for (event, weight) in &weights {
            if !event.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(format!(
                    "events.{event} is not a name of letters, digits and underscores"
                ));
            }
            if !(weight.is_finite() && *weight > 0.0) {
                return Err(format!("events.{event} is {weight}, expected a number above 0"));
            }
        }
        Ok(Self(weights))
    }

    /// Names and weights, by name.
    pub fn weights(&self) -> impl Iterator<Item = (&str, f32)> {
        self.0.iter().map(|(event, weight)| (event.as_str(), *weight))
    }

    /// How strongly `event` speaks for an interest in its item: negative is a wish not to see it, `None` says nothing.
    pub fn of(&self, event: &Event) -> Option<f32> {
        if event.item_id.is_empty() {
            return None;
        }
        match event.name.as_str() {
            name::ENGAGEMENT => {
                let minutes = event.engaged_ms as f32 / 60_000.0;
                Some(READING_PER_MIN * minutes.min(READING_CAP_MIN))
            }
            name::FEEDBACK => match event.props.get("verdict").map(String::as_str) {
                Some("useful") => Some(USEFUL),
                Some("not_interested") => Some(NOT_INTERESTED),
                _ => None,
            },
            other => self.0.get(other).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_capped_and_unnamed_events_say_nothing() {
        let interest = Interest::new([("page_view".to_owned(), 1.0)].into()).unwrap();
        let mut event = Event { item_id: "a".to_owned(), ..Event::default() };
        event.name = name::ENGAGEMENT.to_owned();
        event.engaged_ms = 3_600_000;
        assert_eq!(interest.of(&event), Some(3.0));
        event.name = "portal_own".to_owned();
        assert_eq!(interest.of(&event), None);
        event.name = name::PAGE_VIEW.to_owned();
        assert_eq!(interest.of(&event), Some(1.0));
        event.item_id.clear();
        assert_eq!(interest.of(&event), None);
    }

    #[test]
    fn a_weight_that_is_no_weight_is_refused_by_name() {
        let wrong = Interest::new([("click".to_owned(), -1.0)].into()).unwrap_err();
        assert!(wrong.contains("events.click is -1"), "{wrong}");
        assert!(Interest::new([("a' OR 1".to_owned(), 1.0)].into()).is_err());
    }
}
