//! A dead letter's payload without the people in it: identifying fields become their keyed hashes.

use serde_json::Value;

use crate::identity::visitor_id;
use crate::site::SiteKey;

/// Bytes of a payload kept.
const KEPT: usize = 32 << 10;

/// Keys whose values identify somebody, in lower case without `_`.
const PERSONAL: [&str; 18] = [
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
];

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

/// A log line with the remote host hashed.
pub(crate) fn line(text: &str, site: &SiteKey) -> String {
    let (host, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    cut(format!("{}{rest}", hashed(host, site)))
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
                } else {
                    walk(value, site);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, site)),
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
