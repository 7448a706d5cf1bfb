//! Life events and the needs that follow them, from `demo/life.toml`.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use vocab::{Audience, Taxonomy};

/// Something that happens to a person or a business.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LifeEvent {
    id: String,
    pub(super) audience: Audience,
    pub(super) weight: u32,
    needs: Vec<Follow>,
    /// Position in the taxonomy, days from, days until.
    #[serde(skip)]
    pub(super) follows: Vec<(u16, i64, i64)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Follow {
    need: String,
    from: i64,
    until: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    event: Vec<LifeEvent>,
}

/// The life events with their needs found in the taxonomy; needs the taxonomy lacks are left out.
pub(super) fn events(taxonomy: &Taxonomy) -> Result<Vec<LifeEvent>> {
    let mut file: File =
        toml::from_str(include_str!("../../../demo/life.toml")).context("read demo/life.toml")?;
    crate::demo::known_format("demo/life.toml", file.format)?;
    for event in &mut file.event {
        for follow in &event.needs {
            if follow.until <= follow.from {
                bail!("life event {} ends the need {} before it begins", event.id, follow.need);
            }
            if let Some(position) = taxonomy.position(&follow.need) {
                event.follows.push((position as u16, follow.from, follow.until));
            }
        }
    }
    file.event.retain(|event| !event.follows.is_empty() && event.weight > 0);
    Ok(file.event)
}
