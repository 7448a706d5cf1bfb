//! Pipelines as data: which steps an arrival goes through, with what parameters, and the tests that prove it.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::Deserialize;
use vocab::event::Protocol;
use vocab::{SiteId, VisitorId};

use crate::identity::{site_day, visitor_id};
use crate::steps::pseudonymise::daily;

use crate::steps::StepSpec;
use crate::steps::dedup::Dedup;
use crate::steps::enrich::Agents;
use crate::steps::filter::Filter;
use crate::steps::parse::Parse;
use crate::steps::sessionise::Sessionise;
use crate::steps::spool::SpoolStep;
use crate::{CollectError, SpoolConfig};

mod case;
mod order;
mod road;

pub use road::Road;

/// The only format there is so far.
const FORMAT: u32 = 1;

/// What a pipeline reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Native,
    Segment,
    Sensors,
    Matomo,
    Log,
}

impl Source {
    const ALL: [Self; 5] = [Self::Native, Self::Segment, Self::Sensors, Self::Matomo, Self::Log];

    /// What its events are marked with.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Native => Protocol::Native,
            Self::Segment => Protocol::Segment,
            Self::Sensors => Protocol::Sensors,
            Self::Matomo => Protocol::Matomo,
            Self::Log => Protocol::Import,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    name: String,
    dialect: Source,
    #[serde(rename = "step")]
    steps: Vec<toml::Table>,
    #[serde(rename = "test", default)]
    tests: Vec<case::Case>,
}

/// A pipeline that has been checked.
#[derive(Debug)]
pub struct Definition {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) steps: Vec<StepSpec>,
    pub(crate) agents: Agents,
    tests: Vec<case::Case>,
}

impl Definition {
    /// Reads a definition and checks its steps: their names, their order, and the fields they map to.
    /// Steps that say `from = "road"` take their parameters from `road`.
    ///
    /// # Errors
    /// `Definition`, naming it and what is wrong.
    pub fn parse(text: &str, road: &Road) -> Result<Self, CollectError> {
        let fail =
            |name: &str, detail: String| CollectError::Definition { name: name.to_owned(), detail };
        let file: File = toml::from_str(text).map_err(|e| fail("unnamed", e.to_string()))?;
        let name = file.name;
        if file.format != FORMAT {
            return Err(fail(&name, format!("format {} is not known", file.format)));
        }
        let steps = file.steps.into_iter().map(|step| road.complete(step));
        let steps: Vec<StepSpec> =
            steps.collect::<Result<_, _>>().map_err(|detail| fail(&name, detail))?;
        order::check_order(file.dialect, &steps).map_err(|detail| fail(&name, detail))?;
        let definition = Self {
            name,
            source: file.dialect,
            steps,
            agents: Agents::default(),
            tests: file.tests,
        };
        let targets = definition.parse_step().properties.values();
        if let Some(target) = targets.into_iter().find(|t| !crate::dialect::is_field(t)) {
            let detail = format!("{target} is not a field of an event");
            return Err(fail(&definition.name, detail));
        }
        Ok(definition)
    }

