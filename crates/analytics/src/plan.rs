//! A question ready to run: SQL, its bound parameters, and what the answer's columns mean.

use serde::Serialize;

/// A value bound on the server; it never becomes part of the SQL text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `String`.
    Text(String),
    /// `UInt64` and narrower.
    Unsigned(u64),
    /// `Int64`.
    Signed(i64),
    /// `Array(UInt32)`.
    Numbers(Vec<u32>),
}

impl Value {
    /// The ClickHouse type of the placeholder.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "String",
            Self::Unsigned(_) => "UInt64",
            Self::Signed(_) => "Int64",
            Self::Numbers(_) => "Array(UInt32)",
        }
    }
}

/// A named value: `{name:Type}` in the SQL.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Param {
    /// The placeholder's name; letters, digits and underscores made by this crate.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// What the numbers of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Start of a bucket as `YYYY-MM-DDThh:mm:ss` on the question's own clock.
    Time,
    /// Text.
    Text,
    /// A whole number.
    Count,
    /// A share between 0 and 1.
    Ratio,
    /// Seconds.
    Seconds,
    /// Any other number.
    Number,
}

/// One column of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name in the rows.
    pub name: &'static str,
    /// Its meaning.
    pub kind: ColumnKind,
}

/// A question ready to run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// One `SELECT`, without format, settings or user text.
    pub sql: String,
    /// Its parameters, in order of first use.
    pub params: Vec<Param>,
    /// Columns of the answer, in order.
    pub columns: Vec<Column>,
}
