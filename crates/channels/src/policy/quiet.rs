//! Quiet hours on a person's own clock, right on the days the clock is changed.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// From one local time to another, over midnight where the first is later. Equal times mean never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// First quiet moment.
    pub from: Time,
    /// First moment that is not quiet.
    pub to: Time,
}

impl QuietHours {
    /// Whether local time `at` is quiet.
    pub fn covers(&self, at: Time) -> bool {
        if self.from <= self.to {
            self.from <= at && at < self.to
        } else {
            at >= self.from || at < self.to
        }
    }

    /// When the quiet hours around `now` end in `zone`; `None` where `now` is not quiet.
    pub fn ends_after(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = now.to_zoned(zone.clone());
        if !self.covers(local.time()) {
            return None;
        }
        let mut day = local.date();
        if local.time() >= self.to {
            day = day.tomorrow().ok()?;
        }
        // Where the end falls into the hour that is skipped, `later` is the first moment that exists after it; where
        // the hour happens twice, the first time that is not past counts.
        let end = zone.to_ambiguous_zoned(day.to_datetime(self.to));
        let first = end.clone().compatible().ok()?.timestamp();
        if first > now {
            return Some(first);
        }
        let second = end.later().ok()?.timestamp();
        (second > now).then_some(second)
    }
}
