//! Pages of a list that grows while it is read: a cursor names the last row, not a number of rows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::RegistryError;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` of `rows`, which were asked for one more than that.
    pub(crate) fn of(mut rows: Vec<T>, limit: u32, key: impl Fn(&T) -> (i64, String)) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(|last| encode(&key(last))) } else { None };
        Self { rows, next }
    }
}

fn encode((at, id): &(i64, String)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{at}:{id}"))
}

/// Instant and id of the last row of the page before.
pub(crate) fn decode(cursor: &str) -> Result<(i64, String), RegistryError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| RegistryError::Cursor)?;
    let text = String::from_utf8(bytes).map_err(|_| RegistryError::Cursor)?;
    let (at, id) = text.split_once(':').ok_or(RegistryError::Cursor)?;
    Ok((at.parse().map_err(|_| RegistryError::Cursor)?, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_cursor_is_refused() {
        assert_eq!(decode(&encode(&(-5, "a:b".to_owned()))).unwrap(), (-5, "a:b".to_owned()));
        for bad in ["", "%", "aGVsbG8", "eDph"] {
            assert!(matches!(decode(bad), Err(RegistryError::Cursor)), "{bad}");
        }
    }
}
