//! The life of one delivery: a message to a person over a medium (invariant 7).

use serde::{Deserialize, Serialize};

/// Why a delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailReason {
    /// The provider refused the message for good.
    Rejected,
    /// The message is too long for the medium.
    TooLarge,
    /// Our key or signature was refused: the operator must look.
    Unauthorised,
    /// Every attempt was used up.
    Exhausted,
    /// The provider never said whether it took the message, and asking again was not possible.
    Unconfirmed,
    /// No sender is configured for the medium.
    NoSender,
}

impl FailReason {
    const ALL: [Self; 6] = [
        Self::Rejected,
        Self::TooLarge,
        Self::Unauthorised,
        Self::Exhausted,
        Self::Unconfirmed,
        Self::NoSender,
    ];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::Unauthorised => "unauthorised",
            Self::Exhausted => "exhausted",
            Self::Unconfirmed => "unconfirmed",
            Self::NoSender => "no_sender",
        }
    }
}

/// Why a delivery was not made although it could have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressReason {
    /// Nobody approved the message.
    Unapproved,
    /// The message was withdrawn.
    Recalled,
    /// The person does not want this class or medium.
    Preference,
    /// The person has not agreed, or no longer agrees.
    Consent,
    /// The person saw it on another medium.
    Duplicate,
    /// The person had enough messages this week.
    Cap,
    /// The quiet hours last longer than the message.
    Quiet,
    /// The person has no device that can be reached.
    DeadTarget,
}

impl SuppressReason {
    const ALL: [Self; 8] = [
        Self::Unapproved,
        Self::Recalled,
        Self::Preference,
        Self::Consent,
        Self::Duplicate,
        Self::Cap,
        Self::Quiet,
        Self::DeadTarget,
    ];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unapproved => "unapproved",
            Self::Recalled => "recalled",
            Self::Preference => "preference",
            Self::Consent => "consent",
            Self::Duplicate => "duplicate",
            Self::Cap => "cap",
            Self::Quiet => "quiet",
            Self::DeadTarget => "dead_target",
        }
    }
}

/// How far a message is known to have come when its life ended without a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The provider took it.
    Accepted,
    /// The device got it.
    Delivered,
    /// The person was shown it.
    Displayed,
}

impl Reach {
    const ALL: [Self; 3] = [Self::Accepted, Self::Delivered, Self::Displayed];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Displayed => "displayed",
        }
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", content = "reason", rename_all = "snake_case")]
pub enum State {
    /// Waiting for its time.
    Queued,
    /// A worker has it.
    Leased,
    /// The provider took it.
    Accepted,
    /// It was sent, but nobody knows whether the provider took it.
    Unknown,
    /// The device got it.
    Delivered,
    /// The person was shown it.
    Displayed,
    /// The person opened it. Terminal.
    Clicked,
    /// Its time is over; this is how far it came. Terminal.
    Settled(Reach),
    /// It could not be delivered. Terminal.
    Failed(FailReason),
    /// Its time was over before it was sent. Terminal.
    Expired,
    /// It was kept back. Terminal.
    Suppressed(SuppressReason),
    /// A newer message with the same collapse key took its place. Terminal.
    Superseded,
    /// An officer stopped it. Terminal.
    Cancelled,
}

impl State {
    /// The stored name, without the reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::Delivered => "delivered",
            Self::Displayed => "displayed",
            Self::Clicked => "clicked",
            Self::Settled(_) => "settled",
            Self::Failed(_) => "failed",
            Self::Expired => "expired",
            Self::Suppressed(_) => "suppressed",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }

    /// The stored reason; empty where the state needs none.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Settled(reach) => reach.as_str(),
            Self::Failed(reason) => reason.as_str(),
            Self::Suppressed(reason) => reason.as_str(),
            _ => "",
        }
    }

    /// The state from its stored name and reason.
    pub fn from_parts(state: &str, reason: &str) -> Option<Self> {
        Some(match state {
            "queued" => Self::Queued,
            "leased" => Self::Leased,
            "accepted" => Self::Accepted,
            "unknown" => Self::Unknown,
            "delivered" => Self::Delivered,
            "displayed" => Self::Displayed,
            "clicked" => Self::Clicked,
            "settled" => {
                Self::Settled(Reach::ALL.into_iter().find(|reach| reach.as_str() == reason)?)
            }
            "failed" => {
                Self::Failed(FailReason::ALL.into_iter().find(|why| why.as_str() == reason)?)
            }
            "expired" => Self::Expired,
            "suppressed" => Self::Suppressed(
                SuppressReason::ALL.into_iter().find(|why| why.as_str() == reason)?,
            ),
            "superseded" => Self::Superseded,
            "cancelled" => Self::Cancelled,
            _ => return None,
        })
    }

    /// Whether nothing follows any more.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Clicked
                | Self::Settled(_)
                | Self::Failed(_)
                | Self::Expired
                | Self::Suppressed(_)
                | Self::Superseded
                | Self::Cancelled
        )
    }

    /// Whether `next` may follow. A receipt may skip steps forwards, never go back.
    pub fn can_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(
                next,
                Self::Leased
                    | Self::Expired
                    | Self::Suppressed(_)
                    | Self::Superseded
                    | Self::Cancelled
            ),
            Self::Leased | Self::Unknown => next != self && !matches!(next, Self::Settled(_)),
            Self::Accepted => matches!(
                next,
                Self::Delivered
                    | Self::Displayed
                    | Self::Clicked
                    | Self::Settled(Reach::Accepted)
                    | Self::Superseded
                    | Self::Cancelled
            ),
            Self::Delivered => matches!(
                next,
                Self::Displayed
                    | Self::Clicked
                    | Self::Settled(Reach::Delivered)
                    | Self::Superseded
            ),
            Self::Displayed => matches!(next, Self::Clicked | Self::Settled(Reach::Displayed)),
            _ => false,
        }
    }

    /// The state a delivery ends in when its time is over; itself where it has ended already.
    #[must_use]
    pub fn at_expiry(self) -> Self {
        match self {
            Self::Queued => Self::Expired,
            Self::Leased | Self::Unknown => Self::Failed(FailReason::Unconfirmed),
            Self::Accepted => Self::Settled(Reach::Accepted),
            Self::Delivered => Self::Settled(Reach::Delivered),
            Self::Displayed => Self::Settled(Reach::Displayed),
            ended => ended,
        }
    }

    /// Every state with every reason.
    pub fn every() -> Vec<Self> {
        let mut states = vec![
            Self::Queued,
            Self::Leased,
            Self::Accepted,
            Self::Unknown,
            Self::Delivered,
            Self::Displayed,
            Self::Clicked,
            Self::Expired,
            Self::Superseded,
            Self::Cancelled,
        ];
        states.extend(Reach::ALL.map(Self::Settled));
        states.extend(FailReason::ALL.map(Self::Failed));
        states.extend(SuppressReason::ALL.map(Self::Suppressed));
        states
    }
}

#[cfg(test)]
mod tests;
