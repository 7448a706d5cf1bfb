//! One spelling for what is the same: width, case, simplified characters.

use super::{Analyser, is_han};

/// Half-width form of a full-width letter, digit or sign.
fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

impl Analyser {
    /// `text` half-width, simplified and lower-case, before it is cut into terms.
    pub(crate) fn normalise(&self, text: &str) -> String {
        let narrowed: String = text.chars().map(narrow).collect();
        let simplified =
            if narrowed.chars().any(is_han) { self.simplify.convert(&narrowed) } else { narrowed };
        simplified.to_lowercase()
    }

    /// The same, one character for each of `text`, so that places carry over to the original.
    ///
    /// Words whose length changes are converted character by character.
    pub(crate) fn aligned(&self, text: &str) -> Vec<char> {
        let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
        let narrowed: String = text.chars().map(narrow).collect();
        let simplified: Vec<char> = self.simplify.convert(&narrowed).chars().map(lower).collect();
        if simplified.len() == narrowed.chars().count() {
            return simplified;
        }
        narrowed
            .chars()
            .map(|c| {
                let one = self.simplify.convert(c.encode_utf8(&mut [0; 4]));
                lower(one.chars().next().unwrap_or(c))
            })
            .collect()
    }

    /// Letters and digits only: what a title or a document number is compared by.
    pub(crate) fn key(&self, text: &str) -> String {
        self.normalise(text).chars().filter(|c| c.is_alphanumeric()).collect()
    }
}

/// FNV-1a, 64 bit: stable for ever, because it is stored in the index.
pub(crate) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
