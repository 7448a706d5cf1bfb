//! From text to terms, the same way when an item is indexed and when somebody asks.
//!
//! Every text has three shadows: single characters, character pairs, and dictionary words. Together they beat each
//! alone on every Chinese collection measured, and no substring of two characters is ever missed.

pub(crate) mod normalise;
pub(crate) mod pinyin;
pub(crate) mod tokenizer;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use jieba_rs::Jieba;
use rust_stemmers::{Algorithm, Stemmer};

use crate::SearchError;

/// Longest Latin token kept, in bytes; the rest of a longer one is cut off.
const MAX_LATIN: usize = 64;

/// One of the three shadows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Single characters.
    Single,
    /// Overlapping pairs of characters.
    Pair,
    /// Dictionary words.
    Word,
}

impl Grain {
    /// All of them, in schema order.
    pub(crate) const ALL: [Self; 3] = [Self::Single, Self::Pair, Self::Word];
}

/// A term with the place it came from, in the normalised text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
    pub(crate) position: usize,
}

/// The dictionaries: loading takes 0.15 s and 20 MB, so a process shares one.
pub(crate) struct Analyser {
    jieba: Jieba,
    simplify: OpenCC,
    stemmer: Stemmer,
}

impl std::fmt::Debug for Analyser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Analyser")
    }
}

/// Whether `c` is a Han character.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Maximal stretches of Han (`true`) and of other letters and digits (`false`), as byte ranges.
pub(crate) fn runs(text: &str) -> Vec<(bool, Range<usize>)> {
    let mut runs: Vec<(bool, Range<usize>)> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let han = is_han(c);
        let end = at + c.len_utf8();
        if !han && !c.is_alphanumeric() {
            open = false;
            continue;
        }
        match runs.last_mut() {
            Some((kind, range)) if open && *kind == han => range.end = end,
            _ => runs.push((han, at..end)),
        }
        open = true;
    }
    runs
}

impl Analyser {
    /// The process's analyser.
    pub(crate) fn shared() -> Result<Arc<Self>, SearchError> {
        static SHARED: OnceLock<Arc<Analyser>> = OnceLock::new();
        if let Some(analyser) = SHARED.get() {
            return Ok(Arc::clone(analyser));
        }
        // With Taiwan's words for things, because characters alone leave 网际网路 for 互联网.
        let simplify = OpenCC::from_config(BuiltinConfig::Tw2sp)
            .map_err(|error| SearchError::Dictionary(error.to_string()))?;
        let stemmer = Stemmer::create(Algorithm::English);
        let analyser = Arc::new(Self { jieba: Jieba::new(), simplify, stemmer });
        Ok(Arc::clone(SHARED.get_or_init(|| analyser)))
    }

    /// The term of a Latin run: cut to length and stemmed.
    pub(crate) fn latin(&self, run: &str) -> String {
        let mut end = run.len().min(MAX_LATIN);
        while !run.is_char_boundary(end) {
            end -= 1;
        }
        self.stemmer.stem(&run[..end]).into_owned()
    }

    /// Dictionary words of a Han run.
    pub(crate) fn words<'a>(&self, run: &'a str) -> Vec<&'a str> {
        self.jieba.cut(run, true).into_iter().map(|token| token.word).collect()
    }

    /// The terms of `text`, already normalised, in one shadow.
    pub(crate) fn pieces(&self, text: &str, grain: Grain) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut position = 0;
        for (han, range) in runs(text) {
            let run = &text[range.clone()];
            if han {
                self.han(run, range.start, grain, &mut position, &mut pieces);
            } else {
                pieces.push(Piece { text: self.latin(run), range, position });
                position += 1;
            }
            // A gap, so that no phrase reaches across punctuation or a change of script.
            position += 1;
        }
        pieces
    }

    fn han(
        &self,
        run: &str,
        start: usize,
        grain: Grain,
        position: &mut usize,
        out: &mut Vec<Piece>,
    ) {
        let mut push = |from: usize, text: &str| {
            let range = start + from..start + from + text.len();
            out.push(Piece { text: text.to_owned(), range, position: *position });
            *position += 1;
        };
        match grain {
            Grain::Word => {
                let mut from = 0;
                for word in self.words(run) {
                    push(from, word);
                    from += word.len();
                }
            }
            Grain::Single => {
                for (from, c) in run.char_indices() {
                    push(from, &run[from..from + c.len_utf8()]);
                }
            }
            Grain::Pair => {
                let ends: Vec<usize> =
                    run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
                if ends.len() == 2 {
                    push(0, run);
                }
                for pair in ends.windows(3) {
                    push(pair[0], &run[pair[0]..pair[2]]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
