//! Picks the smallest table that gives the same answer.

use jiff::tz::TimeZone;

use crate::{Checked, Dimension, Interval, Metric, Period, Question, ValidScope};

/// Where an answer is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Every event.
    Events,
    /// One row an hour, event, channel and device.
    Hourly,
}

impl Checked {
    /// The smallest table that can answer: the hourly rollup for trends whose edges, buckets,
    /// filters and breakdown it knows; the events for everything else.
    pub fn table(&self) -> Table {
        let Question::Trends(trends) = &self.question else { return Table::Events };
        let countable = !matches!(trends.metric, Metric::Sessions | Metric::People);
        let wide = trends.interval != Interval::Minute;
        let known = matches!(
            trends.breakdown,
            None | Some(Dimension::Channel | Dimension::Device | Dimension::Event)
        );
        if countable
            && wide
            && known
            && no_fine_filter(&self.scope)
            && on_the_hour(&self.scope.period)
        {
            Table::Hourly
        } else {
            Table::Events
        }
    }
}

fn no_fine_filter(scope: &ValidScope) -> bool {
    scope.column.is_none() && scope.dept.is_none() && scope.topic.is_none() && scope.kind.is_none()
}

/// Whether the period and every day in it begin on a UTC hour; a zone of +05:30 never does.
fn on_the_hour(period: &Period) -> bool {
    let whole = |zone: &TimeZone, at| zone.to_offset(at).seconds() % 3600 == 0;
    period.from.as_millisecond() % 3_600_000 == 0
        && (period.open || period.to.as_millisecond() % 3_600_000 == 0)
        && whole(&period.zone, period.from)
        && period
            .zone
            .following(period.from)
            .take_while(|change| change.timestamp() < period.to)
            .all(|change| change.offset().seconds() % 3600 == 0)
}
