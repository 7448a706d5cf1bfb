//! The taxonomy's own words: weak evidence on day one, before anybody labelled anything.

use serde::{Deserialize, Serialize};
use vocab::Taxonomy;

use crate::text::tokens;

/// A word that speaks for a need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    word: String,
    need: u16,
    weight: f32,
}

/// Words and the needs they speak for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Lexicon {
    entries: Vec<Entry>,
}

impl Lexicon {
    /// From names, key words and theme names; a word shared by several needs is split between them, and a word found
    /// in many of the texts counts less.
    pub(super) fn build(taxonomy: &Taxonomy, texts: &[String]) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut add = |word: &str, need: usize, weight: f32| {
            let word = tokens::normalise(word.trim());
            if word.chars().count() > 1 {
                entries.push(Entry { word, need: need as u16, weight });
            }
        };
        for (need, leaf) in taxonomy.needs.iter().enumerate() {
            add(&leaf.zh, need, 1.5);
            add(&leaf.en, need, 1.5);
            for part in leaf.zh.split(['与', '和', '、', '及']) {
                let weight = if part.chars().count() > 2 { 0.9 } else { 0.5 };
                add(part, need, weight);
            }
            for word in leaf.kw_zh.iter().chain(&leaf.kw_en) {
                add(word, need, 1.0);
            }
            for theme in taxonomy.themes.iter().filter(|code| leaf.themes.contains(&code.code)) {
                let sharing = taxonomy
                    .needs
                    .iter()
                    .filter(|other| other.themes.contains(&theme.code))
                    .count();
                add(&theme.zh, need, 0.6 / (sharing as f32).sqrt());
            }
        }
        entries.sort_by(|a, b| {
            (&a.word, a.need).cmp(&(&b.word, b.need)).then(b.weight.total_cmp(&a.weight))
        });
        entries.dedup_by(|next, kept| (&next.word, next.need) == (&kept.word, kept.need));
        discount(&mut entries, texts);
        Self { entries }
    }

    /// Evidence for every need in a normalised text; 1 is one specific word.
    pub(super) fn scores(&self, text: &str, needs: usize) -> Vec<f32> {
        let mut scores = vec![0_f32; needs];
        for group in self.entries.chunk_by(|a, b| a.word == b.word) {
            if contains(text, &group[0].word) {
                for entry in group {
                    scores[entry.need as usize] += entry.weight;
                }
            }
        }
        scores
    }

    /// The words of a normalised text that speak for a need, strongest first.
    pub(super) fn words(&self, text: &str, need: u16) -> Vec<String> {
        let mut found: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.need == need && contains(text, &entry.word))
            .collect();
        found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.word.cmp(&b.word)));
        found.into_iter().map(|entry| entry.word.clone()).collect()
    }

    /// Weak labels: needs with at least `threshold` evidence and at least half of the best need's; at most three.
    pub(super) fn labels(&self, text: &str, needs: usize, threshold: f32) -> Vec<u16> {
        let mut best = crate::ranking::Best::new(3);
        for (need, score) in self.scores(text, needs).into_iter().enumerate() {
            if score >= threshold {
                best.push(need as u32, score);
            }
        }
        let found = best.into_sorted();
        let top = found.first().map_or(0.0, |entry| entry.1);
        found.into_iter().filter(|entry| entry.1 >= top / 2.0).map(|entry| entry.0 as u16).collect()
    }

    /// A normalised text without the words that speak for `needs`: what is left must be recognised without them.
    pub(super) fn hide(&self, text: &str, needs: &[u16]) -> String {
        let mut hidden = text.to_owned();
        let mut words: Vec<&str> = self
            .entries
            .iter()
            .filter(|entry| needs.contains(&entry.need))
            .map(|entry| entry.word.as_str())
            .collect();
        // Longest first, so that a part does not spoil the whole.
        words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
        for word in words {
            if hidden.contains(word) {
                hidden = hidden.replace(word, " ");
            }
        }
        hidden
    }

    pub(super) fn is_consistent(&self, needs: usize) -> bool {
        self.entries.iter().all(|entry| (entry.need as usize) < needs)
    }
}

fn discount(entries: &mut [Entry], texts: &[String]) {
    for group in entries.chunk_by_mut(|a, b| a.word == b.word) {
        let shared = (group.len() as f32).sqrt();
        let common = if texts.len() < 50 {
            1.0
        } else {
            let found = texts.iter().filter(|text| contains(text, &group[0].word)).count();
            let rarity = (texts.len() as f32 / (found + 1) as f32).ln();
            (rarity / 20_f32.ln()).clamp(0.2, 1.0)
        };
        for entry in group {
            entry.weight *= common / shared;
        }
    }
}

/// Chinese words anywhere; Latin words only as whole words.
fn contains(text: &str, word: &str) -> bool {
    if !word.is_ascii() {
        return text.contains(word);
    }
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !is_letter(before) && !is_letter(after)
    })
}
