//! SensorsData's (神策) tracking API, as its web, mini-program, app, TV and server SDKs speak it.
//!
//! Source: SensorsData's manual, "Data Format" and "Data Import API", and the requests of real SDKs.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;
use vocab::event::{Protocol, name};
use vocab::{Channel, SiteId};

use super::assign::assign;
use super::fields::{Fields, scalar};
use super::segment::snake_case;
use super::{Item, object};
use crate::draft::{Draft, Fault, blank_event};
use crate::identity::event_uuid;
use crate::site::Site;
use crate::steps::parse::Parse;
use crate::{CollectError, DropReason, Request};

pub(crate) mod form;

/// Keys of `identities` that name a browser or a device, in the order of preference.
const DEVICES: [&str; 9] = [
    "$identity_cookie_id",
    "$identity_mp_id",
    "$identity_anonymous_id",
    "$identity_idfv",
    "$identity_android_id",
    "$identity_android_uuid",
    "$identity_harmony_id",
    "$identity_mp_openid",
    "$identity_distinct_id",
];

/// Reads the events of an opened request.
pub(crate) fn items<'a>(
    body: &'a [u8],
    parse: &Parse,
    site: &Arc<Site>,
    request: &Request<'_>,
) -> Result<Vec<Item<'a>>, CollectError> {
    let whole: &'a RawValue = super::envelope(body)?;
    let raws: Vec<(String, &'a RawValue)> =
        match serde_json::from_str::<Vec<&'a RawValue>>(whole.get()) {
            Ok(raws) => {
                raws.into_iter().enumerate().map(|(n, raw)| (format!("/{n}"), raw)).collect()
            }
            Err(_) => vec![(String::new(), whole)],
        };
    if raws.len() > parse.max_events {
        let limit = parse.max_events as u64;
        return Err(CollectError::TooLarge { limit, unit: "events", field: "/data_list" });
    }
    let reader = Reader { parse, site, request };
    Ok(raws.into_iter().map(|(at, raw)| reader.item(at, raw)).collect())
}

struct Reader<'r> {
    parse: &'r Parse,
    site: &'r Arc<Site>,
    request: &'r Request<'r>,
}

