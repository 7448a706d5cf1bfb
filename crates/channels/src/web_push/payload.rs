//! What the service worker gets, and the topic under which a newer message replaces it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;
use vocab::VisitorId;

use super::MAX_PAYLOAD;
use crate::Message;

/// How much of a message travels through a foreign push service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Only its id: the service worker fetches the text from the portal.
    #[default]
    Tickle,
    /// Title, sentence and link, encrypted for the device; a discreet message still sends its id alone.
    Full,
}

/// The payload as JSON, at most [`MAX_PAYLOAD`] bytes: a long sentence is cut, not refused.
pub fn payload(message: &Message, content: Content) -> Vec<u8> {
    let tickle = json!({"v": 1, "id": message.id, "class": message.class});
    if content == Content::Tickle || message.discreet {
        return tickle.to_string().into_bytes();
    }
    let full = |zh: &str, en: &str| {
        json!({
            "v": 1, "id": message.id, "class": message.class, "title": message.title,
            "body": {"zh": zh, "en": en}, "url": message.url,
        })
        .to_string()
        .into_bytes()
    };
    let mut keep = 600;
    loop {
        let bytes = full(cut(&message.body.zh, keep), cut(&message.body.en, keep));
        if bytes.len() <= MAX_PAYLOAD {
            return bytes;
        }
        if keep == 0 {
            return tickle.to_string().into_bytes();
        }
        keep /= 2;
    }
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// The `Topic` header: 32 characters that tell the push service nothing (RFC 8030 §5.4: it is not encrypted).
///
/// `None` where the message collapses with no other.
pub fn topic(key: &[u8; 32], message: &Message, person: VisitorId) -> Option<String> {
    if message.collapse_key.is_empty() {
        return None;
    }
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).ok()?;
    mac.update(&message.site.0.to_be_bytes());
    mac.update(&person.0.to_be_bytes());
    mac.update(message.collapse_key.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..24]))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;
    use vocab::{SiteId, Text};

    use super::*;
    use crate::Class;

    fn message(body: &str, discreet: bool) -> Message {
        Message {
            id: Uuid::nil(),
            site: SiteId(1),
            class: Class::Subscribed,
            collapse_key: "bus-12".to_owned(),
            title: Text::new("公交改道", "Bus detour"),
            body: Text::new(body, body),
            url: "/n/1".to_owned(),
            item: String::new(),
            discreet,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::MAX,
            approved: true,
            recalled: false,
        }
    }

    #[test]
    fn a_tickle_and_a_discreet_message_carry_no_words() {
        for bytes in [
            payload(&message("秘密", false), Content::Tickle),
            payload(&message("秘密", true), Content::Full),
        ] {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("秘密") && !text.contains("公交") && text.contains("\"id\""));
        }
    }

    #[test]
    fn a_long_sentence_is_cut_to_what_fits() {
        let bytes = payload(&message(&"政务通知".repeat(2_000), false), Content::Full);
        assert!(bytes.len() <= MAX_PAYLOAD && bytes.len() > MAX_PAYLOAD / 3);
        let parsed: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(parsed["title"]["en"], "Bus detour");
    }

    #[test]
    fn the_topic_is_opaque_and_depends_on_person_and_key() {
        let one = topic(&[7; 32], &message("x", false), VisitorId(1)).unwrap();
        assert_eq!(one.len(), 32);
        assert_eq!(Some(&one), topic(&[7; 32], &message("y", false), VisitorId(1)).as_ref());
        assert_ne!(Some(&one), topic(&[7; 32], &message("x", false), VisitorId(2)).as_ref());
        assert_ne!(Some(&one), topic(&[8; 32], &message("x", false), VisitorId(1)).as_ref());
        assert!(!one.contains("bus"));
    }
}
