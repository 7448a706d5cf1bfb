//! A push subscription that was checked: nothing later can panic on it or be led astray by it.

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use url::Url;

use super::Egress;
use crate::ChannelError;
use crate::message::PushSubscription;

/// Longest endpoint we keep, in bytes.
const MAX_ENDPOINT: usize = 2048;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A valid endpoint with valid keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    endpoint: Url,
    p256dh: [u8; 65],
    auth: [u8; 16],
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Target(..)")
    }
}

impl Target {
    /// Checks a subscription against the egress rules and the curve.
    ///
    /// # Errors
    /// [`ChannelError::Target`] with the field and why, never the value.
    pub fn parse(subscription: &PushSubscription, egress: &Egress) -> Result<Self, ChannelError> {
        let refuse = |field, reason| ChannelError::Target { field, reason };
        if subscription.endpoint.len() > MAX_ENDPOINT {
            return Err(refuse("endpoint", "is longer than 2048 bytes"));
        }
        let endpoint = Url::parse(&subscription.endpoint)
            .map_err(|_| refuse("endpoint", "is not an absolute address"))?;
        egress.check(&endpoint)?;
        let p256dh: [u8; 65] = decode(&subscription.keys.p256dh)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(refuse("keys.p256dh", "is not base64url of 65 bytes"))?;
        if p256dh[0] != 4 || p256::PublicKey::from_sec1_bytes(&p256dh).is_err() {
            return Err(refuse("keys.p256dh", "is not an uncompressed point on P-256"));
        }
        let auth: [u8; 16] = decode(&subscription.keys.auth)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(refuse("keys.auth", "is not base64url of 16 bytes"))?;
        Ok(Self { endpoint, p256dh, auth })
    }

    /// The address.
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// The origin (RFC 6454 §6.1), a non-default port included: what a service compares `aud` with.
    pub fn origin(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    /// Public key in base64url without padding.
    pub fn p256dh(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.p256dh)
    }

    /// Shared secret in base64url without padding.
    pub fn auth(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.auth)
    }
}

/// Decodes base64url, and standard base64 too, with or without padding: browsers' libraries disagree.
fn decode(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text.trim().replace('+', "-").replace('/', "_")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::PushKeys;

    const POINT: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn subscription(endpoint: &str, p256dh: &str, auth: &str) -> PushSubscription {
        PushSubscription {
            endpoint: endpoint.to_owned(),
            keys: PushKeys { p256dh: p256dh.to_owned(), auth: auth.to_owned() },
        }
    }

    #[test]
    fn keys_in_every_base64_are_the_same_keys() {
        let egress = Egress::new(["*"]);
        let plain =
            Target::parse(&subscription("https://a.example/x", POINT, AUTH), &egress).unwrap();
        let standard = format!("{}=", POINT.replace('-', "+").replace('_', "/"));
        let other = subscription("https://a.example/x", &standard, &format!("{AUTH}=="));
        assert_eq!(Target::parse(&other, &egress).unwrap(), plain);
        assert_eq!((plain.p256dh().as_str(), plain.auth().as_str()), (POINT, AUTH));
        assert_eq!(plain.origin(), "https://a.example");
    }

    #[test]
    fn a_point_off_the_curve_is_refused_by_name() {
        let off = URL_SAFE_NO_PAD.encode([4_u8; 65]);
        let error =
            Target::parse(&subscription("https://a.example/x", &off, AUTH), &Egress::new(["*"]));
        assert!(error.unwrap_err().to_string().contains("keys.p256dh"));
    }

    proptest! {
        #[test]
        fn nothing_a_client_sends_panics(endpoint in ".{0,60}", key in ".{0,100}", auth in ".{0,30}") {
            drop(Target::parse(&subscription(&endpoint, &key, &auth), &Egress::new(["*"])));
            drop(Target::parse(&subscription(&endpoint, POINT, AUTH), &Egress::new(["*"])));
        }
    }
}
