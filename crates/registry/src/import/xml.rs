//! Feeds and sitemaps.

use std::io::Read as _;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::detect::Source;
use super::rows::{Emit, Record, letter};
use crate::RegistryError;

/// Largest feed or sitemap in bytes: the sitemap protocol's own limit.
const MAX: u64 = 50 * 1024 * 1024;

fn not(error: &impl ToString) -> RegistryError {
    RegistryError::NotACatalogue(error.to_string())
}

pub(super) fn feed(reader: Source, emit: Emit<'_>) -> Result<Option<String>, RegistryError> {
    let mut text = Vec::new();
    let read = reader.take(MAX + 1).read_to_end(&mut text);
    if text.len() as u64 > MAX {
        return Err(not(&format!("the feed is larger than {MAX} bytes")));
    }
    let (open, torn) = open_elements(&text);
    let broken =
        || (!open.is_empty() || torn).then(|| "the feed ends inside an element".to_owned());
    let stopped = read.err().map(|error| error.to_string()).or_else(broken);
    if stopped.is_some() {
        // The parser takes half an entry for a whole one: what is whole is kept and closed.
        let ends = ["</item>", "</entry>"].into_iter().filter_map(|end| {
            let at = text.windows(end.len()).rposition(|part| part == end.as_bytes())?;
            Some(at + end.len())
        });
        text.truncate(ends.max().unwrap_or(text.len()));
        for name in open_elements(&text).0.iter().rev() {
            text.extend_from_slice(format!("</{name}>").as_bytes());
        }
    }
    let feed = feed_rs::parser::parse(&text[..]).map_err(|error| not(&error))?;
    for (number, entry) in feed.entries.into_iter().enumerate() {
        let line = number as u64 + 1;
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
                fields.insert(name.to_owned(), Value::from(value));
            }
        };
        put("id", Some(entry.id));
        put("title", entry.title.map(|title| plain(&title.content)));
        put("url", entry.links.into_iter().next().map(|link| link.href));
        put("summary", entry.summary.map(|text| plain(&text.content)));
        put("body", entry.content.and_then(|content| content.body).map(|text| plain(&text)));
        put("dept", entry.authors.into_iter().next().and_then(|author| author.name));
        put("date", entry.published.or(entry.updated).map(|date| date.to_rfc3339()));
        let tags: Vec<String> =
            entry.categories.into_iter().map(|category| category.term).collect();
        if !tags.is_empty() {
            fields.insert("themes".to_owned(), json!(tags));
        }
        if !emit(Ok(Record { line, fields })) {
            break;
        }
    }
    Ok(stopped)
}

/// Names of the elements a document has begun and not ended, and whether it ends within a tag. None of JSON.
fn open_elements(text: &[u8]) -> (Vec<String>, bool) {
    use quick_xml::events::Event;
    let mut open = Vec::new();
    let mut reader = quick_xml::Reader::from_reader(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                open.push(tag.name().as_ref().to_owned());
            }
            Ok(Event::End(_)) => drop(open.pop()),
            Ok(Event::Eof) => return (open, false),
            Ok(_) => {}
            // A mark that nothing closes; any other fault is for the feed's own parser to judge.
            Err(quick_xml::Error::Syntax(_)) => return (open, true),
            Err(_) => return (Vec::new(), false),
        }
    }
}

/// Text without tags and with the commonest entities resolved: what an index and a reader need.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    for (entity, meant) in
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
    {
        text = text.replace(entity, meant);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Deserialize)]
enum Document {
    #[serde(rename = "urlset")]
    Pages(Pages),
    #[serde(rename = "sitemapindex")]
    Index(Index),
}

#[derive(Deserialize)]
struct Pages {
    #[serde(default)]
    url: Vec<Page>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    sitemap: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    loc: String,
    lastmod: Option<String>,
    news: Option<News>,
}

#[derive(Deserialize)]
struct News {
    title: Option<String>,
    publication_date: Option<String>,
}

pub(super) fn sitemap(reader: Source, emit: Emit<'_>) -> Result<Option<String>, RegistryError> {
    let document: Document = quick_xml::de::from_reader(std::io::BufReader::new(reader.take(MAX)))
        .map_err(|error| not(&error))?;
    let pages = match document {
        Document::Pages(pages) => pages.url,
        Document::Index(index) => {
            return Err(RegistryError::SitemapIndex(
                index.sitemap.into_iter().map(|page| page.loc).collect(),
            ));
        }
    };
    for (number, page) in pages.into_iter().enumerate() {
        let line = number as u64 + 1;
        let location = page.loc.trim();
        let record = match Url::parse(location) {
            Ok(url) => {
                let news = page.news.unwrap_or(News { title: None, publication_date: None });
                let mut fields = Map::new();
                fields.insert("url".to_owned(), json!(location));
                if let Some(title) = news.title {
                    fields.insert("title".to_owned(), json!(title.trim()));
                } else {
                    // The name of the page's address; such an item stays a draft until somebody gives it a title.
                    fields.insert("title".to_owned(), json!(from_path(&url)));
                    fields.insert(super::map::GUESSED.to_owned(), json!(true));
                }
                if let Some(date) = news.publication_date.or(page.lastmod) {
                    fields.insert("lastmod".to_owned(), json!(date.trim()));
                }
                Ok(Record { line, fields })
            }
            Err(error) => Err(letter(line, "loc", error.to_string(), location)),
        };
        if !emit(record) {
            break;
        }
    }
    Ok(None)
}

fn from_path(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
    let Some(last) = last else { return url.host_str().unwrap_or_default().to_owned() };
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    // `+` stays a plus: an address is not a form.
    let decoded = url::form_urlencoded::parse(format!("x={}", stem.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    decoded.unwrap_or_else(|| stem.to_owned()).replace(['-', '_'], " ")
}
