//! JSON Feed 1.1.

use serde_json::{Value, json};

use super::Feed;

/// The feed as JSON Feed 1.1; media type `application/feed+json`.
pub fn to_json_feed(feed: &Feed) -> Value {
    let items: Vec<Value> = feed
        .entries
        .iter()
        .map(|entry| {
            let mut item = json!({
                "id": entry.id,
                "url": entry.url,
                "title": entry.title,
                "content_text": entry.summary,
                "date_published": entry.published.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "tags": entry.tags,
            });
            if !entry.author.is_empty() {
                item["authors"] = json!([{"name": entry.author}]);
            }
            item
        })
        .collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "language": feed.language(),
        "authors": [{"name": feed.author}],
        "items": items,
    })
}
