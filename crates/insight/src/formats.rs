//! Public data formats → [`crate::Interactions`] and [`Visits`]: pairs with or without time, adjacency lists, session
//! clicks.
//!
//! Readers take any [`BufRead`]; opening files is the caller's. A line that cannot be read is an error with its number.

mod headless;
mod moment;
mod visits;

use std::io::BufRead;

use sha2::{Digest, Sha256};
use vocab::{SessionId, VisitorId};

use crate::interactions::InteractionsBuilder;
use crate::{InsightError, Result};

use moment::moment;
pub use visits::{Visits, VisitsBuilder};

/// A click later than its session's start plus this is a broken clock and is clipped (milliseconds).
const MAX_SESSION_MS: i64 = 6 * 3_600_000;

/// The layouts that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `user item [timestamp]`, separated by comma, tab, `::` or spaces; a header line is allowed.
    Pairs,
    /// `user item rating [timestamp]`, the same: every rating is a use, how high it is does not count.
    Rated,
    /// `user item item …` (`LightGCN`), separated by spaces.
    Adjacency,
}

impl Format {
    /// What the first lines look like: pairs by a comma, a tab, `::` or exactly two or three fields in all of them,
    /// rated where the third field is never above 10, adjacency lists otherwise. The more lines the surer: people with one
    /// or two items look like pairs.
    pub fn detect(lines: &[&str]) -> Self {
        let rows: Vec<Vec<&str>> =
            lines.iter().filter(|line| !line.trim().is_empty()).map(|line| split(line)).collect();
        let all = |count: usize| rows.iter().all(|row| row.len() == count);
        let is_marked =
            lines.first().is_some_and(|line| line.contains([',', '\t']) || line.contains("::"));
        if !(is_marked || all(2) || all(3)) {
            return Self::Adjacency;
        }
        // A header's third column is a word.
        let mut third = rows.iter().enumerate().filter_map(|(nth, row)| {
            let value = row.get(2).and_then(|text| text.parse::<f64>().ok());
            (nth > 0 || value.is_some()).then_some(value)
        });
        let is_rating = |value: Option<f64>| value.is_some_and(|v| (0.0..=10.0).contains(&v));
        // One row alone may have been at the first second of time.
        let are_ratings = rows.len() > 1 && third.all(is_rating);
        if (all(3) || all(4)) && are_ratings { Self::Rated } else { Self::Pairs }
    }

    /// Reads all lines into `into`; returns the interactions read.
    ///
    /// # Errors
    /// The first line that cannot be read, with its number from 1.
    pub fn read(self, from: impl BufRead, into: &mut InteractionsBuilder) -> Result<usize> {
        let before = into.len();
        for (index, line) in from.lines().enumerate() {
            let line = line?;
            let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
            if line.trim().is_empty() {
                continue;
            }
            let number = index + 1;
            match self {
                Self::Pairs => pair(&split(line), number, into)?,
                Self::Rated => rated(split(line), number, into)?,
                Self::Adjacency => adjacency(line, number, into)?,
            }
        }
        Ok(into.len() - before)
    }
}

fn fail(line: usize, detail: impl Into<String>) -> InsightError {
    InsightError::Parse { line, detail: detail.into() }
}

fn split(line: &str) -> Vec<&str> {
    let trimmed = line.trim();
    if trimmed.contains("::") {
        trimmed.split("::").map(str::trim).collect()
    } else if trimmed.contains(',') {
        trimmed.split(',').map(str::trim).collect()
    } else if trimmed.contains('\t') {
        trimmed.split('\t').map(str::trim).collect()
    } else {
        trimmed.split_whitespace().collect()
    }
}

/// A number as it is; other text as the first 64 bits of its SHA-256.
fn visitor(text: &str) -> VisitorId {
    VisitorId(text.parse().unwrap_or_else(|_| {
        let digest = Sha256::digest(text.as_bytes());
        digest.iter().take(8).fold(0, |hash, &byte| hash << 8 | u64::from(byte))
    }))
}

fn rated(mut fields: Vec<&str>, number: usize, into: &mut InteractionsBuilder) -> Result<()> {
    let is_header = number == 1 && fields.get(2).is_some_and(|text| text.parse::<f64>().is_err());
    if is_header {
        return Ok(());
    }
    if fields.len() > 2 {
        fields.remove(2);
    }
    pair(&fields, number, into)
}

fn pair(fields: &[&str], number: usize, into: &mut InteractionsBuilder) -> Result<()> {
    let (user, item, time) = match fields[..] {
        [user, item] => (user, item, None),
        [user, item, time] => (user, item, Some(time)),
        _ => {
            let found = fields.len();
            return Err(fail(number, format!("{found} fields, expected user item [timestamp]")));
        }
    };
    if user.is_empty() || item.is_empty() {
        return Err(fail(number, "empty user or item"));
    }
    let ts_ms = match time.map(moment) {
        None => 0,
        Some(Some(ms)) => ms,
        // The header's third column is a word.
        Some(None) if number == 1 => return Ok(()),
        Some(None) => {
            let detail = format!("timestamp {}", time.unwrap_or_default());
            return Err(fail(
                number,
                format!("{detail}, expected seconds, milliseconds or RFC 3339"),
            ));
        }
    };
    let is_header = |text: &str| visits::USER.contains(&text.to_ascii_lowercase().as_str());
    if number == 1 && is_header(user) {
        return Ok(());
    }
    into.push(visitor(user), item, SessionId(0), ts_ms, 1.0);
    Ok(())
}

fn adjacency(line: &str, number: usize, into: &mut InteractionsBuilder) -> Result<()> {
    let mut fields = line.split_whitespace();
    let Some(user) = fields.next() else {
        return Err(fail(number, "no user"));
    };
    for item in fields {
        into.push(visitor(user), item, SessionId(0), 0, 1.0);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
