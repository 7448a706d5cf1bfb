//! Atom, RFC 4287.

use atom_syndication::{Category, Entry, Feed as Document, FixedDateTime, Link, Person, Text};
use jiff::Timestamp;

use super::Feed;
use crate::ChannelError;

/// The feed as Atom; media type `application/atom+xml`.
///
/// # Errors
/// When the XML writer fails.
pub fn to_atom(feed: &Feed) -> Result<Vec<u8>, ChannelError> {
    let mut entries = Vec::with_capacity(feed.entries.len());
    for entry in &feed.entries {
        entries.push(Entry {
            id: entry.id.clone(),
            title: Text::plain(entry.title.clone()),
            updated: date(entry.published)?,
            published: Some(date(entry.published)?),
            links: vec![link(&entry.url, "alternate", None)],
            summary: Some(Text::plain(entry.summary.clone())),
            authors: vec![person(&entry.author, &feed.author)],
            categories: entry
                .tags
                .iter()
                .map(|tag| Category { term: tag.clone(), ..Category::default() })
                .collect(),
            ..Entry::default()
        });
    }
    let document = Document {
        id: feed.address.clone(),
        title: Text::plain(feed.title.clone()),
        subtitle: Some(Text::plain(feed.description.clone())),
        updated: date(feed.updated())?,
        authors: vec![person(&feed.author, &feed.title)],
        links: vec![
            link(&feed.home, "alternate", Some("text/html")),
            link(&feed.address, "self", Some("application/atom+xml")),
        ],
        lang: Some(feed.language().to_owned()),
        entries,
        ..Document::default()
    };
    document.write_to(Vec::new()).map_err(|error| ChannelError::Feed(error.to_string()))
}

fn link(href: &str, rel: &str, mime: Option<&str>) -> Link {
    Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        mime_type: mime.map(str::to_owned),
        ..Link::default()
    }
}

fn person(name: &str, otherwise: &str) -> Person {
    let name = if name.is_empty() { otherwise } else { name };
    Person { name: name.to_owned(), ..Person::default() }
}

fn date(moment: Timestamp) -> Result<FixedDateTime, ChannelError> {
    // RFC 4287 §3.3: an upper-case T and Z.
    moment
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
        .parse()
        .map_err(|_| ChannelError::Feed("a date is out of range".to_owned()))
}
