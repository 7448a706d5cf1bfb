//! Formats of rows: NDJSON, a JSON array, CSV.

use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::DeadLetter;
use super::detect::Source;
use super::fields::Field;
use crate::RegistryError;

/// Longest record in bytes.
const MAX_RECORD: usize = 16 * 1024 * 1024;

/// A record as it stands in the file.
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) fields: Map<String, Value>,
}

/// Takes a record; `false` stops.
pub(super) type Emit<'a> = &'a mut dyn FnMut(Result<Record, DeadLetter>) -> bool;

pub(super) fn letter(
    line: u64,
    field: &str,
    reason: impl Into<String>,
    record: &str,
) -> DeadLetter {
    let excerpt = record.chars().take(120).collect();
    DeadLetter { line, field: field.to_owned(), reason: reason.into(), excerpt }
}

pub(super) fn ndjson(mut reader: Source, emit: Emit<'_>) -> Option<String> {
    let mut buffer = Vec::new();
    let mut line = 0;
    loop {
        buffer.clear();
        line += 1;
        match reader.by_ref().take(MAX_RECORD as u64 + 1).read_until(b'\n', &mut buffer) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(format!("line {line}: {error}")),
        }
        if buffer.len() > MAX_RECORD && !buffer.ends_with(b"\n") {
            if let Err(error) = reader.skip_until(b'\n') {
                return Some(format!("line {line}: {error}"));
            }
            let head = String::from_utf8_lossy(&buffer[..200]).into_owned();
            if !emit(Err(letter(line, "", format!("longer than {MAX_RECORD} bytes"), &head))) {
                return None;
            }
            continue;
        }
        if buffer.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let record = match serde_json::from_slice::<Value>(&buffer) {
            Ok(Value::Object(fields)) => Ok(Record { line, fields }),
            Ok(_) => Err(letter(line, "", "not a JSON object", &String::from_utf8_lossy(&buffer))),
            Err(error) => {
                Err(letter(line, "", error.to_string(), &String::from_utf8_lossy(&buffer)))
            }
        };
        if !emit(record) {
            return None;
        }
    }
}

/// Hands on the elements of an array one by one, so the array is never whole in memory.
struct Elements<'a>(Emit<'a>);

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut line = 0;
        while let Some(element) = elements.next_element::<Value>()? {
            line += 1;
            let record = match element {
                Value::Object(fields) => Ok(Record { line, fields }),
                other => Err(letter(line, "", "not a JSON object", &other.to_string())),
            };
            if !(self.0)(record) {
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

pub(super) fn json_array(reader: Source, emit: Emit<'_>) -> Option<String> {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let read = Elements(emit).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    read.err().map(|error| error.to_string())
}

/// Reads CSV; an unknown column, or none for the title, is an error before anything is taken over.
pub(super) fn csv(reader: Source, emit: Emit<'_>) -> Result<Option<String>, RegistryError> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(reader);
    let header =
        reader.headers().map_err(|error| RegistryError::NotACatalogue(error.to_string()))?.clone();
    for (at, column) in header.iter().enumerate() {
        if header.iter().take(at).any(|before| before == column) {
            return Err(RegistryError::NotACatalogue(format!("two columns are called {column}")));
        }
        if Field::of(column).is_none() {
            let column = if column.is_empty() { "(without a name)" } else { column };
            return Err(RegistryError::UnknownColumn {
                column: column.to_owned(),
                known: Field::known(),
            });
        }
    }
    if !header
        .iter()
        .any(|column| Field::of(column).is_some_and(|(field, _)| field == Field::Title))
    {
        return Err(RegistryError::MissingColumn { column: "title", names: Field::Title.names() });
    }
    let mut row = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut row) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(error) if error.is_io_error() => return Ok(Some(format!("line {line}: {error}"))),
            Err(error) => {
                if !emit(Err(letter(line, "", error.to_string(), ""))) {
                    return Ok(None);
                }
                continue;
            }
        }
        let line = row.position().map_or(line, csv::Position::line);
        let text = || row.iter().collect::<Vec<_>>().join(",");
        let record = if row.len() == header.len() {
            let fields = header.iter().zip(&row).filter(|(_, value)| !value.is_empty());
            let fields =
                fields.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
            Ok(Record { line, fields })
        } else {
            let reason = format!("has {} columns, the header has {}", row.len(), header.len());
            Err(letter(line, "", reason, &text()))
        };
        if !emit(record) {
            return Ok(None);
        }
    }
}
