//! Which npm package holds the ClickHouse library for this machine, and what it must look like.

use crate::error::EngineError;

/// The version of the library this crate was written for and tested with.
pub const VERSION: &str = "26.7.3-stable.1";

/// Room on disk a fetch needs while it runs, in MiB: the package twice and the library once.
pub(crate) const ROOM_MIB: u64 = 950;

/// A published package of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// The name on the npm registry.
    pub(crate) name: &'static str,
    /// The library's file in the package.
    pub(crate) file: &'static str,
    /// The SHA-512 of the package in subresource-integrity form. `None` where the package could not be obtained
    /// when this version was pinned: then the registry's own statement is checked instead, and a warning logged.
    pub(crate) integrity: Option<&'static str>,
    /// The size of the package in bytes, for progress only.
    pub(crate) bytes: u64,
}

const PACKAGES: [(&str, &str, Package); 4] = [
    (
        "linux",
        "x86_64",
        Package {
            name: "@chdb/lib-linux-x64-gnu",
            file: "libchdb.so",
            integrity: Some(
                "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
            ),
            bytes: 177_817_999,
        },
    ),
    (
        "linux",
        "aarch64",
        Package {
            name: "@chdb/lib-linux-arm64-gnu",
            file: "libchdb.so",
            integrity: None,
            bytes: 170_000_000,
        },
    ),
    (
        "macos",
        "x86_64",
        Package {
            name: "@chdb/lib-darwin-x64",
            file: "libchdb.so",
            integrity: None,
            bytes: 150_000_000,
        },
    ),
    (
        "macos",
        "aarch64",
        Package {
            name: "@chdb/lib-darwin-arm64",
            file: "libchdb.so",
            integrity: None,
            bytes: 130_000_000,
        },
    ),
];

impl Package {
    /// The package for an operating system and architecture, as `std::env::consts` names them.
    ///
    /// # Errors
    /// [`EngineError::UnsupportedPlatform`] when none is published.
    pub(crate) fn of(os: &'static str, arch: &'static str) -> Result<Self, EngineError> {
        PACKAGES
            .iter()
            .find(|(o, a, _)| *o == os && *a == arch)
            .map(|(_, _, package)| *package)
            .ok_or(EngineError::UnsupportedPlatform { os, arch })
    }

    /// The name with the pinned version, as `npm pack` wants it.
    pub(crate) fn spec(&self) -> String {
        format!("{}@{VERSION}", self.name)
    }

    /// The directory of the cache that holds this package's library.
    pub(crate) fn directory(&self) -> String {
        format!("{}-{VERSION}", self.name.trim_start_matches("@chdb/"))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn every_pinned_digest_is_a_sha512() {
        for (_, _, package) in PACKAGES {
            if let Some(integrity) = package.integrity {
                let digest = integrity.strip_prefix("sha512-").expect("sha512");
                assert_eq!(
                    base64::prelude::BASE64_STANDARD.decode(digest).expect("base64").len(),
                    64
                );
            }
        }
    }

    #[test]
    fn an_unknown_machine_is_refused_by_name() {
        let error = Package::of("plan9", "mips").expect_err("not published");
        assert!(error.to_string().contains("plan9 on mips"), "{error}");
    }
}
