//! Public data formats → [`crate::Interactions`] and [`Visits`]: pairs with or without time, adjacency lists, session
//! clicks.
//!
//! Readers take any [`BufRead`]; opening files is the caller's. A line that cannot be read is an error with its number.

mod visits;

use std::io::BufRead;

use sha2::{Digest, Sha256};
use vocab::{SessionId, VisitorId};

use crate::interactions::InteractionsBuilder;
use crate::{InsightError, Result};

pub use visits::{Visits, VisitsBuilder};

/// A click later than its session's start plus this is a broken clock and is clipped (milliseconds).
const MAX_SESSION_MS: i64 = 6 * 3_600_000;

/// The layouts that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `user item [timestamp]`, separated by comma, tab or spaces; a header line is allowed.
    Pairs,
    /// `user item item …` (`LightGCN`), separated by spaces.
    Adjacency,
}

impl Format {
    /// What the first lines look like: pairs by a comma, a tab or exactly two or three fields in all of them, adjacency
    /// lists otherwise. The more lines the surer: people with one or two items look like pairs.
    pub fn detect(lines: &[&str]) -> Self {
        let first = lines.first().copied().unwrap_or_default();
        let fields = |line: &&str| split(line).len();
        let counts: Vec<usize> =
            lines.iter().filter(|line| !line.trim().is_empty()).map(fields).collect();
        let as_pairs = first.contains([',', '\t'])
            || counts.iter().all(|&count| count == 2)
            || counts.iter().all(|&count| count == 3);
        if as_pairs { Self::Pairs } else { Self::Adjacency }
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
                Self::Pairs => pair(line, number, into)?,
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
    if trimmed.contains(',') {
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

fn pair(line: &str, number: usize, into: &mut InteractionsBuilder) -> Result<()> {
    let fields = split(line);
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

/// Seconds (below 10¹¹, until the year 5138), milliseconds, or RFC 3339.
fn moment(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<f64>() {
        let ms = if number.abs() < 1e11 { number * 1_000.0 } else { number };
        return number.is_finite().then_some(ms as i64);
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
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
