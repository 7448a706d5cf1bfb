//! Unchecked question → valid question: periods resolved, ranges enforced, each error naming its field.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use vocab::{Channel, ItemKind, SiteId};

use crate::{Funnel, Interval, Query, QueryError, Question, Scope};

/// Longest period of a question: three years and a day, in seconds.
const LONGEST_PERIOD: i64 = 1097 * 86_400;
/// Most buckets of a trend.
const MOST_BUCKETS: i64 = 10_080;
/// Longest text of a filter, in characters.
const LONGEST_TEXT: usize = 512;
/// Where days are cut unless told.
const DEFAULT_ZONE: &str = "Asia/Shanghai";

/// A stretch of time; the end is excluded.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub to: Timestamp,
    /// Whether the end is simply now, so a bucket that is not over yet may be counted whole.
    pub open: bool,
    /// The clock that cuts days.
    pub zone: TimeZone,
    /// Its IANA name.
    pub zone_name: String,
}

/// Sites, period and filters that have been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidScope {
    /// Sites; none means all.
    pub sites: Vec<SiteId>,
    /// When.
    pub period: Period,
    /// Whether machines are counted too.
    pub include_bots: bool,
    /// Rows at most, where the caller said so.
    pub limit: Option<u32>,
    /// Only this channel.
    pub channel: Option<Channel>,
    /// Only this class of device.
    pub device: Option<String>,
    /// Only this column.
    pub column: Option<String>,
    /// Only this department.
    pub dept: Option<String>,
    /// Only this topic.
    pub topic: Option<String>,
    /// Only this kind of item.
    pub kind: Option<ItemKind>,
}

/// A question that has an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub(crate) scope: ValidScope,
    pub(crate) question: Question,
}

impl Query {
    /// Checks every field; `now` resolves periods that are left open.
    ///
    /// # Errors
    /// [`QueryError::Field`] naming the first field out of range.
    pub fn check(self, now: Timestamp) -> Result<Checked, QueryError> {
        let mut scope = check_scope(self.scope, now)?;
        match &self.question {
            Question::Trends(trends) => check_buckets(&scope.period, trends.interval)?,
            Question::Search(search) => within("k", search.k, 1, 100)?,
            Question::Funnel(funnel) => check_funnel(funnel)?,
            Question::Realtime(realtime) => {
                within("minutes", realtime.minutes, 1, 180)?;
                scope.period.from = now - Span::new().minutes(i64::from(realtime.minutes));
                scope.period.to = now;
            }
            Question::TopContent(_) | Question::Recommendations(_) => {}
        }
        Ok(Checked { scope, question: self.question })
    }
}

fn check_scope(scope: Scope, now: Timestamp) -> Result<ValidScope, QueryError> {
    if scope.sites.len() > 100 {
        return Err(QueryError::field("sites", "at most 100 sites"));
    }
    if let Some(limit) = scope.limit {
        within("limit", limit, 1, 10_000)?;
    }
    for (field, text) in [
        ("device", &scope.device),
        ("column", &scope.column),
        ("dept", &scope.dept),
        ("topic", &scope.topic),
    ] {
        check_text(field, text.as_deref())?;
    }
    Ok(ValidScope {
        period: check_period(&scope, now)?,
        sites: scope.sites,
        include_bots: scope.include_bots,
        limit: scope.limit,
        channel: scope.channel,
        device: scope.device,
        column: scope.column,
        dept: scope.dept,
        topic: scope.topic,
        kind: scope.kind,
    })
}

fn check_period(scope: &Scope, now: Timestamp) -> Result<Period, QueryError> {
    let zone_name = scope.time_zone.clone().unwrap_or_else(|| DEFAULT_ZONE.to_owned());
    let zone = TimeZone::get(&zone_name)
        .map_err(|_| QueryError::field("time_zone", "is not an IANA time zone name"))?;
    let to = match &scope.to {
        Some(text) => instant("to", text, &zone, true)?,
        None => now,
    };
    let from = match &scope.from {
        Some(text) => instant("from", text, &zone, false)?,
        None => week_before(to, &zone)?,
    };
    if from >= to {
        return Err(QueryError::field("from", "must be before `to`"));
    }
    if to.as_second() - from.as_second() > LONGEST_PERIOD {
        return Err(QueryError::field("from", "a period is at most three years"));
    }
    Ok(Period { from, to, open: scope.to.is_none(), zone, zone_name })
}

