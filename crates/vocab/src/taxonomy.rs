//! The closed vocabulary of needs (个人、经营主体、公共事务): the only tags a person can carry.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{Audience, NeedId, Text};

/// How carefully a need is handled (invariant 5).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// May be inferred and kept.
    #[default]
    Normal,
    /// Inferred within the session only.
    Guarded,
    /// Declared only, never inferred, never on a lock screen.
    Sensitive,
}

/// A branch of the taxonomy: a stage of life, of a business, or civic affairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedGroup {
    /// For example `p.birth`.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Whom it concerns.
    pub audience: Audience,
}

/// A leaf of the taxonomy: something a person or a business needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// For example `p.birth.register`.
    pub id: NeedId,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// The branch it hangs on.
    pub group: String,
    /// National service themes that speak of it.
    pub themes: Vec<String>,
    /// Document topics that speak of it.
    pub topics: Vec<String>,
    /// How carefully it is handled.
    pub sensitivity: Sensitivity,
    /// Chinese words that are weak evidence of it.
    pub kw_zh: Vec<String>,
    /// English words that are weak evidence of it.
    pub kw_en: Vec<String>,
}

impl Need {
    /// The name in both languages.
    pub fn name(&self) -> Text {
        Text::new(&self.zh, &self.en)
    }
}

/// A code with its name: a national theme or a document topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// For example `N005` or `T15`.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// The whole vocabulary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    /// Version of the file's format; 1.
    pub format: u32,
    /// Branches.
    #[serde(rename = "group")]
    pub groups: Vec<NeedGroup>,
    /// Leaves.
    #[serde(rename = "need")]
    pub needs: Vec<Need>,
    /// National themes, natural (`N…`) and legal (`L…`) persons.
    #[serde(rename = "theme")]
    pub themes: Vec<Code>,
    /// Document topics.
    #[serde(rename = "topic")]
    pub topics: Vec<Code>,
    #[serde(skip)]
    by_id: HashMap<NeedId, usize>,
}

/// What is wrong with a taxonomy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaxonomyError {
    /// A format this build does not know.
    #[error("taxonomy format {0} is not known, expected 1")]
    Format(u32),
    /// Two needs with one id.
    #[error("need {0} is defined twice")]
    Duplicate(NeedId),
    /// A need on a branch that is not there.
    #[error("need {need} names the group {group}, which is not defined")]
    UnknownGroup {
        /// The need.
        need: NeedId,
        /// The missing branch.
        group: String,
    },
    /// A need naming a theme or topic that is not there.
    #[error("need {need} names the code {code}, which is not defined")]
    UnknownCode {
        /// The need.
        need: NeedId,
        /// The missing code.
        code: String,
    },
}

impl Taxonomy {
    /// Checks the references and builds the index; call once after parsing.
    ///
    /// # Errors
    /// The first duplicate, unknown group, unknown code or unknown format.
    pub fn check(mut self) -> Result<Self, TaxonomyError> {
        if self.format != 1 {
            return Err(TaxonomyError::Format(self.format));
        }
        for (position, need) in self.needs.iter().enumerate() {
            if !self.groups.iter().any(|group| group.id == need.group) {
                return Err(TaxonomyError::UnknownGroup {
                    need: need.id.clone(),
                    group: need.group.clone(),
                });
            }
            let known = |code: &String| {
                self.themes.iter().chain(&self.topics).any(|entry| entry.code == *code)
            };
            if let Some(code) = need.themes.iter().chain(&need.topics).find(|code| !known(code)) {
                return Err(TaxonomyError::UnknownCode {
                    need: need.id.clone(),
                    code: code.clone(),
                });
            }
            if self.by_id.insert(need.id.clone(), position).is_some() {
                return Err(TaxonomyError::Duplicate(need.id.clone()));
            }
        }
        Ok(self)
    }

    /// The need with that id.
    pub fn need(&self, id: &str) -> Option<&Need> {
        self.by_id.get(id).map(|&position| &self.needs[position])
    }

    /// Position of the need in [`Taxonomy::needs`]: its class number in the models.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The branch with that id.
    pub fn group(&self, id: &str) -> Option<&NeedGroup> {
        self.groups.iter().find(|group| group.id == id)
    }
}
