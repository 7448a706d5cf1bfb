//! The portal's own dialect: `POST /v1/events`, with an answer for each event.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::assign::assign;
use super::fields::{Fields, scalar};
use super::{Item, envelope, object};
use crate::draft::{Draft, Fault, Stated, blank_event};
use crate::site::Site;
use crate::steps::parse::Parse;
use crate::{CollectError, DropReason, Request};

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// On disk, now or already before (`reason` is then `duplicate`).
    Ok,
    /// On disk, with something changed or left out.
    Warning,
    /// Not stored and never will be: do not send it again.
    Drop,
    /// Not stored, for want of room: send it again later.
    Retry,
}

/// The answer for one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventResult {
    /// What became of it.
    pub result: Verdict,
    /// A [`DropReason`] or a warning's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The field (JSON pointer) and what was expected of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The answer to `POST /v1/events`.
///
/// A request is stored as a whole or not at all: where one event is to be sent again, all are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeResponse {
    /// By event id; by JSON pointer (`/events/3`) where an event has no readable id.
    pub results: BTreeMap<String, EventResult>,
    /// When to send all of it again, where nothing was kept.
    #[serde(skip)]
    pub retry_after: Option<std::time::Duration>,
}

/// `{write_key?, sent_at?, events: […]}`.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(default)]
    write_key: Option<Value>,
    #[serde(default)]
    sent_at: Option<Value>,
    #[serde(borrow, default)]
    events: Option<&'a RawValue>,
}

impl Envelope<'_> {
    pub(crate) fn write_key(&self) -> Option<&str> {
        self.write_key.as_ref().and_then(Value::as_str)
    }
}

/// Reads the envelope.
pub(crate) fn open(body: &[u8]) -> Result<Envelope<'_>, CollectError> {
    let open: Envelope<'_> = envelope(body)?;
    if open.write_key.as_ref().is_some_and(|key| !key.is_string() && !key.is_null()) {
        let (field, detail) = ("/write_key".into(), "expected a text".into());
        return Err(CollectError::Malformed { field, detail });
    }
    Ok(open)
}

/// Reads the events.
pub(crate) fn items<'a>(
    open: &Envelope<'a>,
    parse: &Parse,
    site: &Arc<Site>,
    request: &Request<'_>,
) -> Result<Vec<Item<'a>>, CollectError> {
    let wrong = |field: &str, detail: &str| CollectError::Malformed {
        field: field.into(),
        detail: detail.into(),
    };
    let raw = open.events.ok_or_else(|| wrong("/events", "an array of events is required"))?;
    let events: Vec<&'a RawValue> = serde_json::from_str(raw.get())
        .map_err(|_| wrong("/events", "expected an array of events"))?;
    if events.len() > parse.max_events {
        return Err(CollectError::TooLarge {
            limit: parse.max_events as u64,
            unit: "events",
            field: "/events",
        });
    }
    let sent_at = match open.sent_at.as_ref().filter(|value| !value.is_null()) {
        None => None,
        Some(value) => Some(super::fields::time(value).ok_or_else(|| {
            wrong("/sent_at", "expected an RFC 3339 time or milliseconds since 1970")
        })?),
    };
    let items = events.into_iter().enumerate().map(|(index, raw)| {
        let at = format!("/events/{index}");
        let mut label = at.clone();
        let mut lib = String::new();
        let draft = object(raw, &at, parse).and_then(|map| {
            let fields = Fields::new(&map, at.clone());
            label = fields.text("event_id").ok().filter(|id| !id.is_empty()).unwrap_or(at);
            lib = fields.loose("lib");
            let mut draft = Draft { sent_at, ..Draft::default() };
            draft.event.channel = site.key.default_channel;
            read(&mut draft, &fields, parse, request)?;
            Ok(Box::new(draft))
        });
        Item { site: Arc::clone(site), label, lib, payload: raw.get(), draft }
    });
    Ok(items.collect())
}

fn read(
    draft: &mut Draft,
    fields: &Fields<'_>,
    parse: &Parse,
    request: &Request<'_>,
) -> Result<(), Fault> {
    draft.at = fields.at.clone();
    let channel = draft.event.channel;
    draft.event = blank_event();
    draft.event.channel = channel;
    draft.event.event_id = event_id(fields)?;
    let name = fields.text("name")?;
    draft.event.name = parse.names.get(&name).cloned().unwrap_or(name);
    draft.anonymous = fields.id("anonymous_id")?;
    draft.person = fields.id("user_id")?;
    draft.agent = request.user_agent.unwrap_or_default().into();
    draft.own_headers = true;
    draft.ip = request.peer;
    draft.event.ts = fields.time("ts")?.ok_or_else(|| {
        Fault::new(DropReason::MissingField, fields.pointer("ts"), "a time is required")
    })?;
    if let Some(page) = fields.object("page")? {
        page_fields(draft, &page)?;
    }
    if let Some(consent) = fields.object("consent")? {
        draft.stated = Stated {
            analytics: consent.flag("analytics")?,
            personalisation: consent.flag("personalisation")?,
            push: consent.flag("push")?,
        };
    }
    if let Some(props) = fields.object("props")? {
        read_props(draft, props.map, &props)?;
    }
    for (key, value) in fields.map.iter().filter(|(_, value)| !value.is_null()) {
        if matches!(
            key.as_str(),
            "event_id" | "name" | "anonymous_id" | "user_id" | "ts" | "page" | "consent" | "props"
        ) {
            continue;
        }
        let known = !matches!(key.as_str(), "url" | "referrer" | "title")
            && assign(&mut draft.event, key, value, false).map_err(|expected| {
                Fault::new(
                    DropReason::WrongType,
                    fields.pointer(key),
                    format!("expected {expected}"),
                )
            })?;
        if !known {
            draft.warn("unknown_field", key);
        }
    }
    Ok(())
}

fn event_id(fields: &Fields<'_>) -> Result<Uuid, Fault> {
    let text = fields.text("event_id")?;
    let fault =
        |reason, detail: &str| Fault::new(reason, fields.pointer("event_id"), detail.to_owned());
    if text.is_empty() {
        return Err(fault(DropReason::MissingField, "a UUID is required"));
    }
    Uuid::parse_str(&text).map_err(|_| fault(DropReason::BadValue, "expected a UUID"))
}

fn page_fields(draft: &mut Draft, page: &Fields<'_>) -> Result<(), Fault> {
    for key in ["url", "title", "referrer"] {
        if let Some(value) = page.get(key) {
            assign(&mut draft.event, key, value, false)
                .map_err(|expected| page.wrong(key, expected))?;
        }
    }
    Ok(())
}

fn read_props(
    draft: &mut Draft,
    map: &Map<String, Value>,
    props: &Fields<'_>,
) -> Result<(), Fault> {
    for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
        let text = scalar(value).ok_or_else(|| props.wrong(key, "a string, number or boolean"))?;
        draft.props.push((key.clone(), text));
    }
    Ok(())
}
