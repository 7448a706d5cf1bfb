//! Step 7: raw ids become keyed hashes, addresses become coarse. After it no step sees who it was.

use serde::Deserialize;
use vocab::{Consent, VisitorId};

use super::Step;
use crate::draft::{Context, Draft, Fault};
use crate::identity::{coarse_ip, site_day, visitor_id};

/// How long a pseudonym lasts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pseudonymise {
    /// Gives whoever sends DNT or GPC a new pseudonym each day, so that no history forms.
    pub(crate) objectors_daily: bool,
}

impl Default for Pseudonymise {
    fn default() -> Self {
        Self { objectors_daily: true }
    }
}

/// The pseudonym in a dead letter's payload: `~` and 16 hexadecimal digits.
fn pseudonym(raw: &str) -> Option<VisitorId> {
    let digits = raw.strip_prefix('~').filter(|digits| digits.len() == 16)?;
    u64::from_str_radix(digits, 16).ok().map(VisitorId)
}

impl Step for Pseudonymise {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let anonymous = std::mem::take(&mut draft.anonymous);
        let person = std::mem::take(&mut draft.person);
        let key = &context.site.key;
        let hash = |raw: &str| match raw {
            "" => VisitorId(0),
            raw => match pseudonym(raw).filter(|_| context.replay) {
                Some(known) => known,
                None => visitor_id(&key.pepper, key.site, raw),
            },
        };
        let event = &mut draft.event;
        event.ip = draft.ip.take().map(coarse_ip);
        if self.objectors_daily && event.consent.contains(Consent::OBJECTED) {
            let day = site_day(&context.site.zone, event.ts);
            let raw = if anonymous.is_empty() { person } else { anonymous };
            event.anonymous = hash(&format!("{day}\n{raw}"));
            event.person = VisitorId(0);
        } else {
            event.anonymous = hash(&anonymous);
            event.person = hash(&person);
        }
        event.visitor = if event.person.0 == 0 { event.anonymous } else { event.person };
        Ok(())
    }
}
