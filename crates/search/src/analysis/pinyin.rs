//! Pinyin: how Han characters sound, and which letters could be Han characters.

use std::collections::HashSet;
use std::sync::OnceLock;

use ::pinyin::{ToPinyin, ToPinyinMulti};

use super::is_han;

/// Readings of `c` without tones, the commonest first; empty where it has none.
pub(crate) fn readings(c: char) -> Vec<&'static str> {
    let mut readings: Vec<&'static str> = Vec::new();
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        if !readings.contains(&reading.plain()) {
            readings.push(reading.plain());
        }
    }
    readings
}

/// Commonest reading of every Han character of `text`, one after the other; what is not Han stays as it is.
pub(crate) fn syllables(text: &str) -> Vec<String> {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_pinyin().map_or_else(|| c.to_string(), |sound| sound.plain().to_owned()))
        .collect()
}

/// The key words of one sound share: `公积金` and `公机金` are `gong ji jin`.
pub(crate) fn key(text: &str) -> String {
    syllables(text).join(" ")
}

fn known() -> &'static HashSet<&'static str> {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        ('\u{4e00}'..='\u{9fa5}')
            .filter(|&c| is_han(c))
            .flat_map(readings)
            .filter(|s| s.is_ascii())
            .collect()
    })
}

/// `letters` cut into syllables, longest first with backtracking; `None` where no cut fits.
///
/// `xian` is one syllable; `xi'an` or `xi an` is two, because a sign or a space ends a syllable.
pub(crate) fn cut(letters: &str) -> Option<Vec<String>> {
    let mut syllables = Vec::new();
    for part in letters.split(|c: char| !c.is_ascii_lowercase()).filter(|part| !part.is_empty()) {
        syllables.extend(cut_part(part)?);
    }
    (!syllables.is_empty()).then_some(syllables)
}

fn cut_part(part: &str) -> Option<Vec<String>> {
    // best[i] is the fewest syllables of the first i letters, and where the last one starts.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; part.len() + 1];
    best[0] = Some((0, 0));
    for end in 1..=part.len() {
        for start in end.saturating_sub(6)..end {
            if let Some((count, _)) = best[start]
                && known().contains(&part[start..end])
                && best[end].is_none_or(|(now, _)| count + 1 < now)
            {
                best[end] = Some((count + 1, start));
            }
        }
    }
    let mut cuts = Vec::new();
    let mut end = part.len();
    while end > 0 {
        let (_, start) = best[end]?;
        cuts.push(part[start..end].to_owned());
        end = start;
    }
    cuts.reverse();
    Some(cuts)
}

/// Whether every character could be typed pinyin: ASCII letters, apostrophes and spaces, at least two letters.
pub(crate) fn could_be(query: &str) -> bool {
    query.chars().filter(char::is_ascii_lowercase).count() >= 2
        && query.chars().all(|c| c.is_ascii_lowercase() || c == '\'' || c == ' ')
}