/// The first instant of the sixth day before the last one: seven days that can be compared.
fn week_before(to: Timestamp, zone: &TimeZone) -> Result<Timestamp, QueryError> {
    let too_early = |_| QueryError::field("to", "is too early");
    let last = to.checked_sub(Span::new().milliseconds(1)).map_err(too_early)?;
    let first = last.to_zoned(zone.clone()).checked_sub(Span::new().days(6)).map_err(too_early)?;
    Ok(first.start_of_day().map_err(too_early)?.timestamp())
}

/// A date is its first instant, or with `whole_day` the first instant after it.
fn instant(
    field: &'static str,
    text: &str,
    zone: &TimeZone,
    whole_day: bool,
) -> Result<Timestamp, QueryError> {
    // The warehouse keeps instants from 1900 to 2299; a century less on each side keeps sums inside.
    let sane = |instant: Timestamp| (0..=4_102_444_800).contains(&instant.as_second());
    let outside = || QueryError::field(field, "must lie between 1970 and 2100");
    if let Ok(instant) = text.parse::<Timestamp>() {
        return if sane(instant) { Ok(instant) } else { Err(outside()) };
    }
    let date: Date = text.parse().map_err(|_| {
        QueryError::field(field, "is a date (2026-11-01) or an instant (2026-11-01T08:00:00Z)")
    })?;
    let date = if whole_day { date.tomorrow().map_err(|_| outside())? } else { date };
    let instant = date.to_zoned(zone.clone()).map_err(|_| outside())?.timestamp();
    if sane(instant) { Ok(instant) } else { Err(outside()) }
}

fn check_buckets(period: &Period, interval: Interval) -> Result<(), QueryError> {
    let seconds = match interval {
        Interval::Minute => 60,
        Interval::Hour => 3600,
        Interval::Day => 86_400,
    };
    let buckets = (period.to.as_second() - period.from.as_second()) / seconds;
    if buckets > MOST_BUCKETS {
        return Err(QueryError::field(
            "interval",
            format!("{buckets} buckets are too many, at most {MOST_BUCKETS}"),
        ));
    }
    Ok(())
}

fn check_funnel(funnel: &Funnel) -> Result<(), QueryError> {
    within("window_minutes", funnel.window_minutes, 1, 129_600)?;
    if !(2..=32).contains(&funnel.steps.len()) {
        return Err(QueryError::field("steps", "a funnel has 2 to 32 steps"));
    }
    for (position, step) in funnel.steps.iter().enumerate() {
        if step.event.is_empty() {
            return Err(QueryError::field(format!("steps[{position}].event"), "is missing"));
        }
        for (field, text) in [
            ("event", Some(&step.event)),
            ("item", step.item.as_ref()),
            ("column", step.column.as_ref()),
            ("dept", step.dept.as_ref()),
            ("topic", step.topic.as_ref()),
            ("path", step.path.as_ref()),
            ("service", step.service.as_ref()),
        ] {
            check_text(&format!("steps[{position}].{field}"), text.map(String::as_str))?;
        }
    }
    Ok(())
}

fn check_text(field: &str, text: Option<&str>) -> Result<(), QueryError> {
    match text {
        Some(text) if text.chars().count() > LONGEST_TEXT => {
            Err(QueryError::field(field, format!("at most {LONGEST_TEXT} characters")))
        }
        _ => Ok(()),
    }
}

fn within(field: &str, value: u32, least: u32, most: u32) -> Result<(), QueryError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(QueryError::field(field, format!("must be between {least} and {most}, not {value}")))
    }
}
