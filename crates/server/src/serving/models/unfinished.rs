//! A training that was killed: its checkpoints, in files beside the shelf, and the moment its behaviour ends at.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use insight::{Checkpoints, Note, Stage};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::write_durably;

/// Directory within the shelf's.
const DIR: &str = "unfinished";
/// Names the moment: with a later one the behaviour is another and nothing could be gone on from.
const UNTIL: &str = "until";
/// A killed training is gone on with for so long; later its data are of yesterday and it begins anew.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The checkpoints of the training under way, and those of a killed one before it.
#[derive(Debug)]
pub struct Unfinished {
    dir: PathBuf,
    until: Timestamp,
    told: Mutex<Vec<String>>,
}

impl Unfinished {
    /// Begins a training at `now` on the shelf in `shelf`, or goes on with one killed within the last 24 hours.
    ///
    /// # Errors
    /// A directory that cannot be made or written.
    pub fn begin(shelf: &Path, now: Timestamp) -> anyhow::Result<Self> {
        let dir = shelf.join(DIR);
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let begun = fs::read_to_string(dir.join(UNTIL)).ok().and_then(|text| text.parse().ok());
        let recent = |until: &Timestamp| *until <= now && now.duration_since(*until) <= KEPT_FOR;
        let until = begun.filter(recent).filter(|_| any_part(&dir));
        if until.is_none() {
            clear(&dir)?;
            fs::create_dir_all(&dir)?;
            write_durably(&dir.join(UNTIL), now.to_string().as_bytes())?;
        }
        Ok(Self { dir, until: until.unwrap_or(now), told: Mutex::default() })
    }

    /// The moment the behaviour of this training ends at.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// What became of each checkpoint found, in words.
    pub fn told(&self) -> Vec<String> {
        self.told.lock().clone()
    }

    /// Forgets everything: the models are on the shelf, or the training failed by itself and would fail again.
    ///
    /// # Errors
    /// A disk that fails.
    pub fn clear(&self) -> anyhow::Result<()> {
        clear(&self.dir)
    }

    fn file(&self, part: Stage) -> PathBuf {
        self.dir.join(part.as_str())
    }
}

/// Whether there is anything to go on from; without, the behaviour may as well end now.
fn any_part(dir: &Path) -> bool {
    let parts = fs::read_dir(dir).into_iter().flatten().flatten();
    parts
        .map(|entry| PathBuf::from(entry.file_name()))
        .any(|name| name != Path::new(UNTIL) && name.extension().is_none())
}

fn clear(dir: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

impl Checkpoints for Unfinished {
    fn load(&self, part: Stage) -> Option<Vec<u8>> {
        match fs::read(self.file(part)) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(error = %error, "a checkpoint of {} cannot be read", part.as_str());
                None
            }
        }
    }

    fn save(&self, part: Stage, bytes: &[u8]) {
        if let Err(error) = write_durably(&self.file(part), bytes) {
            tracing::warn!("{} is not kept for a training to go on: {error:#}", part.as_str());
        }
    }

    fn note(&self, part: Stage, note: Note) {
        let part = part.as_str();
        let told = match note {
            Note::Finished => format!("{part}: taken over from a training that was killed"),
            Note::GoesOn { done, of } => {
                format!("{part}: goes on after round {done} of {of} of a training that was killed")
            }
            Note::Foreign => format!("{part}: the checkpoint found is of other data, made anew"),
            _ => format!("{part}: the checkpoint found is damaged, made anew"),
        };
        if matches!(note, Note::Finished | Note::GoesOn { .. }) {
            tracing::info!("{told}");
        } else {
            tracing::warn!("{told}");
        }
        self.told.lock().push(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3_600).unwrap()
    }

    #[test]
    fn a_killed_training_is_gone_on_with_for_a_day_and_ends_where_it_ended() {
        let shelf = tempfile::tempdir().unwrap();
        Unfinished::begin(shelf.path(), at(99)).unwrap();
        let first = Unfinished::begin(shelf.path(), at(100)).unwrap();
        assert_eq!(first.until(), at(100), "nothing was done");
        assert_eq!(first.load(Stage::Factors), None);
        first.save(Stage::Factors, b"half");
        first.save(Stage::Factors, b"more");
        let second = Unfinished::begin(shelf.path(), at(123)).unwrap();
        assert_eq!(second.until(), at(100));
        assert_eq!(second.load(Stage::Factors).unwrap(), b"more");
        // A day later it begins anew, as it does with a clock set back.
        for now in [at(125), at(90)] {
            let anew = Unfinished::begin(shelf.path(), now).unwrap();
            assert_eq!((anew.until(), anew.load(Stage::Factors)), (now, None));
            anew.save(Stage::Factors, b"half");
        }
        second.clear().unwrap();
        second.clear().unwrap();
        assert_eq!(Unfinished::begin(shelf.path(), at(130)).unwrap().until(), at(130));
    }
}
