//! Text to hashed tokens: Chinese words (jieba) and character pairs, Latin words. No vocabulary is stored.

use std::sync::LazyLock;

use jieba_rs::Jieba;

/// The dictionary is loaded once a process, at the first text.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Character pairs overlap with words; together they must not count double.
const PAIR_WEIGHT: f32 = 0.5;

/// Lower case, full-width forms folded, everything else kept.
pub(crate) fn normalise(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let folded = match c {
                '\u{3000}' => ' ',
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
                _ => c,
            };
            folded.to_lowercase()
        })
        .collect()
}

/// Words of letters and digits, in order.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = JIEBA.cut(text, true).into_iter().map(|token| token.word);
    words.filter(|word| word.chars().all(char::is_alphanumeric))
}

/// Bucket and count of every token, ascending by bucket.
pub(crate) fn hashed(text: &str, buckets: u32) -> Vec<(u32, f32)> {
    let mut counts: Vec<(u32, f32)> = Vec::new();
    let mut add = |bytes: &[u8], weight: f32| counts.push((bucket(bytes, buckets), weight));
    for word in words(text) {
        if word.chars().nth(1).is_some() && !word.chars().all(|c| c.is_ascii_digit()) {
            add(word.as_bytes(), 1.0);
        }
    }
    let mut pair = String::with_capacity(8);
    let mut before: Option<char> = None;
    for c in text.chars() {
        let now = is_han(c).then_some(c);
        if let (Some(first), Some(second)) = (before, now) {
            pair.clear();
            // The mark keeps a pair apart from a two-character word.
            pair.push('\u{1}');
            pair.push(first);
            pair.push(second);
            add(pair.as_bytes(), PAIR_WEIGHT);
        }
        before = now;
    }
    counts.sort_by_key(|entry| entry.0);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    counts
}

/// Whether a character is a Chinese one of the common blocks.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

fn bucket(bytes: &[u8], buckets: u32) -> u32 {
    let hash = fnv(bytes);
    ((hash ^ (hash >> 32)) as u32) & (buckets - 1)
}

/// FNV-1a, 64 bits: stable over versions and machines.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
