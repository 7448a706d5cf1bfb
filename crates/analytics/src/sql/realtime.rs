//! What happens right now: one row a minute, quiet minutes included.

use super::Sql;
use crate::{ColumnKind, Plan, ValidScope};

pub(super) fn plan(scope: &ValidScope) -> Plan {
    let mut sql = Sql::default();
    sql.push("SELECT ").time_column(scope);
    sql.push(
        ", page_views, visitors, sessions, searches, events
FROM (
  SELECT toStartOfMinute(ts, ",
    );
    sql.zone(scope).push(
        ") AS bucket,
    countIf(event = 'page_view') AS page_views,
    uniqIf(visitor, visitor != 0) AS visitors,
    uniqIf(session_id, session_id != 0) AS sessions,
    countIf(event = 'search') AS searches,
    count() AS events
  FROM events
  WHERE ",
    );
    sql.scope(scope).push("\n  GROUP BY bucket\n  ORDER BY bucket WITH FILL FROM toStartOfMinute(");
    sql.from(scope).push(", ").zone(scope).push(") TO toDateTime(").to(scope).push(", ");
    sql.zone(scope).push(") STEP INTERVAL 1 MINUTE\n)\nORDER BY time");
    sql.plan(&[
        ("time", ColumnKind::Time),
        ("page_views", ColumnKind::Count),
        ("visitors", ColumnKind::Count),
        ("sessions", ColumnKind::Count),
        ("searches", ColumnKind::Count),
        ("events", ColumnKind::Count),
    ])
}
