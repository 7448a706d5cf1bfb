//! User agents already read: a few thousand make up nearly all traffic.

use std::collections::HashMap;

use parking_lot::Mutex;
use vocab::BotClass;

/// What a user agent tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) browser: String,
    pub(crate) os: String,
    pub(crate) device: &'static str,
}

/// Both tables, by the user agent as it came.
#[derive(Debug, Default)]
pub(crate) struct Agents {
    bots: Mutex<HashMap<String, BotClass>>,
    agents: Mutex<HashMap<String, Agent>>,
}

/// Distinct user agents remembered; then a table starts anew.
const REMEMBERED: usize = 8_192;

impl Agents {
    pub(crate) fn bot(&self, agent: &str, class: impl FnOnce(&str) -> BotClass) -> BotClass {
        remember(&self.bots, agent, class)
    }

    pub(super) fn read(&self, agent: &str, read: impl FnOnce(&str) -> Agent) -> Agent {
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
