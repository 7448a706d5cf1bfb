//! The canonical behaviour event: what every tracker's dialect becomes.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Channel, Consent, SessionId, SiteId, VisitorId};

/// Event names the engine understands; any other name is stored and counted, but teaches nothing.
pub mod name {
    /// A page or a screen was shown.
    pub const PAGE_VIEW: &str = "page_view";
    /// Something was clicked; `item_id` says what, `rec_id` which list it stood in.
    pub const CLICK: &str = "click";
    /// A search was made: `search_q`, `search_hits`.
    pub const SEARCH: &str = "search";
    /// A search result was opened: `search_q`, `search_pos`.
    pub const SEARCH_CLICK: &str = "search_click";
    /// A recommended list was shown; one event an item: `rec_id`, `rec_pos`, `rec_policy`.
    pub const IMPRESSION: &str = "impression";
    /// Active reading time since the last one: `engaged_ms`, `scroll_pct`.
    pub const ENGAGEMENT: &str = "engagement";
    /// A service was begun.
    pub const SERVICE_START: &str = "service_start";
    /// A service was submitted.
    pub const SERVICE_SUBMIT: &str = "service_submit";
    /// A service ended well.
    pub const SERVICE_FINISH: &str = "service_finish";
    /// Feedback on an item: `props.verdict` is `useful`, `not_useful`, `not_interested` or `wrong`.
    pub const FEEDBACK: &str = "feedback";
    /// A visitor became known.
    pub const IDENTIFY: &str = "identify";
    /// A file was fetched.
    pub const DOWNLOAD: &str = "download";
    /// A push was shown, opened or dismissed: `props.state`.
    pub const PUSH: &str = "push";
    /// Somebody went away from a shared terminal.
    pub const KIOSK_RESET: &str = "kiosk_reset";

    /// All of them.
    pub const ALL: [&str; 14] = [
        PAGE_VIEW,
        CLICK,
        SEARCH,
        SEARCH_CLICK,
        IMPRESSION,
        ENGAGEMENT,
        SERVICE_START,
        SERVICE_SUBMIT,
        SERVICE_FINISH,
        FEEDBACK,
        IDENTIFY,
        DOWNLOAD,
        PUSH,
        KIOSK_RESET,
    ];
}

/// The wire format an event arrived in. The order is stored in spools: new ones go to the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// `POST /v1/events`.
    #[default]
    Native,
    /// Segment's HTTP API, as Segment's, RudderStack's and Jitsu's SDKs speak it.
    Segment,
    /// A server log or a file.
    Import,
    /// This server itself: impressions it served.
    Server,
    /// SensorsData's (神策) `/sa`.
    Sensors,
    /// Matomo's `matomo.php`.
    Matomo,
}

impl Protocol {
    /// The name in the warehouse.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Segment => "segment",
            Self::Sensors => "sensors",
            Self::Matomo => "matomo",
            Self::Import => "import",
            Self::Server => "server",
        }
    }
}

/// Whether a person sent the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum BotClass {
    /// Nothing says otherwise.
    #[default]
    Human = 0,
    /// The user agent says so.
    Declared = 1,
    /// Headers no browser sends.
    HeaderAnomaly = 2,
    /// An address of a data centre.
    DataCentre = 3,
    /// An availability probe.
    Monitor = 4,
}

/// One behaviour event, pseudonymised and ready to store. Empty text and 0 mean "not known".
///
/// `S` is text: owned, or borrowed from the bytes it is read from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, bound(deserialize = "S: Deserialize<'de> + Default + Ord"))]
pub struct EventOf<S> {
    /// Unique for ever: a re-sent event has the same one.
    pub event_id: Uuid,
    /// The site it happened on.
    pub site: SiteId,
    /// One of [`name`], or the portal's own.
    pub name: S,
    /// Keyed hash of the person's id, or of the browser's where no person is known.
    pub visitor: VisitorId,
    /// Keyed hash of the browser's id.
    pub anonymous: VisitorId,
    /// Keyed hash of the signed-in person's id; 0 where nobody signed in.
    pub person: VisitorId,
    /// The visit.
    pub session: SessionId,
    /// When it happened, clock skew corrected.
    pub ts: Timestamp,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Where it happened.
    pub channel: Channel,
    /// The wire format.
    pub proto: Protocol,
    /// The sender's library.
    pub lib: S,
    /// And its version.
    pub lib_version: S,
    /// What the person had agreed to at that moment.
    pub consent: Consent,
    /// Whether a person sent it.
    pub bot: BotClass,
    /// Host of the page.
    pub host: S,
    /// Path of the page, without query.
    pub path: S,
    /// Title of the page.
    pub title: S,
    /// Host of the page before.
    pub ref_host: S,
    /// Path of the page before.
    pub ref_path: S,
    /// Campaign source.
    pub utm_source: S,
    /// Campaign medium.
    pub utm_medium: S,
    /// Campaign name.
    pub utm_campaign: S,
    /// Truncated to /24 or /48 before it gets here; IPv4 is mapped. `None` where unknown.
    pub ip: Option<Ipv6Addr>,
    /// Administrative division (GB/T 2260).
    pub region: S,
    /// Browser family.
    pub browser: S,
    /// Operating system family.
    pub os: S,
    /// `desktop`, `mobile`, `tablet`, `kiosk` or empty.
    pub device: S,
    /// Item of the content library.
    pub item_id: S,
    /// Its kind.
    pub item_kind: S,
    /// Column (栏目).
    pub column_id: S,
    /// Topic or leading need.
    pub topic: S,
    /// Department.
    pub dept: S,
    /// The answer that showed the item.
    pub rec_id: S,
    /// Position in that answer from 0; -1 is none.
    pub rec_pos: i16,
    /// Pipeline and digest that made that answer.
    pub rec_policy: S,
    /// The query.
    pub search_q: S,
    /// How many it found; -1 is unknown.
    pub search_hits: i32,
    /// Position of the opened result from 0; -1 is none.
    pub search_pos: i16,
    /// The service matter.
    pub service_id: S,
    /// Its step.
    pub service_step: S,
    /// Active reading time in milliseconds.
    pub engaged_ms: u32,
    /// How far the page was scrolled, 0 to 100.
    pub scroll_pct: u8,
    /// A number of the portal's own.
    pub value: f64,
    /// What the portal's tracking plan allows besides.
    pub props: BTreeMap<S, S>,
}

/// An event with text of its own.
pub type Event = EventOf<String>;
