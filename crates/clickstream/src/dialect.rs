//! Wire formats: each reads a request's bytes into drafts of the one canonical event, by content, not by label.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::definition::Source;
use crate::draft::{Draft, Fault};
use crate::site::Site;
use crate::steps::parse::Parse;
use crate::{CollectError, SegmentRoute};

mod assign;
mod fields;
pub(crate) mod matomo;
pub mod native;
pub(crate) mod redact;
pub mod segment;
pub(crate) mod sensors;

pub(crate) use assign::is_field;

/// By which door a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v1/events`.
    Native,
    /// One of Segment's routes.
    Segment(SegmentRoute),
    /// `/pixel/v1/…`: a call of Segment's API as a query string.
    Pixel(SegmentRoute),
    /// `/sa`, `/sa.gif`.
    Sensors,
    /// `/matomo.php`, `/piwik.php`.
    Matomo,
}

impl Route {
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Native => Source::Native,
            Self::Segment(_) | Self::Pixel(_) => Source::Segment,
            Self::Sensors => Source::Sensors,
            Self::Matomo => Source::Matomo,
        }
    }
}

/// A request's body as JSON, whatever it was packed in.
#[derive(Debug)]
pub(crate) struct Opened<'r> {
    pub(crate) body: Cow<'r, [u8]>,
    /// Why nothing of it can be read; it is then one dead letter.
    pub(crate) damage: Option<Fault>,
    /// The token it came with.
    pub(crate) token: String,
}

impl<'r> Opened<'r> {
    pub(crate) fn plain(body: Cow<'r, [u8]>) -> Self {
        Self { body, damage: None, token: String::new() }
    }

    pub(crate) fn damaged(fault: Fault) -> Self {
        Self { damage: Some(fault), ..Self::plain(Cow::Borrowed(b"")) }
    }
}

/// One arrival of a request: a draft, or why it is none.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    /// The site it is for: one request may name several.
    pub(crate) site: Arc<Site>,
    /// What the native dialect answers by: the event id, or the pointer where there is none.
    pub(crate) label: String,
    /// The library, as far as known.
    pub(crate) lib: String,
    pub(crate) payload: &'a str,
    pub(crate) draft: Result<Box<Draft>, Fault>,
}

/// Reads an envelope, telling where it is not JSON.
fn envelope<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, CollectError> {
    serde_json::from_slice(body).map_err(|error| CollectError::Malformed {
        field: String::new(),
        detail: error.to_string(),
    })
}

/// One arrival as an object, if it is one and small enough.
fn object(raw: &RawValue, at: &str, parse: &Parse) -> Result<Map<String, Value>, Fault> {
    use crate::DropReason::{EventTooLarge, NotAnObject};
    if raw.get().len() > parse.max_event_bytes {
        let detail = format!("an event has at most {} bytes", parse.max_event_bytes);
        return Err(Fault::new(EventTooLarge, at.into(), detail));
    }
    match serde_json::from_str(raw.get()) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Fault::new(NotAnObject, at.into(), "expected an object")),
    }
}

/// An event id from a message id: itself if a UUID, else a version 5 UUID of it.
fn message_uuid(site: vocab::SiteId, message: &str) -> Uuid {
    Uuid::parse_str(message)
        .unwrap_or_else(|_| crate::identity::event_uuid(b"message", site, message.as_bytes()))
}

#[cfg(test)]
mod tests;
