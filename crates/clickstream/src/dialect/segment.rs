//! Segment's HTTP tracking API, as Segment's and Rudder's SDKs speak it.
//!
//! Source: Segment's "HTTP Tracking API Source" and "Spec: Common Fields", and the requests of real SDKs.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use vocab::event::{Protocol, name};

use super::fields::{Fields, time};
use super::{Item, envelope, message_uuid, object};
use crate::draft::{Draft, Fault, blank_event};
use crate::identity::event_uuid;
use crate::site::Site;
use crate::steps::parse::Parse;
use crate::{CollectError, DropReason, Request};

mod context;
pub(crate) mod pixel;
mod properties;

/// The route a request came by; the item's own `type` wins over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentRoute {
    /// `/v1/track`, `/v1/t`.
    Track,
    /// `/v1/page`, `/v1/p`.
    Page,
    /// `/v1/screen`, `/v1/s`.
    Screen,
    /// `/v1/identify`, `/v1/i`.
    Identify,
    /// `/v1/group`, `/v1/g`.
    Group,
    /// `/v1/alias`, `/v1/a`.
    Alias,
    /// `/v1/merge`: RudderStack's, two ids of one person.
    Merge,
    /// `/v1/batch`, `/v1/b`, and RudderStack's `/v1/import`.
    Batch,
}

impl SegmentRoute {
    /// The route of a path's last part, long or short.
    pub fn parse(last: &str) -> Option<Self> {
        Some(match last {
            "track" | "t" => Self::Track,
            "page" | "p" => Self::Page,
            "screen" | "s" => Self::Screen,
            "identify" | "i" => Self::Identify,
            "group" | "g" => Self::Group,
            "alias" | "a" => Self::Alias,
            "merge" | "m" => Self::Merge,
            "batch" | "b" | "import" => Self::Batch,
            _ => return None,
        })
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Identify => "identify",
            Self::Group => "group",
            Self::Alias => "alias",
            Self::Merge => "merge",
            Self::Batch => "",
        }
    }
}

/// What a batch says for all its items; of a single call, what it says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope<'a> {
    #[serde(borrow, default)]
    batch: Option<&'a RawValue>,
    #[serde(default)]
    write_key: Option<Value>,
    #[serde(default)]
    sent_at: Option<Value>,
    #[serde(default)]
    timestamp: Option<Value>,
    #[serde(default)]
    context: Option<Value>,
    #[serde(skip)]
    whole: Option<&'a RawValue>,
}

impl Envelope<'_> {
    pub(crate) fn write_key(&self) -> Option<&str> {
        self.write_key.as_ref().and_then(Value::as_str)
    }
}

/// Reads the envelope.
pub(crate) fn open(body: &[u8]) -> Result<Envelope<'_>, CollectError> {
    let mut open: Envelope<'_> = envelope(body)?;
    if open.batch.is_none() {
        open.whole = Some(envelope(body)?);
    }
    Ok(open)
}

/// Reads the items.
pub(crate) fn items<'a>(
    open: &Envelope<'a>,
    route: SegmentRoute,
    parse: &Parse,
    site: &Arc<Site>,
    request: &Request<'_>,
) -> Result<Vec<Item<'a>>, CollectError> {
    let wrong = || CollectError::Malformed {
        field: "/batch".into(),
        detail: "expected an array of items".into(),
    };
    let raws: Vec<(String, &'a RawValue)> = match (open.batch, open.whole) {
        (Some(batch), _) => {
            let raws: Vec<&'a RawValue> = serde_json::from_str(batch.get()).map_err(|_| wrong())?;
            raws.into_iter().enumerate().map(|(n, raw)| (format!("/batch/{n}"), raw)).collect()
        }
        (None, Some(whole)) if route != SegmentRoute::Batch => vec![(String::new(), whole)],
        _ => return Err(wrong()),
    };
    if raws.len() > parse.max_events {
        return Err(CollectError::TooLarge {
            limit: parse.max_events as u64,
            unit: "events",
            field: "/batch",
        });
    }
    let reader = Reader { open, route, parse, site, request };
    Ok(raws.into_iter().map(|(at, raw)| reader.item(at, raw)).collect())
}

struct Reader<'r, 'a> {
    open: &'r Envelope<'a>,
    route: SegmentRoute,
    parse: &'r Parse,
    site: &'r Arc<Site>,
    request: &'r Request<'r>,
}

