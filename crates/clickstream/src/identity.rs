//! Pseudonyms, deterministic ids, coarse addresses and the site's days.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::Sha256;
use uuid::Uuid;
use vocab::{SessionId, SiteId, VisitorId};

/// The pseudonym of a person's or browser's id: HMAC-SHA256 (RFC 2104) under the site's pepper, truncated to 64 bits.
///
/// Never 0, which means "nobody". The same id on two sites has unrelated pseudonyms.
pub fn visitor_id(pepper: &[u8; 32], site: SiteId, raw_id: &str) -> VisitorId {
    VisitorId(keyed(pepper, &[b"visitor", &site.0.to_be_bytes(), raw_id.as_bytes()]))
}

/// The site's tracking token: who has it may send old times and other people's addresses (Matomo's `token_auth`).
///
/// 32 hexadecimal digits made from the pepper, so there is nothing more to store.
pub fn tracking_token(pepper: &[u8; 32], site: SiteId) -> String {
    let half = |name: &[u8]| keyed(pepper, &[name, &site.0.to_be_bytes()]);
    format!("{:016x}{:016x}", half(b"tracking token a"), half(b"tracking token b"))
}

/// The day of `ts` in the site's zone: what "per day" means in its reports.
pub fn site_day(zone: &TimeZone, ts: Timestamp) -> Date {
    zone.to_datetime(ts).date()
}

/// The id of a visit, from whose it is and when it began: the same however often it is computed.
pub(crate) fn session_id(visitor: VisitorId, start: Timestamp) -> SessionId {
    let start = start.as_millisecond().to_be_bytes();
    SessionId(keyed(&[0; 32], &[b"session", &visitor.0.to_be_bytes(), &start]))
}

/// The name space of event ids.
static EVENTS: LazyLock<Uuid> =
    LazyLock::new(|| Uuid::new_v5(&Uuid::NAMESPACE_URL, b"civicsense:event"));

/// A version 5 UUID of `name` under a name space of the site. `secret` keeps ids made from personal data from being guessed.
pub(crate) fn event_uuid(secret: &[u8], site: SiteId, name: &[u8]) -> Uuid {
    let mut data = Vec::with_capacity(secret.len() + name.len() + 4);
    data.extend_from_slice(secret);
    data.extend_from_slice(&site.0.to_be_bytes());
    data.extend_from_slice(name);
    Uuid::new_v5(&EVENTS, &data)
}

/// A version 8 UUID (RFC 9562 §5.8): milliseconds of `ts` in the first 48 bits, like version 7, and `hash` in the rest.
///
/// Ids of events that come in the order of their time then come in order too. Remembering ten million of them is appending;
/// random ones are sorted again and again.
pub(crate) fn dated_uuid(ts: Timestamp, hash: Uuid) -> Uuid {
    let mut bytes = hash.into_bytes();
    bytes[..6].copy_from_slice(&ts.as_millisecond().max(0).to_be_bytes()[2..]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The address without its last 8 (IPv4, /24) or 80 bits (IPv6, /48); IPv4 comes out mapped.
pub(crate) fn coarse_ip(ip: IpAddr) -> Ipv6Addr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            std::net::Ipv4Addr::new(a, b, c, 0).to_ipv6_mapped()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)
        }
    }
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> u64 {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        // Lengths keep ("ab", "c") and ("a", "bc") apart.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let digest = mac.finalize().into_bytes();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_depends_on_pepper_site_and_id() {
        let id = visitor_id(&[7; 32], SiteId(1), "anna");
        assert_eq!(id, visitor_id(&[7; 32], SiteId(1), "anna"));
        assert_ne!(id, visitor_id(&[8; 32], SiteId(1), "anna"));
        assert_ne!(id, visitor_id(&[7; 32], SiteId(2), "anna"));
        assert_ne!(id, visitor_id(&[7; 32], SiteId(1), "anne"));
    }

    #[test]
    fn dated_ids_sort_by_time_and_differ_by_hash() {
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        let [a, b] = ["a", "b"].map(|name| event_uuid(&[7; 32], SiteId(1), name.as_bytes()));
        assert!(dated_uuid(at(1_000), a) < dated_uuid(at(1_001), b));
        assert!(dated_uuid(at(1_000), b) < dated_uuid(at(1_001), a));
        assert_ne!(dated_uuid(at(1_000), a), dated_uuid(at(1_000), b));
        let id = dated_uuid(at(1_790_000_000_123), a);
        assert_eq!(id.get_version_num(), 8);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.as_u128() >> 80, 1_790_000_000_123);
        assert_eq!(dated_uuid(at(-5), a).as_u128() >> 80, 0, "before 1970");
    }

    #[test]
    fn addresses_lose_their_host_part() {
        let coarse = |text: &str| coarse_ip(text.parse().unwrap()).to_string();
        assert_eq!(coarse("203.0.113.77"), "::ffff:203.0.113.0");
        assert_eq!(coarse("::ffff:203.0.113.77"), "::ffff:203.0.113.0");
        assert_eq!(coarse("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    }

    #[test]
    fn a_day_begins_at_the_sites_midnight() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let ts = "2026-03-01T16:30:00Z".parse().unwrap();
        assert_eq!(site_day(&zone, ts).to_string(), "2026-03-02");
    }
}
