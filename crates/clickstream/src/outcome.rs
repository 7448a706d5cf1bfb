//! What becomes of each arrival: stored, suppressed with a reason, or a dead letter; nothing else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocab::event::Protocol;
use vocab::{Event, SiteId};

/// Why an arrival is not stored as an event. The order is stored in spools: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// Already stored: same event id inside the window.
    Duplicate,
    /// The person refused analytics.
    ConsentRefused,
    /// The user agent names a crawler or a tool.
    DeclaredBot,
    /// A browser's name without a browser's headers.
    HeaderAnomaly,
    /// An availability probe.
    Monitor,
    /// An image, a style sheet, a script: not a page.
    StaticAsset,
    /// The answer was not a page: a redirect, an error.
    StatusFiltered,
    /// Not a GET.
    MethodFiltered,
    /// Not a JSON object.
    NotAnObject,
    /// A required field is absent.
    MissingField,
    /// A field has the wrong type.
    WrongType,
    /// A field's value is out of range or not readable.
    BadValue,
    /// Larger than an event may be.
    EventTooLarge,
    /// A `type` the dialect does not have.
    UnknownType,
    /// A log line that is not in the format.
    MalformedLine,
    /// A body that its encoding (base64, gzip, JSON) does not make readable.
    Undecodable,
    /// The sender's checksum says the body was damaged on its way.
    BadChecksum,
    /// What only a holder of the site's token may say.
    TokenRequired,
    /// The site's tracking plan is enforced and does not know the event, or not like this.
    PlanViolation,
    /// Says nothing a person did.
    NotBehaviour,
}

impl DropReason {
    /// Every reason, in the order of declaration.
    pub const ALL: [Self; 20] = [
        Self::Duplicate,
        Self::ConsentRefused,
        Self::DeclaredBot,
        Self::HeaderAnomaly,
        Self::Monitor,
        Self::StaticAsset,
        Self::StatusFiltered,
        Self::MethodFiltered,
        Self::NotAnObject,
        Self::MissingField,
        Self::WrongType,
        Self::BadValue,
        Self::EventTooLarge,
        Self::UnknownType,
        Self::MalformedLine,
        Self::Undecodable,
        Self::BadChecksum,
        Self::TokenRequired,
        Self::PlanViolation,
        Self::NotBehaviour,
    ];

    /// The name in answers, metrics and the warehouse.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::ConsentRefused => "consent_refused",
            Self::DeclaredBot => "declared_bot",
            Self::HeaderAnomaly => "header_anomaly",
            Self::Monitor => "monitor",
            Self::StaticAsset => "static_asset",
            Self::StatusFiltered => "status_filtered",
            Self::MethodFiltered => "method_filtered",
            Self::NotAnObject => "not_an_object",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::BadValue => "bad_value",
            Self::EventTooLarge => "event_too_large",
            Self::UnknownType => "unknown_type",
            Self::MalformedLine => "malformed_line",
            Self::Undecodable => "undecodable",
            Self::BadChecksum => "bad_checksum",
            Self::TokenRequired => "token_required",
            Self::PlanViolation => "plan_violation",
            Self::NotBehaviour => "not_behaviour",
        }
    }

    /// Whether the arrival is defective, so it is kept as a dead letter; otherwise it is left out on purpose.
    pub fn is_defect(self) -> bool {
        matches!(
            self,
            Self::NotAnObject
                | Self::MissingField
                | Self::WrongType
                | Self::BadValue
                | Self::EventTooLarge
                | Self::UnknownType
                | Self::MalformedLine
                | Self::Undecodable
                | Self::BadChecksum
                | Self::TokenRequired
                | Self::PlanViolation
        )
    }

    /// The outcome in the ingest statistics: `suppressed.<reason>` or `dead.<reason>`.
    pub fn outcome(self) -> String {
        let class = if self.is_defect() { "dead" } else { "suppressed" };
        format!("{class}.{}", self.as_str())
    }
}

/// An arrival that could not become an event, kept so that it can be repaired and replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When it arrived.
    pub received_at: Timestamp,
    /// The site it was meant for.
    pub site: SiteId,
    /// The wire format.
    pub proto: Protocol,
    /// The sender's library, as far as known.
    pub lib: String,
    /// A second arrival with this id is a duplicate, for ever: the same line of a log. `None` is always new.
    pub id: Option<Uuid>,
    /// What is wrong.
    pub reason: DropReason,
    /// JSON pointer of the offending field, or `file:line` of a log.
    pub source: String,
    /// What was expected.
    pub detail: String,
    /// The arrival, with personal identifiers replaced by their keyed hashes; at most 32 KB.
    pub payload: String,
}

/// Arrivals left out on purpose: only their number is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// When they arrived.
    pub received_at: Timestamp,
    /// Their site.
    pub site: SiteId,
    /// Their wire format.
    pub proto: Protocol,
    /// The sender's library.
    pub lib: String,
    /// Why.
    pub reason: DropReason,
    /// How many.
    pub count: u64,
}

/// Stored events with something changed or left out: only their number is kept, beside that of the stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    /// When they arrived.
    pub received_at: Timestamp,
    /// Their site.
    pub site: SiteId,
    /// Their wire format.
    pub proto: Protocol,
    /// The sender's library.
    pub lib: String,
    /// A warning's name.
    pub reason: &'static str,
    /// How many.
    pub count: u64,
}

/// What one request or one block of a log becomes; accepted together or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intake {
    /// To be stored, unless already stored.
    pub events: Vec<Event>,
    /// To be kept as dead letters.
    pub dead: Vec<DeadLetter>,
    /// To be counted.
    pub suppressed: Vec<Suppressed>,
    /// To be counted beside the events they belong to.
    pub noted: Vec<Noted>,
}

impl Intake {
    /// Counts a warning of an event.
    pub(crate) fn note(&mut self, event: &Event, reason: &'static str) {
        let same = |noted: &&mut Noted| {
            noted.reason == reason && noted.site == event.site && noted.lib == event.lib
        };
        if let Some(noted) = self.noted.iter_mut().find(same) {
            noted.count += 1;
            return;
        }
        self.noted.push(Noted {
            received_at: event.received_at,
            site: event.site,
            proto: event.proto,
            lib: event.lib.clone(),
            reason,
            count: 1,
        });
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.dead.is_empty() && self.suppressed.is_empty()
    }
}
