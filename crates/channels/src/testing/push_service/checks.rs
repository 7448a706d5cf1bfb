//! The rules, one by one, in the order a service can see them.

use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;

use super::{Browser, Received};

/// A broken rule and the answer it earns.
pub(super) struct Broken {
    pub(super) status: StatusCode,
    pub(super) rule: String,
}

fn broken<T>(status: StatusCode, rule: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { status, rule: rule.into() })
}

fn ensure(holds: bool, status: StatusCode, rule: &str) -> Result<(), Broken> {
    if holds { Ok(()) } else { broken(status, rule) }
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Broken> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().and_then(|value| value.to_str().ok());
    ensure(values.next().is_none(), StatusCode::BAD_REQUEST, &format!("{name} stands twice"))?;
    Ok(first)
}

pub(super) fn check(
    name: &str,
    browser: &Browser,
    origin: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Received, Broken> {
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    // RFC 8030 §5.2.
    let Some(ttl) = one(headers, "ttl")? else { return broken(BAD, "TTL is missing") };
    let digits = !ttl.is_empty() && ttl.bytes().all(|byte| byte.is_ascii_digit());
    ensure(digits, BAD, "TTL is not a number")?;
    // §5.3.
    let urgency = one(headers, "urgency")?.unwrap_or("normal");
    let known = ["very-low", "low", "normal", "high"].contains(&urgency);
    ensure(known, BAD, "Urgency is not one of four")?;
    // §5.4.
    let topic = one(headers, "topic")?;
    if let Some(topic) = topic {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = !topic.is_empty() && topic.len() <= 32 && topic.bytes().all(plain);
        ensure(fits, BAD, "Topic is not 1 to 32 characters of base64url")?;
    }
    // RFC 8291 §4.
    let encoding = one(headers, "content-encoding")?;
    ensure(encoding == Some("aes128gcm"), BAD, "Content-Encoding is not aes128gcm")?;
    ensure(one(headers, "crypto-key")?.is_none(), BAD, "Crypto-Key is of an older draft")?;
    ensure(body.len() <= 4096, StatusCode::PAYLOAD_TOO_LARGE, "body is longer than 4096 bytes")?;
    let authorization = one(headers, "authorization")?.unwrap_or_default();
    vapid(authorization, browser, origin, now)?;
    let payload = decrypt(browser, body)?;
    Ok(Received {
        subscription: name.to_owned(),
        payload,
        body: body.to_vec(),
        authorization: authorization.to_owned(),
        ttl: ttl.parse().unwrap_or(u64::MAX),
        urgency: urgency.to_owned(),
        topic: topic.map(str::to_owned),
    })
}

/// RFC 8292 §2 and §4.
fn vapid(header: &str, browser: &Browser, origin: &str, now: Timestamp) -> Result<(), Broken> {
    const UNAUTHORISED: StatusCode = StatusCode::UNAUTHORIZED;
    let Some(fields) = header.strip_prefix("vapid ") else {
        return broken(UNAUTHORISED, "Authorization is not of the scheme vapid");
    };
    let field = |key: &str| {
        fields.split(',').find_map(|field| field.trim().strip_prefix(key)?.strip_prefix('='))
    };
    let (token, key) = (field("t").unwrap_or_default(), field("k").unwrap_or_default());
    // §4.2: bound to the key it was made with.
    let bound = key == browser.server_key;
    ensure(bound, StatusCode::FORBIDDEN, "k is not the key of the subscription")?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let mut parts = token.split('.');
    let (Some(head), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return broken(UNAUTHORISED, "t is not a token of three parts");
    };
    let json =
        |part: &str| decode(part).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (Some(header), Some(body)) = (json(head), json(claims)) else {
        return broken(UNAUTHORISED, "t is not JSON in base64url");
    };
    ensure(header["alg"] == "ES256", UNAUTHORISED, "alg is not ES256")?;
    let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed);
    let verified = decode(key)
        .and_then(|point| VerifyingKey::from_sec1_bytes(&point).ok())
        .zip(decode(signature).and_then(|bytes| Signature::from_slice(&bytes).ok()))
        .is_some_and(|(key, signature)| key.verify(signed.as_bytes(), &signature).is_ok());
    ensure(verified, UNAUTHORISED, "the signature does not verify")?;
    ensure(body["aud"] == origin, UNAUTHORISED, "aud is not the origin with its port")?;
    let left = body["exp"].as_i64().unwrap_or(0) - now.as_second();
    ensure(left > 0 && left <= 86_400, UNAUTHORISED, "exp is not within the next 24 hours")?;
    let contact = body["sub"].as_str().unwrap_or_default();
    let reachable = contact.starts_with("https://")
        || (contact.starts_with("mailto:")
            && !contact.contains([' ', '<', '>'])
            && contact.contains('@'));
    ensure(reachable, UNAUTHORISED, "sub is not a contact")
}

/// RFC 8188 §2.1 and RFC 8291 §4: header, a single record, our key.
fn decrypt(browser: &Browser, body: &[u8]) -> Result<Vec<u8>, Broken> {
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    ensure(body.len() > 86 + 16, BAD, "body is shorter than header and tag")?;
    let size = u32::from_be_bytes([body[16], body[17], body[18], body[19]]) as usize;
    ensure(body[20] == 65 && body[21] == 4, BAD, "keyid is not an uncompressed point")?;
    ensure(size > body.len() - 86, BAD, "rs is not greater than the record")?;
    ece::decrypt(&browser.components, &browser.auth, body)
        .or_else(|_| broken(BAD, "body cannot be decrypted with the subscription's keys"))
}
