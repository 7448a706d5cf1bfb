//! One embedded file with everything an HTTP answer needs.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};

/// The bundles that `build.rs` made, each with a `.gz` beside it.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/dist"]
struct Bundles;

/// What the pages may do (CSP Level 3): nothing but this server, no inline script or style.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// Names of the files in `/assets` carry a digest of their content: they never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Asked for again each time, answered with 304 while the entity tag holds.
const ASK_AGAIN: &str = "no-cache";
/// Sites embed the SDK under a fixed name: a new version reaches them within five minutes.
const FIVE_MINUTES: &str = "public, max-age=300";

/// An embedded file, ready to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asset {
    /// The content as it is.
    pub bytes: Cow<'static, [u8]>,
    /// The same content with `Content-Encoding: gzip`.
    pub gzip: Option<Cow<'static, [u8]>>,
    /// Value of `Content-Type`.
    pub content_type: String,
    /// Value of `ETag` (RFC 9110 §8.8.3): weak, because it stands for both encodings.
    pub etag: String,
    /// Value of `Cache-Control` (RFC 9111).
    pub cache_control: &'static str,
    /// Value of `Content-Security-Policy`, for pages.
    pub content_security_policy: Option<&'static str>,
}

impl Asset {
    /// The embedded file called `name`, which is a path inside the bundles' folder.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let file = Bundles::get(name).filter(|_| !name.ends_with(".gz"))?;
        let is_page = name.ends_with(".html");
        Some(Self {
            gzip: Bundles::get(&format!("{name}.gz")).map(|packed| packed.data),
            content_type: content_type(&file),
            etag: etag(&file),
            cache_control: cache_control(name),
            content_security_policy: is_page.then_some(PAGE_POLICY),
            bytes: file.data,
        })
    }

    /// The names of every embedded file, without the compressed twins.
    #[cfg(test)]
    pub(crate) fn names() -> impl Iterator<Item = Cow<'static, str>> {
        Bundles::iter().filter(|name| !name.ends_with(".gz"))
    }
}

fn content_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

fn etag(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{hex}\"")
}

fn cache_control(name: &str) -> &'static str {
    if name.starts_with("assets/") {
        FOR_EVER
    } else if name.starts_with("sdk/") {
        FIVE_MINUTES
    } else {
        ASK_AGAIN
    }
}
