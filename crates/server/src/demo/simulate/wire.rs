//! One event of the native dialect as JSON text, written by hand: the simulator makes hundreds of thousands.

use std::fmt::Write as _;

use rand::RngCore;

/// Writes `,"key":"value"`.
pub(super) fn text(out: &mut String, key: &str, value: &str) {
    out.push_str(",\"");
    out.push_str(key);
    out.push_str("\":");
    quote(out, value);
}

/// Writes `,"key":123`.
pub(super) fn number(out: &mut String, key: &str, value: i64) {
    // Writing to a String cannot fail.
    write!(out, ",\"{key}\":{value}").ok();
}

/// The text as a JSON string.
pub(super) fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    quote(&mut out, value);
    out
}

/// RFC 8259: quotation mark, reverse solidus and control characters are escaped, nothing else has to be.
fn quote(out: &mut String, value: &str) {
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                write!(out, "\\u{:04x}", control as u32).ok();
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A version 4 UUID out of the simulation's own randomness.
pub(super) fn uuid(rng: &mut impl RngCore) -> uuid::Uuid {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