    /// Runs the definition's own tests and returns how many there were.
    ///
    /// # Errors
    /// `Definition`, naming the first test that fails, or that there is none.
    pub fn validate(&self) -> Result<usize, CollectError> {
        if self.tests.is_empty() {
            let detail = "has no tests".to_owned();
            return Err(CollectError::Definition { name: self.name.clone(), detail });
        }
        for case in &self.tests {
            case.run(self).map_err(|detail| CollectError::Definition {
                name: self.name.clone(),
                detail: format!("test '{}': {detail}", case.name),
            })?;
        }
        Ok(self.tests.len())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn parse_step(&self) -> &Parse {
        let found = self.steps.iter().find_map(|step| match step {
            StepSpec::Parse(parse) => Some(parse),
            _ => None,
        });
        found.expect("checked: every definition parses")
    }

    pub(crate) fn sessionise(&self) -> &Sessionise {
        let found = self.steps.iter().find_map(|step| match step {
            StepSpec::Sessionise(sessionise) => Some(sessionise),
            _ => None,
        });
        found.expect("checked: every definition sessionises")
    }

    pub(crate) fn filter(&self) -> Option<&Filter> {
        self.steps.iter().find_map(|step| match step {
            StepSpec::Filter(filter) => Some(filter),
            _ => None,
        })
    }

    /// The pseudonym of somebody without a profile at that time, as the events of this dialect have it.
    pub(crate) fn passing_id(
        &self,
        pepper: &[u8; 32],
        site: SiteId,
        raw: &str,
        at: Timestamp,
    ) -> VisitorId {
        let step = self.steps.iter().find_map(|step| match step {
            StepSpec::Pseudonymise(step) => Some(step),
            _ => None,
        });
        let rotated = step.and_then(|step| step.rotated(raw, at));
        visitor_id(pepper, site, rotated.as_deref().unwrap_or(raw))
    }

    /// Every pseudonym besides the lasting one that somebody may have had in the `days` before `now`: those of a term, and
    /// those of a day for whoever objects.
    pub(crate) fn passed_ids(
        &self,
        key: (&[u8; 32], SiteId),
        zone: &TimeZone,
        raw: &str,
        (now, days): (Timestamp, i32),
    ) -> Vec<VisitorId> {
        let mut ids = BTreeSet::new();
        let today = site_day(zone, now);
        for back in 0..=days {
            let at = now - SignedDuration::from_hours(24 * i64::from(back));
            ids.insert(self.passing_id(key.0, key.1, raw, at));
            if let Ok(day) = today.checked_sub(Span::new().days(back)) {
                ids.insert(visitor_id(key.0, key.1, &daily(day, raw)));
            }
        }
        ids.remove(&visitor_id(key.0, key.1, raw));
        ids.into_iter().collect()
    }

    fn store(&self) -> (Option<&Dedup>, Option<&SpoolStep>) {
        let (mut dedup, mut spool) = (None, None);
        for step in &self.steps {
            match step {
                StepSpec::Dedup(step) => dedup = Some(step),
                StepSpec::Spool(step) => spool = Some(step),
                _ => {}
            }
        }
        (dedup, spool)
    }
}

/// The pipelines a collector runs, one a dialect.
#[derive(Debug)]
pub struct Definitions {
    all: Vec<Definition>,
}

impl Definitions {
    /// The definitions that come with the program, by name.
    pub const BUILT_IN: [(&str, &str); 5] = [
        ("native", include_str!("../../../pipelines/clickstream/native.toml")),
        ("segment", include_str!("../../../pipelines/clickstream/segment.toml")),
        ("sensors", include_str!("../../../pipelines/clickstream/sensors.toml")),
        ("matomo", include_str!("../../../pipelines/clickstream/matomo.toml")),
        ("log", include_str!("../../../pipelines/clickstream/log.toml")),
    ];

    /// The definitions that come with the program.
    ///
    /// # Errors
    /// `Definition`, only where the program was built from wrong ones.
    pub fn built_in() -> Result<Self, CollectError> {
        Self::load(&[], &Road::built_in()?)
    }

    /// The given definitions, and the built-in ones for dialects not among them.
    ///
    /// # Errors
    /// `Definition`: one is wrong, or they do not agree on the spool they share.
    pub fn load(texts: &[&str], road: &Road) -> Result<Self, CollectError> {
        let mut given = Vec::new();
        for text in texts {
            given.push(Definition::parse(text, road)?);
        }
        let mut all = Vec::new();
        for (source, (_, built_in)) in Source::ALL.into_iter().zip(Self::BUILT_IN) {
            all.push(match given.iter().rposition(|definition| definition.source == source) {
                Some(index) => given.swap_remove(index),
                None => Definition::parse(built_in, road)?,
            });
        }
        if let [first, others @ ..] = all.as_slice()
            && let Some(other) = others.iter().find(|other| other.store() != first.store())
        {
            return Err(CollectError::Definition {
                name: other.name.clone(),
                detail: format!(
                    "dedup and spool differ from those of {}: they share one spool",
                    first.name
                ),
            });
        }
        Ok(Self { all })
    }

    pub(crate) fn of(&self, source: Source) -> &Definition {
        let found = self.all.iter().find(|definition| definition.source == source);
        found.expect("loaded: every dialect has a definition")
    }

    pub(crate) fn all(&self) -> &[Definition] {
        &self.all
    }

    /// The pipeline of server logs, for [`crate::log::import`].
    pub fn log(&self) -> &Definition {
        self.of(Source::Log)
    }

    /// Runs the tests of all of them and returns how many there were.
    ///
    /// # Errors
    /// As [`Definition::validate`].
    pub fn validate(&self) -> Result<usize, CollectError> {
        self.all.iter().try_fold(0, |sum, definition| Ok(sum + definition.validate()?))
    }

    /// The spool the definitions describe, in that directory.
    pub fn spool_config(&self, dir: impl Into<std::path::PathBuf>) -> SpoolConfig {
        let mut config = SpoolConfig::new(dir);
        let (dedup, spool) = self.of(Source::Native).store();
        if let Some(dedup) = dedup {
            config.dedup_window = dedup.window.unsigned_abs();
        }
        if let Some(spool) = spool {
            config.max_bytes = spool.max_bytes;
            config.max_queued_bytes = spool.max_queued_bytes;
            config.keep_events = spool.keep_events;
        }
        config
    }
}

#[cfg(test)]
mod tests;
