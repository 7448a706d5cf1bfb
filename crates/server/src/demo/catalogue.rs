//! The demo catalogue: `demo/catalogue/*.ndjson`, one file for each group of needs, dated relative to today.

use anyhow::{Context as _, Result};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;
use vocab::{
    Audience, Item, ItemId, ItemKind, Lifecycle, NeedId, ReviewState, Service, SiteId, Taxonomy,
    Text,
};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../demo/catalogue/", $name, ".ndjson")))),*]
    };
}

/// The files by group of needs.
const FILES: &[(&str, &str)] = files![
    "p.birth", "p.edu", "p.work", "p.life", "p.home", "p.move", "p.health", "p.aid", "p.elder",
    "p.after", "b.entry", "b.staff", "b.tax", "b.grow", "b.build", "b.exit", "c.civic",
];

/// One line: an item whose dates are days before and after today.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: ItemId,
    site: SiteId,
    kind: ItemKind,
    title: Text,
    summary: Text,
    body: String,
    column: String,
    dept: String,
    region: String,
    audience: Audience,
    needs: Vec<NeedId>,
    themes: Vec<String>,
    topic: String,
    age_days: i32,
    #[serde(default)]
    expires_in_days: Option<i32>,
    #[serde(default)]
    doc_number: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    relates_to: Vec<ItemId>,
    #[serde(default)]
    importance: u8,
    #[serde(default)]
    mandated: bool,
    #[serde(default)]
    emergency: bool,
    #[serde(default)]
    lifecycle: Lifecycle,
    #[serde(default = "approved")]
    review: ReviewState,
    #[serde(default)]
    service: Option<Service>,
}

fn approved() -> ReviewState {
    ReviewState::Approved
}

/// The demo's content as of `now`: published in office hours of past days, never in the future.
///
/// Drafts and rejected items are among them, so that the demo shows they are never served.
///
/// # Errors
/// Where an embedded file is broken, naming file and line; a test keeps them whole.
pub fn catalogue(now: Timestamp) -> Result<Vec<Item>> {
    let sites = super::sites()?;
    let mut items = Vec::new();
    for (group, text) in FILES {
        for (number, line) in text.lines().enumerate() {
            let place = || format!("demo/catalogue/{group}.ndjson line {}", number + 1);
            let line: Line = serde_json::from_str(line).with_context(place)?;
            let site = sites.iter().find(|site| site.id == line.site);
            site.with_context(|| format!("unknown site in {}", place()))?;
            items.push(line.into_item(now).with_context(place)?);
        }
    }
    Ok(items)
}

/// The taxonomy the catalogue was written for: the default one.
///
/// # Errors
/// Where the embedded file is broken.
pub fn taxonomy() -> Result<Taxonomy> {
    let taxonomy: Taxonomy = toml::from_str(include_str!("../../../../models/taxonomy.toml"))
        .context("read models/taxonomy.toml")?;
    Ok(taxonomy.check()?)
}

impl Line {
    fn into_item(self, now: Timestamp) -> Result<Item> {
        let published_at = office_hour(now, self.age_days, self.id.as_str())?;
        let expires_at = match self.expires_in_days {
            Some(days) => Some(now.checked_add(SignedDuration::from_hours(24 * i64::from(days)))?),
            None => None,
        };
        Ok(Item {
            url: format!("/item/{}", self.id),
            id: self.id,
            site: self.site,
            kind: self.kind,
            title: self.title,
            summary: self.summary,
            body: self.body,
            column: self.column,
            dept: self.dept,
            region: self.region,
            audience: self.audience,
            needs: self.needs,
            themes: self.themes,
            topic: self.topic,
            doc_number: self.doc_number,
            aliases: self.aliases,
            relates_to: self.relates_to,
            published_at,
            expires_at,
            importance: self.importance,
            mandated: self.mandated,
            emergency: self.emergency,
            lifecycle: self.lifecycle,
            review: self.review,
            service: self.service,
        })
    }
}

/// A time between 08:30 and 17:29 that many days before `now`, the same for the same id; never after `now`.
fn office_hour(now: Timestamp, age_days: i32, id: &str) -> Result<Timestamp> {
    let minute =
        i64::from(id.bytes().fold(0u32, |sum, byte| sum * 31 % 9973 + u32::from(byte)) % 540);
    let day = now.to_zoned(super::china()).date().checked_sub(age_days.days())?;
    let at = day
        .to_datetime(Time::constant(8, 30, 0, 0))
        .to_zoned(super::china())?
        .timestamp()
        .checked_add(SignedDuration::from_mins(minute))?;
    Ok(at.min(now.checked_sub(SignedDuration::from_mins(10))?))
}
