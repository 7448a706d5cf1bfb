//! Step 1: which site a write key belongs to, wherever the SDK put it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::site::{Site, Sites};
use crate::{CollectError, Request};

/// No parameters: write keys are public and only allow appending.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authenticate {}

impl Authenticate {
    /// The site, by the first key present: header, query, body.
    pub(crate) fn site(
        sites: &Sites,
        request: &Request<'_>,
        body_key: Option<&str>,
    ) -> Result<Arc<Site>, CollectError> {
        let basic = request.authorization.and_then(key_of_authorization);
        let keys = [basic.as_deref(), request.header_key, request.query_key, body_key];
        let key = keys.into_iter().flatten().find(|key| !key.is_empty());
        // Jitsu's SDKs insist on `key:secret`.
        let key = key.map(|key| key.split(':').next().unwrap_or(key));
        let site = key.and_then(|key| sites.find(key)).ok_or(CollectError::UnknownKey)?;
        Self::admit(site, request)
    }

    /// The site, unless a browser sends from an origin it does not know.
    pub(crate) fn admit(site: Arc<Site>, request: &Request<'_>) -> Result<Arc<Site>, CollectError> {
        match request.origin {
            Some(origin) if !allowed(&site, origin) => Err(CollectError::ForeignOrigin),
            _ => Ok(site),
        }
    }
}

fn allowed(site: &Site, origin: &str) -> bool {
    let origins = &site.key.origins;
    origins.is_empty() || origins.iter().any(|known| known.eq_ignore_ascii_case(origin))
}

/// `Basic base64(key:)`, with or without the colon, or `Bearer key`.
pub fn key_of_authorization(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    Some(decoded.split(':').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_with_and_without_a_colon() {
        assert_eq!(key_of_authorization("Basic azE6").as_deref(), Some("k1"));
        assert_eq!(key_of_authorization("basic azE=").as_deref(), Some("k1"));
        assert_eq!(key_of_authorization("Bearer k1").as_deref(), Some("k1"));
        assert_eq!(key_of_authorization("Basic %%%"), None);
    }
}
