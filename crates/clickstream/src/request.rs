//! One tracker's request as the server hands it over, and its body unpacked.

use std::borrow::Cow;
use std::io::Read;
use std::net::IpAddr;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

use crate::CollectError;

/// A request of any dialect; only `body` and `received_at` are always there.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The body as it came.
    pub body: &'a [u8],
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `X-Write-Key`.
    pub header_key: Option<&'a str>,
    /// `writeKey` or `write_key` in the query.
    pub query_key: Option<&'a str>,
    /// The query string as it came, without `?`: some trackers put the whole event there.
    pub query: &'a str,
    /// `AnonymousId` of RudderStack's SDKs, base64.
    pub anonymous_id: Option<&'a str>,
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// `Accept-Language`: every browser sends it.
    pub accept_language: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `DNT: 1`.
    pub dnt: bool,
    /// `Sec-GPC: 1`.
    pub gpc: bool,
    /// The sender's address, behind trusted proxies. Truncated before anything is stored.
    pub peer: Option<IpAddr>,
    /// When the request arrived.
    pub received_at: Timestamp,
    /// Whether it is a dead letter sent through again by the operator: its ids are pseudonyms already.
    pub replay: bool,
}

impl<'a> Request<'a> {
    /// A request with a body and nothing else known.
    pub fn new(body: &'a [u8], received_at: Timestamp) -> Self {
        Self {
            body,
            authorization: None,
            header_key: None,
            query_key: None,
            query: "",
            anonymous_id: None,
            user_agent: None,
            accept_language: None,
            origin: None,
            dnt: false,
            gpc: false,
            peer: None,
            received_at,
            replay: false,
        }
    }

    /// The body, decompressed where it begins with gzip's magic bytes whatever its label says:
    /// one wide-spread SDK sends gzip labelled as a form.
    pub(crate) fn unpack(&self, limit: u64) -> Result<Cow<'a, [u8]>, CollectError> {
        gunzip(Cow::Borrowed(self.body), limit)
    }
}

/// Bytes decompressed where they are gzip, in bounded memory.
pub(crate) fn gunzip(bytes: Cow<'_, [u8]>, limit: u64) -> Result<Cow<'_, [u8]>, CollectError> {
    let too_large = CollectError::TooLarge { limit, unit: "bytes", field: "" };
    if bytes.len() as u64 > limit {
        return Err(too_large);
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len().saturating_mul(4));
    MultiGzDecoder::new(&*bytes)
        .take(limit.saturating_add(1))
        .read_to_end(&mut plain)
        .map_err(|error| CollectError::Truncated { detail: error.to_string() })?;
    if plain.len() as u64 > limit { Err(too_large) } else { Ok(Cow::Owned(plain)) }
}
