//! What was probably meant: words of the same sound (同音错字), typed pinyin, slips in Latin words.

use std::collections::{BTreeMap, HashMap};

use crate::analysis::{Analyser, is_han, pinyin, runs};

/// Longest word looked up, in characters.
const LONGEST: usize = 8;
/// Longest run corrected, in characters.
const RUN: usize = 40;
/// Cost of a character that belongs to no known word.
const STRANGER: f64 = 1.0;
/// Cost of a known word as it stands.
const KNOWN: f64 = 0.2;
/// Cost of a known word put for another of the same sound.
const REPLACED: f64 = 0.9;

/// Words of a text that can serve as corrections, already normalised.
pub(super) fn words(analyser: &Analyser, text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (han, range) in runs(text) {
        let run = &text[range];
        let length = run.chars().count();
        if !han {
            if length >= 4 && run.chars().all(char::is_alphabetic) {
                words.push(run.to_owned());
            }
            continue;
        }
        let cut = analyser.words(run);
        words.extend(
            cut.iter().filter(|word| word.chars().count() >= 2).map(|word| (*word).to_owned()),
        );
        if cut.len() > 1 && length <= LONGEST {
            words.push(run.to_owned());
        }
    }
    words
}

/// Words by how they sound, with how often each occurs.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    han: HashMap<String, u32>,
    by_sound: HashMap<String, Vec<String>>,
    latin: BTreeMap<String, u32>,
}

impl Spelling {
    pub(super) fn build<'a>(words: impl Iterator<Item = &'a String>) -> Self {
        let mut spelling = Self::default();
        for word in words {
            let counts = word.chars().all(is_han);
            if counts {
                *spelling.han.entry(word.clone()).or_insert(0) += 1;
            } else {
                *spelling.latin.entry(word.clone()).or_insert(0) += 1;
            }
        }
        for word in spelling.han.keys() {
            spelling.by_sound.entry(pinyin::key(word)).or_default().push(word.clone());
        }
        for list in spelling.by_sound.values_mut() {
            list.sort_by(|a, b| spelling.han[b].cmp(&spelling.han[a]).then(a.cmp(b)));
        }
        spelling
    }

    /// A likelier spelling of `query`; `None` where it is fine or nothing better is known.
    pub(super) fn correct(&self, query: &str) -> Option<String> {
        if pinyin::could_be(query)
            && let Some(typed) = pinyin::cut(query).and_then(|syllables| self.typed(&syllables))
        {
            return Some(typed);
        }
        let mut out = String::new();
        let mut end = 0;
        for (han, range) in runs(query) {
            out.push_str(&query[end..range.start]);
            let run = &query[range.clone()];
            let better = if han { self.same_sound(run) } else { self.slip(run) };
            out.push_str(better.as_deref().unwrap_or(run));
            end = range.end;
        }
        out.push_str(&query[end..]);
        (out != query).then_some(out)
    }

    /// Han words for typed syllables, when known words cover them all.
    fn typed(&self, syllables: &[String]) -> Option<String> {
        cheapest(syllables.len(), |from, to| {
            let word = self.by_sound.get(&syllables[from..to].join(" "))?.first()?;
            Some((KNOWN, word.clone()))
        })
        .map(|(_, text)| text)
    }

    /// The run with its strangers replaced by words of the same sound.
    fn same_sound(&self, run: &str) -> Option<String> {
        let chars: Vec<char> = run.chars().collect();
        if chars.len() > RUN {
            return None;
        }
        let sounds = pinyin::syllables(run);
        if sounds.len() != chars.len() {
            return None;
        }
        let (_, text) = cheapest(chars.len(), |from, to| {
            let piece: String = chars[from..to].iter().collect();
            if self.han.contains_key(&piece) {
                return Some((KNOWN, piece));
            }
            let shares = |word: &&String| word.chars().zip(&chars[from..to]).any(|(a, b)| a == *b);
            if to - from >= 2
                && let Some(word) = self
                    .by_sound
                    .get(&sounds[from..to].join(" "))
                    .and_then(|list| list.iter().find(shares))
            {
                return Some((REPLACED, word.clone()));
            }
            (to - from == 1).then_some((STRANGER, piece))
        })?;
        (text != run).then_some(text)
    }

    /// A known Latin word a slip or two away.
    fn slip(&self, word: &str) -> Option<String> {
        let length = word.chars().count();
        if !(4..=24).contains(&length) || self.latin.contains_key(word) {
            return None;
        }
        let allowed = if length >= 8 { 2 } else { 1 };
        self.latin
            .iter()
            .filter(|(known, _)| known.chars().count().abs_diff(length) <= allowed)
            .filter_map(|(known, count)| {
                Some((distance(word, known, allowed)?, u32::MAX - count, known))
            })
            .min()
            .map(|(_, _, known)| known.clone())
    }
}

/// The cheapest way to cover `length` places with pieces of at most [`LONGEST`].
fn cheapest(
    length: usize,
    piece: impl Fn(usize, usize) -> Option<(f64, String)>,
) -> Option<(f64, String)> {
    let mut best: Vec<Option<(f64, String)>> = vec![None; length + 1];
    best[0] = Some((0.0, String::new()));
    for to in 1..=length {
        for from in to.saturating_sub(LONGEST)..to {
            let Some((before, text)) = best[from].clone() else { continue };
            let Some((cost, word)) = piece(from, to) else { continue };
            let cost = before + cost;
            if best[to].as_ref().is_none_or(|(now, _)| cost < *now) {
                best[to] = Some((cost, text + &word));
            }
        }
    }
    best.pop().flatten()
}

/// Damerau–Levenshtein distance with adjacent swaps, or `None` above `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = change.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        before = last;
        last = row;
    }
    last.last().copied().filter(|&cost| cost <= most)
}
