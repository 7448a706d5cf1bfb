//! Items with the same telling words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use vocab::ItemId;

use crate::analysis::Grain;
use crate::collect::{Class, Gather};
use crate::schema::Part;
use crate::{SearchError, SearchIndex};

/// Words an item is compared by.
const WORDS: usize = 25;
/// Characters of the full text looked at for them.
const LOOKED_AT: usize = 2_000;

/// An item like another.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    /// The item.
    pub id: ItemId,
    /// How alike; comparable within one answer only.
    pub score: f32,
}

impl SearchIndex {
    /// Items in force that share the telling words of `id`, best first; empty where it is not in the index.
    ///
    /// # Errors
    /// Only when the index itself fails.
    pub fn more_like_this(
        &self,
        id: &ItemId,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Similar>, SearchError> {
        let searcher = self.searcher();
        let gather = |keep| Gather { keep, by_score: true, exact: None, now: now.as_millisecond() };
        let itself = Term::from_field_text(self.fields.id, id.as_str());
        let itself =
            searcher.search(&TermQuery::new(itself, IndexRecordOption::Basic), &gather(1))?;
        let Some(itself) = itself.best.first() else { return Ok(Vec::new()) };
        let (card, body) = self.stored(&searcher, itself.address)?;
        let title = [card.title.zh.as_str(), &card.title.en].join("。");
        let body: String = body.chars().take(LOOKED_AT).collect();
        let texts =
            [(title, 3.0), (card.aliases.join("。"), 3.0), (card.summary.zh, 2.0), (body, 1.0)];
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        for (text, weight) in texts {
            for piece in self.analyser.pieces(&self.analyser.normalise(&text), Grain::Word) {
                if piece.text.chars().count() > 1 {
                    *counts.entry(piece.text).or_insert(0.0) += weight;
                }
            }
        }
        let documents = searcher.num_docs() as f64;
        let mut telling = BTreeSet::new();
        for (word, count) in counts {
            let mut frequency = 0;
            for part in [Part::Title, Part::Body] {
                let term = Term::from_field_text(self.fields.shadow(part, Grain::Word), &word);
                frequency = frequency.max(searcher.doc_freq(&term)?);
            }
            let idf = ((1.0 + documents) / (1.0 + frequency as f64)).ln().max(0.0);
            // Micro-units make the weight an integer, and the order total.
            telling.insert((((1.0 + count).ln() * idf * 1e6) as u64, word));
        }
        let mut words: Vec<Box<dyn Query>> = Vec::new();
        for (weight, word) in telling.into_iter().rev().take(WORDS) {
            for (part, share) in
                [(Part::Title, 1.0), (Part::Alias, 1.0), (Part::Summary, 0.5), (Part::Body, 0.3)]
            {
                let term = Term::from_field_text(self.fields.shadow(part, Grain::Word), &word);
                let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                words.push(Box::new(BoostQuery::new(query, weight as f32 / 1e6 * share)));
            }
        }
        let found = searcher
            .search(&BooleanQuery::union(words), &gather(limit.min(crate::query::MAX_LIMIT) + 1))?;
        let mut similar = Vec::new();
        for one in found
            .best
            .into_iter()
            .filter(|one| one.class != Class::Past && one.address != itself.address)
        {
            let (card, _) = self.stored(&searcher, one.address)?;
            similar.push(Similar { id: card.id, score: one.score as f32 });
        }
        similar.truncate(limit);
        Ok(similar)
    }
}
