//! Splits a file into statements at `;`, but not inside quotes or comments.

/// The statements of `sql`, trimmed; comments before, between and inside them stay with them.
pub(super) fn statements(sql: &str) -> Vec<&str> {
    let bytes = sql.as_bytes();
    let mut statements = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"' | b'`') => at = after_quote(bytes, at, quote),
            b'-' if bytes[at..].starts_with(b"--") => at = after(sql, at, "\n"),
            b'/' if bytes[at..].starts_with(b"/*") => at = after(sql, at + 2, "*/"),
            b';' => {
                push(&mut statements, &sql[start..at]);
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    push(&mut statements, &sql[start..]);
    statements
}

/// The position after the text `end`, or the end of the file.
fn after(sql: &str, from: usize, end: &str) -> usize {
    sql[from..].find(end).map_or(sql.len(), |found| from + found + end.len())
}

/// The position after the closing quote; a backslash or a doubled quote escapes it.
fn after_quote(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Keeps a piece that says something besides comments.
fn push<'a>(statements: &mut Vec<&'a str>, piece: &'a str) {
    let piece = piece.trim();
    let says = |line: &str| !line.trim().is_empty() && !line.trim().starts_with("--");
    if piece.lines().any(says) {
        statements.push(piece);
    }
}
