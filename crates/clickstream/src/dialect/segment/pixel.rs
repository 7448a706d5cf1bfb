//! A call as a query string, for pages without scripts: `/pixel/v1/track?writeKey=…&event=…&properties.url=…`.
//!
//! Source: RudderStack's pixel tracking API; dots in a parameter's name nest.

use std::borrow::Cow;

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::SegmentRoute;
use crate::dialect::Opened;

/// How deep a name may nest.
const DEPTH: usize = 6;

/// The query as the JSON body of the same call.
pub(crate) fn open(query: &str, route: SegmentRoute) -> Opened<'static> {
    let mut body = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let path: Vec<&str> = name.splitn(DEPTH, '.').collect();
        put(&mut body, &path, Value::String(value.into_owned()));
    }
    body.insert("type".into(), route.kind().into());
    body.remove("batch");
    let body = Value::Object(body).to_string();
    Opened::plain(Cow::Owned(body.into_bytes()))
}

fn put(map: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => drop(map.insert((*last).to_owned(), value)),
        [first, rest @ ..] => {
            let inner = map.entry(*first).or_insert_with(|| Value::Object(Map::new()));
            // A name that is a value and a group at once: the first one stands.
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
