//! Fields of the canonical event by name, for the dialects and for the properties a definition maps.

use serde_json::Value;
use url::Url;
use vocab::{Channel, Event};

use super::fields::scalar;

/// Text fields a sender may set.
fn text_field<'e>(event: &'e mut Event, name: &str) -> Option<&'e mut String> {
    Some(match name {
        "item_id" => &mut event.item_id,
        "item_kind" => &mut event.item_kind,
        "column_id" => &mut event.column_id,
        "topic" => &mut event.topic,
        "dept" => &mut event.dept,
        "rec_id" => &mut event.rec_id,
        "rec_policy" => &mut event.rec_policy,
        "search_q" => &mut event.search_q,
        "service_id" => &mut event.service_id,
        "service_step" => &mut event.service_step,
        "title" => &mut event.title,
        "region" => &mut event.region,
        "utm_source" => &mut event.utm_source,
        "utm_medium" => &mut event.utm_medium,
        "utm_campaign" => &mut event.utm_campaign,
        "lib" => &mut event.lib,
        "lib_version" => &mut event.lib_version,
        _ => return None,
    })
}

const OTHERS: [&str; 9] = [
    "rec_pos",
    "search_hits",
    "search_pos",
    "engaged_ms",
    "scroll_pct",
    "value",
    "channel",
    "url",
    "referrer",
];

/// Whether [`assign`] knows the field.
pub(crate) fn is_field(name: &str) -> bool {
    OTHERS.contains(&name) || text_field(&mut Event::default(), name).is_some()
}

/// Sets a field. `Ok(false)`: no such field. `Err`: what was expected of the value.
///
/// `loose` takes numbers for text and text for numbers, as foreign SDKs send them.
pub(crate) fn assign(
    event: &mut Event,
    name: &str,
    value: &Value,
    loose: bool,
) -> Result<bool, &'static str> {
    if let Some(field) = text_field(event, name) {
        *field = match value {
            Value::String(text) => text.clone(),
            other if loose => scalar(other).ok_or("a string")?,
            _ => return Err("a string"),
        };
        return Ok(true);
    }
    match name {
        "rec_pos" => event.rec_pos = whole(value, loose)?,
        "search_hits" => event.search_hits = whole(value, loose)?,
        "search_pos" => event.search_pos = whole(value, loose)?,
        "engaged_ms" => event.engaged_ms = whole(value, loose)?,
        "scroll_pct" => {
            event.scroll_pct = match whole(value, loose)? {
                percent @ 0..=100 => percent,
                _ => return Err("a whole number from 0 to 100"),
            }
        }
        "value" => {
            event.value = number(value, loose).filter(|n| n.is_finite()).ok_or("a number")?;
        }
        "channel" => {
            event.channel = value.as_str().and_then(Channel::parse).ok_or("a channel's name")?;
        }
        "url" => {
            let text = value.as_str().ok_or("a URL")?;
            set_page(event, text);
        }
        "referrer" => {
            let text = value.as_str().ok_or("a URL")?;
            if let Ok(url) = Url::parse(text) {
                event.ref_host = url.host_str().unwrap_or_default().into();
                event.ref_path = url.path().into();
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Host, path and campaign of a page's address. What follows `?` is not kept: it may hold anything.
fn set_page(event: &mut Event, text: &str) {
    let base = Url::parse("http://-/").ok();
    let Ok(url) = Url::options().base_url(base.as_ref()).parse(text) else {
        return;
    };
    event.host = url.host_str().filter(|host| *host != "-").unwrap_or_default().into();
    event.path = url.path().into();
    for (key, value) in url.query_pairs() {
        let field = match &*key {
            "utm_source" => &mut event.utm_source,
            "utm_medium" => &mut event.utm_medium,
            "utm_campaign" => &mut event.utm_campaign,
            _ => continue,
        };
        if field.is_empty() {
            *field = value.into_owned();
        }
    }
}

fn number(value: &Value, loose: bool) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if loose => text.trim().parse().ok(),
        _ => None,
    }
}

/// A whole number that is not negative and fits.
fn whole<T: TryFrom<i64>>(value: &Value, loose: bool) -> Result<T, &'static str> {
    let expected = "a whole number, not negative and in range";
    let number = number(value, loose).filter(|n| n.fract().abs() < f64::EPSILON);
    let number = number.filter(|n| (0.0..=9.0e15).contains(n)).ok_or(expected)?;
    T::try_from(number as i64).map_err(|_| expected)
}
