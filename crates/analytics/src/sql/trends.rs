//! How a number moves: one row a bucket (and series), empty buckets included.

use super::Sql;
use crate::{ColumnKind, Interval, Metric, Plan, Trends, ValidScope, Value};

/// Lines of a broken-down trend unless told.
const SERIES: u32 = 10;

impl Metric {
    /// The event it counts; `None` is any.
    fn event(self) -> Option<&'static str> {
        match self {
            Self::PageViews | Self::Visitors | Self::People | Self::Sessions => Some("page_view"),
            Self::Searches => Some("search"),
            Self::Events => None,
        }
    }
}

pub(super) fn from_events(scope: &ValidScope, trends: &Trends) -> Plan {
    let value = match trends.metric {
        Metric::PageViews | Metric::Searches | Metric::Events => "count()",
        Metric::Visitors => "uniqIf(visitor, visitor != 0)",
        Metric::People => "uniqIf(if(whose != 0, whose, visitor), visitor != 0)",
        Metric::Sessions => "uniqIf(session_id, session_id != 0)",
    };
    let condition = |sql: &mut Sql| {
        sql.scope(scope);
        event_condition(sql, trends.metric);
    };
    let table = match trends.metric {
        Metric::People => {
            "\n  FROM events\n  LEFT ANY JOIN (SELECT site_id, visitor, person AS whose FROM people) AS people USING (site_id, visitor)\n  WHERE "
        }
        _ => "\n  FROM events\n  WHERE ",
    };
    write(scope, trends, "ts", value, table, "count()", &condition)
}

pub(super) fn from_hourly(scope: &ValidScope, trends: &Trends) -> Plan {
    let value = match trends.metric {
        Metric::Visitors => "uniqCombined64Merge(15)(visitors)",
        _ => "sum(hits)",
    };
    let condition = |sql: &mut Sql| {
        sql.push("hour >= ").from(scope).push(" AND hour < ").to(scope);
        sql.coarse_filters(scope);
        event_condition(sql, trends.metric);
    };
    write(scope, trends, "hour", value, "\n  FROM hourly\n  WHERE ", "sum(hits)", &condition)
}

fn event_condition(sql: &mut Sql, metric: Metric) {
    if let Some(event) = metric.event() {
        sql.push("\n  AND event = ").bind("event", Value::Text(event.to_owned()));
    }
}

/// The statement both tables share; `condition` writes what follows `WHERE`.
fn write(
    scope: &ValidScope,
    trends: &Trends,
    clock: &'static str,
    value: &'static str,
    table: &'static str,
    weight: &'static str,
    condition: &dyn Fn(&mut Sql),
) -> Plan {
    let (cut, step) = match trends.interval {
        Interval::Minute => ("toStartOfMinute(", "INTERVAL 1 MINUTE"),
        Interval::Hour => ("toStartOfHour(", "INTERVAL 1 HOUR"),
        Interval::Day => ("toStartOfDay(", "INTERVAL 1 DAY"),
    };
    let mut sql = Sql::default();
    sql.push("SELECT ").time_column(scope);
    if trends.breakdown.is_some() {
        sql.push(", series");
    }
    sql.push(", value\nFROM (\n  SELECT ").push(cut).push(clock).push(", ").zone(scope);
    sql.push(") AS bucket, ");
    if let Some(dimension) = trends.breakdown {
        sql.push(dimension.sql()).push(" AS series, ");
    }
    sql.push(value).push(" AS value").push(table);
    condition(&mut sql);
    if let Some(dimension) = trends.breakdown {
        // Only the strongest lines; a chart of hundreds says nothing.
        sql.push("\n  AND ").push(dimension.sql()).push(" IN (SELECT ").push(dimension.sql());
        sql.push(" AS series").push(table);
        condition(&mut sql);
        sql.push("\n  GROUP BY series ORDER BY ").push(weight).push(" DESC, series");
        sql.limit(scope, SERIES).push(")\n  GROUP BY bucket, series\n  ORDER BY series, bucket");
    } else {
        sql.push("\n  GROUP BY bucket\n  ORDER BY bucket");
    }
    sql.push(" WITH FILL FROM ").push(cut).from(scope).push(", ").zone(scope);
    sql.push(") TO toDateTime(").to(scope).push(", ").zone(scope).push(") STEP ").push(step);
    sql.push("\n)\nORDER BY ");
    sql.push(if trends.breakdown.is_some() { "series, time" } else { "time" });
    let mut columns = vec![("time", ColumnKind::Time)];
    if trends.breakdown.is_some() {
        columns.push(("series", ColumnKind::Text));
    }
    columns.push(("value", ColumnKind::Count));
    sql.plan(&columns)
}
