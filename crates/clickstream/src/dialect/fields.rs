//! A JSON object read field by field, so that every error names its field by JSON pointer (RFC 6901).

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::DropReason;
use crate::draft::Fault;

/// An object and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'m> {
    pub(crate) map: &'m Map<String, Value>,
    pub(crate) at: String,
}

impl<'m> Fields<'m> {
    pub(crate) fn new(map: &'m Map<String, Value>, at: impl Into<String>) -> Self {
        Self { map, at: at.into() }
    }

    pub(crate) fn pointer(&self, key: &str) -> String {
        format!("{}/{}", self.at, key.replace('~', "~0").replace('/', "~1"))
    }

    pub(crate) fn wrong(&self, key: &str, expected: &str) -> Fault {
        Fault::new(DropReason::WrongType, self.pointer(key), format!("expected {expected}"))
    }

    /// The value, unless absent or null.
    pub(crate) fn get(&self, key: &str) -> Option<&'m Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A text; empty where absent.
    pub(crate) fn text(&self, key: &str) -> Result<String, Fault> {
        match self.get(key) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.wrong(key, "a string")),
        }
    }

    /// An id: a text, or a number some SDKs send.
    pub(crate) fn id(&self, key: &str) -> Result<String, Fault> {
        match self.get(key) {
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => self.text(key),
        }
    }

    /// A text if it is one; whatever else it is, nothing.
    pub(crate) fn loose(&self, key: &str) -> String {
        self.get(key).and_then(scalar).unwrap_or_default()
    }

    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(key, "true or false")),
        }
    }

    /// A point in time: RFC 3339 text, or milliseconds since 1970.
    pub(crate) fn time(&self, key: &str) -> Result<Option<Timestamp>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match time(value) {
                Some(ts) => Ok(Some(ts)),
                None => Err(Fault::new(
                    DropReason::BadValue,
                    self.pointer(key),
                    "expected an RFC 3339 time or milliseconds since 1970",
                )),
            },
        }
    }

    pub(crate) fn object(&self, key: &str) -> Result<Option<Self>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self::new(map, self.pointer(key)))),
            Some(_) => Err(self.wrong(key, "an object")),
        }
    }

    /// An object if it is one.
    pub(crate) fn loose_object(&self, key: &str) -> Option<Self> {
        self.object(key).ok().flatten()
    }
}

/// A point in time as the SDKs write it.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.trim().parse().ok().or_else(|| {
            // Some server SDKs leave the zone out and mean UTC.
            let civil: jiff::civil::DateTime = text.trim().parse().ok()?;
            Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        }),
        Value::Number(number) => {
            let ms = number.as_i64().or_else(|| number.as_f64().map(|ms| ms as i64))?;
            Timestamp::from_millisecond(ms).ok()
        }
        _ => None,
    }
}

/// A scalar as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
