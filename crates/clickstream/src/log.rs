//! Server logs as behaviour: Common, Combined, JSON and W3C Extended, plain or gzip, whole or still growing, any size in
//! constant memory.
//!
//! The same file read twice makes the same events with the same ids, under whatever name it lies, so the second time
//! changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use jiff::Timestamp;
use vocab::event::Protocol;
use vocab::{Consent, ItemId};

use crate::definition::Definition;
use crate::site::Site;
use crate::{
    CollectError, DeadLetter, DropReason, Intake, Knowledge, SiteKey, Sites, Suppressed,
    metrics as names,
};

mod blocks;
pub(crate) mod case;
mod follow;
mod line;
mod ordinal;
mod road;

use blocks::Blocks;
pub use follow::follow;
use road::{Arrival, Road};

/// The library name of imported events in statistics.
const LIB: &str = "log";

/// What an import has to know beside the file.
pub struct Options<'a> {
    /// The site the log is of.
    pub site: SiteKey,
    /// Host of its pages: a log usually names only paths.
    pub host: String,
    /// The time now: `received_at` of events.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// What the visitors had agreed to; the operator answers for it. Usually [`Consent::ANALYTICS`].
    pub consent: Consent,
    /// Which item of the content library a path shows.
    pub resolve: &'a dyn Fn(&str) -> Option<ItemId>,
    /// Where regions of addresses and needs of keywords are found.
    pub knowledge: Knowledge,
    /// Blocks of lines parsed at a time, each on a thread of the process's pool; 0 is 1.
    pub threads: usize,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("site", &self.site).finish_non_exhaustive()
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read of all files, as they lie on disk.
    pub bytes: u64,
    /// Bytes of all files on disk.
    pub total: u64,
    /// Lines read.
    pub lines: u64,
}

/// What an import found: `lines = events + dead + suppressed`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines read; empty ones are not counted.
    pub lines: u64,
    /// Lines that became events; some may turn out to be in the spool already.
    pub events: u64,
    /// Lines that are not in the format.
    pub dead: u64,
    /// Lines left out on purpose, by reason.
    pub suppressed: BTreeMap<DropReason, u64>,
}

impl Summary {
    fn add(&mut self, intake: &Intake) {
        self.events += intake.events.len() as u64;
        self.dead += intake.dead.len() as u64;
        for left in &intake.suppressed {
            *self.suppressed.entry(left.reason).or_default() += left.count;
        }
        let left: u64 = intake.suppressed.iter().map(|left| left.count).sum();
        self.lines += intake.events.len() as u64 + intake.dead.len() as u64 + left;
    }
}

/// Parts read ahead of the sink: enough that neither waits for the other's hiccups, few enough to hold in memory.
const READ_AHEAD: usize = 2;

/// Imports log files in the order given. Blocks; meant for a thread of its own.
///
/// `sink` takes each part in order, usually [`crate::Spool::append_blocking`], on a thread beside the reading: while one
/// part is being synced the next is parsed. An error of it ends the import.
///
/// # Errors
/// `File` where a file cannot be read; `Truncated` where gzip data end early, both after everything before was handed
/// to `sink`; what `sink` returns.
pub fn import(
    definition: &Definition,
    paths: &[PathBuf],
    options: &Options<'_>,
    progress: &mut dyn FnMut(Progress),
    sink: &mut (dyn FnMut(Intake) -> Result<(), CollectError> + Send),
) -> Result<Summary, CollectError> {
    std::thread::scope(|scope| {
        let (parts, waiting) = sync_channel(READ_AHEAD);
        let writer = scope.spawn(move || waiting.into_iter().try_for_each(sink));
        let read = read(definition, paths, options, progress, &parts);
        drop(parts);
        // An error of the sink is why the reading ended, not the other way round.
        match writer.join() {
            Ok(written) => written.and(read),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn read(
    definition: &Definition,
    paths: &[PathBuf],
    options: &Options<'_>,
    progress: &mut dyn FnMut(Progress),
    parts: &SyncSender<Intake>,
) -> Result<Summary, CollectError> {
    let site = Sites::new([options.site.clone()]).find(&options.site.write_key);
    let site = site.ok_or(CollectError::UnknownKey)?;
    let mut summary = Summary::default();
    let mut done = Progress::default();
    for path in paths {
        done.total += std::fs::metadata(path).map_err(|error| file_error(path, error))?.len();
    }
    for path in paths {
        let before = done.bytes;
        let mut blocks = Blocks::open(path, definition.parse_step().max_event_bytes)?;
        let mut road = Road::new(definition, &site, options);
        loop {
            let (round, end) = blocks.round(options.threads.max(1));
            let now = (options.clock)();
            let arrivals = road.walk(&round, now);
            let intake = gather(arrivals, path, &site, now);
            summary.add(&intake);
            count(&intake);
            if !intake.is_empty() && parts.send(intake).is_err() {
                // The sink failed; what it said is the error of the import.
                return Err(CollectError::Closed);
            }
            done.bytes = before + blocks.bytes();
            done.lines = summary.lines;
            progress(done);
            match end {
                None => {}
                Some(Ok(())) => break,
                Some(Err(error)) => return Err(ended(path, error, summary.lines)),
            }
        }
    }
    Ok(summary)
}

fn gather(arrivals: Vec<Arrival<'_>>, path: &Path, site: &Site, received_at: Timestamp) -> Intake {
    let mut intake = Intake::default();
    let mut left: BTreeMap<DropReason, u64> = BTreeMap::new();
    for arrival in arrivals {
        match arrival.outcome {
            Ok(event) => intake.events.push(event),
            Err(fault) if fault.reason.is_defect() => intake.dead.push(DeadLetter {
                received_at,
                site: site.key.site,
                proto: Protocol::Import,
                lib: LIB.into(),
                id: Some(arrival.id),
                reason: fault.reason,
                source: format!("{}:{}", path.display(), arrival.number),
                detail: fault.detail,
                payload: crate::dialect::redact::line(
                    &String::from_utf8_lossy(arrival.bytes),
                    &site.key,
                ),
            }),
            Err(fault) => *left.entry(fault.reason).or_default() += 1,
        }
    }
    let suppressed = left.into_iter().map(|(reason, count)| Suppressed {
        received_at,
        site: site.key.site,
        proto: Protocol::Import,
        lib: LIB.into(),
        reason,
        count,
    });
    intake.suppressed = suppressed.collect();
    intake
}

fn count(intake: &Intake) {
    let lines = |outcome: &'static str, n: u64| {
        metrics::counter!(names::LOG_LINES, "outcome" => outcome).increment(n);
    };
    lines("event", intake.events.len() as u64);
    lines("dead", intake.dead.len() as u64);
    for left in &intake.suppressed {
        lines(left.reason.as_str(), left.count);
    }
}

fn file_error(path: &Path, error: std::io::Error) -> CollectError {
    CollectError::File { path: path.display().to_string(), source: std::sync::Arc::new(error) }
}

fn ended(path: &Path, error: std::io::Error, lines: u64) -> CollectError {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    if matches!(error.kind(), UnexpectedEof | InvalidData | InvalidInput) {
        let detail = format!("{}, after {lines} lines that were imported", path.display());
        CollectError::Truncated { detail }
    } else {
        file_error(path, error)
    }
}

#[cfg(test)]
mod tests;
