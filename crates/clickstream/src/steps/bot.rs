//! Step 6: crawlers, tools, monitors, and browsers that are none.

use serde::Deserialize;
use vocab::BotClass;

use super::Step;
use crate::DropReason;
use crate::draft::{Context, Draft, Fault};

/// What to look for and what to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    /// What happens to a bot's event.
    pub(crate) action: Action,
    /// Parts of user agents of crawlers and tools, lower case.
    pub(crate) declared: Vec<String>,
    /// More of them, beside a list taken from elsewhere.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// Parts of user agents of availability probes, lower case; looked at first.
    pub(crate) monitors: Vec<String>,
    /// Parts that look like a bot's and are not: taken out before looking.
    #[serde(default)]
    pub(crate) except: Vec<String>,
    /// Whether a browser's user agent without `Accept-Language` is one.
    #[serde(default)]
    pub(crate) header_anomaly: bool,
}

/// What happens to a bot's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Stored with its class; reports leave it out.
    Mark,
    /// Left out and counted.
    Drop,
}

impl Bot {
    /// The class a user agent declares.
    pub(crate) fn class(&self, agent: &str) -> BotClass {
        let mut agent = agent.to_ascii_lowercase();
        for except in &self.except {
            if agent.contains(except.as_str()) {
                agent = agent.replace(except.as_str(), "");
            }
        }
        let has = |parts: &[String]| parts.iter().any(|part| agent.contains(part.as_str()));
        if has(&self.monitors) {
            BotClass::Monitor
        } else if has(&self.declared) || has(&self.also) {
            BotClass::Declared
        } else {
            BotClass::Human
        }
    }
}

impl Step for Bot {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let mut class = context.agents.bot(&draft.agent, |agent| self.class(agent));
        let browser = draft.agent.starts_with("Mozilla/");
        if class == BotClass::Human
            && self.header_anomaly
            && draft.own_headers
            && browser
            && !context.accept_language
        {
            class = BotClass::HeaderAnomaly;
        }
        draft.event.bot = class;
        let reason = match class {
            BotClass::Human => return Ok(()),
            BotClass::HeaderAnomaly => DropReason::HeaderAnomaly,
            BotClass::Monitor => DropReason::Monitor,
            BotClass::Declared | BotClass::DataCentre => DropReason::DeclaredBot,
        };
        match self.action {
            Action::Mark => Ok(()),
            Action::Drop => Err(draft.fault(reason, "", "not sent by a person")),
        }
    }
}
