//! Titles and passages as safe HTML, with what was found marked.

use std::collections::HashSet;

use crate::analysis::{Analyser, Grain, is_han, runs};

/// Characters of a passage.
const PASSAGE: usize = 110;

/// The terms to mark.
#[derive(Debug)]
pub(crate) struct Marks {
    /// Stems of the words in letters and digits.
    latin: HashSet<String>,
    pairs: HashSet<String>,
    /// The one character that was asked for, where it stands alone: a character of a longer query marks nothing, because
    /// on its own it means something else.
    lone: HashSet<String>,
}

/// A stretch of text with the characters to mark.
struct Marked {
    chars: Vec<char>,
    marked: Vec<bool>,
}

impl Marks {
    /// The marks for a query, already normalised.
    pub(crate) fn new(analyser: &Analyser, query: &str) -> Self {
        let (mut latin, mut pairs, mut lone) = (HashSet::new(), HashSet::new(), HashSet::new());
        for piece in analyser.pieces(query, Grain::Pair) {
            let mut chars = piece.text.chars();
            match (chars.next().is_some_and(is_han), chars.next()) {
                (false, _) => latin.insert(piece.text),
                (true, None) => lone.insert(piece.text),
                (true, Some(_)) => pairs.insert(piece.text),
            };
        }
        Self { latin, pairs, lone }
    }

    /// `text` as HTML.
    pub(crate) fn html(&self, analyser: &Analyser, text: &str) -> String {
        let marked = self.mark(analyser, text);
        html(&marked.chars, &marked.marked)
    }

    /// The passage of the first text that has a mark, or the start of the first that is not empty.
    pub(crate) fn passage(&self, analyser: &Analyser, texts: &[&str]) -> String {
        for text in texts {
            let marked = self.mark(analyser, text);
            if marked.marked.contains(&true) {
                return marked.passage();
            }
        }
        let start = texts.iter().find(|text| !text.is_empty()).copied().unwrap_or_default();
        let chars: Vec<char> = start.chars().collect();
        Marked { marked: vec![false; chars.len()], chars }.passage()
    }

    fn mark(&self, analyser: &Analyser, text: &str) -> Marked {
        let chars: Vec<char> = text.chars().collect();
        let aligned = analyser.aligned(text);
        let mut marked = vec![false; chars.len()];
        if aligned.len() != chars.len() {
            return Marked { chars, marked };
        }
        for (at, pair) in aligned.windows(2).enumerate() {
            if pair.iter().copied().all(is_han)
                && self.pairs.contains(&pair.iter().collect::<String>())
            {
                marked[at] = true;
                marked[at + 1] = true;
            }
        }
        self.mark_latin(analyser, &aligned, &mut marked);
        for (c, mark) in aligned.iter().zip(&mut marked) {
            *mark |= is_han(*c) && self.lone.contains(c.encode_utf8(&mut [0; 4]) as &str);
        }
        Marked { chars, marked }
    }

    fn mark_latin(&self, analyser: &Analyser, aligned: &[char], marked: &mut [bool]) {
        let text: String = aligned.iter().collect();
        let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        starts.push(text.len());
        for (_, range) in runs(&text).into_iter().filter(|(han, _)| !han) {
            if self.latin.contains(&analyser.latin(&text[range.clone()])) {
                let place = |byte| starts.binary_search(&byte).unwrap_or_else(|at| at);
                marked[place(range.start)..place(range.end)].fill(true);
            }
        }
    }
}

impl Marked {
    /// The window with the most marks, begun after the end of a sentence where one is near.
    fn passage(&self) -> String {
        let length = self.chars.len();
        if length <= PASSAGE {
            return html(&self.chars, &self.marked);
        }
        let mut inside = self.marked[..PASSAGE].iter().filter(|mark| **mark).count();
        let (mut best, mut start) = (inside, 0);
        for from in 1..=length - PASSAGE {
            inside -= usize::from(self.marked[from - 1]);
            inside += usize::from(self.marked[from + PASSAGE - 1]);
            if inside > best {
                (best, start) = (inside, from);
            }
        }
        // The window ends at the last mark it counts: move it so that the marks have text around them.
        let first = self.marked[start..start + PASSAGE].iter().position(|mark| *mark).unwrap_or(0);
        let lead = (start + first).saturating_sub(PASSAGE / 4);
        start = self.chars[lead..start + first]
            .iter()
            .rposition(|c| matches!(c, '。' | '；' | '！' | '？' | '\n'))
            .map_or(lead, |end| lead + end + 1)
            .min(length - PASSAGE);
        let end = start + PASSAGE;
        let mut out = String::new();
        if start > 0 {
            out.push('…');
        }
        out.push_str(&html(&self.chars[start..end], &self.marked[start..end]));
        if end < length {
            out.push('…');
        }
        out
    }
}

fn html(chars: &[char], marked: &[bool]) -> String {
    let mut out = String::with_capacity(chars.len() * 3);
    let mut open = false;
    for (c, &mark) in chars.iter().zip(marked) {
        if mark != open {
            out.push_str(if mark { "<em>" } else { "</em>" });
            open = mark;
        }
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(*c),
        }
    }
    if open {
        out.push_str("</em>");
    }
    out
}
