//! What is known of ClickHouse's output formats: which can be sent block by block, and their content types.

/// How a result in a format can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streaming {
    /// Blocks follow each other as they are.
    Plain,
    /// Every block begins with so many lines of header, of which the client wants the first only.
    Lines(usize),
    /// The same for CSV, where a quoted name may hold a line end.
    CsvLines(usize),
    /// Every block begins with `RowBinary`'s list of names; `types` says whether the types follow.
    RowBinary {
        /// Whether the header holds types after the names.
        types: bool,
    },
    /// The result is one document (JSON, Parquet, Arrow, Pretty …) and is made as a whole.
    Document,
}

impl Streaming {
    /// How results in this format can be sent.
    pub(crate) fn of(format: &str) -> Self {
        let format = format.to_ascii_lowercase();
        let base = format.trim_end_matches("withnamesandtypes").trim_end_matches("withnames");
        let headers =
            if base.len() == format.len() { 0 } else { 1 + usize::from(format.ends_with("types")) };
        match (base, headers) {
            ("rowbinary", 1..) => Self::RowBinary { types: headers == 2 },
            ("csv", 1..) => Self::CsvLines(headers),
            (
                "tabseparated"
                | "tsv"
                | "tabseparatedraw"
                | "tsvraw"
                | "jsoncompacteachrow"
                | "jsoncompactstringseachrow",
                1..,
            ) => Self::Lines(headers),
            (
                "native"
                | "rowbinary"
                | "csv"
                | "tabseparated"
                | "tsv"
                | "tabseparatedraw"
                | "tsvraw"
                | "raw"
                | "tskv"
                | "jsoneachrow"
                | "jsonlines"
                | "ndjson"
                | "jsonstringseachrow"
                | "jsoncompacteachrow"
                | "jsoncompactstringseachrow"
                | "lineasstring"
                | "rawblob"
                | "msgpack",
                0,
            ) => Self::Plain,
            _ => Self::Document,
        }
    }

    /// The length of the header at the beginning of a block.
    pub(crate) fn header(self, block: &[u8]) -> usize {
        match self {
            Self::Plain | Self::Document => 0,
            Self::Lines(lines) => lines_end(block, lines, false),
            Self::CsvLines(lines) => lines_end(block, lines, true),
            Self::RowBinary { types } => row_binary_header(block, types).unwrap_or(0),
        }
    }
}

/// Where the first `lines` lines end.
fn lines_end(block: &[u8], mut lines: usize, quotes: bool) -> usize {
    let mut quoted = false;
    for (at, byte) in block.iter().enumerate() {
        match byte {
            b'"' if quotes => quoted = !quoted,
            b'\n' if !quoted => lines -= 1,
            _ => {}
        }
        if lines == 0 {
            return at + 1;
        }
    }
    block.len()
}

/// The length of `RowBinaryWithNames[AndTypes]`'s header: a count, then strings, each with its length (LEB128).
fn row_binary_header(block: &[u8], types: bool) -> Option<usize> {
    let mut at = 0;
    let columns = leb128(block, &mut at)?;
    for _ in 0..columns * if types { 2 } else { 1 } {
        at += leb128(block, &mut at)?;
    }
    (at <= block.len()).then_some(at)
}

fn leb128(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let (mut value, mut shift) = (0_usize, 0_u32);
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift += 7;
    }
}

/// The content type ClickHouse gives a format.
pub(crate) fn content_type(format: &str) -> &'static str {
    let format = format.to_ascii_lowercase();
    match format.as_str() {
        f if f.starts_with("jsoneachrow")
            || f.starts_with("jsoncompacteachrow")
            || f.starts_with("jsonstringseachrow") =>
        {
            "application/x-ndjson; charset=UTF-8"
        }
        "jsonlines" | "ndjson" => "application/x-ndjson; charset=UTF-8",
        f if f.starts_with("json") => "application/json; charset=UTF-8",
        f if f.starts_with("csv") => "text/csv; charset=UTF-8; header=absent",
        f if f.starts_with("tabseparated") || f.starts_with("tsv") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        f if f.starts_with("pretty")
            || matches!(f, "vertical" | "tskv" | "values" | "sqlinsert") =>
        {
            "text/plain; charset=UTF-8"
        }
        "markdown" => "text/markdown; charset=UTF-8",
        "xml" => "application/xml; charset=UTF-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_any_spelling() {
        assert_eq!(
            Streaming::of("RowBinaryWithNamesAndTypes"),
            Streaming::RowBinary { types: true }
        );
        assert_eq!(Streaming::of("TSVWithNames"), Streaming::Lines(1));
        assert_eq!(Streaming::of("JSONEachRow"), Streaming::Plain);
        for document in ["JSON", "Parquet", "ArrowStream", "Pretty", "NativeWithNames", "Whatever"]
        {
            assert_eq!(Streaming::of(document), Streaming::Document, "{document}");
        }
    }

    #[test]
    fn headers_are_measured() {
        assert_eq!(Streaming::Lines(2).header(b"a\tb\nInt8\tInt8\n1\t2\n"), 14);
        assert_eq!(Streaming::CsvLines(1).header(b"\"a\nb\",\"c\"\n1,2\n"), 10);
        assert_eq!(Streaming::RowBinary { types: true }.header(b"\x01\x01a\x05UInt8\x07"), 9);
        assert_eq!(Streaming::RowBinary { types: true }.header(b"\x01\x7fa"), 0);
    }
}
