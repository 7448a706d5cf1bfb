//! How many get through a list of steps, with `windowFunnel` over each walker's events.

use super::Sql;
use crate::{ColumnKind, Funnel, FunnelBy, Plan, Step, ValidScope, Value};

pub(super) fn plan(scope: &ValidScope, funnel: &Funnel) -> Plan {
    let walker = match funnel.by {
        FunnelBy::Visitor => "visitor",
        FunnelBy::Session => "session_id",
    };
    let steps = &funnel.steps;
    let mut sql = Sql::default();
    sql.push(
        "SELECT series, step, walkers,
  if(first = 0, 0, walkers / first) AS of_first,
  if(previous = 0, 0, walkers / previous) AS of_previous
FROM (
  SELECT series, step, walkers,
    max(walkers) OVER (PARTITION BY series) AS first,
    lagInFrame(walkers, 1, walkers) OVER (PARTITION BY series ORDER BY step) AS previous
  FROM (
    SELECT series, step, sumIf(n, level >= step) AS walkers
    FROM (
      SELECT series, level, count() AS n
      FROM (
        SELECT site_id, ",
    );
    sql.push(walker).push(", ");
    // The first step's value: grouping by the property itself would cut sequences that cross values.
    match funnel.breakdown {
        Some(dimension) => {
            sql.push("argMinIf(").push(dimension.sql()).push(", ts, ");
            step_condition(&mut sql, 0, &steps[0]);
            sql.push(")");
        }
        None => {
            sql.push("''");
        }
    }
    // windowFunnel refuses DateTime64 and Int64; milliseconds keep the order inside a second.
    sql.push(" AS series,\n          windowFunnel(");
    sql.bind("window_ms", Value::Unsigned(u64::from(funnel.window_minutes) * 60_000));
    sql.push(")(toUInt64(toUnixTimestamp64Milli(ts))");
    for (position, step) in steps.iter().enumerate() {
        sql.push(",\n            ");
        step_condition(&mut sql, position, step);
    }
    sql.push(") AS level\n        FROM events\n        WHERE ").scope(scope);
    sql.push("\n  AND ").push(walker).push(" != 0\n  AND (");
    for (position, step) in steps.iter().enumerate() {
        sql.push(if position == 0 { "" } else { "\n    OR " });
        step_condition(&mut sql, position, step);
    }
    sql.push(")\n        GROUP BY site_id, ").push(walker).push(
        "
      )
      WHERE level > 0
      GROUP BY series, level
    )
    ARRAY JOIN range(1, ",
    );
    sql.bind("steps", Value::Unsigned(steps.len() as u64)).push(
        " + 1) AS step
    GROUP BY series, step
  )
)
ORDER BY first DESC, series, step",
    );
    sql.limit(scope, 1000);
    sql.plan(&[
        ("series", ColumnKind::Text),
        ("step", ColumnKind::Count),
        ("walkers", ColumnKind::Count),
        ("of_first", ColumnKind::Ratio),
        ("of_previous", ColumnKind::Ratio),
    ])
}

/// `(event = … AND …)` for one step.
fn step_condition(sql: &mut Sql, position: usize, step: &Step) {
    sql.push("(event = ").bind_nth("event", position, Value::Text(step.event.clone()));
    let kind = step.kind.map(|kind| kind.as_str().to_owned());
    for (condition, name, value) in [
        (" AND item_id = ", "item", step.item.as_ref()),
        (" AND item_kind = ", "kind", kind.as_ref()),
        (" AND column_id = ", "column", step.column.as_ref()),
        (" AND dept = ", "dept", step.dept.as_ref()),
        (" AND topic = ", "topic", step.topic.as_ref()),
        (" AND path = ", "path", step.path.as_ref()),
        (" AND service_id = ", "service", step.service.as_ref()),
    ] {
        if let Some(value) = value {
            sql.push(condition).bind_nth(name, position, Value::Text(value.clone()));
        }
    }
    sql.push(")");
}
