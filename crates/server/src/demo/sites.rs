//! The portal family and its columns, from `demo/sites.toml` and `demo/columns.toml`.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use vocab::{SiteId, Text};

/// One site of the demo.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoSite {
    /// The site.
    pub id: SiteId,
    /// Its name.
    pub name: Text,
    /// Host its pages stand under.
    pub host: String,
    /// `province`, `city`, `county` or `department`.
    pub level: String,
    /// Administrative division, in the manner of GB/T 2260 but invented.
    pub region: String,
    /// The site above it; 0 is none.
    pub parent: SiteId,
    /// Public key its pages send events with.
    pub write_key: String,
    /// Share of the simulated citizens who use it, 0 to 1.
    pub share: f64,
}

/// One column of every demo site.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoColumn {
    /// The column.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// Days within which something new is expected.
    pub days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    format: u32,
    site: Vec<DemoSite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnFile {
    format: u32,
    column: Vec<DemoColumn>,
}

/// The demo's sites; the first is the one served at `/`.
///
/// # Errors
/// Where the embedded file is broken; a test keeps it whole.
pub fn sites() -> Result<Vec<DemoSite>> {
    let file: SiteFile =
        toml::from_str(include_str!("../../demo/sites.toml")).context("read demo/sites.toml")?;
    super::known_format("demo/sites.toml", file.format)?;
    Ok(file.site)
}

/// The columns every demo site has, in display order.
///
/// # Errors
/// Where the embedded file is broken; a test keeps it whole.
pub fn columns() -> Result<Vec<DemoColumn>> {
    let file: ColumnFile = toml::from_str(include_str!("../../demo/columns.toml"))
        .context("read demo/columns.toml")?;
    super::known_format("demo/columns.toml", file.format)?;
    Ok(file.column)
}
