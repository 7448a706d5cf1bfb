//! Step 8: who a browser belongs to. The event keeps both pseudonyms only where that may be known.
//!
//! The warehouse gathers the pairs in its `identity` table, where a merge can be taken back at any time: no event is ever
//! rewritten. Guards after PostHog's: nobody's ids are refused in `validate`, a browser that names two people is nobody's.

use serde::Deserialize;
use vocab::VisitorId;

use super::Step;
use crate::draft::{Context, Draft, Fault};

/// When a browser and a person are told to be one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Identity {
    /// Whether they ever are. Where not, signing in begins a new history.
    pub(crate) link: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Self { link: true }
    }
}

impl Step for Identity {
    fn apply(&self, draft: &mut Draft, _: &Context<'_>) -> Result<(), Fault> {
        let event = &mut draft.event;
        let both = event.anonymous.0 != 0 && event.person.0 != 0 && event.anonymous != event.person;
        // On a shared terminal the id is the terminal's; without consent nothing joins what was done before signing in.
        if both && !event.channel.is_shared() && !(self.link && event.consent.allows_profile()) {
            event.anonymous = VisitorId(0);
        }
        Ok(())
    }
}
