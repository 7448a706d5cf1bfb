//! Completions by the start of a word, in characters, in pinyin or in initials.

use std::collections::{BTreeMap, HashSet};

use fst::automaton::{Automaton, Str};
use fst::{IntoStreamer, Map, Streamer};
use vocab::Lang;

use super::{Entry, Suggestion};
use crate::SearchError;
use crate::analysis::{Analyser, is_han, pinyin, runs};

/// Longest key, in characters.
const KEY: usize = 20;
/// Longest key in pinyin, in syllables.
const SOUNDS: usize = 12;
/// Most ways to read the first characters of a text.
const READINGS: usize = 12;
/// Most texts looked at for one prefix: bounds the work for a single letter.
const LOOKED_AT: usize = 20_000;

/// The keys of one text, already normalised: from its start and from the start of each word.
pub(super) fn keys(analyser: &Analyser, text: &str) -> Vec<(String, bool)> {
    let mut keys = Vec::new();
    for (nth, start) in starts(analyser, text).into_iter().enumerate() {
        let rest: Vec<char> =
            text[start..].chars().filter(|c| c.is_alphanumeric()).take(KEY).collect();
        let first = nth == 0;
        keys.push((rest.iter().collect(), first));
        if rest.first().copied().is_some_and(is_han) {
            for sounds in sounds(&rest) {
                let initials: String =
                    sounds.iter().filter_map(|sound| sound.chars().next()).collect();
                keys.push((sounds.concat(), first));
                keys.push((initials, first));
            }
        }
    }
    keys.sort();
    // `true` sorts after `false`: keep the entry that starts the text.
    keys.reverse();
    keys.dedup_by(|a, b| a.0 == b.0);
    keys
}

fn starts(analyser: &Analyser, text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    for (han, range) in runs(text) {
        if !han {
            starts.push(range.start);
            continue;
        }
        let mut at = range.start;
        for word in analyser.words(&text[range]) {
            starts.push(at);
            at += word.len();
        }
    }
    starts
}

/// The syllables of a text under its likeliest readings.
fn sounds(chars: &[char]) -> Vec<Vec<String>> {
    let mut ways: Vec<Vec<String>> = vec![Vec::new()];
    for (nth, c) in chars.iter().take(SOUNDS).enumerate() {
        let mut readings: Vec<String> =
            pinyin::readings(*c).into_iter().map(str::to_owned).collect();
        if readings.is_empty() {
            readings.push(c.to_string());
        }
        if nth >= 4 || ways.len() * readings.len() > READINGS {
            readings.truncate(1);
        }
        ways = ways
            .into_iter()
            .flat_map(|way| {
                readings
                    .iter()
                    .map(move |reading| [way.as_slice(), std::slice::from_ref(reading)].concat())
            })
            .collect();
    }
    ways
}

/// Every text that can be suggested, behind an automaton over the keys.
pub(super) struct Completions {
    map: Map<Vec<u8>>,
    /// For each key of the map: entries, and whether the key starts the text.
    places: Vec<Vec<(u32, bool)>>,
    entries: Vec<(Suggestion, Option<Lang>, u32)>,
}

impl std::fmt::Debug for Completions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Completions").field("keys", &self.places.len()).finish_non_exhaustive()
    }
}

impl Completions {
    pub(super) fn build<'a>(entries: impl Iterator<Item = &'a Entry>) -> Result<Self, SearchError> {
        let mut by_key: BTreeMap<&str, Vec<(u32, bool)>> = BTreeMap::new();
        let mut kept = Vec::new();
        for (number, entry) in (0_u32..).zip(entries) {
            for (key, first) in entry.keys.iter().filter(|(key, _)| !key.is_empty()) {
                by_key.entry(key).or_default().push((number, *first));
            }
            kept.push((entry.suggestion.clone(), entry.lang, entry.weight));
        }
        let map = Map::from_iter(by_key.keys().zip(0_u64..))?;
        Ok(Self { map, places: by_key.into_values().collect(), entries: kept })
    }

    pub(super) fn find(&self, prefix: &str, lang: Lang, limit: usize) -> Vec<Suggestion> {
        if prefix.is_empty() {
            return Vec::new();
        }
        let mut found: BTreeMap<u32, bool> = BTreeMap::new();
        let mut looked_at = 0;
        let mut stream = self.map.search(Str::new(prefix).starts_with()).into_stream();
        while let Some((_, place)) = stream.next() {
            for &(entry, first) in
                usize::try_from(place).ok().and_then(|at| self.places.get(at)).into_iter().flatten()
            {
                *found.entry(entry).or_insert(false) |= first;
                looked_at += 1;
            }
            if looked_at >= LOOKED_AT {
                break;
            }
        }
        let mut ranked: Vec<_> = found
            .into_iter()
            .filter_map(|(entry, first)| {
                let (suggestion, spoken, weight) = self.entries.get(entry as usize)?;
                let foreign = spoken.is_some_and(|spoken| spoken != lang);
                let length = suggestion.text.chars().count();
                Some((
                    (foreign, !first, u32::MAX - weight, length, &suggestion.text, entry),
                    suggestion,
                ))
            })
            .collect();
        ranked.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut seen = HashSet::new();
        ranked
            .into_iter()
            .map(|(_, suggestion)| suggestion)
            .filter(|suggestion| seen.insert(suggestion.text.as_str()))
            .take(limit)
            .cloned()
            .collect()
    }
}
