//! RSS 2.0.

use rss::extension::Extension;
use rss::{Category, Channel, Guid, Item};

use super::{Feed, rfc2822};
use crate::ChannelError;

/// The feed as RSS 2.0 with a self link; media type `application/rss+xml`.
///
/// # Errors
/// When the XML writer fails.
pub fn to_rss(feed: &Feed) -> Result<Vec<u8>, ChannelError> {
    let items = feed
        .entries
        .iter()
        .map(|entry| Item {
            title: Some(entry.title.clone()),
            link: Some(entry.url.clone()),
            description: Some(entry.summary.clone()),
            guid: Some(Guid { value: entry.id.clone(), permalink: false }),
            pub_date: Some(rfc2822(entry.published)),
            categories: entry
                .tags
                .iter()
                .map(|tag| Category { name: tag.clone(), domain: None })
                .collect(),
            ..Item::default()
        })
        .collect();
    let attrs = [("href", feed.address.as_str()), ("rel", "self"), ("type", "application/rss+xml")];
    let own = Extension {
        name: "atom:link".to_owned(),
        attrs: attrs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Extension::default()
    };
    let channel = Channel {
        title: feed.title.clone(),
        link: feed.home.clone(),
        description: feed.description.clone(),
        language: Some(feed.language().to_owned()),
        last_build_date: Some(rfc2822(feed.updated())),
        namespaces: [("atom".to_owned(), "http://www.w3.org/2005/Atom".to_owned())].into(),
        extensions: [("atom".to_owned(), [("link".to_owned(), vec![own])].into())].into(),
        items,
        ..Channel::default()
    };
    channel.write_to(Vec::new()).map_err(|error| ChannelError::Feed(error.to_string()))
}
