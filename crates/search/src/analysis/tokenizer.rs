//! The analyser as the index engine wants it.

use std::sync::Arc;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::{Analyser, Grain, is_han, pinyin};

/// Cuts normalised text into one of the shadows.
#[derive(Clone)]
pub(crate) struct Shadow {
    pub(crate) analyser: Arc<Analyser>,
    pub(crate) grain: Grain,
}

/// Sounds of Han text: syllables, pairs of syllables, or initials, with every reading at its place.
#[derive(Clone, Copy)]
pub(crate) struct Sound {
    pub(crate) initials: bool,
}

/// Tokens made in advance.
pub(crate) struct Tokens {
    tokens: std::vec::IntoIter<Token>,
    current: Token,
}

impl Tokens {
    fn new(tokens: Vec<Token>) -> Self {
        Self { tokens: tokens.into_iter(), current: Token::default() }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        match self.tokens.next() {
            Some(token) => {
                self.current = token;
                true
            }
            None => false,
        }
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

impl Tokenizer for Shadow {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let pieces = self.analyser.pieces(text, self.grain);
        Tokens::new(
            pieces
                .into_iter()
                .map(|piece| Token {
                    offset_from: piece.range.start,
                    offset_to: piece.range.end,
                    position: piece.position,
                    text: piece.text,
                    position_length: 1,
                })
                .collect(),
        )
    }
}

impl Tokenizer for Sound {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut tokens = Vec::new();
        let mut before: Vec<&'static str> = Vec::new();
        for (position, (at, c)) in text.char_indices().enumerate() {
            let mut push = |text: String| {
                let offset_to = at + c.len_utf8();
                tokens.push(Token {
                    offset_from: at,
                    offset_to,
                    position,
                    text,
                    position_length: 1,
                });
            };
            let readings = if is_han(c) { pinyin::readings(c) } else { Vec::new() };
            if self.initials {
                let mut seen = Vec::new();
                for initial in readings.iter().filter_map(|sound| sound.get(..1)) {
                    if !seen.contains(&initial) {
                        seen.push(initial);
                        push(initial.to_owned());
                    }
                }
            } else {
                for sound in &readings {
                    push((*sound).to_owned());
                    for first in &before {
                        push(format!("{first} {sound}"));
                    }
                }
            }
            before = readings;
        }
        Tokens::new(tokens)
    }
}
