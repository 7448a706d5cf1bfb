//! Matomo's query strings as flat JSON objects, single or in bulk, so that one reader and one dead letter serve both.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::dialect::Opened;
use crate::{CollectError, Request};

/// `{"requests": ["?idsite=1&…"], "token_auth": "…"}`; a request may be an object too.
#[derive(Deserialize)]
struct Bulk {
    requests: Vec<Value>,
    #[serde(default)]
    token_auth: Option<String>,
}

/// The requests as a JSON array of objects of texts.
pub(crate) fn open<'r>(request: &Request<'r>, limit: u64) -> Result<Opened<'r>, CollectError> {
    let body = request.unpack(limit)?;
    let query = pairs(request.query.as_bytes());
    let mut token = None;
    let requests = match body.trim_ascii_start().first() {
        Some(b'[') => return Ok(Opened::plain(body)),
        Some(b'{') => {
            let bulk: Bulk = serde_json::from_slice(&body).map_err(|error| {
                CollectError::Malformed { field: "/requests".into(), detail: error.to_string() }
            })?;
            token = bulk.token_auth;
            bulk.requests.into_iter().map(one).collect()
        }
        _ => {
            let mut all = query.clone();
            all.extend(pairs(&body));
            vec![Value::Object(all)]
        }
    };
    let token = token.or_else(|| {
        let told =
            requests.first().and_then(|first| first.get("token_auth")).or(query.get("token_auth"));
        told.and_then(Value::as_str).map(str::to_owned)
    });
    let mut requests = requests;
    for request in requests.iter_mut().filter_map(Value::as_object_mut) {
        request.remove("token_auth");
    }
    let body = Cow::Owned(json!(requests).to_string().into_bytes());
    Ok(Opened { token: token.unwrap_or_default(), ..Opened::plain(body) })
}

fn one(request: Value) -> Value {
    match request {
        Value::String(text) => {
            let query = text.split_once('?').map_or(text.as_str(), |(_, query)| query);
            Value::Object(pairs(query.as_bytes()))
        }
        other => other,
    }
}

fn pairs(query: &[u8]) -> Map<String, Value> {
    let pairs = form_urlencoded::parse(query);
    pairs.map(|(key, value)| (key.into_owned(), Value::String(value.into_owned()))).collect()
}
