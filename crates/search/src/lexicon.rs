//! The words of the catalogue beside the index: what to suggest, and what was probably meant.

mod spell;
mod suggest;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use vocab::{ItemId, ItemKind, Lang};

use crate::SearchError;
use crate::analysis::Analyser;
use crate::document::Card;

/// Fewest people a query needs before others may see it suggested.
pub const MIN_PEOPLE: u32 = 5;

/// A query that people make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopularQuery {
    /// What they typed.
    pub text: String,
    /// How many different people; below [`MIN_PEOPLE`] it is ignored.
    pub people: u32,
}

/// Where a suggestion comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A title of the catalogue.
    Title,
    /// A plain-language name.
    Alias,
    /// A query of others.
    Query,
}

/// A completion of what is being typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The text to search for.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The item, for a title or an alias.
    pub item: Option<ItemId>,
    /// The item's family.
    pub kind: Option<ItemKind>,
}

/// One text that can be suggested, with the keys that lead to it.
#[derive(Clone, Debug)]
struct Entry {
    suggestion: Suggestion,
    /// `None` serves both languages.
    lang: Option<Lang>,
    weight: u32,
    /// A key and whether it is the start of the text.
    keys: Vec<(String, bool)>,
}

/// What one item adds.
#[derive(Clone, Debug, Default)]
struct Contribution {
    entries: Vec<Entry>,
    words: Vec<String>,
}

/// Everything that is known, from which [`Lexicon`] is built.
#[derive(Debug, Default)]
pub(crate) struct Material {
    items: HashMap<ItemId, Contribution>,
    queries: Vec<Entry>,
}

impl Material {
    /// Adds or replaces an item.
    pub(crate) fn insert(&mut self, card: &Card, analyser: &Analyser) {
        let mut contribution = Contribution::default();
        let weight = 2 * u32::from(card.kind == ItemKind::Service) + u32::from(card.importance);
        let titles = [(&card.title.zh, Some(Lang::Zh)), (&card.title.en, Some(Lang::En))];
        let titles = titles.map(|(text, lang)| (text, lang, Origin::Title));
        let aliases = card.aliases.iter().map(|text| (text, None, Origin::Alias));
        for (text, lang, origin) in
            titles.into_iter().chain(aliases).filter(|(text, ..)| !text.is_empty())
        {
            let normal = analyser.normalise(text);
            contribution.words.extend(spell::words(analyser, &normal));
            let suggestion = Suggestion {
                text: text.clone(),
                origin,
                item: Some(card.id.clone()),
                kind: Some(card.kind),
            };
            let keys = suggest::keys(analyser, &normal);
            contribution.entries.push(Entry { suggestion, lang, weight, keys });
        }
        self.items.insert(card.id.clone(), contribution);
    }

    /// Forgets an item.
    pub(crate) fn remove(&mut self, id: &ItemId) {
        self.items.remove(id);
    }

    /// The queries alone.
    pub(crate) fn without_items(self) -> Self {
        Self { items: HashMap::new(), queries: self.queries }
    }

    /// Replaces the queries of others.
    pub(crate) fn set_queries(&mut self, queries: &[PopularQuery], analyser: &Analyser) {
        self.queries = queries
            .iter()
            .filter(|query| query.people >= MIN_PEOPLE)
            .map(|query| {
                let keys = suggest::keys(analyser, &analyser.normalise(&query.text));
                let suggestion = Suggestion {
                    text: query.text.clone(),
                    origin: Origin::Query,
                    item: None,
                    kind: None,
                };
                Entry { suggestion, lang: None, weight: query.people.ilog2(), keys }
            })
            .collect();
    }
}

/// The built word lists; immutable, swapped as a whole.
#[derive(Debug)]
pub(crate) struct Lexicon {
    completions: suggest::Completions,
    spelling: spell::Spelling,
}

impl Lexicon {
    /// Builds the word lists. Takes about 1 s for 60,000 items: never on the path of a request.
    pub(crate) fn build(material: &Material) -> Result<Self, SearchError> {
        let ordered: BTreeMap<&ItemId, &Contribution> = material.items.iter().collect();
        let entries = ordered.values().flat_map(|item| &item.entries).chain(&material.queries);
        let words = ordered.values().flat_map(|item| &item.words);
        Ok(Self {
            completions: suggest::Completions::build(entries)?,
            spelling: spell::Spelling::build(words),
        })
    }

    /// Completions of `prefix`, already reduced to its key.
    pub(crate) fn complete(&self, prefix: &str, lang: Lang, limit: usize) -> Vec<Suggestion> {
        self.completions.find(prefix, lang, limit)
    }

    /// A likelier spelling of `query`, already normalised.
    pub(crate) fn correct(&self, query: &str) -> Option<String> {
        self.spelling.correct(query)
    }
}
