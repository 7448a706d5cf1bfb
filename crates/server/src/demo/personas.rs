//! The people a visitor of the demo portal can step into, from `demo/personas.toml`.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use vocab::{Channel, NeedId, Text};

/// A person to step into. All of them have consented to a profile on the first site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// For example `new-parent`.
    pub id: String,
    /// Who it is.
    pub name: Text,
    /// One sentence about their life.
    pub sentence: Text,
    /// The raw browser id of their events; the portal sends it when someone steps in.
    pub anonymous_id: String,
    /// Administrative division they live in.
    pub region: String,
    /// Where they meet the portal.
    pub channel: Channel,
    /// Needs behind their simulated visits, most frequent ones repeated.
    pub needs: Vec<NeedId>,
    /// Needs they declared themselves.
    pub declared: Vec<NeedId>,
    /// They visit at least once on each of that many last full days.
    pub days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    persona: Vec<Persona>,
}

/// The demo's personas in display order.
///
/// # Errors
/// Where the embedded file is broken; a test keeps it whole.
pub fn personas() -> Result<Vec<Persona>> {
    let file: File = toml::from_str(include_str!("../../demo/personas.toml"))
        .context("read demo/personas.toml")?;
    super::known_format("demo/personas.toml", file.format)?;
    Ok(file.persona)
}
