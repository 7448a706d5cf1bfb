//! What a person has agreed to, and what follows for each request.

use serde::{Deserialize, Serialize};

use crate::Channel;

/// Agreements as bits, stored with every event: PIPL articles 13 to 15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Consent(pub u8);

impl Consent {
    /// Behaviour may be counted.
    pub const ANALYTICS: Self = Self(1);
    /// Behaviour may build a profile.
    pub const PERSONALISATION: Self = Self(1 << 1);
    /// Messages may be sent.
    pub const PUSH: Self = Self(1 << 2);
    /// The browser asked not to be tracked (DNT or GPC).
    pub const OBJECTED: Self = Self(1 << 7);

    /// Whether every bit of `other` is set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both agreements together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These agreements without `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether behaviour may build a profile: agreed, and no objection from the browser.
    pub fn allows_profile(self) -> bool {
        self.contains(Self::PERSONALISATION) && !self.contains(Self::OBJECTED)
    }
}

/// How far a request may be personalised (invariant 4).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum PrivacyMode {
    /// No identifier: context, popularity and mandated items only.
    #[default]
    None,
    /// The last 30 minutes, never stored.
    Session,
    /// A profile, after recorded consent.
    Profile,
}

impl PrivacyMode {
    /// The mode for a request: what the person agreed to, never above the channel's ceiling.
    ///
    /// `switched_off` is the personalisation switch of the Algorithm Provisions, article 17.
    pub fn of(consent: Consent, channel: Channel, identified: bool, switched_off: bool) -> Self {
        if switched_off || !identified || consent.contains(Consent::OBJECTED) {
            Self::None
        } else if consent.allows_profile() && !channel.is_shared() {
            Self::Profile
        } else {
            Self::Session
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kiosk_never_exceeds_the_session() {
        let all = Consent::ANALYTICS.with(Consent::PERSONALISATION).with(Consent::PUSH);
        assert_eq!(PrivacyMode::of(all, Channel::Kiosk, true, false), PrivacyMode::Session);
        assert_eq!(PrivacyMode::of(all, Channel::Web, true, false), PrivacyMode::Profile);
    }

    #[test]
    fn an_objection_or_the_switch_ends_personalisation() {
        let agreed = Consent::PERSONALISATION;
        assert_eq!(PrivacyMode::of(agreed, Channel::Web, true, true), PrivacyMode::None);
        assert_eq!(
            PrivacyMode::of(agreed.with(Consent::OBJECTED), Channel::Web, true, false),
            PrivacyMode::None
        );
    }
}
