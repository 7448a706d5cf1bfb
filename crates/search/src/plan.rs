//! From what was typed to a query of the index; the engine's own query language is never involved.

use std::collections::BTreeMap;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query,
    TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use vocab::Audience;

use crate::Filters;
use crate::analysis::normalise::digest;
use crate::analysis::{Analyser, Grain, Piece, pinyin};
use crate::document::audience_name;
use crate::schema::{Fields, Part};

type Clauses = Vec<(Occur, Box<dyn Query>)>;

/// Weight of a part of an item: `[title, alias, summary, body]`. Measured: matters of Guangdong .88 at a body weight of
/// .3 and .87 at 1, but lay questions about laws .18 and .30. Both kinds of text are on a portal.
const PART: [f32; 4] = [1.0, 1.0, 0.8, 0.8];
/// Weight of a shadow: `[single, pair, word]`.
const GRAIN: [f32; 3] = [1.0, 1.0, 0.7];
/// Weight of the whole query standing in a title or alias.
const PHRASE: f32 = 1.0;
/// Share of the characters a loose match must have, in hundredths.
const LOOSE: usize = 60;

/// How the words typed are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As they stand: at least one pair or word must occur.
    Literal,
    /// As pinyin, beside the literal reading.
    Pinyin,
    /// By single characters: for queries whose pairs occur nowhere.
    Loose,
}

/// A query, normalised once.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    fields: &'a Fields,
    analyser: &'a Analyser,
    text: String,
}

impl<'a> Plan<'a> {
    /// The plan for `text`, already normalised.
    pub(crate) fn new(fields: &'a Fields, analyser: &'a Analyser, text: String) -> Self {
        Self { fields, analyser, text }
    }

    /// The term an exact hit has for its title or document number.
    pub(crate) fn exact(&self) -> Term {
        Term::from_field_u64(self.fields.exact, digest(&self.analyser.key(&self.text)))
    }

    /// The query under one reading, restricted by `filters`.
    pub(crate) fn query(&self, reading: Reading, filters: &Filters) -> Box<dyn Query> {
        let found: Box<dyn Query> = if self.text.is_empty() {
            Box::new(AllQuery)
        } else {
            let words = match reading {
                Reading::Literal => self.literal(),
                Reading::Pinyin => union(vec![self.literal(), self.pinyin()]),
                Reading::Loose => self.loose(),
            };
            let exact = TermQuery::new(self.exact(), IndexRecordOption::Basic);
            union(vec![words, Box::new(exact)])
        };
        let mut clauses: Clauses = vec![(Occur::Must, found)];
        clauses.extend(self.filters(filters).into_iter().map(|filter| {
            let silent: Box<dyn Query> = Box::new(ConstScoreQuery::new(filter, 0.0));
            (Occur::Must, silent)
        }));
        Box::new(BooleanQuery::new(clauses))
    }

    /// Distinct terms of the text in one shadow, with how often each occurs.
    fn terms(&self, grain: Grain) -> BTreeMap<String, f32> {
        let mut terms = BTreeMap::new();
        for piece in self.analyser.pieces(&self.text, grain) {
            *terms.entry(piece.text).or_insert(0.0) += 1.0;
        }
        terms
    }

    fn scored(&self, grain: Grain, parts: &[Part]) -> Vec<Box<dyn Query>> {
        let terms = self.terms(grain);
        let mut queries: Vec<Box<dyn Query>> = Vec::with_capacity(terms.len() * parts.len());
        for &part in parts {
            let field = self.fields.shadow(part, grain);
            for (term, times) in &terms {
                let weight = PART[part as usize] * GRAIN[grain as usize] * times;
                queries.push(boosted(word(field, term), weight));
            }
        }
        queries
    }

    fn literal(&self) -> Box<dyn Query> {
        let single = self.terms(Grain::Single);
        if single.len() == 1 {
            // One character or one Latin word: there is no pair to ask for.
            return union(self.scored(Grain::Single, &Part::ALL));
        }
        let mut evidence = self.scored(Grain::Pair, &Part::ALL);
        evidence.extend(self.scored(Grain::Word, &Part::ALL));
        if evidence.is_empty() {
            return Box::new(EmptyQuery);
        }
        let mut clauses: Clauses = vec![(Occur::Must, union(evidence))];
        // The full text has nearly every character: they would cost much and tell nothing.
        let parts = [Part::Title, Part::Alias, Part::Summary];
        clauses.extend(
            self.scored(Grain::Single, &parts).into_iter().map(|query| (Occur::Should, query)),
        );
        clauses.extend(self.phrases().into_iter().map(|query| (Occur::Should, query)));
        Box::new(BooleanQuery::new(clauses))
    }

