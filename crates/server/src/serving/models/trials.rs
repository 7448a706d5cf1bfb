//! Versions that are tried before they may serve everybody: a canary makes the lists of a share of the visitors, a
//! shadow makes lists nobody sees. At most one of each; kept over a restart, on record, followed by other processes.

mod measured;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use recommend::experiment::is_tried;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Loaded, Shelf, ShelfError, Version, journal, write_durably};
use measured::Measuring;
pub use measured::{Measured, overlap};

/// How a version is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// A share of the visitors who agreed to be known gets its lists: decided by a hash, so nothing is kept of
    /// anybody and it is always the same people.
    Canary,
    /// For a share of the requests its list is made as well, beside the request, and compared with the one served.
    Shadow,
}

impl Way {
    pub(super) const ALL: [Self; 2] = [Self::Canary, Self::Shadow];

    /// The file on the shelf that names the version and its share.
    fn file(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Shadow => "shadow",
        }
    }

    /// A canary of more than half is no trial.
    fn most_percent(self) -> f64 {
        match self {
            Self::Canary => 50.0,
            Self::Shadow => 100.0,
        }
    }
}

/// What is tried, as it is on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    /// Name on the shelf.
    pub(super) version: String,
    /// Share of the visitors or requests, in percent.
    pub(super) percent: f64,
}

/// A trial began or ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trial {
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// How.
    pub way: Way,
    /// Name of the version on the shelf.
    pub version: String,
    /// Share of the visitors or requests from then on, in percent; 0 ended it.
    pub percent: f64,
    /// Who decided it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A trial under way.
#[derive(Debug)]
pub struct Tried {
    order: Order,
    /// `None` where the artefact cannot be read: it is then tried by nobody.
    loaded: Option<Arc<Loaded>>,
    measuring: Measuring,
}

impl Tried {
    fn new(order: Order, loaded: Option<Arc<Loaded>>) -> Self {
        Self { order, loaded, measuring: Measuring::default() }
    }

    /// The models tried, where they could be read.
    pub fn loaded(&self) -> Option<&Arc<Loaded>> {
        self.loaded.as_ref()
    }

    /// Whether a visitor or a request is among those who try it. Another version is tried by others.
    pub fn has(&self, unit: u64) -> bool {
        is_tried(&self.order.version, unit, self.order.percent / 100.0)
    }

    /// One comparison at a time: the turn to make one, `None` while another is made.
    pub fn turn(self: &Arc<Self>) -> Option<Turn> {
        self.measuring.begin().then(|| Turn(self.clone()))
    }

    /// What was measured since the trial began or the server started.
    pub fn so_far(&self) -> Measured {
        self.measuring.so_far(&self.order)
    }
}

/// The right to make a comparison, given back when it is dropped, whatever became of it.
#[derive(Debug)]
pub struct Turn(Arc<Tried>);

impl Turn {
    /// Notes the comparison: how much of the first ten is the same, 0 to 1, and how long the list took.
    pub fn measured(&self, overlap: f64, took: std::time::Duration) {
        self.0.measuring.note(overlap, took);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.measuring.end();
    }
}

impl Shelf {
    /// Tries a version on `percent` of the visitors (canary) or requests (shadow) from now on.
    ///
    /// It takes the place of whatever was tried that way before. `version` is a name or the beginning of a digest.
    ///
    /// # Errors
    /// No such version, one that is in service, as a canary one that its gates refuse or whose data are stale, a share
    /// not above 0 and at most 50 (shadow: 100), a disk that fails; what was tried before stays.
    pub fn start_trial(
        &self,
        way: Way,
        (version, percent): (&str, f64),
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<String, ShelfError> {
        let most = way.most_percent();
        if !(percent > 0.0 && percent <= most) {
            return Err(ShelfError::Share { percent, most });
        }
        let found: Version = match way {
            Way::Canary => self.fit_to_serve(version, now)?,
            // Nobody sees a shadow's lists: how a refused version would do is worth knowing.
            Way::Shadow => self.find(version)?,
        };
        if found.serving {
            return Err(ShelfError::InService);
        }
        let loaded = Some(Arc::new(self.read(&found.name)?));
        let order = Order { version: found.name.clone(), percent };
        journal::append(&self.dir, journal::TRIALS, &trial(way, &order, percent, by, reason, now))?;
        let text = serde_json::to_vec(&order).context("the trial cannot be written")?;
        write_durably(&self.dir.join(way.file()), &text)?;
        self.trials[way as usize].store(Some(Arc::new(Tried::new(order, loaded))));
        self.prune()?;
        Ok(found.name)
    }

    /// Ends a trial. Gives the version's name.
    ///
    /// # Errors
    /// Nothing is tried that way, a disk that fails.
    pub fn stop_trial(
        &self,
        way: Way,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<String, ShelfError> {
        let order = self.order(way)?.ok_or(ShelfError::NotTried)?;
        journal::append(&self.dir, journal::TRIALS, &trial(way, &order, 0.0, by, reason, now))?;
        remove(&self.dir.join(way.file()))?;
        self.trials[way as usize].store(None);
        Ok(order.version)
    }

    /// Ends every trial of a version that is in service now.
    pub(super) fn stop_trials_of(
        &self,
        name: &str,
        by: &str,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        for way in Way::ALL {
            if self.order(way).unwrap_or_default().is_some_and(|order| order.version == name) {
                self.stop_trial(way, by, "it is in service", now)?;
            }
        }
        Ok(())
    }

    /// The trial under way.
    pub fn tried(&self, way: Way) -> Option<Arc<Tried>> {
        self.trials[way as usize].load_full()
    }

    /// The trial to make lists with: `None` where there is none or its models are too old or unreadable.
    pub fn servable_trial(&self, way: Way, now: Timestamp) -> Option<Arc<Tried>> {
        let tried = self.tried(way)?;
        let age = super::age::age(tried.loaded()?, now);
        (age <= self.max_age).then_some(tried)
    }

    /// Takes over what the disk says is tried; gives whether that changed. An artefact that cannot be read is told
    /// once, not at every look.
    pub(super) fn follow_trials(&self) -> bool {
        Way::ALL.map(|way| self.follow_trial(way)).contains(&true)
    }

    fn follow_trial(&self, way: Way) -> bool {
        let order = match self.order(way) {
            Ok(order) => order,
            Err(error) => {
                tracing::error!("what is tried cannot be read, nothing changes: {error:#}");
                return false;
            }
        };
        if order.as_ref() == self.tried(way).as_ref().map(|tried| &tried.order) {
            return false;
        }
        let tried = order.map(|order| {
            let loaded = self.read(&order.version).map_err(|error| {
                tracing::error!("the version tried cannot be loaded, nobody gets it: {error:#}");
            });
            Arc::new(Tried::new(order, loaded.ok().map(Arc::new)))
        });
        self.trials[way as usize].store(tried);
        true
    }

    /// What is tried, as the disk says.
    pub(super) fn order(&self, way: Way) -> anyhow::Result<Option<Order>> {
        let path = self.dir.join(way.file());
        match fs::read(&path) {
            Ok(text) => {
                let order = serde_json::from_slice(&text);
                order.map(Some).with_context(|| format!("{} is damaged", path.display()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

fn trial(way: Way, of: &Order, percent: f64, by: &str, reason: &str, now: Timestamp) -> Trial {
    let (version, by, reason) = (of.version.clone(), by.to_owned(), reason.to_owned());
    Trial { at: now, way, version, percent, by, reason }
}

/// Removes a file for good: after a crash it does not come back.
fn remove(path: &Path) -> anyhow::Result<()> {
    fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    if let Some(dir) = path.parent() {
        fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
