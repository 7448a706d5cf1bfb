//! What a file is, by its first bytes; gzip is opened on the way.

use std::io::{BufRead, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::Format;
use crate::RegistryError;

/// Bytes looked at.
const LOOK: u64 = 8 * 1024;

pub(super) type Source = Box<dyn BufRead + Send>;

pub(super) fn open(
    reader: impl Read + Send + 'static,
    format: Option<Format>,
) -> Result<(Format, Source), RegistryError> {
    let (head, reader) = look(Box::new(reader))?;
    let reader: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(reader))
    } else {
        reader
    };
    let (head, reader) = look(reader)?;
    let mut reader: Source = Box::new(BufReader::with_capacity(256 * 1024, reader));
    if head.starts_with(b"\xef\xbb\xbf") {
        reader.consume_all(3)?;
    }
    let format = match format {
        Some(format) => format,
        None => guess(&head)?,
    };
    Ok((format, reader))
}

trait ConsumeAll {
    fn consume_all(&mut self, count: usize) -> Result<(), RegistryError>;
}

impl ConsumeAll for Source {
    fn consume_all(&mut self, count: usize) -> Result<(), RegistryError> {
        let mut mark = vec![0; count];
        self.read_exact(&mut mark).map_err(|error| broken(&error))
    }
}

fn broken(error: &std::io::Error) -> RegistryError {
    RegistryError::NotACatalogue(error.to_string())
}

fn look(
    mut reader: Box<dyn Read + Send>,
) -> Result<(Vec<u8>, Box<dyn Read + Send>), RegistryError> {
    let mut head = Vec::new();
    match reader.by_ref().take(LOOK).read_to_end(&mut head) {
        Ok(_) => {
            let whole = Cursor::new(head.clone()).chain(reader);
            Ok((head, Box::new(whole)))
        }
        // A short file torn in the middle: what came before the tear is read, and then the tear is met again.
        Err(error) if !head.is_empty() => {
            let torn = Cursor::new(head.clone()).chain(Torn(Some(error)));
            Ok((head, Box::new(torn)))
        }
        Err(error) => Err(broken(&error)),
    }
}

/// The end of a file that has none.
struct Torn(Option<std::io::Error>);

impl Read for Torn {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn guess(head: &[u8]) -> Result<Format, RegistryError> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let not = |what: &str| Err(RegistryError::NotACatalogue(what.to_owned()));
    match text.chars().next() {
        None => not("the file is empty"),
        Some('[') => Ok(Format::JsonArray),
        Some('{') if text.contains("jsonfeed.org/version/") => Ok(Format::Feed),
        Some('{') => Ok(Format::Ndjson),
        Some('<') => {
            let element = text
                .split('<')
                .map(|part| part.trim_start())
                .find(|part| part.starts_with(|first: char| first.is_ascii_alphabetic()))
                .and_then(|part| {
                    part.split(|end: char| end.is_whitespace() || end == '>' || end == '/').next()
                });
            match element.map(|name| name.rsplit(':').next().unwrap_or(name)) {
                Some("rss" | "feed" | "RDF") => Ok(Format::Feed),
                Some("urlset" | "sitemapindex") => Ok(Format::Sitemap),
                Some(other) => not(&format!("the element {other} is neither a feed nor a sitemap")),
                None => not("no element found"),
            }
        }
        Some(_) if text.lines().next().is_some_and(|line| !line.contains('\u{fffd}')) => {
            Ok(Format::Csv)
        }
        Some(_) => not("the first line is not UTF-8 text"),
    }
}