    fn phrases(&self) -> Vec<Box<dyn Query>> {
        let pairs = self.analyser.pieces(&self.text, Grain::Pair);
        [Part::Title, Part::Alias]
            .into_iter()
            .filter_map(|part| {
                let phrase = phrase(self.fields.shadow(part, Grain::Pair), &pairs)?;
                Some(boosted(phrase, PART[part as usize] * PHRASE))
            })
            .collect()
    }

    fn loose(&self) -> Box<dyn Query> {
        let terms = self.terms(Grain::Single);
        let needed = (terms.len() * LOOSE).div_ceil(100).max(1);
        let parts = [Part::Title, Part::Alias, Part::Summary];
        let parts = parts.map(|part| -> Box<dyn Query> {
            let field = self.fields.shadow(part, Grain::Single);
            let words = terms.keys().map(|term| word(field, term)).collect();
            Box::new(BooleanQuery::union_with_minimum_required_clauses(words, needed))
        });
        union(parts.into_iter().collect())
    }

    fn pinyin(&self) -> Box<dyn Query> {
        let field = self.fields.sounds;
        let Some(syllables) = pinyin::cut(&self.text) else { return self.initials() };
        if let [only] = syllables.as_slice() {
            return word(field, only);
        }
        let pairs: Vec<String> = syllables.windows(2).map(|pair| pair.join(" ")).collect();
        let evidence = pairs.iter().map(|pair| word(field, pair)).collect();
        let mut clauses: Clauses = vec![(Occur::Must, union(evidence))];
        clauses.extend(syllables.iter().map(|one| (Occur::Should, word(field, one))));
        let in_order =
            syllables.iter().enumerate().map(|(at, one)| (at, Term::from_field_text(field, one)));
        clauses.push((Occur::Should, Box::new(PhraseQuery::new_with_offset(in_order.collect()))));
        Box::new(BooleanQuery::new(clauses))
    }

    fn initials(&self) -> Box<dyn Query> {
        let letters: Vec<char> = self.text.chars().filter(char::is_ascii_lowercase).collect();
        if letters.len() < 2 {
            return Box::new(EmptyQuery);
        }
        let field = self.fields.initials;
        let terms = letters.iter().map(|letter| Term::from_field_text(field, &letter.to_string()));
        Box::new(PhraseQuery::new(terms.collect()))
    }

    fn filters(&self, filters: &Filters) -> Vec<Box<dyn Query>> {
        let by = &self.fields.by;
        let mut audiences: Vec<String> =
            filters.audiences.iter().map(|&audience| audience_name(audience).to_owned()).collect();
        if !audiences.is_empty() {
            audiences.push(audience_name(Audience::All).to_owned());
        }
        let lists = [
            (by.kind, filters.kinds.iter().map(|kind| kind.as_str().to_owned()).collect()),
            (by.dept, filters.depts.clone()),
            (self.fields.region_path, filters.regions.clone()),
            (by.theme, filters.themes.clone()),
            (by.audience, audiences),
            (by.site, filters.sites.iter().map(ToString::to_string).collect()),
            (by.year, filters.years.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ];
        lists
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(field, values)| -> Box<dyn Query> {
                Box::new(TermSetQuery::new(
                    values
                        .iter()
                        .map(|value| Term::from_field_text(field, value))
                        .collect::<Vec<_>>(),
                ))
            })
            .collect()
    }
}

fn union(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    Box::new(BooleanQuery::union(queries))
}

fn word(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

fn boosted(query: Box<dyn Query>, weight: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}

/// All pieces in their order; a phrase needs two.
fn phrase(field: Field, pieces: &[Piece]) -> Option<Box<dyn Query>> {
    let [first, _, ..] = pieces else { return None };
    let start = first.position;
    let terms = pieces
        .iter()
        .map(|piece| (piece.position - start, Term::from_field_text(field, &piece.text)));
    Some(Box::new(PhraseQuery::new_with_offset(terms.collect())))
}
