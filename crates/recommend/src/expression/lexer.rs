//! Characters to tokens, each with the place it began at.

use super::ExpressionError;

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// A field, a function or a keyword.
    Word(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

impl Token {
    /// The token as an error names it.
    pub(super) fn named(&self) -> String {
        match self {
            Self::Number(number) => format!("`{number}`"),
            Self::Text(text) => format!("the text {text:?}"),
            Self::Word(word) => format!("`{word}`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longer signs first.
const SIGNS: [&str; 15] =
    ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ","];

/// The tokens with their places (characters from 1); the last one is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ExpressionError> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let start = at;
        let token = if c.is_whitespace() {
            at += 1;
            continue;
        } else if c.is_ascii_digit() {
            number(&chars, &mut at)?
        } else if c == '"' {
            quoted(&chars, &mut at)?
        } else if c.is_ascii_alphabetic() || c == '_' {
            Token::Word(take(&chars, &mut at, |c| c.is_ascii_alphanumeric() || c == '_'))
        } else {
            let starts =
                |sign: &&&str| sign.chars().eq(chars[at..].iter().copied().take(sign.len()));
            let Some(sign) = SIGNS.iter().find(starts) else {
                return Err(ExpressionError::new(start + 1, format!("`{c}` means nothing here")));
            };
            at += sign.len();
            Token::Sign(sign)
        };
        found.push((start + 1, token));
    }
    found.push((chars.len() + 1, Token::End));
    Ok(found)
}

fn take(chars: &[char], at: &mut usize, belongs: impl Fn(char) -> bool) -> String {
    let taken: String = chars[*at..].iter().copied().take_while(|c| belongs(*c)).collect();
    *at += taken.chars().count();
    taken
}

fn number(chars: &[char], at: &mut usize) -> Result<Token, ExpressionError> {
    let start = *at + 1;
    let digits = take(chars, at, |c| c.is_ascii_digit() || c == '.');
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Token::Number(number)),
        _ => Err(ExpressionError::new(start, format!("`{digits}` is no number"))),
    }
}

fn quoted(chars: &[char], at: &mut usize) -> Result<Token, ExpressionError> {
    let start = *at + 1;
    *at += 1;
    let mut text = String::new();
    loop {
        let c = chars.get(*at).copied();
        *at += 1;
        match c {
            Some('"') => return Ok(Token::Text(text)),
            Some('\\') => {
                let escaped = chars.get(*at).copied();
                *at += 1;
                text.push(match escaped {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some(c @ ('"' | '\\')) => c,
                    _ => {
                        return Err(ExpressionError::new(*at, "expected one of \\\" \\\\ \\n \\t"));
                    }
                });
            }
            Some(c) => text.push(c),
            None => return Err(ExpressionError::new(start, "the text does not end, expected \"")),
        }
    }
}
