//! An event on its way through the steps, and what the steps know besides.

use std::net::IpAddr;

use jiff::Timestamp;
use vocab::Event;

use crate::DropReason;
use crate::knowledge::Knowledge;
use crate::site::Site;
use crate::steps::{Agents, Sessioniser};

/// Why a draft goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: DropReason,
    /// JSON pointer of the field.
    pub(crate) field: String,
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn new(reason: DropReason, field: String, detail: impl Into<String>) -> Self {
        Self { reason, field, detail: detail.into() }
    }
}

/// What the sender said of consent; `None` is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stated {
    pub(crate) analytics: Option<bool>,
    pub(crate) personalisation: Option<bool>,
    pub(crate) push: Option<bool>,
}

impl Stated {
    /// Takes what a property says of consent, for trackers that have no other place for it. `false`: it says nothing.
    pub(crate) fn read(&mut self, name: &str, value: &serde_json::Value) -> bool {
        let slot = match name {
            "consent_analytics" => &mut self.analytics,
            "consent_personalisation" | "consent_personalization" => &mut self.personalisation,
            "consent_push" => &mut self.push,
            _ => return false,
        };
        let text = value.as_str().map(str::to_ascii_lowercase);
        *slot = match text.as_deref() {
            Some("true" | "1" | "yes") => Some(true),
            Some("false" | "0" | "no") => Some(false),
            _ => value.as_bool().or(*slot),
        };
        true
    }
}

/// Something was changed or left out, though the event is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning {
    pub(crate) reason: &'static str,
    pub(crate) field: String,
}

/// An event being made. The raw ids live only here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) event: Event,
    /// JSON pointer of the arrival.
    pub(crate) at: String,
    pub(crate) anonymous: String,
    pub(crate) person: String,
    pub(crate) agent: String,
    /// Whether `agent` and the request's headers are the person's own, not another server's.
    pub(crate) own_headers: bool,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) stated: Stated,
    /// When the sender's clock sent it: tells how wrong that clock is.
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) props: Vec<(String, String)>,
    pub(crate) warnings: Vec<Warning>,
}

impl Draft {
    pub(crate) fn fault(
        &self,
        reason: DropReason,
        field: &str,
        detail: impl Into<String>,
    ) -> Fault {
        let field = if field.is_empty() { self.at.clone() } else { format!("{}/{field}", self.at) };
        Fault::new(reason, field, detail)
    }

    pub(crate) fn warn(&mut self, reason: &'static str, field: &str) {
        self.warnings.push(Warning { reason, field: format!("{}/{field}", self.at) });
    }
}

/// An event with nothing known: positions are -1, which is "none".
pub(crate) fn blank_event() -> Event {
    Event { rec_pos: -1, search_hits: -1, search_pos: -1, ..Event::default() }
}

/// What a step may look at beside the draft.
pub(crate) struct Context<'a> {
    pub(crate) site: &'a Site,
    pub(crate) received_at: Timestamp,
    /// Whether ids that look like pseudonyms are pseudonyms.
    pub(crate) replay: bool,
    /// DNT or GPC.
    pub(crate) objected: bool,
    pub(crate) accept_language: bool,
    pub(crate) sessions: &'a Sessioniser,
    pub(crate) agents: &'a Agents,
    pub(crate) knowledge: &'a Knowledge,
}
