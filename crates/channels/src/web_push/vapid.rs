//! Signing as the application server (RFC 8292): ES256 tokens, one for each origin and half a day.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use rand::TryRngCore as _;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::ChannelError;

/// How long a token is valid: half of what RFC 8292 allows.
const VALID: SignedDuration = SignedDuration::from_hours(12);
/// A token with less life left is made anew.
const RENEW: SignedDuration = SignedDuration::from_hours(1);

/// A signing key; browsers' subscriptions are bound to its public half for life.
#[derive(Clone)]
pub struct VapidKey {
    secret: SigningKey,
    public: String,
    id: String,
}

impl std::fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VapidKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl VapidKey {
    /// A new random key.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self, ChannelError> {
        let mut bytes = [0_u8; 32];
        loop {
            rand::rngs::OsRng
                .try_fill_bytes(&mut bytes)
                .map_err(|_| ChannelError::Vapid("the system gives no randomness"))?;
            // One in 2^32 draws is not below the order of the curve.
            if let Ok(secret) = SigningKey::from_slice(&bytes) {
                return Ok(Self::of(secret));
            }
        }
    }

    /// The key from its stored form: 32 bytes in base64url.
    ///
    /// # Errors
    /// When the text is not such a key.
    pub fn from_base64(text: &str) -> Result<Self, ChannelError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|_| ChannelError::Vapid("the private key is not base64url"))?;
        SigningKey::from_slice(&bytes)
            .map(Self::of)
            .map_err(|_| ChannelError::Vapid("the private key is not a scalar of P-256"))
    }

    fn of(secret: SigningKey) -> Self {
        let point = secret.verifying_key().to_encoded_point(false);
        let public = URL_SAFE_NO_PAD.encode(point.as_bytes());
        let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(point.as_bytes())[..9]);
        Self { secret, public, id }
    }

    /// The private key for the store: a secret.
    pub fn to_base64(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret.to_bytes())
    }

    /// The browser's `applicationServerKey`: 65 bytes in base64url.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Short name of the key: the start of the public half's SHA-256.
    pub fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Clone)]
struct Token {
    header: String,
    expires: Timestamp,
}

/// The application server's keys and its tokens.
pub struct Vapid {
    keys: BTreeMap<String, VapidKey>,
    current: String,
    subject: String,
    tokens: Cache<(String, String), Token>,
}

impl std::fmt::Debug for Vapid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vapid").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Vapid {
    /// Signs with `current` for new subscriptions, with `older` for those bound to them.
    ///
    /// # Errors
    /// When `subject` is not a contact that every push service takes: `mailto:someone@example.org` or `https://…`.
    pub fn new(
        current: VapidKey,
        older: Vec<VapidKey>,
        subject: &str,
    ) -> Result<Self, ChannelError> {
        check_subject(subject)?;
        let id = current.id.clone();
        let keys = older.into_iter().chain([current]).map(|key| (key.id.clone(), key)).collect();
        let tokens = Cache::builder().max_capacity(10_000).build();
        Ok(Self { keys, current: id, subject: subject.to_owned(), tokens })
    }

    /// The key new subscriptions must use.
    pub fn current(&self) -> &VapidKey {
        &self.keys[&self.current]
    }

    /// The `Authorization` header for `origin`, signed with the key the subscription is bound to.
    ///
    /// # Errors
    /// When that key is not there any more.
    pub fn authorization(
        &self,
        key_id: &str,
        origin: &str,
        now: Timestamp,
    ) -> Result<String, ChannelError> {
        let cached = (key_id.to_owned(), origin.to_owned());
        if let Some(token) = self.tokens.get(&cached)
            && token.expires > now + RENEW
            && token.expires <= now + VALID
        {
            return Ok(token.header);
        }
        let key = self
            .keys
            .get(key_id)
            .ok_or(ChannelError::Vapid("the key the subscription is bound to is gone"))?;
        let expires = now + VALID;
        let head = URL_SAFE_NO_PAD.encode(json!({"typ": "JWT", "alg": "ES256"}).to_string());
        let claims = json!({"aud": origin, "exp": expires.as_second(), "sub": self.subject});
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature: Signature = key.secret.sign(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        let header = format!("vapid t={signed}.{signature}, k={}", key.public);
        self.tokens.insert(cached, Token { header: header.clone(), expires });
        Ok(header)
    }
}

/// Apple refuses `mailto:` with spaces, brackets or a host that cannot be reached; so do we, at start.
fn check_subject(subject: &str) -> Result<(), ChannelError> {
    let refuse = Err(ChannelError::Vapid("the contact must be mailto:name@host or https://host"));
    if subject.starts_with("https://") {
        return match url::Url::parse(subject) {
            Ok(url) if url.host_str().is_some_and(|host| host != "localhost") => Ok(()),
            _ => refuse,
        };
    }
    let Some(address) = subject.strip_prefix("mailto:") else { return refuse };
    let plain =
        address.chars().all(|letter| letter.is_ascii_graphic() && !"<>,;\"".contains(letter));
    match address.split_once('@') {
        Some((name, host))
            if plain && !name.is_empty() && host != "localhost" && host.contains('.') =>
        {
            Ok(())
        }
        _ => refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_that_a_service_would_refuse_are_refused_at_start() {
        for bad in [
            "",
            "mailto:",
            "mailto: a@b.cn",
            "mailto:<a@b.cn>",
            "mailto:a@localhost",
            "a@b.cn",
            "http://b.cn",
        ] {
            assert!(check_subject(bad).is_err(), "{bad}");
        }
        check_subject("mailto:push@city.example").unwrap();
        check_subject("https://city.example/contact").unwrap();
    }

    #[test]
    fn a_key_survives_storage_and_tokens_are_reused_until_an_hour_before_their_end() {
        let key = VapidKey::generate().unwrap();
        let again = VapidKey::from_base64(&key.to_base64()).unwrap();
        assert_eq!((key.public(), key.id()), (again.public(), again.id()));
        let vapid = Vapid::new(key.clone(), Vec::new(), "mailto:push@city.example").unwrap();
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let sign = |now| vapid.authorization(key.id(), "https://a.example:8443", now).unwrap();
        let first = sign(now);
        assert_eq!(first, sign(now + SignedDuration::from_hours(10)));
        assert_ne!(first, sign(now + SignedDuration::from_mins(11 * 60 + 1)));
        assert!(vapid.authorization("gone", "https://a.example", now).is_err());
    }
}
