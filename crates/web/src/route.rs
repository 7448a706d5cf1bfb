//! Which address is answered by which embedded file.

use crate::Asset;

/// The embedded file for a request's path, or `None` where the path is not ours.
///
/// The portal and the console are single-page applications: `/`, `/item/{id}`, `/search`, `/me` and `/transparency`
/// are all the portal's page, `/console` and everything below it the console's.
pub fn asset(path: &str) -> Option<Asset> {
    Asset::named(file(path)?)
}

fn file(path: &str) -> Option<&str> {
    let path = path.strip_prefix('/')?;
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match first {
        "" | "search" | "me" | "transparency" if rest.is_empty() => Some("portal.html"),
        "item" if !rest.is_empty() => Some("portal.html"),
        "console" => Some("console.html"),
        "docs" if rest.is_empty() => Some("docs.html"),
        "sdk" | "assets" | "docs" if !rest.is_empty() => Some(path),
        "sw.js" | "favicon.svg" if rest.is_empty() => Some(path),
        _ => None,
    }
}
