//! Tests of popularity and trends.

use vocab::{SessionId, VisitorId};

use super::*;
use crate::interactions::InteractionsBuilder;
use crate::samples::END_MS;

fn count(uses: &[(u64, &str, i64)]) -> (Interactions, Popularity) {
    let mut builder = InteractionsBuilder::new();
    for &(visitor, item, days_ago) in uses {
        let ts_ms = END_MS - days_ago * DAY_MS;
        builder.push(VisitorId(visitor), item, SessionId(0), ts_ms, 1.0);
    }
    let table = builder.build().canonical();
    let counted = Popularity::count(&table, &PopularityParams::default(), END_MS);
    (table, counted)
}

#[test]
fn a_visitor_counts_once_a_day_and_age_halves_in_a_week() {
    let mut uses = vec![(1, "loud", 0); 100];
    uses.extend([(1, "quiet", 0), (2, "quiet", 0), (3, "week", 7), (4, "week", 7)]);
    let (_, counted) = count(&uses);
    // Sorted: loud, quiet, week.
    for (item, expected) in [(0, 1.0), (1, 2.0), (2, 1.0)] {
        assert!((counted.score(item) - expected).abs() < 1e-5);
    }
    assert_eq!(counted.ranked(), [1, 0, 2]);
    assert!(counted.is_consistent(3));
}

#[test]
fn what_is_read_more_than_usual_trends() {
    let mut uses = Vec::new();
    for visitor in 0..30 {
        uses.push((visitor, "steady", visitor as i64));
        uses.push((visitor, "sudden", 0));
    }
    let (table, counted) = count(&uses);
    let top = counted.trending(1)[0].0;
    assert_eq!(table.items[top as usize].as_str(), "sudden");
    assert!(counted.trend(1) > 3.0, "{}", counted.trend(1));
    assert!((counted.trend(0) - 1.0).abs() < 0.2, "{}", counted.trend(0));
    assert!((counted.trend(99) - 1.0).abs() < 1e-6);
}
