//! One pass over what a query finds: the best, how many, and counts by attribute.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

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
    /// Digest of an exact title or document number; `None` while browsing, which goes by date.
    pub(crate) exact: Option<u64>,
    /// Milliseconds.
    pub(crate) now: i64,
}

pub(crate) struct GatherSegment {
    keep: usize,
    want: Option<u64>,
    now: i64,
    segment: SegmentOrdinal,
    exact: Column<u64>,
    tie: Column<u64>,
    ends: Column<i64>,
    published: Column<i64>,
    attributes: Vec<Option<(StrColumn, Vec<u64>)>>,
    total: usize,
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
            attributes.push(fast.str(name)?.map(|column| {
                let values = vec![0; column.num_terms()];
                (column, values)
            }));
        }
        Ok(GatherSegment {
            keep: self.keep,
            want: self.exact,
            now: self.now,
            segment,
            exact: fast.u64("exact")?,
            tie: fast.u64("tie")?,
            ends: fast.i64("ends")?,
            published: fast.i64("published")?,
            attributes,
            total: 0,
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
    fn count(&self) -> tantivy::Result<Counts> {
        let mut counts = Vec::with_capacity(self.attributes.len());
        for attribute in &self.attributes {
            let mut values = BTreeMap::new();
            if let Some((column, numbers)) = attribute {
                for (ordinal, &count) in (0_u64..).zip(numbers).filter(|(_, count)| **count > 0) {
                    let mut value = String::new();
                    column
                        .ord_to_str(ordinal, &mut value)
                        .map_err(Arc::new)
                        .map_err(tantivy::TantivyError::IoError)?;
                    values.insert(value, count);
                }
            }
            counts.push(values);
        }
        Ok(counts)
    }
}

impl SegmentCollector for GatherSegment {
    type Fruit = tantivy::Result<Gathered>;

    fn collect(&mut self, doc: DocId, score: Score) {
        let published = self.published.first(doc).unwrap_or(i64::MIN);
        if published > self.now {
            // Dated ahead: not out yet.
            return;
        }
        self.total += 1;
        for (column, counts) in self.attributes.iter_mut().flatten() {
            for ordinal in column.term_ords(doc) {
                if let Some(count) = usize::try_from(ordinal).ok().and_then(|at| counts.get_mut(at))
                {
                    *count += 1;
                }
            }
        }
        let current = self.ends.first(doc).unwrap_or(i64::MIN) > self.now;
        let exact =
            self.want.is_some_and(|want| self.exact.values_for_doc(doc).any(|is| is == want));
        let class = match (exact, current) {
            (true, _) => Class::Exact,
            (false, true) => Class::Current,
            (false, false) => Class::Past,
        };
        let score = if self.want.is_some() { f64::from(score) } else { published as f64 };
        let address = DocAddress::new(self.segment, doc);
        let found = Found { class, current, score, tie: self.tie.first(doc).unwrap_or(0), address };
        if self.best.len() < self.keep {
            self.best.push(Reverse(found));
        } else if self.best.peek().is_some_and(|worst| found > worst.0) {
            self.best.pop();
            self.best.push(Reverse(found));
        }
    }

    fn harvest(self) -> Self::Fruit {
        let counts = self.count()?;
        let best = self.best.into_iter().map(|Reverse(found)| found).collect();
        Ok(Gathered { total: self.total, best, counts })
    }
}