impl<'a> Reader<'_, 'a> {
    fn item(&self, at: String, raw: &'a RawValue) -> Item<'a> {
        let mut lib = String::new();
        let label = at.clone();
        let draft = object(raw, &at, self.parse).and_then(|mut map| {
            self.merge_context(&mut map);
            let fields = Fields::new(&map, at);
            lib = context::library(&fields);
            self.draft(&fields, raw).map(Box::new)
        });
        Item { site: Arc::clone(self.site), label, lib, payload: raw.get(), draft }
    }

    /// A batch's context holds for its items, key by key, unless the item says otherwise.
    fn merge_context(&self, map: &mut Map<String, Value>) {
        if self.open.batch.is_none() {
            return;
        }
        let Some(Value::Object(shared)) = &self.open.context else {
            return;
        };
        let own = map.entry("context").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(own) = own {
            for (key, value) in shared {
                own.entry(key).or_insert_with(|| value.clone());
            }
        }
    }

    fn draft(&self, fields: &Fields<'_>, raw: &'a RawValue) -> Result<Draft, Fault> {
        let mut draft = Draft { event: blank_event(), at: fields.at.clone(), ..Draft::default() };
        let event = &mut draft.event;
        event.proto = Protocol::Segment;
        event.channel = self.site.key.default_channel;
        let message = fields.id("messageId")?;
        let dated = ["timestamp", "originalTimestamp"].iter().any(|key| fields.get(key).is_some());
        event.event_id = if !message.is_empty() {
            message_uuid(self.site.key.site, &message)
        } else if dated {
            event_uuid(b"payload", self.site.key.site, raw.get().as_bytes())
        } else {
            // Nothing tells a second call from the first one sent again: the same words may be said every day.
            let arrival = self.request.received_at.as_nanosecond();
            let name = format!("{arrival}{}{}", draft.at, raw.get());
            event_uuid(b"arrival", self.site.key.site, name.as_bytes())
        };
        draft.anonymous = fields.id("anonymousId")?;
        draft.person = fields.id("userId")?;
        if draft.anonymous.is_empty() && self.open.batch.is_none() {
            draft.anonymous = self.anonymous_header();
        }
        self.set_times(&mut draft, fields)?;
        context::read(&mut draft, fields, self.request);
        let kind = match fields.text("type")?.as_str() {
            "" => self.route.kind().to_owned(),
            kind => kind.to_owned(),
        };
        self.set_name(&mut draft, fields, &kind)?;
        if let Some(earlier) = earlier_id(fields, &kind, &mut draft.person)? {
            draft.anonymous = earlier;
        }
        properties::read(&mut draft, fields, self.parse);
        if kind == "page" || kind == "screen" {
            let event = &mut draft.event;
            let page = fields.loose("name");
            if event.path.is_empty() && kind == "screen" {
                event.path = format!("/{page}");
            }
            if event.title.is_empty() {
                event.title = page;
            }
        }
        Ok(draft)
    }

    /// RudderStack's SDKs name the browser in a header too, in base64.
    fn anonymous_header(&self) -> String {
        let decoded = self.request.anonymous_id.and_then(|id| STANDARD.decode(id.trim()).ok());
        decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn set_times(&self, draft: &mut Draft, fields: &Fields<'_>) -> Result<(), Fault> {
        let original = match fields.time("originalTimestamp")? {
            Some(ts) => Some(ts),
            None => fields.time("timestamp")?.or(self.open.timestamp.as_ref().and_then(time)),
        };
        draft.event.ts = original.unwrap_or(self.request.received_at);
        if original.is_some() {
            let sent = fields.time("sentAt")?;
            draft.sent_at = sent.or_else(|| self.open.sent_at.as_ref().and_then(time));
        }
        Ok(())
    }

    fn set_name(&self, draft: &mut Draft, fields: &Fields<'_>, kind: &str) -> Result<(), Fault> {
        draft.event.name = match kind {
            "track" => {
                let own = fields.text("event")?;
                if own.trim().is_empty() {
                    let detail = "a track call names its event";
                    return Err(draft.fault(DropReason::MissingField, "event", detail));
                }
                let snake = snake_case(&own);
                self.parse.names.get(&snake).cloned().unwrap_or(snake)
            }
            "page" => name::PAGE_VIEW.into(),
            "screen" => {
                draft.event.channel = vocab::Channel::App;
                name::PAGE_VIEW.into()
            }
            "identify" => name::IDENTIFY.into(),
            "group" | "alias" | "merge" => kind.into(),
            _ => {
                let detail = "expected track, page, screen, identify, group, alias or merge";
                return Err(draft.fault(DropReason::UnknownType, "type", detail));
            }
        };
        Ok(())
    }
}

/// The id somebody had before: `previousId` of an alias, the other id of a merge.
fn earlier_id(
    fields: &Fields<'_>,
    kind: &str,
    person: &mut String,
) -> Result<Option<String>, Fault> {
    match kind {
        "alias" => Ok(Some(fields.id("previousId")?).filter(|id| !id.is_empty())),
        "merge" => {
            let ids = fields.get("mergeProperties").and_then(Value::as_array);
            let mut earlier = None;
            for id in ids.into_iter().flatten() {
                let text = |key: &str| id.get(key).and_then(Value::as_str).unwrap_or_default();
                if text("type").to_ascii_lowercase().contains("anonymous") {
                    earlier = Some(text("value").to_owned());
                } else if person.is_empty() {
                    text("value").clone_into(person);
                }
            }
            Ok(earlier)
        }
        _ => Ok(None),
    }
}

/// `Product Clicked`, `productClicked` and `product-clicked` are one name.
pub(super) fn snake_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut lower_before = false;
    for c in text.trim().chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && lower_before {
                out.push('_');
            }
            lower_before = c.is_lowercase() || c.is_numeric();
            out.extend(c.to_lowercase());
        } else {
            lower_before = false;
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
        }
    }
    out.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for text in ["Product Clicked", "productClicked", "product-clicked", " Product  Clicked! "]
        {
            assert_eq!(snake_case(text), "product_clicked");
        }
        assert_eq!(snake_case("查询 办事"), "查询_办事");
    }
}
