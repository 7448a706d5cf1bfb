//! How recommended lists perform: a click counts for the impression of the same answer and item.

use super::Sql;
use crate::{ColumnKind, Plan, RecommendationBy, Recommendations, ValidScope};

pub(super) fn plan(scope: &ValidScope, question: &Recommendations) -> Plan {
    let mut sql = Sql::default();
    let (kind, order) = match question.by {
        RecommendationBy::Position => (ColumnKind::Count, "key"),
        RecommendationBy::Hour | RecommendationBy::Day => (ColumnKind::Time, "key"),
        RecommendationBy::Policy
        | RecommendationBy::Models
        | RecommendationBy::Reason
        | RecommendationBy::Item => (ColumnKind::Text, "impressions DESC, key"),
    };
    sql.push("SELECT ");
    match question.by {
        RecommendationBy::Policy => sql.push("policy"),
        RecommendationBy::Models => sql.push("models"),
        RecommendationBy::Position => sql.push("position"),
        RecommendationBy::Reason => sql.push("reason"),
        RecommendationBy::Item => sql.push("item_id"),
        RecommendationBy::Hour => {
            sql.push("formatDateTime(toStartOfHour(shown_at, ").zone(scope);
            sql.push("), '%Y-%m-%dT%H:%i:%S', ").zone(scope).push(")")
        }
        RecommendationBy::Day => {
            sql.push("formatDateTime(toStartOfDay(shown_at, ").zone(scope);
            sql.push("), '%Y-%m-%dT%H:%i:%S', ").zone(scope).push(")")
        }
    };
    // A click carries only the answer's id for certain, so policy, position and reason are the impression's.
    sql.push(
        " AS key,
  count() AS impressions,
  countIf(clicked) AS clicks,
  clicks / impressions AS ctr
FROM (
  SELECT rec_id, item_id,
    argMinIf(toString(rec_policy), ts, event = 'impression') AS policy,
    argMinIf(rec_pos, ts, event = 'impression') AS position,
    argMinIf(props['reason'], ts, event = 'impression') AS reason,
    argMinIf(props['models'], ts, event = 'impression') AS models,
    minIf(ts, event = 'impression') AS shown_at,
    countIf(event = 'impression') > 0 AS shown,
    countIf(event = 'click') > 0 AS clicked
  FROM events
  WHERE ",
    );
    sql.scope(scope);
    sql.push(
        "\n  AND event IN ('impression', 'click') AND rec_id != ''
  GROUP BY rec_id, item_id
)
WHERE shown
GROUP BY key
ORDER BY ",
    );
    sql.push(order).limit(scope, 100);
    sql.plan(&[
        ("key", kind),
        ("impressions", ColumnKind::Count),
        ("clicks", ColumnKind::Count),
        ("ctr", ColumnKind::Ratio),
    ])
}
