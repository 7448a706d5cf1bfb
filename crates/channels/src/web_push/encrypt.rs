//! Encryption of a payload for one subscription: aes128gcm in a single record (RFC 8188, RFC 8291).

use web_push::{ContentEncoding, SubscriptionInfo, WebPushMessageBuilder};

use super::Target;
use crate::ChannelError;

/// Longest payload in bytes: the encrypting library's limit, below RFC 8291's 3993.
pub const MAX_PAYLOAD: usize = 3052;

/// Encrypts `payload`; the result is the request's body under `Content-Encoding: aes128gcm`.
///
/// Salt and sender key are new for each call, padding hides the length to 128 bytes.
///
/// # Errors
/// [`ChannelError::PayloadTooLarge`] above [`MAX_PAYLOAD`] bytes, [`ChannelError::Encryption`] otherwise.
pub fn encrypt(target: &Target, payload: &[u8]) -> Result<Vec<u8>, ChannelError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(ChannelError::PayloadTooLarge { actual: payload.len(), limit: MAX_PAYLOAD });
    }
    // The builder parses the endpoint but encryption does not need it, and a hostile one can make it panic.
    let info =
        SubscriptionInfo::new("https://push.invalid/".to_owned(), target.p256dh(), target.auth());
    let mut builder = WebPushMessageBuilder::new(&info);
    builder.set_payload(ContentEncoding::Aes128Gcm, payload);
    let message = builder.build().map_err(|_| ChannelError::Encryption)?;
    message.payload.map(|payload| payload.content).ok_or(ChannelError::Encryption)
}
