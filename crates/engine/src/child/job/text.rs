//! Tells the text of a request from the data after it.

use std::io::{Cursor, Read};

use crate::child::decode::{Body, decoder, read_failed};
use crate::child::exception::{Exception, Raised};
use crate::child::request::Request;
use crate::child::sql::{self, Head};

/// The longest statement without its data.
const LONGEST_STATEMENT: usize = 64 << 20;

/// The longest head of an `INSERT`: everything before its data.
const LONGEST_HEAD: usize = 1 << 20;

/// How much text is read at a time.
const CHUNK: usize = 64 << 10;

/// What the text of a request turned out to be.
pub(super) enum Text {
    /// A statement without data after it.
    Statement(String),
    /// An insert with its data still to be read.
    Insert {
        /// The statement without `FORMAT` or `VALUES`.
        statement: String,
        /// The format of the data.
        format: String,
        /// The data, decoded.
        data: Box<dyn Read + Send>,
    },
}

/// Reads as much of the request as is text: all of it, or up to where an `INSERT`'s data begins.
pub(super) fn read(request: &mut Request, body: &Body) -> Result<Text, Exception> {
    let mut data = decoder(body.clone(), request.coding.as_deref(), request.blocks.body)?;
    if let Some(boundary) = request.boundary.take() {
        let mut form = Vec::new();
        data.take(LONGEST_STATEMENT as u64).read_to_end(&mut form).map_err(|e| read_failed(&e))?;
        request.read_form(&boundary, &form)?;
        data = Box::new(std::io::empty());
    }
    let mut text = std::mem::take(&mut request.query).into_bytes();
    // A whole head in the query string leaves the body to the data, byte for byte.
    let mut head = if text.is_empty() { Head::Incomplete } else { sql::head(&text, true) };
    let mut ended = false;
    if head == Head::Plain {
        head = sql::head(&text, false);
    }
    while head == Head::Incomplete && !ended {
        ended = !more(&mut data, &mut text)?;
        head = if text.len() > LONGEST_HEAD { Head::Plain } else { sql::head(&text, ended) };
    }
    if let Head::Insert { statement, format, data: start } = head {
        let inline = Cursor::new(text.split_off(start));
        text.truncate(statement);
        return Ok(Text::Insert {
            statement: utf8(text)?,
            format,
            data: Box::new(inline.chain(data)),
        });
    }
    while !ended {
        ended = !more(&mut data, &mut text)?;
        if text.len() > LONGEST_STATEMENT {
            return Err(Raised::QueryTooLarge.because("The statement is longer than 64 MiB"));
        }
    }
    Ok(Text::Statement(utf8(text)?))
}

/// Reads some more of the text; `false` at the end.
fn more(data: &mut dyn Read, text: &mut Vec<u8>) -> Result<bool, Exception> {
    let before = text.len();
    text.resize(before + CHUNK, 0);
    let length = data.read(&mut text[before..]).map_err(|e| read_failed(&e))?;
    text.truncate(before + length);
    Ok(length > 0)
}

fn utf8(text: Vec<u8>) -> Result<String, Exception> {
    String::from_utf8(text).map_err(|_| Raised::SyntaxError.because("The statement is not UTF-8"))
}