impl Reader<'_> {
    fn item<'a>(&self, at: String, raw: &'a RawValue) -> Item<'a> {
        let mut lib = String::new();
        let label = at.clone();
        let draft = object(raw, &at, self.parse).and_then(|map| {
            let fields = Fields::new(&map, at);
            if let Some(told) = fields.loose_object("lib") {
                lib = told.loose("$lib");
            }
            self.draft(&fields, raw).map(Box::new)
        });
        Item { site: Arc::clone(self.site), label, lib, payload: raw.get(), draft }
    }

    fn draft(&self, fields: &Fields<'_>, raw: &RawValue) -> Result<Draft, Fault> {
        let mut draft = Draft { event: blank_event(), at: fields.at.clone(), ..Draft::default() };
        draft.event.proto = Protocol::Sensors;
        draft.event.channel = self.site.key.default_channel;
        let kind = fields.text("type")?;
        self.set_name(&mut draft, fields, &kind)?;
        set_people(&mut draft, fields, &kind)?;
        let time = fields.time("time")?;
        draft.event.ts = time.unwrap_or(self.request.received_at);
        if time.is_some() {
            draft.sent_at = fields.time("_flush_time")?;
        }
        if let Some(lib) = fields.loose_object("lib") {
            draft.event.lib = lib.loose("$lib");
            draft.event.lib_version = lib.loose("$lib_version");
            draft.event.channel = channel_of(&draft.event.lib).unwrap_or(draft.event.channel);
        }
        draft.event.event_id = self.event_id(fields, raw, time.is_some());
        self.set_sender(&mut draft, fields);
        if !kind.starts_with("profile_") {
            self.read_properties(&mut draft, fields);
        }
        Ok(draft)
    }

    fn set_name(&self, draft: &mut Draft, fields: &Fields<'_>, kind: &str) -> Result<(), Fault> {
        draft.event.name = match kind {
            "track" => {
                let own = fields.text("event")?;
                if own.trim().is_empty() {
                    let detail = "a track names its event";
                    return Err(draft.fault(DropReason::MissingField, "event", detail));
                }
                let known = self.parse.names.get(&own);
                known.cloned().unwrap_or_else(|| {
                    let snake = snake_case(&own);
                    self.parse.names.get(&snake).cloned().unwrap_or(snake)
                })
            }
            "track_signup" | "track_id_bind" => name::IDENTIFY.into(),
            "track_id_unbind" | "profile_set" | "profile_set_once" | "profile_append"
            | "profile_increment" | "profile_unset" | "profile_delete" => kind.into(),
            kind if kind.starts_with("item_") => {
                let detail = "describes an item, not what somebody did";
                return Err(draft.fault(DropReason::NotBehaviour, "type", detail));
            }
            _ => {
                let detail = "expected track, track_signup, track_id_bind or profile_…";
                return Err(draft.fault(DropReason::UnknownType, "type", detail));
            }
        };
        Ok(())
    }

    /// The same for the same event sent again. `_track_id` is a random number; SDKs of servers have none.
    fn event_id(&self, fields: &Fields<'_>, raw: &RawValue, dated: bool) -> uuid::Uuid {
        let site: SiteId = self.site.key.site;
        let track = fields.loose("_track_id");
        if !track.is_empty() {
            let parts = ["distinct_id", "time", "type", "event"].map(|key| fields.loose(key));
            return event_uuid(
                b"sensors",
                site,
                format!("{track}\n{}", parts.join("\n")).as_bytes(),
            );
        }
        // The time of sending is another one each time.
        let mut map = fields.map.clone();
        map.remove("_flush_time");
        let text = Value::Object(map).to_string();
        if dated {
            event_uuid(b"payload", site, text.as_bytes())
        } else {
            let arrival = self.request.received_at.as_nanosecond();
            event_uuid(b"arrival", site, format!("{arrival}{}{}", fields.at, raw.get()).as_bytes())
        }
    }

    fn set_sender(&self, draft: &mut Draft, fields: &Fields<'_>) {
        let properties = fields.loose_object("properties");
        let told = |key: &str| properties.as_ref().map(|p| p.loose(key)).unwrap_or_default();
        let agent = told("$user_agent");
        let browser = self.request.user_agent.filter(|agent| agent.starts_with("Mozilla/"));
        draft.own_headers =
            browser.is_some() && (agent.is_empty() || Some(agent.as_str()) == browser);
        draft.agent = if agent.is_empty() { browser.unwrap_or_default().into() } else { agent };
        // An app's request comes from the person's device too, under a library's name.
        let own =
            draft.own_headers || matches!(draft.event.channel, Channel::App | Channel::MiniProgram);
        draft.ip = told("$ip").parse().ok().or(self.request.peer.filter(|_| own));
        if draft.event.os.is_empty() {
            draft.event.os = told("$os");
        }
    }

    fn read_properties(&self, draft: &mut Draft, fields: &Fields<'_>) {
        let Some(properties) = fields.loose_object("properties") else { return };
        for (key, value) in properties.map.iter().filter(|(_, value)| !value.is_null()) {
            if draft.stated.read(key, value) {
                continue;
            }
            let mapped = self.parse.properties.get(key).map(String::as_str);
            let own = super::is_field(key).then_some(key.as_str());
            match (key.as_str(), mapped.or(own)) {
                // Seconds, with fractions.
                ("event_duration" | "$event_duration", _) => {
                    let seconds = value.as_f64().unwrap_or_default().clamp(0.0, 86_400.0);
                    draft.event.engaged_ms = (seconds * 1_000.0) as u32;
                    continue;
                }
                (_, Some(field)) => match assign(&mut draft.event, field, value, true) {
                    Ok(_) => continue,
                    Err(_) => draft.warn("bad_value", &format!("properties/{key}")),
                },
                _ => {}
            }
            // What the SDK adds on its own is no property of the portal's.
            if !key.starts_with('$')
                && let Some(text) = scalar(value)
            {
                draft.props.push((key.clone(), text));
            }
        }
        if draft.event.path.is_empty() {
            let screen = properties.loose("$screen_name");
            let path = properties.loose("$url_path");
            draft.event.path = match (path.is_empty(), screen.is_empty()) {
                (false, _) => path.split(['?', '#']).next().unwrap_or_default().into(),
                (true, false) => format!("/{screen}"),
                (true, true) => String::new(),
            };
        }
    }
}

/// Who it was: the login id, and the id of the browser or device.
fn set_people(draft: &mut Draft, fields: &Fields<'_>, kind: &str) -> Result<(), Fault> {
    let distinct = fields.id("distinct_id")?;
    let identities = fields.loose_object("identities");
    let identity = |key: &str| identities.as_ref().map(|ids| ids.loose(key)).unwrap_or_default();
    let properties = fields.loose_object("properties");
    let is_login = properties
        .and_then(|p| p.get("$is_login_id").and_then(Value::as_bool))
        .unwrap_or(kind == "track_signup");
    let person = [fields.id("login_id")?, identity("$identity_login_id")];
    draft.person = person.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
    if draft.person.is_empty() && is_login {
        draft.person.clone_from(&distinct);
    }
    let told = [fields.id("original_id")?, fields.id("anonymous_id")?];
    let ids = told.into_iter().chain(DEVICES.into_iter().map(identity));
    draft.anonymous = ids.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
    if draft.anonymous.is_empty() && distinct != draft.person {
        draft.anonymous = distinct;
    }
    Ok(())
}

/// The channel an SDK belongs to.
fn channel_of(lib: &str) -> Option<Channel> {
    let lib = lib.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lib.contains(part));
    if has(&["mini", "quickapp", "wecode"]) {
        Some(Channel::MiniProgram)
    } else if has(&["ios", "android", "harmony", "flutter", "reactnative", "tv"]) {
        Some(Channel::App)
    } else if lib == "js" {
        Some(Channel::Web)
    } else {
        None
    }
}
