//! What is read most: views, visitors and reading time of items, pages or groups of them.

use super::Sql;
use crate::{ColumnKind, Plan, TopBy, TopContent, TopOrder, ValidScope};

pub(super) fn plan(scope: &ValidScope, top: &TopContent) -> Plan {
    let (key, title, kind) = match top.by {
        TopBy::Item => (
            "item_id",
            "argMaxIf(title, ts, title != '')",
            "argMaxIf(toString(item_kind), ts, item_kind != '')",
        ),
        TopBy::Page => (
            "path",
            "argMaxIf(title, ts, title != '')",
            "argMaxIf(toString(item_kind), ts, item_kind != '')",
        ),
        TopBy::Kind => ("toString(item_kind)", "''", "toString(item_kind)"),
        TopBy::Column => ("toString(column_id)", "''", "''"),
        TopBy::Dept => ("toString(dept)", "''", "''"),
        TopBy::Topic => ("toString(topic)", "''", "''"),
    };
    let order = match top.order {
        TopOrder::Views => "views",
        TopOrder::Visitors => "visitors",
        TopOrder::Engaged => "engaged_seconds",
    };
    let mut sql = Sql::default();
    sql.push("SELECT ").push(key).push(" AS key, ").push(title).push(" AS title, ").push(kind);
    sql.push(
        " AS kind,
  countIf(event = 'page_view') AS views,
  uniqIf(visitor, event = 'page_view' AND visitor != 0) AS visitors,
  sum(engaged_ms) / 1000 AS engaged_seconds,
  if(views = 0, 0, engaged_seconds / views) AS seconds_per_view
FROM events
WHERE ",
    );
    sql.scope(scope);
    sql.push("\n  AND event IN ('page_view', 'engagement') AND key != ''\nGROUP BY key\nORDER BY ");
    sql.push(order).push(" DESC, key").limit(scope, 100);
    sql.plan(&[
        ("key", ColumnKind::Text),
        ("title", ColumnKind::Text),
        ("kind", ColumnKind::Text),
        ("views", ColumnKind::Count),
        ("visitors", ColumnKind::Count),
        ("engaged_seconds", ColumnKind::Seconds),
        ("seconds_per_view", ColumnKind::Seconds),
    ])
}
