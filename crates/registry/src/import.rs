//! Catalogues from elsewhere: NDJSON, a JSON array, CSV, RSS, Atom, JSON Feed, sitemaps; plain or gzip.
//!
//! Importing the same file again changes nothing. A bad record becomes a dead letter with its line and field; the rest
//! goes in. Field names are looked up in one table ([`fields`]), Chinese and English, for every format.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;
use vocab::{ItemKind, ReviewState, SiteId, Taxonomy};

use crate::audit::note;
use crate::items::{Upsert, Written};
use crate::{Registry, RegistryError};

mod detect;
pub mod fields;
mod map;
mod rows;
mod values;
mod xml;

/// The formats a catalogue may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// An array of JSON objects.
    JsonArray,
    /// Comma-separated values with a header.
    Csv,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A sitemap: addresses and dates, titles only where the news extension gives them.
    Sitemap,
}

/// How to read a catalogue.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The site the items belong to.
    pub site: SiteId,
    /// `None` looks at the beginning of the file.
    pub format: Option<Format>,
    /// Kind of records that do not say it.
    pub kind: Option<ItemKind>,
    /// Column of records that do not say it.
    pub column: String,
    /// `Approved` only for a source whose content was reviewed where it comes from.
    pub review: ReviewState,
    /// Zone of times without one.
    pub time_zone: jiff::tz::TimeZone,
    /// Names of themes, topics and needs.
    pub taxonomy: Arc<Taxonomy>,
    /// On whose behalf.
    pub who: String,
}

impl ImportOptions {
    /// Everything looked up, nothing assumed: drafts on `site`, times in Shanghai's zone.
    pub fn new(site: SiteId, taxonomy: Arc<Taxonomy>) -> Self {
        Self {
            site,
            format: None,
            kind: None,
            column: String::new(),
            review: ReviewState::Draft,
            time_zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(jiff::tz::TimeZone::UTC),
            taxonomy,
            who: "import".to_owned(),
        }
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// Bytes of the file read, as stored (compressed where it is).
    pub bytes: u64,
    /// Records seen.
    pub records: u64,
}

/// A record that was not taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its line from 1; in feeds, sitemaps and JSON arrays its number from 1.
    pub line: u64,
    /// The field as the file calls it; empty where the whole record is unreadable.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
    /// The record's beginning.
    pub excerpt: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// The format that was read.
    pub format: Option<Format>,
    /// Records seen: the sum of the next four.
    pub records: u64,
    /// New items.
    pub created: u64,
    /// Items that differ from what was stored.
    pub changed: u64,
    /// Items that are stored like this already.
    pub unchanged: u64,
    /// How many records were not taken over.
    pub dead: u64,
    /// The first thousand of them.
    pub dead_letters: Vec<DeadLetter>,
    /// Fields that mean nothing to the catalogue, and how often they came.
    pub ignored_fields: BTreeMap<String, u64>,
    /// Values without a place in the taxonomy (`themes: 农民`), and how often they came.
    pub unmapped_values: BTreeMap<String, u64>,
    /// Why reading ended before the end of the file; what came before is in.
    pub stopped: Option<String>,
}

/// Items written in one transaction.
const BATCH: usize = 200;
/// Dead letters kept in full.
const LETTERS: usize = 1_000;

/// What the reading side hands to the writing side.
#[derive(Default)]
struct Batch {
    items: Vec<(u64, Upsert)>,
    dead: Vec<DeadLetter>,
    ignored: BTreeMap<String, u64>,
    unmapped: BTreeMap<String, u64>,
}

impl Batch {
    fn len(&self) -> usize {
        self.items.len() + self.dead.len()
    }
}

