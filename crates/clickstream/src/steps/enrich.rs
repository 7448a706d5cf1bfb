//! Step 8: browser, system and device from the user agent. Offline: a kept table, no look-up elsewhere.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde::Deserialize;
use vocab::{BotClass, Channel};

use super::Step;
use crate::draft::{Context, Draft, Fault};

/// The tables; the first entry whose part is found wins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enrich {
    /// Part of the user agent, browser family.
    pub(crate) browsers: Vec<(String, String)>,
    /// Part of the user agent, operating system family.
    pub(crate) systems: Vec<(String, String)>,
}

/// What a user agent tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) browser: String,
    pub(crate) os: String,
    pub(crate) device: &'static str,
}

impl Enrich {
    /// Reads a user agent.
    pub(crate) fn read(&self, agent: &str) -> Agent {
        let find = |table: &[(String, String)]| {
            let entry = table.iter().find(|(part, _)| agent.contains(part.as_str()));
            entry.map_or_else(String::new, |(_, name)| name.clone())
        };
        let has = |part: &str| agent.contains(part);
        let device = if has("iPad") || has("Tablet") || (has("Android") && !has("Mobile")) {
            "tablet"
        } else if has("Mobile") || has("iPhone") || has("HarmonyOS") || has("OpenHarmony") {
            "mobile"
        } else if has("Windows") || has("Macintosh") || has("X11") || has("CrOS") {
            "desktop"
        } else {
            ""
        };
        Agent { browser: find(&self.browsers), os: find(&self.systems), device }
    }
}

impl Step for Enrich {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let agent = context.agents.read(&draft.agent, |agent| self.read(agent));
        let event = &mut draft.event;
        if event.browser.is_empty() {
            event.browser = agent.browser;
        }
        if event.os.is_empty() {
            event.os = agent.os;
        }
        event.device = match event.channel {
            Channel::Kiosk => "kiosk".into(),
            _ if event.device.is_empty() => agent.device.into(),
            _ => std::mem::take(&mut event.device),
        };
        Ok(())
    }
}

/// User agents already read: a few thousand make up nearly all traffic.
#[derive(Debug, Default)]
pub(crate) struct Agents {
    bots: Mutex<HashMap<String, BotClass>>,
    agents: Mutex<HashMap<String, Agent>>,
}

/// Distinct user agents remembered; then both tables start anew.
const REMEMBERED: usize = 8_192;

impl Agents {
    pub(crate) fn bot(&self, agent: &str, class: impl FnOnce(&str) -> BotClass) -> BotClass {
        remember(&self.bots, agent, class)
    }

    fn read(&self, agent: &str, read: impl FnOnce(&str) -> Agent) -> Agent {
        remember(&self.agents, agent, read)
    }
}

fn remember<T: Clone>(
    known: &Mutex<HashMap<String, T>>,
    agent: &str,
    make: impl FnOnce(&str) -> T,
) -> T {
    if let Some(found) = known.lock().get(agent) {
        return found.clone();
    }
    let made = make(agent);
    let mut known = known.lock();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(agent.to_owned(), made.clone());
    made
}
