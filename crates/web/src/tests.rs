//! What is embedded, and how it is addressed.

use std::io::Read as _;

use flate2::read::GzDecoder;

use crate::{Asset, asset};

/// Day-one acceptance of the portal's front-end developer: the script is smaller than 8 KB.
const SDK_BYTES: usize = 8 * 1024;

#[test]
fn every_address_of_the_pages_is_answered() {
    for path in
        ["/", "/item/svc-001", "/search", "/me", "/transparency", "/console", "/console/live"]
    {
        let page = asset(path).unwrap_or_else(|| panic!("{path} is not embedded"));
        assert_eq!(page.content_type, "text/html; charset=utf-8", "{path}");
        assert_eq!(page.cache_control, "no-cache", "{path}");
        assert!(page.content_security_policy.is_some(), "{path}");
    }
    assert_ne!(asset("/"), asset("/console"));
}

#[test]
fn scripts_are_served_under_fixed_names() {
    for path in ["/sdk/civicsense.js", "/sdk/civicsense.min.js", "/sw.js"] {
        let script = asset(path).unwrap_or_else(|| panic!("{path} is not embedded"));
        assert_eq!(script.content_type, "text/javascript; charset=utf-8", "{path}");
        assert_eq!(script.content_security_policy, None, "{path}");
    }
}

#[test]
fn other_paths_are_left_to_the_api() {
    for path in [
        "",
        "x",
        "/v1/events",
        "/item/",
        "/sdk/",
        "/sdk/../portal.html",
        "/search/x",
        "/portal.html",
        "/sw.js.gz",
    ] {
        assert_eq!(asset(path), None, "{path}");
    }
}

#[test]
fn the_sdk_is_smaller_than_eight_kilobytes_compressed() {
    for path in ["/sdk/civicsense.js", "/sdk/civicsense.min.js"] {
        let packed = asset(path)
            .and_then(|script| script.gzip)
            .unwrap_or_else(|| panic!("{path} is not compressed"));
        assert!(packed.len() < SDK_BYTES, "{path} has {} bytes", packed.len());
    }
}

#[test]
fn compressed_twins_hold_the_same_bytes() {
    for name in Asset::names() {
        let file = Asset::named(&name).unwrap_or_else(|| panic!("{name} is listed but absent"));
        let packed = file.gzip.unwrap_or_else(|| panic!("{name} is not compressed"));
        let mut unpacked = Vec::new();
        GzDecoder::new(&*packed).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, *file.bytes, "{name}");
    }
}

#[test]
fn entity_tags_follow_the_content() {
    let tags: Vec<_> =
        Asset::names().map(|name| (Asset::named(&name).map(|file| file.etag), name)).collect();
    for (tag, name) in &tags {
        assert_eq!(*tag, Asset::named(name).map(|file| file.etag), "{name}");
        let twins = tags.iter().filter(|(other, _)| other == tag).count();
        assert_eq!(twins, 1, "{name} shares its entity tag");
    }
}

#[test]
fn nothing_refers_to_a_foreign_host_and_no_page_has_inline_code() {
    for path in ["/", "/console"] {
        let page = asset(path).unwrap_or_else(|| panic!("{path} is not embedded"));
        let text = String::from_utf8(page.bytes.into_owned()).unwrap();
        assert!(!text.contains("://"), "{path} names a host");
        assert!(
            !text.contains("%SCRIPT%") && !text.contains("%STYLE%"),
            "{path} is an unfilled template"
        );
        assert!(!text.contains("<style") && !text.contains(" style="), "{path} has inline style");
        for script in text.split("<script").skip(1) {
            assert!(script.contains("src=\"/"), "{path} has an inline script");
        }
    }
}
