//! The shelf of trained models: versions on disk by digest, one of them served, swapped without a pause.

mod age;
mod error;
mod journal;
mod trials;
mod unfinished;
mod version;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use insight::Models;
use insight::definition::Definitions;
use jiff::Timestamp;

pub use error::ShelfError;
pub use journal::Promotion;
pub use trials::{Measured, Trial, Tried, Way, overlap};
pub use unfinished::Unfinished;
pub use version::Version;

/// Versions kept on disk besides the served one, the one to go back to and those that are tried.
const KEPT: usize = 5;
/// Names the version to serve.
const CURRENT: &str = "current";

/// A loaded version.
#[derive(Debug)]
pub struct Loaded {
    /// The models.
    pub models: Arc<Models>,
    /// When they were trained.
    pub trained_at: Timestamp,
    /// Its name on the shelf.
    name: String,
}

/// The shelf.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    current: ArcSwapOption<Loaded>,
    /// By [`Way`].
    trials: [ArcSwapOption<Tried>; 2],
    max_age: Duration,
    definitions: Definitions,
}

impl Shelf {
    /// The shelf in `dir`; models older than `max_age` are not served.
    ///
    /// # Errors
    /// A directory that cannot be made.
    pub fn open(dir: impl Into<PathBuf>, max_age: Duration) -> anyhow::Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let definitions = Definitions::embedded()?;
        let (current, trials) = (ArcSwapOption::empty(), Default::default());
        Ok(Self { dir, current, trials, max_age, definitions })
    }

    /// What the models are and must live up to.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// Begins a training, or goes on with one that was killed.
    ///
    /// # Errors
    /// A disk that fails.
    pub fn begin(&self, now: Timestamp) -> anyhow::Result<Unfinished> {
        Unfinished::begin(&self.dir, now)
    }

    /// Loads the version in service, and those that are tried; `false` where none is in service or it is damaged
    /// (which is logged).
    pub fn load(&self) -> bool {
        self.follow_trials();
        self.load_serving()
    }

    fn load_serving(&self) -> bool {
        let loaded = match self.serving() {
            Some(name) => self.read(&name),
            None => return false,
        };
        match loaded {
            Ok(loaded) => {
                self.current.store(Some(Arc::new(loaded)));
                true
            }
            Err(error) => {
                tracing::error!("models on disk cannot be loaded, serving without: {error:#}");
                false
            }
        }
    }

    /// Loads the version in service, and those that are tried, where another command changed them; gives whether it
    /// did.
    pub fn follow(&self) -> bool {
        let loaded = self.loaded();
        let changed = self.serving() != loaded.map(|loaded| loaded.name.clone());
        let tried = self.follow_trials();
        changed && self.load_serving() || tried
    }

    /// Name of the version in service.
    fn serving(&self) -> Option<String> {
        let name = fs::read_to_string(self.dir.join(CURRENT)).ok()?;
        Some(name.trim().to_owned())
    }

    fn read(&self, name: &str) -> anyhow::Result<Loaded> {
        let path = self.dir.join(name);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let models = Arc::new(Models::from_bytes(&bytes)?);
        let trained_at = time_of(name).context("the version's name has no time")?;
        Ok(Loaded { models, trained_at, name: name.to_owned() })
    }

    /// Puts a version on the shelf, with what its gates say of it; it is not served yet. Gives its name.
    ///
    /// # Errors
    /// A disk that does not take it.
    pub fn add(
        &self,
        models: &Models,
        trained_at: Timestamp,
        refusals: Vec<String>,
    ) -> anyhow::Result<String> {
        let name = format!("{:013}-{}.model", trained_at.as_millisecond(), models.digest8());
        write_durably(&self.dir.join(&name), &models.to_bytes()?)?;
        write_durably(&self.dir.join(format!("{name}.md")), models.card().as_bytes())?;
        Version::new(&name, models, trained_at, refusals).write(&self.dir)?;
        self.prune()?;
        Ok(name)
    }

    /// Serves a version from now on: the swap is one pointer, no request notices. `version` is a name or the beginning
    /// of a digest.
    ///
    /// # Errors
    /// No such version, one that its gates refuse or whose data are stale, a disk that fails; the former version stays.
    pub fn promote(
        &self,
        version: &str,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<String, ShelfError> {
        let found = self.fit_to_serve(version, now)?;
        self.serve(&found.name, by, reason, now)?;
        Ok(found.name)
    }

    /// Serves a version whatever its gates say: the first one, when nothing is served yet.
    ///
    /// # Errors
    /// A disk or an artefact that fails.
    pub fn serve(&self, name: &str, by: &str, reason: &str, now: Timestamp) -> anyhow::Result<()> {
        let loaded = self.read(name)?;
        let promotion = Promotion {
            at: now,
            version: name.to_owned(),
            by: by.to_owned(),
            reason: reason.to_owned(),
        };
        journal::append(&self.dir, journal::PROMOTIONS, &promotion)?;
        write_durably(&self.dir.join(CURRENT), name.as_bytes())?;
        self.current.store(Some(Arc::new(loaded)));
        self.stop_trials_of(name, by, now)?;
        self.prune()
    }

    /// Serves the version again that was in service before the present one.
    ///
    /// # Errors
    /// Nothing was, or it is no longer on the shelf; a disk that fails.
    pub fn roll_back(&self, by: &str, reason: &str, now: Timestamp) -> Result<String, ShelfError> {
        let before = self.before()?.ok_or(ShelfError::NothingBefore)?;
        self.serve(&before, by, reason, now)?;
        Ok(before)
    }

    /// The version served last before the present one, where it is still there.
    fn before(&self) -> anyhow::Result<Option<String>> {
        let serving = self.serving();
        let promotions: Vec<Promotion> = journal::read(&self.dir, journal::PROMOTIONS)?;
        // A line after the present version's is of a promotion that a crash cut short.
        let here = promotions.iter().rposition(|one| Some(&one.version) == serving.as_ref());
        let mut earlier = promotions[..here.unwrap_or(promotions.len())].iter().rev();
        let before = earlier.find(|one| Some(&one.version) != serving.as_ref());
        let name = before.map(|one| one.version.clone());
        Ok(name.filter(|name| self.dir.join(name).is_file()))
    }

    /// When the newest version was trained, in service or not.
    ///
    /// # Errors
    /// A disk that fails.
    pub fn last_trained(&self) -> anyhow::Result<Option<Timestamp>> {
        Ok(self.names()?.last().and_then(|name| time_of(name)))
    }

    /// Every version on the shelf, the newest first.
    ///
    /// # Errors
    /// A disk that fails.
    pub fn versions(&self) -> anyhow::Result<Vec<Version>> {
        let serving = self.serving();
        let orders = Way::ALL.map(|way| self.order(way).unwrap_or_default());
        let promotions: Vec<Promotion> = journal::read(&self.dir, journal::PROMOTIONS)?;
        let trials: Vec<Trial> = journal::read(&self.dir, journal::TRIALS)?;
        let mut versions = Vec::new();
        for name in self.names()?.into_iter().rev() {
            let mut version = Version::read(&self.dir, &name)?;
            version.serving = serving.as_ref() == Some(&name);
            version.promotions =
                promotions.iter().filter(|one| one.version == name).cloned().collect();
            let [canary, shadow] = orders.each_ref().map(|order| {
                order.as_ref().filter(|order| order.version == name).map(|order| order.percent)
            });
            (version.canary_percent, version.shadow_percent) = (canary, shadow);
            version.trials = trials.iter().filter(|one| one.version == name).cloned().collect();
            versions.push(version);
        }
        Ok(versions)
    }

    fn find(&self, version: &str) -> Result<Version, ShelfError> {
        let is_meant = |known: &Version| {
            known.name == version || (version.len() >= 4 && known.digest.starts_with(version))
        };
        let mut meant: Vec<Version> = self.versions()?.into_iter().filter(is_meant).collect();
        // The same data give the same models again: of those the newest is meant.
        meant.dedup_by(|older, newer| older.digest == newer.digest);
        match <[Version; 1]>::try_from(meant) {
            Ok([only]) => Ok(only),
            Err(_) => Err(ShelfError::Unknown(version.to_owned())),
        }
    }

    /// Names of the versions, the oldest first: they begin with the time.
    fn names(&self) -> anyhow::Result<Vec<String>> {
        let mut names: Vec<String> = fs::read_dir(&self.dir)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "model"))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn prune(&self) -> anyhow::Result<()> {
        let mut names = self.names()?;
        let mut kept: Vec<String> = self.serving().into_iter().chain(self.before()?).collect();
        for way in Way::ALL {
            kept.extend(self.order(way).unwrap_or_default().map(|order| order.version));
        }
        names.retain(|name| !kept.contains(name));
        let surplus = names.len().saturating_sub(KEPT);
        for old in &names[..surplus] {
            for file in [old.clone(), format!("{old}.md"), format!("{old}.json")] {
                match fs::remove_file(self.dir.join(file)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(error.into());
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The version being served, whatever its age.
    pub fn loaded(&self) -> Option<Arc<Loaded>> {
        self.current.load_full()
    }
}

fn time_of(name: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(name.split('-').next()?.parse().ok()?).ok()
}

/// Writes beside, syncs, renames: after a crash there is the old file or the new one, never half of it.
pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_extension("part");
    let mut file =
        File::create(&beside).with_context(|| format!("cannot write {}", beside.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
