//! Just enough of ClickHouse's grammar to find where an `INSERT`'s data begins and which format a result has.
//!
//! Whether a statement is valid, and whether it writes, is for ClickHouse's own parser to say.

/// A piece of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Open,
    Close,
    Other,
}

/// A piece of a statement with its place in the text.
#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Cuts a text into tokens; white space and comments are passed over.
struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        self.text[self.at..].starts_with(prefix)
    }

    /// Moves past `end`, or to the end of the text when `end` does not occur.
    fn skip_past(&mut self, end: &[u8]) {
        let rest = &self.text[self.at..];
        let found = rest.windows(end.len()).position(|w| w == end);
        self.at = found.map_or(self.text.len(), |p| self.at + p + end.len());
    }

    fn skip_blanks(&mut self) {
        while self.at < self.text.len() {
            if self.text[self.at].is_ascii_whitespace() {
                self.at += 1;
            } else if self.starts_with(b"--") || self.starts_with(b"#!") || self.starts_with(b"# ")
            {
                self.skip_past(b"\n");
            } else if self.starts_with(b"/*") {
                self.at += 2;
                self.skip_past(b"*/");
            } else {
                return;
            }
        }
    }

    /// Moves past a quoted string or name: backslash escapes the next byte, a doubled quote is one quote.
    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.text.len() {
            match self.text[self.at] {
                b'\\' => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    if self.text.get(self.at) != Some(&quote) {
                        return;
                    }
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.text.len();
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let start = self.at;
        let kind = match *self.text.get(start)? {
            quote @ (b'\'' | b'"' | b'`') => {
                self.skip_quoted(quote);
                Kind::Quoted
            }
            b'(' | b'[' | b'{' => {
                self.at += 1;
                Kind::Open
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                Kind::Close
            }
            byte if is_word(byte) => {
                while self.text.get(self.at).is_some_and(|b| is_word(*b)) {
                    self.at += 1;
                }
                Kind::Word
            }
            _ => {
                self.at += 1;
                Kind::Other
            }
        };
        Some(Token { kind, start, end: self.at })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The tokens outside all brackets, in order.
fn outer_tokens(text: &[u8]) -> impl Iterator<Item = Token> {
    let mut depth = 0_usize;
    Tokens::new(text).filter(move |token| {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => {
                depth = depth.saturating_sub(1);
                return false;
            }
            Kind::Word | Kind::Quoted | Kind::Other => {}
        }
        depth == 0 || (depth == 1 && token.kind == Kind::Open)
    })
}

/// What the beginning of a text turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// More of the text is needed to tell.
    Incomplete,
    /// A statement without data after it.
    Plain,
    /// `INSERT INTO … FORMAT x` or `… VALUES`: the data begins at `data`.
    Insert {
        /// The length of the statement without `FORMAT` or `VALUES`.
        statement: usize,
        /// The input format.
        format: String,
        /// Where the data begins.
        data: usize,
    },
}

/// Reads the head of a statement. `complete` says that no more text will come.
pub(crate) fn head(text: &[u8], complete: bool) -> Head {
    let unknown = if complete { Head::Plain } else { Head::Incomplete };
    // A token that touches the end may go on in the text to come.
    let whole = |token: &Token| complete || token.end < text.len();
    let mut tokens = outer_tokens(text).take_while(whole);
    let Some(first) = tokens.next() else { return unknown };
    if !word_is(text, first, "INSERT") {
        return Head::Plain;
    }
    // The table's name may be spelled like a keyword, so it is passed over by position.
    let mut target = tokens.next();
    while target.is_some_and(|t| ["INTO", "TABLE", "FUNCTION"].iter().any(|w| word_is(text, t, w)))
    {
        target = tokens.next();
    }
    let mut after_dot = false;
    while let Some(token) = tokens.next() {
        let dot = token.kind == Kind::Other && text[token.start] == b'.';
        if !after_dot && token.kind == Kind::Word {
            if word_is(text, token, "VALUES") {
                return Head::Insert {
                    statement: token.start,
                    format: "Values".to_owned(),
                    data: token.end,
                };
            }
            if ["SELECT", "WITH", "INFILE"].iter().any(|w| word_is(text, token, w)) {
                return Head::Plain;
            }
            if word_is(text, token, "FORMAT") {
                let Some(name) = tokens.next() else { return unknown };
                let format = String::from_utf8_lossy(&text[name.start..name.end]).into_owned();
                if format.eq_ignore_ascii_case("values") {
                    return Head::Insert { statement: token.start, format, data: name.end };
                }
                return match data_start(text, name.end, complete) {
                    Some(data) => Head::Insert { statement: token.start, format, data },
                    None => Head::Incomplete,
                };
            }
        }
        after_dot = dot;
    }
    unknown
}

/// Where the data begins after the name of the format: past blanks and at most one line end.
fn data_start(text: &[u8], mut at: usize, complete: bool) -> Option<usize> {
    while text.get(at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)) {
        at += 1;
    }
    match text.get(at) {
        Some(b'\n') => Some(at + 1),
        Some(_) => Some(at),
        None => complete.then_some(at),
    }
}

fn word_is(text: &[u8], token: Token, word: &str) -> bool {
    token.kind == Kind::Word && text[token.start..token.end].eq_ignore_ascii_case(word.as_bytes())
}

/// What matters about a statement without data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The `FORMAT` clause, if there is one.
    pub(crate) format: Option<String>,
    /// Whether it reads rows (`SELECT`, `WITH`, `FROM`, `(`).
    pub(crate) selects: bool,
    /// Whether it reads or writes a file of the client: `INTO OUTFILE`, `FROM INFILE`.
    pub(crate) client_file: bool,
    /// Whether it changes the session: `SET`, `USE`, a temporary table.
    pub(crate) session: bool,
}

/// Looks at a whole statement.
pub(crate) fn shape(text: &[u8]) -> Shape {
    let mut shape = Shape::default();
    let mut previous: Option<Token> = None;
    let is = |token: Token, words: &[&str]| words.iter().any(|w| word_is(text, token, w));
    for (position, token) in outer_tokens(text).enumerate() {
        if position == 0 {
            shape.selects = token.kind == Kind::Open || is(token, &["SELECT", "WITH", "FROM"]);
            shape.session = is(token, &["SET", "USE"]);
        }
        if let Some(before) = previous {
            if is(before, &["FORMAT"]) && token.kind == Kind::Word {
                shape.format =
                    Some(String::from_utf8_lossy(&text[token.start..token.end]).into_owned());
            }
            shape.client_file |= is(before, &["INTO", "FROM"]) && is(token, &["OUTFILE", "INFILE"]);
            shape.session |= is(before, &["CREATE", "REPLACE"]) && is(token, &["TEMPORARY"]);
        }
        previous = Some(token);
    }
    shape
}

#[cfg(test)]
mod tests;
