//! Answering a search: the literal reading first, then what may have been meant.

use tantivy::Searcher;
use vocab::{ItemId, Lang};

use crate::analysis::pinyin;
use crate::collect::{Class, Counts, Found, Gather, Gathered};
use crate::document::Card;
use crate::highlight::Marks;
use crate::plan::{Plan, Reading};
use crate::query::{MAX_DEPTH, MAX_LIMIT, MAX_QUERY};
use crate::rank::{MAX_MOVE, personalise};
use crate::results::{Facet, FacetValue};
use crate::schema::FACETS;
use crate::{Hit, SearchError, SearchIndex, SearchQuery, SearchResults, metrics};

/// Below this many results another spelling is looked for.
const FEW: usize = 3;
/// Most values counted for one attribute.
const FACET_VALUES: usize = 50;

/// A finding and how it came about.
struct Outcome {
    gathered: Gathered,
    /// The normalised text the results are for.
    text: String,
    did_you_mean: Option<String>,
    corrected: bool,
    name: &'static str,
}

impl SearchIndex {
    /// Finds items.
    ///
    /// `affinity` says how near an item is to the person, 0 to 1; anything else counts as 0 or 1. It moves a result
    /// by at most [`crate::MAX_MOVE`] places, never past an exact hit, and hides nothing: pass `&|_| 0.0` for the
    /// order everybody gets.
    ///
    /// # Errors
    /// Only when the index itself fails; no query is an error.
    pub fn search(
        &self,
        query: &SearchQuery,
        affinity: &dyn Fn(&ItemId) -> f32,
    ) -> Result<SearchResults, SearchError> {
        let cut: String = query.q.chars().take(MAX_QUERY).collect();
        let text = self.analyser.normalise(cut.trim());
        let searcher = self.searcher();
        let outcome = self.outcome(&searcher, query, text)?;
        ::metrics::counter!(metrics::QUERIES, "outcome" => outcome.name).increment(1);
        let hits = self.page(&searcher, query, &outcome, affinity)?;
        Ok(SearchResults {
            total: outcome.gathered.total,
            hits,
            facets: facets(outcome.gathered.counts),
            did_you_mean: outcome.did_you_mean,
            corrected: outcome.corrected,
        })
    }

    fn outcome(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        text: String,
    ) -> Result<Outcome, SearchError> {
        let literal = self.gather(searcher, query, &text, Reading::Literal)?;
        let plain = |gathered: Gathered, text, name| {
            let name = if gathered.total == 0 { "none" } else { name };
            Outcome { gathered, text, did_you_mean: None, corrected: false, name }
        };
        if literal.total >= FEW || !text.chars().any(char::is_alphanumeric) {
            return Ok(plain(literal, text, "hits"));
        }
        let suggestion = self.lexicon().correct(&text).filter(|better| *better != text);
        if pinyin::could_be(&text) {
            let sounded = self.gather(searcher, query, &text, Reading::Pinyin)?;
            if sounded.total > literal.total {
                // Mark the characters that were meant, where they are known.
                let mut outcome = plain(sounded, suggestion.clone().unwrap_or(text), "pinyin");
                outcome.did_you_mean = suggestion;
                return Ok(outcome);
            }
        }
        if let Some(better) = suggestion {
            let found = self.gather(searcher, query, &better, Reading::Literal)?;
            if literal.total == 0 && found.total > 0 {
                let mut outcome = plain(found, better.clone(), "corrected");
                (outcome.did_you_mean, outcome.corrected) = (Some(better), true);
                return Ok(outcome);
            }
            if found.total > literal.total {
                let mut outcome = plain(literal, text, "hits");
                outcome.did_you_mean = Some(better);
                return Ok(outcome);
            }
        }
        if literal.total > 0 {
            return Ok(plain(literal, text, "hits"));
        }
        let loose = self.gather(searcher, query, &text, Reading::Loose)?;
        Ok(plain(loose, text, "loose"))
    }

    fn gather(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        text: &str,
        reading: Reading,
    ) -> Result<Gathered, SearchError> {
        let plan = Plan::new(&self.fields, &self.analyser, text.to_owned());
        let limit = query.limit.min(MAX_LIMIT);
        let keep = query.offset.min(MAX_DEPTH) + limit + MAX_MOVE;
        let exact = (!text.is_empty()).then(|| plan.exact());
        let gather =
            Gather { keep, by_score: exact.is_some(), exact, now: query.now.as_millisecond() };
        Ok(searcher.search(&plan.query(reading, &query.filters), &gather)?)
    }

    fn page(
        &self,
        searcher: &Searcher,
        query: &SearchQuery,
        outcome: &Outcome,
        affinity: &dyn Fn(&ItemId) -> f32,
    ) -> Result<Vec<Hit>, SearchError> {
        let offset = query.offset.min(MAX_DEPTH);
        // Nothing from further up than this can land on the page, or make something else land on it.
        let from = offset.saturating_sub(2 * MAX_MOVE + 2);
        let mut window = Vec::new();
        for found in outcome.gathered.best.iter().skip(from) {
            let (card, body) = self.stored(searcher, found.address)?;
            window.push((*found, card, body));
        }
        let group = |(found, ..): &(Found, Card, String)| {
            (found.class != Class::Exact).then_some(found.class)
        };
        let ranked = personalise(window, group, |(_, card, _)| affinity(&card.id));
        let marks = Marks::new(&self.analyser, &outcome.text);
        let shown = ranked.into_iter().skip(offset - from).take(query.limit.min(MAX_LIMIT));
        Ok(shown
            .map(|((found, card, body), moved)| {
                self.hit(query.lang, &marks, &found, card, &body, moved)
            })
            .collect())
    }

    fn hit(
        &self,
        lang: Lang,
        marks: &Marks,
        found: &Found,
        card: Card,
        body: &str,
        moved: i8,
    ) -> Hit {
        let analyser = &self.analyser;
        Hit {
            title_html: marks.html(analyser, card.title.get(lang)),
            snippet_html: marks.passage(analyser, &[card.summary.get(lang), body]),
            id: card.id,
            site: card.site,
            kind: card.kind,
            title: card.title,
            url: card.url,
            dept: card.dept,
            region: card.region,
            doc_number: card.doc_number,
            published_at: card.published_at,
            score: found.score as f32,
            exact: found.class == Class::Exact,
            current: found.current,
            moved,
        }
    }
}

fn facets(counts: Counts) -> Vec<Facet> {
    let name_and_counts = FACETS.into_iter().zip(counts);
    name_and_counts
        .map(|(name, counts)| {
            let mut values: Vec<FacetValue> =
                counts.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
            values.sort_by(|a, b| b.count.cmp(&a.count).then(a.value.cmp(&b.value)));
            values.truncate(FACET_VALUES);
            Facet { name, values }
        })
        .collect()
}
