//! One line of a log in whatever format it is: Common, Combined, JSON, or W3C Extended.

use std::borrow::Cow;

use jiff::Timestamp;

mod combined;
mod json;
mod w3c;

pub(super) use w3c::Columns;

/// What a line says. What a format does not have is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The address or name of whoever asked.
    pub(super) visitor: Cow<'a, [u8]>,
    pub(super) ts: Timestamp,
    pub(super) method: Cow<'a, [u8]>,
    pub(super) target: Cow<'a, [u8]>,
    pub(super) status: u16,
    pub(super) referrer: Cow<'a, [u8]>,
    pub(super) agent: Cow<'a, [u8]>,
    /// The host that was asked.
    pub(super) host: Cow<'a, [u8]>,
}

/// Reads a line, or says what is missing. `columns` are those of the last `#Fields` directive before it.
pub(super) fn parse<'a>(
    line: &'a [u8],
    columns: Option<&Columns>,
) -> Result<Line<'a>, &'static str> {
    match (line.first(), columns) {
        (Some(b'{'), _) => json::parse(line),
        (_, Some(columns)) => columns.parse_line(line),
        _ => combined::parse(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_line_or_not(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let columns = Columns::parse(b" date time c-ip cs-method cs-uri-stem sc-status");
            parse(&bytes, None).ok();
            parse(&bytes, Some(&columns)).ok();
            parse(&[b"{\"", bytes.as_slice()].concat(), None).ok();
            Columns::parse(&bytes);
        }
    }
}
