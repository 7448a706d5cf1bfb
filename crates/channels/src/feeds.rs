//! Feeds of a column: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1, from one description.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vocab::{Item, Lang};

pub mod atom;
pub mod json;
pub mod rss;

pub use atom::to_atom;
pub use json::to_json_feed;
pub use rss::to_rss;

/// A feed, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Title: the column's name.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// The column's page.
    pub home: String,
    /// This feed's own address; also its id.
    pub address: String,
    /// The publishing site.
    pub author: String,
    /// The language of titles and texts.
    pub lang: Lang,
    /// The entries, newest first.
    pub entries: Vec<Entry>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Unique for ever, not an address.
    pub id: String,
    /// Title.
    pub title: String,
    /// Where it is.
    pub url: String,
    /// One or two sentences.
    pub summary: String,
    /// The department.
    pub author: String,
    /// When it was published.
    pub published: Timestamp,
    /// Theme and topic codes.
    pub tags: Vec<String>,
}

impl Feed {
    /// Takes over what may be served of `items` (approved, not withdrawn), newest first, ties by id.
    ///
    /// `base` is the portal's address: relative addresses of items start there.
    #[must_use]
    pub fn with_items<'a>(
        mut self,
        items: impl IntoIterator<Item = &'a Item>,
        base: &url::Url,
    ) -> Self {
        self.entries = items
            .into_iter()
            .filter(|item| item.is_servable())
            .map(|item| Entry {
                id: format!("urn:civicsense:item:{}", percent(item.id.as_str())),
                title: clean(item.title.get(self.lang)),
                url: base.join(&item.url).map_or_else(|_| item.url.clone(), Into::into),
                summary: clean(item.summary.get(self.lang)),
                author: clean(&item.dept),
                published: item.published_at,
                tags: item
                    .themes
                    .iter()
                    .chain([&item.topic])
                    .filter(|code| !code.is_empty())
                    .cloned()
                    .collect(),
            })
            .collect();
        self.entries.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id)));
        self
    }

    /// When the newest entry came; the epoch where there is none, so that an unchanged feed stays the same bytes.
    pub fn updated(&self) -> Timestamp {
        self.entries.iter().map(|entry| entry.published).max().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn language(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }
}

/// Characters that XML 1.0 does not allow in any form are dropped.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|&letter| {
            matches!(letter, '\t' | '\n' | '\r')
                || (letter >= ' ' && !matches!(letter, '\u{FFFE}' | '\u{FFFF}'))
        })
        .collect()
}

fn percent(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

fn rfc2822(moment: Timestamp) -> String {
    jiff::fmt::rfc2822::to_string(&moment.to_zoned(TimeZone::UTC)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
