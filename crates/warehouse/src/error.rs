//! What can go wrong between this process and ClickHouse, and what each failure asks for.

use clickstream::CollectError;

/// A failure of the warehouse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WarehouseError {
    /// ClickHouse cannot be reached or did not answer in time; nothing is known about the statement.
    #[error("clickhouse is not reachable: {0}")]
    Unavailable(String),
    /// ClickHouse answered with an exception.
    #[error("clickhouse refused with code {code}: {message}")]
    Refused {
        /// Its error code (`src/Common/ErrorCodes.cpp`).
        code: u32,
        /// Its words.
        message: String,
    },
    /// The answer does not have the expected shape.
    #[error("unexpected answer: {0}")]
    Answer(String),
    /// The configuration names a database no identifier can be.
    #[error("database name {0:?} may hold letters, digits and underscores only")]
    Database(String),
    /// A migration that has been applied was changed afterwards.
    #[error("migration {0} was edited after it had been applied")]
    EditedMigration(String),
    /// The database knows a migration this program does not: it was made by a newer one.
    #[error("migration {0} is applied but not known, the database is newer than this program")]
    UnknownMigration(String),
    /// A table, view or setting is not what this program needs.
    #[error("schema: {object} {detail}")]
    Schema {
        /// Name of the table or view.
        object: String,
        /// What is wrong.
        detail: String,
    },
    /// A retention period is outside its bounds.
    #[error("retention.{field} is {days}, allowed is {least} to {most}")]
    Retention {
        /// The field.
        field: &'static str,
        /// What it says, in days.
        days: u32,
        /// The floor.
        least: u32,
        /// The ceiling.
        most: u32,
    },
    /// The spool failed.
    #[error("the spool failed")]
    Spool(#[from] CollectError),
}

/// What a failed insert asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The same bytes again, soon: overload, restart, network.
    Retry,
    /// The rows: one of them cannot be stored, and ClickHouse has written none of them.
    Divide,
    /// A person: schema, rights, disk. The same bytes again, later.
    Wait,
}

/// Codes that pass by themselves: 32 and 33 (upload cut off), 159, 160, 209, 210 (time-outs, network), 164 (read-only
/// while starting), 202, 241, 242, 252, 319, 439, 999 (queries, memory, replicas, parts, unknown state, threads, keeper).
const PASSING: &[u32] =
    &[32, 33, 159, 160, 164, 202, 209, 210, 236, 241, 242, 252, 319, 394, 439, 999];

/// Codes raised while a value is read or checked, before anything is written.
const ABOUT_DATA: &[u32] = &[6, 26, 27, 38, 41, 69, 70, 72, 117, 131, 321, 376, 441, 469];

impl WarehouseError {
    /// What a failed insert asks for.
    pub(crate) fn remedy(&self) -> Remedy {
        match self {
            Self::Unavailable(_) => Remedy::Retry,
            Self::Refused { code, .. } if PASSING.contains(code) => Remedy::Retry,
            Self::Refused { code, .. } if ABOUT_DATA.contains(code) => Remedy::Divide,
            _ => Remedy::Wait,
        }
    }

    /// Whether the statement may be repeated soon with a chance of success.
    pub fn is_passing(&self) -> bool {
        self.remedy() == Remedy::Retry
    }

    pub(crate) fn schema(object: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Schema { object: object.into(), detail: detail.into() }
    }
}

impl From<clickhouse::error::Error> for WarehouseError {
    fn from(error: clickhouse::error::Error) -> Self {
        use clickhouse::error::Error;
        match error {
            Error::BadResponse(text) => match code(&text) {
                Some(code) => Self::Refused { code, message: text },
                None => Self::Unavailable(text),
            },
            Error::Network(source) => Self::Unavailable(source.to_string()),
            Error::TimedOut => Self::Unavailable("no answer in time".to_owned()),
            other => Self::Answer(other.to_string()),
        }
    }
}

/// `N` of `Code: N. DB::Exception: …`.
fn code(text: &str) -> Option<u32> {
    let rest = text.split_once("Code: ")?.1;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> WarehouseError {
        clickhouse::error::Error::BadResponse(text.to_owned()).into()
    }

    #[test]
    fn the_code_decides_the_remedy() {
        assert_eq!(refused("Code: 241. DB::Exception: memory").remedy(), Remedy::Retry);
        assert_eq!(refused("Code: 469. DB::Exception: constraint").remedy(), Remedy::Divide);
        assert_eq!(refused("Code: 60. DB::Exception: no table").remedy(), Remedy::Wait);
        assert_eq!(refused("502 bad gateway").remedy(), Remedy::Retry);
        assert!(matches!(
            refused("Code: 60. DB::Exception: x"),
            WarehouseError::Refused { code: 60, .. }
        ));
    }

    #[test]
    fn no_code_is_both_passing_and_about_data() {
        assert!(PASSING.iter().all(|code| !ABOUT_DATA.contains(code)));
    }
}
