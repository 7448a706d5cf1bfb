//! An item as the index keeps it.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;
use vocab::{Audience, Item, ItemId, ItemKind, Lifecycle, SiteId, Text};

use crate::analysis::Analyser;
use crate::analysis::normalise::digest;
use crate::schema::{Fields, Part};

/// Years are counted in China's time.
const HOURS_EAST: i8 = 8;

/// Characters of the full text kept for snippets; all of it is searched.
const BODY_KEPT: usize = 20_000;

/// What a result shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) id: ItemId,
    pub(crate) site: SiteId,
    pub(crate) kind: ItemKind,
    pub(crate) title: Text,
    pub(crate) summary: Text,
    pub(crate) url: String,
    pub(crate) dept: String,
    pub(crate) region: String,
    pub(crate) doc_number: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) importance: u8,
    pub(crate) published_at: Timestamp,
}

impl Card {
    fn of(item: &Item) -> Self {
        Self {
            id: item.id.clone(),
            site: item.site,
            kind: item.kind,
            title: item.title.clone(),
            summary: item.summary.clone(),
            url: item.url.clone(),
            dept: item.dept.clone(),
            region: item.region.clone(),
            doc_number: item.doc_number.clone(),
            aliases: item.aliases.clone(),
            importance: item.importance,
            published_at: item.published_at,
        }
    }
}

/// The name of an audience among the attributes.
pub(crate) fn audience_name(audience: Audience) -> &'static str {
    match audience {
        Audience::Natural => "natural",
        Audience::Legal => "legal",
        Audience::All => "all",
    }
}

/// The division `code` and those above it: 440305 lies in 440300 and 440000 (GB/T 2260).
pub(crate) fn divisions(code: &str) -> Vec<String> {
    let mut path = vec![code.to_owned()];
    if code.len() == 6 && code.is_ascii() {
        for keep in [4, 2] {
            let above = format!("{:0<6}", &code[..keep]);
            if !path.contains(&above) {
                path.push(above);
            }
        }
    }
    path
}

/// Milliseconds at which `item` stops being current.
fn ends(item: &Item) -> i64 {
    match item.lifecycle {
        Lifecycle::Current | Lifecycle::Amended => {
            item.expires_at.map_or(i64::MAX, Timestamp::as_millisecond)
        }
        Lifecycle::Repealed | Lifecycle::Archived | Lifecycle::Withdrawn => i64::MIN,
    }
}

fn year(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(Offset::constant(HOURS_EAST))).year().to_string()
}

/// The document of `item`, and the card inside it.
pub(crate) fn document(
    item: &Item,
    fields: &Fields,
    analyser: &Analyser,
) -> Result<(TantivyDocument, Card), serde_json::Error> {
    let mut document = TantivyDocument::new();
    document.add_text(fields.id, item.id.as_str());
    let titles = [item.title.zh.as_str(), &item.title.en];
    let summaries = [item.summary.zh.as_str(), &item.summary.en];
    let aliases: Vec<&str> = item.aliases.iter().map(String::as_str).collect();
    let parts: [(Part, &[&str]); 4] = [
        (Part::Title, &titles),
        (Part::Alias, &aliases),
        (Part::Summary, &summaries),
        (Part::Body, &[item.body.as_str()]),
    ];
    for (part, texts) in parts {
        for text in texts.iter().filter(|text| !text.is_empty()) {
            let text = analyser.normalise(text);
            for grain in crate::analysis::Grain::ALL {
                document.add_text(fields.shadow(part, grain), &text);
            }
            if matches!(part, Part::Title | Part::Alias) {
                document.add_text(fields.sounds, &text);
                document.add_text(fields.initials, &text);
            }
        }
    }
    for name in titles.iter().chain([&item.doc_number.as_str()]) {
        let key = analyser.key(name);
        if !key.is_empty() {
            document.add_u64(fields.exact, digest(&key));
        }
    }
    let by = &fields.by;
    document.add_text(by.kind, item.kind.as_str());
    document.add_text(by.audience, audience_name(item.audience));
    document.add_text(by.site, item.site.to_string());
    document.add_text(by.year, year(item.published_at));
    let optional = [(by.dept, &item.dept), (by.region, &item.region)];
    for (field, value) in optional.into_iter().filter(|(_, value)| !value.is_empty()) {
        document.add_text(field, value);
    }
    for theme in &item.themes {
        document.add_text(by.theme, theme);
    }
    if !item.region.is_empty() {
        for division in divisions(&item.region) {
            document.add_text(fields.region_path, division);
        }
    }
    document.add_u64(fields.tie, digest(item.id.as_str()));
    document.add_i64(fields.ends, ends(item));
    document.add_i64(fields.published, item.published_at.as_millisecond());
    let card = Card::of(item);
    document.add_bytes(fields.card, &serde_json::to_vec(&card)?);
    document.add_text(fields.body, item.body.chars().take(BODY_KEPT).collect::<String>());
    Ok((document, card))
}
