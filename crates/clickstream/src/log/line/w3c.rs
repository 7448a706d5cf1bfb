//! W3C Extended Log File Format, as IIS writes it: a `#Fields` directive names the columns of the lines after it.
//!
//! Format: W3C Working Draft WD-logfile-960323. Times are UTC.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::Line;
use super::combined::blank;

/// Which column is which; `None` where the log has it not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::log) struct Columns {
    date: Option<usize>,
    time: Option<usize>,
    visitor: Option<usize>,
    method: Option<usize>,
    stem: Option<usize>,
    query: Option<usize>,
    status: Option<usize>,
    referrer: Option<usize>,
    agent: Option<usize>,
    host: Option<usize>,
    /// The day of the last `#Date` directive, for logs whose lines have only a time.
    day: Option<Date>,
}

impl Columns {
    /// Reads what follows `#Fields:`.
    pub(in crate::log) fn parse(names: &[u8]) -> Self {
        let mut columns = Self::default();
        let names = names.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
        for (place, name) in names.enumerate() {
            let slot = match name.to_ascii_lowercase().as_slice() {
                b"date" => &mut columns.date,
                b"time" => &mut columns.time,
                // IIS's extended field behind a proxy.
                b"x-forwarded-for" => &mut columns.visitor,
                b"c-ip" | b"c-dns" if columns.visitor.is_none() => &mut columns.visitor,
                b"cs-method" => &mut columns.method,
                b"cs-uri-stem" | b"cs-uri" => &mut columns.stem,
                b"cs-uri-query" => &mut columns.query,
                b"sc-status" => &mut columns.status,
                b"cs(referer)" => &mut columns.referrer,
                b"cs(user-agent)" => &mut columns.agent,
                b"cs-host" | b"cs(host)" => &mut columns.host,
                _ => continue,
            };
            *slot = Some(place);
        }
        columns
    }

    /// A directive: what follows is read by other columns, or on another day. `None` where it says neither.
    pub(in crate::log) fn directive(before: Option<&Self>, line: &[u8]) -> Option<Self> {
        if let Some(names) = line.strip_prefix(b"#Fields:") {
            let day = before.and_then(|columns| columns.day);
            return Some(Self { day, ..Self::parse(names) });
        }
        let day = line.strip_prefix(b"#Date:")?;
        let day = std::str::from_utf8(day.trim_ascii().get(..10)?).ok()?.parse().ok()?;
        Some(Self { day: Some(day), ..before.cloned().unwrap_or_default() })
    }

    /// Whether there are columns to read by.
    pub(in crate::log) fn is_known(&self) -> bool {
        self.time.is_some()
    }

    pub(super) fn parse_line<'a>(&self, line: &'a [u8]) -> Result<Line<'a>, &'static str> {
        let cells: Vec<&'a [u8]> = cells(line);
        let cell = |place: Option<usize>| {
            place.and_then(|place| cells.get(place).copied()).map(blank).unwrap_or_default()
        };
        let text = |place| std::str::from_utf8(cell(place)).unwrap_or_default();
        let date: Option<Date> = text(self.date).parse().ok().or(self.day);
        let time: Option<Time> = text(self.time).parse().ok();
        let (Some(date), Some(time)) = (date, time) else {
            return Err("expected a date and a time in the columns that #Fields names");
        };
        let ts = TimeZone::UTC.to_timestamp(DateTime::from_parts(date, time));
        let visitor = cell(self.visitor);
        let visitor = visitor.split(|byte| *byte == b',').next().unwrap_or_default();
        let (method, stem) = (cell(self.method), cell(self.stem));
        if visitor.is_empty() || method.is_empty() || stem.is_empty() {
            return Err(
                "expected c-ip, cs-method and cs-uri-stem in the columns that #Fields names",
            );
        }
        let target = match cell(self.query) {
            b"" => Cow::Borrowed(stem),
            query => Cow::Owned([stem, b"?", query].concat()),
        };
        Ok(Line {
            visitor: visitor.into(),
            ts: ts.map_err(|_| "expected a time that exists")?,
            method: method.into(),
            target,
            status: text(self.status).parse().map_err(|_| "expected sc-status")?,
            referrer: cell(self.referrer).into(),
            // IIS writes a plus sign for a space.
            agent: cell(self.agent)
                .iter()
                .map(|byte| if *byte == b'+' { b' ' } else { *byte })
                .collect(),
            host: cell(self.host).into(),
        })
    }
}

/// Columns are parted by blanks; text in quotes may hold some, a quote in it is doubled.
fn cells(line: &[u8]) -> Vec<&[u8]> {
    let mut cells = Vec::with_capacity(16);
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let end = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                quoted.iter().position(|byte| *byte == b'"').map_or(rest.len(), |at| at + 2)
            }
            None => rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len()),
        };
        let (cell, after) = rest.split_at(end);
        cells.push(
            cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell),
        );
        rest = after.trim_ascii_start();
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iis_lines_are_read_by_their_columns() {
        let names = b" date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status time-taken";
        let columns = Columns::parse(names);
        let line = columns.parse_line(b"2026-05-28 12:26:39 10.0.0.1 GET /zwfw/a.aspx id=1 443 - 203.0.113.9 Mozilla/5.0+(Windows+NT+10.0) https://b.example/x 200 15").unwrap();
        assert_eq!(line.ts.to_string(), "2026-05-28T12:26:39Z");
        assert_eq!(
            (&*line.visitor, &*line.target, line.status),
            (&b"203.0.113.9"[..], &b"/zwfw/a.aspx?id=1"[..], 200)
        );
        assert_eq!(&*line.agent, b"Mozilla/5.0 (Windows NT 10.0)");
        assert!(columns.parse_line(b"2026-05-28 soon").unwrap_err().contains("a time"));
    }

    #[test]
    fn a_log_with_one_date_for_many_lines() {
        let columns = Columns::parse(b"time c-ip cs-method cs-uri sc-status cs(User-Agent)");
        let columns = Columns::directive(Some(&columns), b"#Date: 2026-05-28 00:00:00").unwrap();
        let line =
            columns.parse_line(b"00:34:23 203.0.113.9 GET /foo/bar.html 304 \"Moz illa\"").unwrap();
        assert_eq!(
            (line.ts.to_string().as_str(), &*line.agent),
            ("2026-05-28T00:34:23Z", &b"Moz illa"[..])
        );
        assert_eq!(Columns::directive(None, b"#Software: x"), None);
    }
}