impl Registry {
    /// Reads a catalogue and writes its items, in constant memory for NDJSON, JSON arrays and CSV.
    ///
    /// `now` becomes the date of new items whose source gives none. `progress` is called after every batch.
    ///
    /// # Errors
    /// [`RegistryError::UnknownColumn`], [`RegistryError::MissingColumn`], [`RegistryError::SitemapIndex`],
    /// [`RegistryError::NotACatalogue`] before anything is written; a database failure at any time. A file that breaks off later is no error: see
    /// [`ImportSummary::stopped`].
    pub async fn import_catalogue(
        &self,
        reader: impl Read + Send + 'static,
        options: ImportOptions,
        now: Timestamp,
        progress: &mut (dyn FnMut(ImportProgress) + Send),
    ) -> Result<ImportSummary, RegistryError> {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { inner: reader, read: Arc::clone(&read) };
        let (site, who) = (options.site, options.who.clone());
        let (sender, mut batches) = mpsc::channel::<Batch>(2);
        let reading = tokio::task::spawn_blocking(move || read_all(counted, &options, &sender));
        let mut summary = ImportSummary::default();
        while let Some(batch) = batches.recv().await {
            self.take(batch, &who, now, &mut summary).await?;
            progress(ImportProgress {
                bytes: read.load(Ordering::Relaxed),
                records: summary.records,
            });
        }
        let (format, stopped) = reading
            .await
            .map_err(|_| RegistryError::NotACatalogue("reading it failed".to_owned()))??;
        summary.format = Some(format);
        summary.stopped = stopped;
        let detail = format!(
            "{} created, {} changed, {} unchanged, {} dead",
            summary.created, summary.changed, summary.unchanged, summary.dead
        );
        let mut tx = self.write().await?;
        note(&mut tx, now, site, (&who, "catalogue.import"), "", &detail).await?;
        tx.commit().await?;
        Ok(summary)
    }

    async fn take(
        &self,
        batch: Batch,
        who: &str,
        now: Timestamp,
        summary: &mut ImportSummary,
    ) -> Result<(), RegistryError> {
        summary.records += batch.len() as u64;
        let (lines, items): (Vec<u64>, Vec<Upsert>) = batch.items.into_iter().unzip();
        let told = self.put_imported(&items, who, now).await?;
        let mut dead = batch.dead;
        for ((line, upsert), written) in lines.into_iter().zip(&items).zip(told) {
            match written {
                Ok(Written::Created) => summary.created += 1,
                Ok(Written::Changed) => summary.changed += 1,
                Ok(Written::Unchanged) => summary.unchanged += 1,
                Err(reason) => dead.push(DeadLetter {
                    line,
                    field: "id".to_owned(),
                    reason,
                    excerpt: upsert.item.title.zh.clone(),
                }),
            }
        }
        summary.dead += dead.len() as u64;
        let room = LETTERS.saturating_sub(summary.dead_letters.len());
        summary.dead_letters.extend(dead.into_iter().take(room));
        for (counts, more) in [
            (&mut summary.ignored_fields, batch.ignored),
            (&mut summary.unmapped_values, batch.unmapped),
        ] {
            for (name, count) in more {
                *counts.entry(name).or_default() += count;
            }
        }
        Ok(())
    }
}

struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The blocking side: bytes to records to items.
fn read_all(
    reader: impl Read + Send + 'static,
    options: &ImportOptions,
    sender: &mpsc::Sender<Batch>,
) -> Result<(Format, Option<String>), RegistryError> {
    let (format, reader) = detect::open(reader, options.format)?;
    let mut batch = Batch::default();
    let mut seen = BTreeMap::<u64, u64>::new();
    let mut emit = |record: Result<rows::Record, DeadLetter>| {
        match record.and_then(|record| map::to_item(&record, options, &mut batch)) {
            Ok((line, upsert)) => {
                let mut hasher = DefaultHasher::new();
                upsert.item.id.as_str().hash(&mut hasher);
                // A second record with the same id would undo the first one, at every import anew.
                match seen.insert(hasher.finish(), line) {
                    None => batch.items.push((line, upsert)),
                    Some(first) => {
                        seen.insert(hasher.finish(), first);
                        batch.dead.push(DeadLetter {
                            line,
                            field: "id".to_owned(),
                            reason: format!("the same item as in line {first}"),
                            excerpt: upsert.item.title.zh,
                        });
                    }
                }
            }
            Err(letter) => batch.dead.push(letter),
        }
        // The other side is gone: stop reading.
        batch.len() < BATCH || sender.blocking_send(std::mem::take(&mut batch)).is_ok()
    };
    let stopped = match format {
        Format::Ndjson => rows::ndjson(reader, &mut emit),
        Format::JsonArray => rows::json_array(reader, &mut emit),
        Format::Csv => rows::csv(reader, &mut emit)?,
        Format::Feed => xml::feed(reader, &mut emit)?,
        Format::Sitemap => xml::sitemap(reader, &mut emit)?,
    };
    if batch.len() > 0 {
        drop(sender.blocking_send(batch));
    }
    Ok((format, stopped))
}

#[cfg(test)]
mod tests;
