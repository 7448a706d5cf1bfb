//! Step 5: what the person agreed to, and what the browser objects to (DNT, and GPC of the W3C draft).

use serde::Deserialize;
use vocab::Consent;

use super::Step;
use crate::DropReason;
use crate::draft::{Context, Draft, Fault};

/// How silence is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Consents {
    /// Whether counting is allowed where nothing was said (the portal's notice says so). Profiles never are.
    pub(crate) assume_analytics: bool,
}

impl Default for Consents {
    fn default() -> Self {
        Self { assume_analytics: true }
    }
}

impl Step for Consents {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let stated = draft.stated;
        if !stated.analytics.unwrap_or(self.assume_analytics) {
            return Err(draft.fault(
                DropReason::ConsentRefused,
                "consent/analytics",
                "analytics is not agreed to",
            ));
        }
        let mut consent = Consent::ANALYTICS;
        if stated.personalisation == Some(true) {
            consent = consent.with(Consent::PERSONALISATION);
        }
        if stated.push == Some(true) {
            consent = consent.with(Consent::PUSH);
        }
        // Headers of another server say nothing about the person.
        if draft.own_headers && context.objected {
            consent = consent.with(Consent::OBJECTED);
        }
        draft.event.consent = consent;
        Ok(())
    }
}
