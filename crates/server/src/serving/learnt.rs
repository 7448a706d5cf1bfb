//! What lists taught, kept over a restart: one small file, replaced whole after each lesson.
//!
//! Lists whose half hour was not over when the server stopped teach nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use recommend::{Objectives, Outcomes, RecommendError};

use super::models::write_durably;

/// The lists' outcomes with the file of what they taught.
#[derive(Debug)]
pub struct Learnt {
    file: PathBuf,
}

impl Learnt {
    /// In the directory of everything durable.
    pub fn at(dir: &Path) -> Self {
        Self { file: dir.join("learnt").join("objectives.json") }
    }

    /// Goes on from what was learnt before; begins anew where there is nothing, or nothing of use (which is logged).
    ///
    /// # Errors
    /// Never with the parameters used; what the library refuses.
    pub fn outcomes(&self) -> Result<Outcomes, RecommendError> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    tracing::warn!(error = %error, "what lists taught cannot be read, beginning anew");
                }
                return Outcomes::new();
            }
        };
        match Objectives::from_json(&text) {
            Ok(models) => Ok(Outcomes::with(models)),
            Err(error) => {
                tracing::warn!(error = %error, "lists begin to learn anew");
                Outcomes::new()
            }
        }
    }

    /// Learns from lists whose time is over and keeps it; returns how many. Waits for the disk.
    ///
    /// # Errors
    /// A disk that fails: it is learnt all the same, and kept with the next lesson.
    pub fn settle(&self, outcomes: &Outcomes, now: Timestamp) -> anyhow::Result<usize> {
        let lists = outcomes.settle(now);
        if lists > 0 {
            let dir = self.file.parent().context("no directory")?;
            fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
            write_durably(&self.file, outcomes.models().to_json()?.as_bytes())?;
        }
        Ok(lists)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::SignedDuration;
    use recommend::{Parts, Pipelines, Query, World, recommend};
    use uuid::Uuid;
    use vocab::{Item, PrivacyMode, RequestId, ReviewState, Text, VisitorId};

    use super::*;

    fn examples(outcomes: &Outcomes) -> u64 {
        outcomes.models().examples()[0].0
    }

    #[test]
    fn a_restart_goes_on_with_what_lists_taught_and_damage_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let learnt = Learnt::at(dir.path());
        let outcomes = learnt.outcomes().unwrap();
        assert_eq!(examples(&outcomes), 0);
        let item = Item {
            id: "fund".into(),
            title: Text::new("公积金提取", ""),
            review: ReviewState::Approved,
            ..Item::default()
        };
        let outcomes = Arc::new(outcomes);
        let parts =
            Parts { items: &[item], outcomes: Some(Arc::clone(&outcomes)), ..Parts::default() };
        let world = World::new(parts);
        let home = Pipelines::embedded().unwrap().get("home").unwrap();
        let at: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let request = RequestId(Uuid::from_u128(7));
        let somebody = Query {
            visitor: Some(VisitorId(1)),
            mode: PrivacyMode::Session,
            ..Query::new(request, at)
        };
        let answer = recommend(&home, &somebody, &world);
        outcomes.shown(request, VisitorId(1), at, answer.described);
        outcomes.opened(request, VisitorId(1), &"fund".into());
        assert_eq!(learnt.settle(&outcomes, at).unwrap(), 0, "its time is not over");
        let later = at + SignedDuration::from_hours(1);
        assert_eq!(learnt.settle(&outcomes, later).unwrap(), 1);

        let again = Learnt::at(dir.path());
        assert_eq!(examples(&again.outcomes().unwrap()), 1);
        let text = fs::read_to_string(&again.file).unwrap();
        assert!(!text.contains("fund"), "nothing but numbers: {text}");
        fs::write(&again.file, &text[..text.len() / 2]).unwrap();
        assert_eq!(examples(&again.outcomes().unwrap()), 0);
    }
}
