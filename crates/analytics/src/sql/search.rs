//! What is searched for and whether it is found; `ctr_at_k` is the share of searches with a click among the first k.

use super::Sql;
use crate::{ColumnKind, Plan, Search, SearchReport, ValidScope, Value};

pub(super) fn plan(scope: &ValidScope, search: &Search) -> Plan {
    let mut sql = Sql::default();
    let summary = search.report == SearchReport::Summary;
    sql.push(if summary {
        "SELECT uniqExactIf(query, asked > 0) AS queries,\n  "
    } else {
        "SELECT query,\n  "
    });
    // One person asking the same words again in one visit is one search for the ratio.
    sql.push(
        "sum(asked) AS searches,
  uniqIf(visitor, asked > 0 AND visitor != 0) AS visitors,
  sum(empty) AS zero_results,
  if(searches = 0, 0, zero_results / searches) AS zero_result_rate,
  ifNotFinite(avgIf(found / known, asked > 0 AND known > 0), 0) AS mean_results,
  sum(clicked) AS clicks,
  if(countIf(asked > 0) = 0, 0, countIf(asked > 0 AND clicked_near > 0) / countIf(asked > 0)) AS ctr_at_k
FROM (
  SELECT lowerUTF8(trimBoth(search_q)) AS query, visitor, session_id,
    countIf(event = 'search') AS asked,
    countIf(event = 'search' AND search_hits = 0) AS empty,
    countIf(event = 'search' AND search_hits >= 0) AS known,
    sumIf(search_hits, event = 'search' AND search_hits >= 0) AS found,
    countIf(event = 'search_click') AS clicked,
    countIf(event = 'search_click' AND search_pos >= 0 AND search_pos < ",
    );
    sql.bind("k", Value::Unsigned(u64::from(search.k)));
    sql.push(") AS clicked_near\n  FROM events\n  WHERE ").scope(scope);
    sql.push(
        "\n  AND event IN ('search', 'search_click') AND query != ''
  GROUP BY query, visitor, session_id
)",
    );
    match search.report {
        SearchReport::Top => {
            sql.push("\nGROUP BY query\nHAVING searches > 0\nORDER BY searches DESC, query");
            sql.limit(scope, 100);
        }
        SearchReport::ZeroResults => {
            sql.push(
                "\nGROUP BY query\nHAVING zero_results > 0\nORDER BY zero_results DESC, query",
            );
            sql.limit(scope, 100);
        }
        SearchReport::Summary => {}
    }
    let first = if summary { ("queries", ColumnKind::Count) } else { ("query", ColumnKind::Text) };
    sql.plan(&[
        first,
        ("searches", ColumnKind::Count),
        ("visitors", ColumnKind::Count),
        ("zero_results", ColumnKind::Count),
        ("zero_result_rate", ColumnKind::Ratio),
        ("mean_results", ColumnKind::Number),
        ("clicks", ColumnKind::Count),
        ("ctr_at_k", ColumnKind::Ratio),
    ])
}
