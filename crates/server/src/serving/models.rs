//! The shelf of trained models: versions on disk by digest, one of them served, swapped without a pause.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use insight::Models;
use jiff::Timestamp;

/// Versions kept on disk, the served one included.
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
}

/// The shelf.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    current: ArcSwapOption<Loaded>,
    max_age: Duration,
}

impl Shelf {
    /// The shelf in `dir`; models older than `max_age` are not served.
    ///
    /// # Errors
    /// A directory that cannot be made.
    pub fn open(dir: impl Into<PathBuf>, max_age: Duration) -> anyhow::Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self { dir, current: ArcSwapOption::empty(), max_age })
    }

    /// Loads the version last published; `false` where there is none or it is damaged (which is logged).
    pub fn load(&self) -> bool {
        match self.read_current() {
            Ok(Some(loaded)) => {
                self.current.store(Some(Arc::new(loaded)));
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!("models on disk cannot be loaded, serving without: {error:#}");
                false
            }
        }
    }

    fn read_current(&self) -> anyhow::Result<Option<Loaded>> {
        let pointer = self.dir.join(CURRENT);
        let Ok(name) = fs::read_to_string(&pointer) else { return Ok(None) };
        let path = self.dir.join(name.trim());
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let models = Models::from_bytes(&bytes)?;
        let trained_at = time_of(name.trim()).context("the version's name has no time")?;
        Ok(Some(Loaded { models: Arc::new(models), trained_at }))
    }

    /// Writes a version to disk and serves it from then on: the swap is one pointer, no request notices.
    ///
    /// # Errors
    /// A disk that does not take it; the former version stays.
    pub fn publish(&self, models: Models, trained_at: Timestamp) -> anyhow::Result<()> {
        let name = format!("{:013}-{}.model", trained_at.as_millisecond(), models.digest8());
        write_durably(&self.dir.join(&name), &models.to_bytes()?)?;
        write_durably(&self.dir.join(CURRENT), name.as_bytes())?;
        write_durably(&self.dir.join(format!("{name}.md")), models.card().as_bytes())?;
        self.current.store(Some(Arc::new(Loaded { models: Arc::new(models), trained_at })));
        self.prune()
    }

    fn prune(&self) -> anyhow::Result<()> {
        let mut versions: Vec<PathBuf> = fs::read_dir(&self.dir)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "model"))
            .collect();
        // Names begin with the time, so they sort by age.
        versions.sort_unstable();
        let surplus = versions.len().saturating_sub(KEPT);
        for old in &versions[..surplus] {
            fs::remove_file(old)?;
            let card = old.with_extension("model.md");
            if card.exists() {
                fs::remove_file(card)?;
            }
        }
        Ok(())
    }

    /// The version being served, whatever its age.
    pub fn loaded(&self) -> Option<Arc<Loaded>> {
        self.current.load_full()
    }

    /// The version to recommend with: `None` where there is none or it is too old, so answers are `degraded`.
    pub fn servable(&self, now: Timestamp) -> Option<Arc<Loaded>> {
        let loaded = self.loaded()?;
        (age(&loaded, now) <= self.max_age).then_some(loaded)
    }

    /// Age of the version being served.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.loaded().map(|loaded| age(&loaded, now))
    }
}

fn age(loaded: &Loaded, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(loaded.trained_at)).unwrap_or_default()
}

fn time_of(name: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(name.split('-').next()?.parse().ok()?).ok()
}

/// Writes beside, syncs, renames: after a crash there is the old file or the new one, never half of it.
fn write_durably(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
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
