//! A log that is still being written, followed like `tail -F`: through rotation and truncation, until told to stop.
//!
//! Nothing is remembered between two runs. A restart reads the file again from its beginning, and what is stored already
//! changes nothing: a position on disk could be wrong, the ids of lines cannot.

use std::fs::Metadata;
use std::path::Path;
use std::time::Duration;

use super::blocks::Blocks;
use super::road::Road;
use super::{Options, count, file_error, gather};
use crate::definition::Definition;
use crate::{CollectError, Intake, Sites};

/// How often a file that had nothing new is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Follows a file until `wait` says that it is over. Blocks; meant for a thread of its own.
///
/// `wait` is called between two looks with the time to wait, and returns `false` to stop; a line without an end is then
/// left for the next run. A file that is not there yet is waited for. `sink` takes each part in order.
///
/// # Errors
/// `UnknownKey` for options that name no site; what `sink` returns.
pub fn follow(
    definition: &Definition,
    path: &Path,
    options: &Options<'_>,
    wait: &dyn Fn(Duration) -> bool,
    sink: &mut dyn FnMut(Intake) -> Result<(), CollectError>,
) -> Result<(), CollectError> {
    let site = Sites::new([options.site.clone()]).find(&options.site.write_key);
    let site = site.ok_or(CollectError::UnknownKey)?;
    let mut road = Road::new(definition, &site, options);
    loop {
        let opened =
            std::fs::metadata(path).map_err(|error| file_error(path, error)).and_then(|known| {
                Ok((known, Blocks::open(path, definition.parse_step().max_event_bytes)?))
            });
        let Ok((known, mut blocks)) = opened else {
            if !wait(LOOK) {
                return Ok(());
            }
            continue;
        };
        blocks.set_growing(true);
        let mut last = false;
        loop {
            let (round, end) = blocks.round(options.threads.max(1));
            let now = (options.clock)();
            let intake = gather(road.walk(&round, now), path, &site, now);
            count(&intake);
            if !intake.is_empty() {
                sink(intake)?;
            }
            match end {
                None => continue,
                // What could not be read of a file that goes away is told by nobody; the next file is looked for.
                Some(Err(_)) => break,
                Some(Ok(())) if last => break,
                Some(Ok(())) => {}
            }
            if is_another(path, &known, blocks.bytes()) {
                // Whoever writes may have added to it after the last look and before the change.
                blocks.set_growing(false);
                last = true;
            } else if !wait(LOOK) {
                return Ok(());
            }
        }
    }
}

/// Whether another file lies at the path now, or the same one was cut short.
fn is_another(path: &Path, known: &Metadata, read: u64) -> bool {
    match std::fs::metadata(path) {
        Ok(now) => !same(known, &now) || now.len() < read,
        // Moved away and not made anew yet.
        Err(_) => false,
    }
}

#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same(a: &Metadata, b: &Metadata) -> bool {
    a.created().ok() == b.created().ok()
}
