//! Step 7: raw ids become keyed hashes, addresses become coarse. After it no step sees who it was.

use jiff::{SignedDuration, Timestamp};
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
    /// Gives whoever did not agree to a profile a new pseudonym each time this has passed, counted from 1970; 0 is never.
    pub(crate) rotate: SignedDuration,
}

impl Default for Pseudonymise {
    fn default() -> Self {
        Self { objectors_daily: true, rotate: SignedDuration::ZERO }
    }
}

/// The id to hash for whoever objects to being known for longer than a day.
pub(crate) fn daily(day: jiff::civil::Date, raw: &str) -> String {
    format!("{day}\n{raw}")
}

/// The pseudonym in a dead letter's payload: `~` and 16 hexadecimal digits.
fn pseudonym(raw: &str) -> Option<VisitorId> {
    let digits = raw.strip_prefix('~').filter(|digits| digits.len() == 16)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().map(VisitorId)
}

impl Pseudonymise {
    /// The id to hash for somebody without a profile at that time; `None` where ids last.
    pub(crate) fn rotated(&self, raw: &str, at: Timestamp) -> Option<String> {
        let length = self.rotate.as_secs();
        (length > 0 && !raw.is_empty())
            .then(|| format!("{}\n{raw}", at.as_second().div_euclid(length)))
    }
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
            event.anonymous = hash(&daily(day, &raw));
            event.person = VisitorId(0);
        } else {
            // A pseudonym of a replayed letter is what it is.
            let rotate = !event.consent.allows_profile() && !context.replay;
            let rotated = |raw: String| match self.rotated(&raw, event.ts).filter(|_| rotate) {
                Some(rotated) => hash(&rotated),
                None => hash(&raw),
            };
            (event.anonymous, event.person) = (rotated(anonymous), rotated(person));
        }
        event.visitor = if event.person.0 == 0 { event.anonymous } else { event.person };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rotate_by_the_clock_and_only_where_asked() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let step =
            Pseudonymise { rotate: SignedDuration::from_secs(100), ..Pseudonymise::default() };
        assert_eq!(step.rotated("anna", at(150)), step.rotated("anna", at(199)));
        assert_ne!(step.rotated("anna", at(199)), step.rotated("anna", at(200)));
        assert_eq!(step.rotated("", at(150)), None);
        assert_eq!(Pseudonymise::default().rotated("anna", at(150)), None);
    }

    #[test]
    fn only_a_letters_own_form_is_taken_for_a_pseudonym() {
        assert_eq!(pseudonym("~00000000000000ff"), Some(VisitorId(255)));
        for other in ["00000000000000ff", "~ff", "~00000000000000fg", "~+0000000000000ff"] {
            assert_eq!(pseudonym(other), None, "{other}");
        }
    }
}
