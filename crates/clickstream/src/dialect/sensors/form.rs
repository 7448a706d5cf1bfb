//! A request of SensorsData's SDKs unpacked: form or query, base64, gzip where its bytes say so, checksum.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::form_urlencoded;

use crate::dialect::Opened;
use crate::draft::Fault;
use crate::request::gunzip;
use crate::{CollectError, DropReason, Request};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// The events as JSON text: an object or an array. A tracker in an app sends what is refused again and again, so what
/// cannot be read is a dead letter and not an error.
pub(crate) fn open<'r>(request: &Request<'r>, limit: u64) -> Result<Opened<'r>, CollectError> {
    let body = request.unpack(limit)?;
    let first = body.trim_ascii_start().first().copied();
    if matches!(first, Some(b'{' | b'[')) {
        return Ok(Opened::plain(body));
    }
    let mut data = None;
    let mut checksum = None;
    for source in [&*body, request.query.as_bytes()] {
        for (name, value) in form_urlencoded::parse(source) {
            match &*name {
                "data" | "data_list" if data.is_none() => data = Some(value.into_owned()),
                "crc" => checksum = Some(value.into_owned()),
                "ext" => checksum = value.strip_prefix("crc=").map(str::to_owned).or(checksum),
                _ => {}
            }
        }
    }
    let damaged = |reason, field: &str, detail: &str| {
        Ok(Opened::damaged(Fault::new(reason, field.into(), detail)))
    };
    let Some(data) = data else {
        return damaged(DropReason::MissingField, "/data", "`data` or `data_list` is required");
    };
    // A plus sign that nobody escaped is a space in a form.
    let data = data.trim().replace(' ', "+");
    if checksum.is_some_and(|told| told.trim().parse() != Ok(java_hash(&data))) {
        return damaged(DropReason::BadChecksum, "/crc", "the checksum is of other data");
    }
    let Ok(bytes) = BASE64.decode(data.replace('-', "+").replace('_', "/")) else {
        return damaged(DropReason::Undecodable, "/data", "expected base64");
    };
    match gunzip(Cow::Owned(bytes), limit) {
        Ok(json) => Ok(Opened::plain(Cow::Owned(json.into_owned()))),
        Err(error @ CollectError::TooLarge { .. }) => Err(error),
        Err(error) => damaged(DropReason::Undecodable, "/data", &error.to_string()),
    }
}

/// Java's `String.hashCode`, which the SDKs send as `crc`.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_javas() {
        assert_eq!(java_hash("hello"), 99_162_322);
        assert_eq!(java_hash("polygenelubricants"), i32::MIN);
    }
}
