//! What is delivered, to which device, over which medium.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocab::{SiteId, Text, VisitorId};

/// How urgent a message is; the order is the order of the lanes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Danger to life or property: no cap, no quiet hours, but never without approval.
    Emergency,
    /// About the person's own affair: a question answered, a deadline.
    Service,
    /// What the person subscribed to.
    #[default]
    Subscribed,
    /// What the engine thinks is useful.
    Suggested,
}

impl Class {
    /// Every class, most urgent first.
    pub const ALL: [Self; 4] = [Self::Emergency, Self::Service, Self::Subscribed, Self::Suggested];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Service => "service",
            Self::Subscribed => "subscribed",
            Self::Suggested => "suggested",
        }
    }

    /// The class with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// Its place in [`Class::ALL`].
    pub fn position(self) -> usize {
        self as usize
    }
}

/// The way a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// A browser's push service (RFC 8030).
    WebPush,
    /// The person's inbox on the portal, read when they come.
    Inbox,
    /// Nothing: answers as a test or a rehearsal told it to.
    Stub,
}

impl Medium {
    /// Every medium.
    pub const ALL: [Self; 3] = [Self::WebPush, Self::Inbox, Self::Stub];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebPush => "web_push",
            Self::Inbox => "inbox",
            Self::Stub => "stub",
        }
    }

    /// The medium with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|medium| medium.as_str() == name)
    }

    /// Whether it makes a device light up: caps, quiet hours, consent and de-duplication are for these.
    pub fn interrupts(self) -> bool {
        self != Self::Inbox
    }

    /// Whether sending the same message again replaces the first copy instead of showing two.
    ///
    /// Web Push does by its topic and by the message id the service worker remembers; the inbox by its key.
    pub fn can_repeat(self) -> bool {
        matches!(self, Self::WebPush | Self::Inbox)
    }

    /// Whether it needs a registered device.
    pub fn needs_device(self) -> bool {
        self == Self::WebPush
    }
}

/// A message as approved: immutable from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Unique for ever; the service worker drops a second copy by it.
    pub id: Uuid,
    /// The sending site.
    pub site: SiteId,
    /// How urgent it is.
    pub class: Class,
    /// A later message with the same key replaces this one; empty never collapses.
    pub collapse_key: String,
    /// Title.
    pub title: Text,
    /// One or two sentences.
    pub body: Text,
    /// Where it leads, on the portal.
    pub url: String,
    /// The item it is about; may be empty.
    pub item: String,
    /// It speaks of a guarded or sensitive need: nothing of it may stand on a lock screen (invariant 5).
    pub discreet: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to matter.
    pub expires_at: Timestamp,
    /// Whether a second person approved it.
    pub approved: bool,
    /// Whether it was withdrawn.
    pub recalled: bool,
}

/// Keys and address of one browser's subscription, as `PushSubscription.toJSON()` prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushSubscription {
    /// The address at the push service: a capability, never logged.
    pub endpoint: String,
    /// The browser's keys.
    pub keys: PushKeys,
}

/// Keys of a subscription in base64url.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushKeys {
    /// Public key on P-256, uncompressed.
    pub p256dh: String,
    /// Shared secret of 16 bytes.
    pub auth: String,
}

impl std::fmt::Debug for PushSubscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushSubscription(..)")
    }
}

impl std::fmt::Debug for PushKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushKeys(..)")
    }
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Our own id.
    pub id: Uuid,
    /// Whose.
    pub visitor: VisitorId,
    /// On which site.
    pub site: SiteId,
    /// How to reach it.
    pub subscription: PushSubscription,
    /// The signing key the browser subscribed with: bound for the subscription's life.
    pub key_id: String,
    /// Refusals in a row.
    pub failures: u32,
    /// When it was registered.
    pub created_at: Timestamp,
}
