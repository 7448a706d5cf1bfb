//! The `RowBinaryWithNamesAndTypes` format, written by hand so that a batch is the same bytes every time.
//!
//! <https://clickhouse.com/docs/interfaces/formats/RowBinary>: lengths as LEB128, numbers little-endian, a UUID as its two
//! halves, `DateTime64(3)` as milliseconds in 64 bits.

use std::net::Ipv6Addr;

use jiff::Timestamp;
use uuid::Uuid;

/// Name and ClickHouse type of a column.
pub(crate) type ColumnType = (&'static str, &'static str);

/// Rows in the making.
#[derive(Debug, Default)]
pub(crate) struct RowWriter {
    bytes: Vec<u8>,
}

impl RowWriter {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// Makes room for about that many more bytes, so that a large batch is not copied again and again while it grows.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve_exact(bytes);
    }

    /// The header: how many columns, their names, their types.
    pub(crate) fn header(columns: &[ColumnType]) -> Vec<u8> {
        let mut writer = Self::default();
        writer.length(columns.len());
        for (name, _) in columns {
            writer.text(name);
        }
        for (_, kind) in columns {
            writer.text(kind);
        }
        writer.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn length(&mut self, mut length: usize) {
        while length >= 0x80 {
            self.bytes.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        self.bytes.push(length as u8);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn u8(&mut self, number: u8) {
        self.bytes.push(number);
    }

    pub(crate) fn i16(&mut self, number: i16) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn i32(&mut self, number: i32) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, number: f64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    /// `UUID`.
    pub(crate) fn uuid(&mut self, id: Uuid) {
        let (high, low) = id.as_u64_pair();
        self.u64(high);
        self.u64(low);
    }

    /// `DateTime64(3)`.
    pub(crate) fn millis(&mut self, instant: Timestamp) {
        self.bytes.extend_from_slice(&instant.as_millisecond().to_le_bytes());
    }

    /// `DateTime`: seconds, cut to its range (1970 to 2106).
    pub(crate) fn seconds(&mut self, instant: Timestamp) {
        self.u32(u32::try_from(instant.as_second().max(0)).unwrap_or(u32::MAX));
    }

    /// `IPv6`; unknown is `::`.
    pub(crate) fn address(&mut self, address: Option<Ipv6Addr>) {
        self.bytes.extend_from_slice(&address.unwrap_or(Ipv6Addr::UNSPECIFIED).octets());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_leb128() {
        let bytes = |length| {
            let mut writer = RowWriter::default();
            writer.length(length);
            writer.into_bytes()
        };
        assert_eq!(bytes(0), [0]);
        assert_eq!(bytes(127), [127]);
        assert_eq!(bytes(128), [0x80, 1]);
        assert_eq!(bytes(300), [0xac, 2]);
    }

    #[test]
    fn a_header_lists_names_then_types() {
        assert_eq!(
            RowWriter::header(&[("a", "UInt8"), ("b", "String")]),
            b"\x02\x01a\x01b\x05UInt8\x06String"
        );
    }
}
