//! A dead letter's payload without the people in it: identifying fields become their keyed hashes, what somebody typed its
//! length.

use std::net::IpAddr;

use serde_json::Value;

use crate::identity::visitor_id;
use crate::site::SiteKey;

/// Bytes of a payload kept.
const KEPT: usize = 32 << 10;

/// Keys whose values identify somebody, in lower case without `_`; `id` is Matomo's `_id`.
const PERSONAL: [&str; 25] = [
    "anonymousid",
    "userid",
    "previousid",
    "groupid",
    "traits",
    "email",
    "phone",
    "mobile",
    "ip",
    "firstname",
    "lastname",
    "fullname",
    "address",
    "username",
    "idcard",
    "idnumber",
    "token",
    "advertisingid",
    "distinctid",
    "loginid",
    "originalid",
    "identities",
    "id",
    "uid",
    "cid",
];

/// Keys whose values hold what somebody typed, or whatever a portal put there: only their kinds and lengths are kept.
const FREE: [&str; 5] = ["props", "properties", "search", "searchq", "q"];

/// The payload as it may be kept. What is not JSON is not kept at all but for its length: nobody knows what is in it.
pub(crate) fn payload(text: &str, site: &SiteKey) -> String {
    if text.len() > KEPT * 4 {
        return format!("{} bytes, not kept", text.len());
    }
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        return format!("{} bytes that are not JSON, not kept", text.len());
    };
    walk(&mut value, site);
    cut(value.to_string())
}

/// A log line with its addresses hashed, without its user and without queries. A line without a time in brackets is of
/// another format: nobody knows what is in it, and only its length is kept.
pub(crate) fn line(text: &str, site: &SiteKey) -> String {
    let Some((head, rest)) = text.split_once('[').filter(|(head, rest)| {
        let time = rest.split_once(']').map_or(0, |(time, _)| time.len());
        (20..=32).contains(&time) && !head.contains(['"', '{'])
    }) else {
        return format!("{} bytes of another format, not kept", text.len());
    };
    let host = head.split(' ').next().unwrap_or_default();
    let mut kept = format!("{} - - [", hashed(host, site));
    for part in rest.split_inclusive([' ', '"', ',']) {
        let end = part.trim_end_matches([' ', '"', ',']).len();
        let (text, delimiter) = part.split_at(end);
        if text.parse::<IpAddr>().is_ok() {
            kept.push_str(&hashed(text, site));
        } else {
            kept.push_str(without_query(text));
        }
        kept.push_str(delimiter);
    }
    cut(kept)
}

/// An address without what follows `?` or `#`, which may hold anything.
fn without_query(address: &str) -> &str {
    address.split_once(['?', '#']).map_or(address, |(address, _)| address)
}

/// Of a portal's own properties, those stay that the event would have kept: the event's fields, and what is planned.
fn blot_all(value: &mut Value, site: &SiteKey) {
    let Value::Object(map) = value else { return blot(value) };
    for (name, value) in map {
        let field =
            super::is_field(name) && !matches!(name.as_str(), "url" | "referrer" | "search_q");
        let planned = site.plan.as_ref().is_some_and(|plan| plan.knows(name));
        let short = value.as_str().is_none_or(|text| text.chars().count() <= 128);
        if matches!(name.as_str(), "url" | "referrer" | "$url" | "$referrer") {
            walk(value, site);
        } else if !((field || planned) && short && !value.is_object() && !value.is_array()) {
            blot(value);
        }
    }
}

const TEXT_OF: &str = "text of ";
const A_NUMBER: &str = "a number";

/// A payload without what was blotted, for sending it through again; a payload that is not JSON as it is.
pub(crate) fn unblotted(payload: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(payload) else { return payload.to_owned() };
    drop_blots(&mut value);
    value.to_string()
}

fn is_blot(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        let count = text.strip_prefix(TEXT_OF).and_then(|rest| rest.strip_suffix(" characters"));
        text == A_NUMBER || count.is_some_and(|count| count.parse::<u64>().is_ok())
    })
}

fn drop_blots(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !is_blot(value));
            map.values_mut().for_each(drop_blots);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_blots),
        _ => {}
    }
}

/// Of free values only what they are.
fn blot(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(blot),
        Value::Array(values) => values.iter_mut().for_each(blot),
        Value::String(text) => {
            *value = format!("{TEXT_OF}{} characters", text.chars().count()).into();
        }
        Value::Number(_) => *value = A_NUMBER.into(),
        Value::Null | Value::Bool(_) => {}
    }
}

fn walk(value: &mut Value, site: &SiteKey) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                let bare = key.replace(['_', '-'], "").to_ascii_lowercase();
                if PERSONAL.contains(&bare.as_str()) && !value.is_null() {
                    let text = match &*value {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    *value = Value::String(hashed(&text, site));
                } else if FREE.contains(&bare.as_str()) {
                    blot_all(value, site);
                } else {
                    walk(value, site);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, site)),
        Value::String(text) if text.starts_with('/') || text.contains("://") => {
            text.truncate(without_query(text).len());
        }
        _ => {}
    }
}

fn hashed(text: &str, site: &SiteKey) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("~{:016x}", visitor_id(&site.pepper, site.site, text).0)
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(KEPT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}
