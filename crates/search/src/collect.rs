//! One pass over what a query finds: the best, how many, and counts by attribute.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::schema::IndexRecordOption;
use tantivy::{
    DocAddress, DocId, DocSet as _, Score, SegmentOrdinal, SegmentReader, TERMINATED, Term,
};

use crate::schema::FACETS;

/// Where a result stands: exact hits, then what is in force, then the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Past,
    Current,
    Exact,
}

/// One document found; greater is better.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) class: Class,
    pub(crate) current: bool,
    pub(crate) score: f64,
    tie: u64,
    pub(crate) address: DocAddress,
}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> Ordering {
        let score =
            |found: &Self| if found.score.is_finite() { found.score } else { f64::NEG_INFINITY };
        self.class
            .cmp(&other.class)
            .then(score(self).total_cmp(&score(other)))
            .then(other.tie.cmp(&self.tie))
            .then(other.address.cmp(&self.address))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Found {}

/// Counts of each attribute's values, in the order of [`FACETS`].
pub(crate) type Counts = Vec<BTreeMap<String, u64>>;

/// What the pass gives.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) total: usize,
    /// Best first.
    pub(crate) best: Vec<Found>,
    pub(crate) counts: Counts,
}

/// The pass.
#[derive(Debug)]
pub(crate) struct Gather {
    /// Results to keep.
    pub(crate) keep: usize,
    /// Whether the score decides; while browsing, the date does.
    pub(crate) by_score: bool,
    /// What an exact title or document number has.
    pub(crate) exact: Option<Term>,
    /// Milliseconds.
    pub(crate) now: i64,
}

pub(crate) struct GatherSegment {
    keep: usize,
    by_score: bool,
    now: i64,
    segment: SegmentOrdinal,
    /// Documents with an exact title or number, ascending; usually none.
    exact: Vec<DocId>,
    tie: Column<u64>,
    ends: Column<i64>,
    published: Column<i64>,
    /// Whether some document is dated ahead, so that each must be asked.
    some_ahead: bool,
    attributes: Vec<Option<StrColumn>>,
    found: Vec<DocId>,
    best: BinaryHeap<Reverse<Found>>,
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = GatherSegment;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<GatherSegment> {
        let fast = reader.fast_fields();
        let mut attributes = Vec::with_capacity(FACETS.len());
        for name in FACETS {
            attributes.push(fast.str(name)?);
        }
        let published = fast.i64("published")?;
        Ok(GatherSegment {
            keep: self.keep,
            by_score: self.by_score,
            now: self.now,
            segment,
            exact: self.exact.as_ref().map_or(Ok(Vec::new()), |term| documents(reader, term))?,
            tie: fast.u64("tie")?,
            ends: fast.i64("ends")?,
            some_ahead: published.max_value() > self.now,
            published,
            attributes,
            found: Vec::new(),
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, fruits: Vec<tantivy::Result<Gathered>>) -> tantivy::Result<Gathered> {
        let mut all =
            Gathered { counts: vec![BTreeMap::new(); FACETS.len()], ..Gathered::default() };
        for fruit in fruits {
            let fruit = fruit?;
            all.total += fruit.total;
            all.best.extend(fruit.best);
            for (sum, part) in all.counts.iter_mut().zip(fruit.counts) {
                for (value, count) in part {
                    *sum.entry(value).or_insert(0) += count;
                }
            }
        }
        all.best.sort_unstable_by(|a, b| b.cmp(a));
        all.best.truncate(self.keep);
        Ok(all)
    }
}

impl GatherSegment {
    /// Whether a document can be among the best, before its class is known: nothing stands above a current one but an exact hit.
    fn may_be_kept(&self, score: f64, exact: bool) -> bool {
        let Some(Reverse(worst)) = self.best.peek() else { return self.keep > 0 };
        self.best.len() < self.keep
            || exact
            || worst.class < Class::Current
            || score.total_cmp(&worst.score).is_ge()
    }

    fn keep(&mut self, doc: DocId, score: f64, exact: bool) {
        let current = self.ends.first(doc).unwrap_or(i64::MIN) > self.now;
        let class = match (exact, current) {
            (true, _) => Class::Exact,
            (false, true) => Class::Current,
            (false, false) => Class::Past,
        };
        let address = DocAddress::new(self.segment, doc);
        let found = Found { class, current, score, tie: self.tie.first(doc).unwrap_or(0), address };
        if self.best.len() < self.keep {
            self.best.push(Reverse(found));
        } else if self.best.peek().is_some_and(|worst| found > worst.0) {
            self.best.pop();
            self.best.push(Reverse(found));
        }
    }

    fn counts(&self) -> tantivy::Result<Counts> {
        let attributes = self.attributes.iter();
        attributes
            .map(|column| {
                column.as_ref().map_or(Ok(BTreeMap::new()), |column| count(column, &self.found))
            })
            .collect()
    }
}

impl SegmentCollector for GatherSegment {
    type Fruit = tantivy::Result<Gathered>;

    fn collect(&mut self, doc: DocId, score: Score) {
        let published = || self.published.first(doc).unwrap_or(i64::MIN);
        if self.some_ahead && published() > self.now {
            // Dated ahead: not out yet.
            return;
        }
        let score = if self.by_score { f64::from(score) } else { published() as f64 };
        let exact = self.exact.binary_search(&doc).is_ok();
        self.found.push(doc);
        if self.may_be_kept(score, exact) {
            self.keep(doc, score, exact);
        }
    }

    fn harvest(self) -> Self::Fruit {
        let counts = self.counts()?;
        let best = self.best.into_iter().map(|Reverse(found)| found).collect();
        Ok(Gathered { total: self.found.len(), best, counts })
    }
}

/// Documents that have a term, ascending.
fn documents(reader: &SegmentReader, term: &Term) -> tantivy::Result<Vec<DocId>> {
    let mut documents = Vec::new();
    let index = reader.inverted_index(term.field())?;
    if let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? {
        while postings.doc() != TERMINATED {
            documents.push(postings.doc());
            postings.advance();
        }
    }
    Ok(documents)
}

/// How many of `documents` have each value of an attribute. Read column by column, in blocks: many times faster than
/// document by document.
fn count(column: &StrColumn, documents: &[DocId]) -> tantivy::Result<BTreeMap<String, u64>> {
    const BLOCK: usize = 2_048;
    let mut counts = vec![0_u64; column.num_terms()];
    let (mut owners, mut rows, mut ordinals) = (Vec::new(), Vec::new(), Vec::new());
    for block in documents.chunks(BLOCK) {
        owners.clear();
        rows.clear();
        column.ords().row_ids_for_docs(block, &mut owners, &mut rows);
        ordinals.resize(rows.len(), 0);
        column.ords().values.get_vals(&rows, &mut ordinals);
        for &ordinal in &ordinals {
            if let Some(count) = usize::try_from(ordinal).ok().and_then(|at| counts.get_mut(at)) {
                *count += 1;
            }
        }
    }
    let mut values = BTreeMap::new();
    for (ordinal, count) in (0_u64..).zip(counts).filter(|(_, count)| *count > 0) {
        let mut value = String::new();
        column
            .ord_to_str(ordinal, &mut value)
            .map_err(Arc::new)
            .map_err(tantivy::TantivyError::IoError)?;
        values.insert(value, count);
    }
    Ok(values)
}
