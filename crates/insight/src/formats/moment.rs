//! Times as data files write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Milliseconds since 1970: from seconds (below 10¹¹, until the year 5138), milliseconds, RFC 3339, or a date with or
/// without a time, taken as UTC where no zone is told.
pub(super) fn moment(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<f64>() {
        let ms = if number.abs() < 1e11 { number * 1_000.0 } else { number };
        return number.is_finite().then_some(ms as i64);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    let civil =
        text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0)));
    let zoned = civil.ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// Whether a text is a moment and more than a number.
pub(super) fn is_written_out(text: &str) -> bool {
    text.parse::<f64>().is_err() && moment(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_as_numbers_and_as_words() {
        let day = 1_396_828_800_000;
        for (text, ms) in [
            ("1396828800", day),
            ("1396828800000", day),
            ("1396828800.25", day + 250),
            ("2014-04-07", day),
            ("2014-04-07 00:00:01", day + 1_000),
            ("2014-04-07T00:00:00.277Z", day + 277),
            ("2014-04-07T00:00:00.277", day + 277),
            ("2014-04-07T08:00:00+08:00", day),
        ] {
            assert_eq!(moment(text), Some(ms), "{text}");
            assert_eq!(is_written_out(text), text.contains('-'), "{text}");
        }
        for text in ["", "yesterday", "NaN", "2014-13-07"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
