//! From a text to a unit vector: words and character n-grams, the more telling the rarer.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::tokens;

/// Characters of a text that are read: a page's beginning says what it is about.
const MAX_CHARS: usize = 4_000;
/// Longest n-gram, in characters.
const LONGEST: usize = 3;
/// Marks a term as an n-gram; what is left of its hash are 31 bits.
const GRAM: u32 = 1 << 31;

/// The terms of one text with `1 + ln(count)`, ascending: words first, then n-grams.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bag(Vec<(u32, f32)>);

impl Bag {
    /// Of a text as it is written.
    pub(crate) fn of(text: &str) -> Self {
        Self::of_normal(&tokens::normalise(text))
    }

    /// The words alone, of a text as it is written.
    pub(crate) fn words_of(text: &str) -> Self {
        Self::counted(words(&beginning(&tokens::normalise(text))))
    }

    /// Of a text that is normalised already.
    pub(crate) fn of_normal(text: &str) -> Self {
        let text = beginning(text);
        let mut terms = words(&text);
        // White space of any length is one space, also to the n-grams.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let starts: Vec<usize> =
            text.char_indices().map(|(start, _)| start).chain([text.len()]).collect();
        for length in 1..=LONGEST {
            for window in starts.windows(length + 1) {
                terms.push(hash(&text[window[0]..window[length]]) | GRAM);
            }
        }
        Self::counted(terms)
    }

    fn counted(mut terms: Vec<u32>) -> Self {
        terms.sort_unstable();
        let counted = terms.chunk_by(|a, b| a == b);
        Self(counted.map(|same| (same[0], 1.0 + (same.len() as f32).ln())).collect())
    }

    /// Whether there is no term.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}

fn words(text: &str) -> Vec<u32> {
    tokens::words(text).map(|word| hash(word) & !GRAM).collect()
}

fn hash(term: &str) -> u32 {
    let hash = tokens::fnv(term.as_bytes());
    (hash ^ (hash >> 32)) as u32
}

/// The terms that are known, and how rare each is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// Ascending.
    known: Vec<u32>,
    /// `ln((1 + texts) / (1 + texts with it)) + 1`, the smoothed inverse document frequency.
    #[serde(with = "crate::models::packed")]
    rarity: Vec<f32>,
    word_weight: f32,
}

impl Terms {
    /// Counts the terms of texts and keeps the most frequent.
    pub(crate) fn fit(bags: &[&Bag], most: usize, word_weight: f32) -> Self {
        let mut frequency: HashMap<u32, u32> = HashMap::new();
        for (term, _) in bags.iter().flat_map(|bag| &bag.0) {
            *frequency.entry(*term).or_default() += 1;
        }
        let mut found: Vec<(u32, u32)> = frequency.into_iter().collect();
        found.sort_unstable_by_key(|&(term, count)| (std::cmp::Reverse(count), term));
        found.truncate(most);
        found.sort_unstable();
        let texts = bags.len() as f32;
        let rarity = |count: u32| ((1.0 + texts) / (1.0 + count as f32)).ln() + 1.0;
        Self {
            known: found.iter().map(|entry| entry.0).collect(),
            rarity: found.iter().map(|entry| rarity(entry.1)).collect(),
            word_weight,
        }
    }

    /// The vector of a text: words and n-grams each of unit length, joined, and of unit length again. Empty where no
    /// term is known.
    pub(crate) fn row(&self, bag: &Bag) -> Vec<(u32, f32)> {
        let mut row: Vec<(u32, f32)> = Vec::with_capacity(bag.0.len());
        let mut words = 0;
        for &(term, count) in &bag.0 {
            if let Ok(at) = self.known.binary_search(&term) {
                row.push((at as u32, count * self.rarity[at]));
                words += usize::from(term & GRAM == 0);
            }
        }
        let (of_words, of_grams) = row.split_at_mut(words);
        scale(of_words, self.word_weight);
        scale(of_grams, 1.0);
        scale(&mut row, 1.0);
        row
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    pub(crate) fn is_consistent(&self) -> bool {
        self.known.is_sorted() && self.rarity.len() == self.known.len()
    }
}

/// Makes a vector that long; one without length stays as it is.
fn scale(row: &mut [(u32, f32)], length: f32) {
    let now = row.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
    if now > 0.0 {
        for (_, value) in row {
            *value *= length / now;
        }
    }
}
