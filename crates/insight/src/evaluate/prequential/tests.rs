//! The replay: order, lag, planted paths found, the same on any threads.

use super::*;
use crate::samples::on_threads;
use crate::stream::Click;

/// Visits along fixed paths: after 3k comes 3k+1, then 3k+2.
fn paths(visits: u64) -> Visits {
    let mut all = Visits {
        items: (0..30).map(|item| vocab::ItemId::from(format!("item-{item}").as_str())).collect(),
        ..Visits::default()
    };
    for visit in 0..visits {
        let start = visit as i64 * 60_000;
        let path = (visit.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as u32 % 10;
        for step in 0..3_u32 {
            all.clicks.push(Click {
                visitor: visit,
                session: visit,
                item: path * 3 + step,
                at_ms: start + i64::from(step) * 20_000,
                contexts: [0; 4],
            });
        }
    }
    all
}

fn quick() -> StreamParams {
    StreamParams { resamples: 50, negatives: 10, ..StreamParams::default() }
}

#[test]
fn planted_paths_are_found_and_a_lag_changes_little_where_nothing_changes() {
    let report = replay(&paths(3_000), &quick(), Hooks::default()).unwrap();
    println!("{report}");
    assert_eq!(report.next_clicks, 6_000);
    for lag in [Lag::Ms(0), Lag::Hourly] {
        let lag = report.lag(lag).unwrap();
        let ranker = lag.full("ranker").unwrap();
        assert!(ranker.mrr_10.mean > 0.95, "{report}");
        assert!(ranker.mrr_10.low > lag.full("popular this hour").unwrap().mrr_10.high);
        assert!(lag.candidate_recall > 0.99);
    }
}

#[test]
fn what_is_not_known_yet_is_not_used() {
    // Everything happens within the lag: nothing can be known.
    let visits = paths(100);
    let params =
        StreamParams { lags: vec![Lag::Ms(10 * 24 * 3_600_000)], warm_up_hours: 0, ..quick() };
    let report = replay(&visits, &params, Hooks::default()).unwrap();
    assert!(report.lags[0].full("ranker").unwrap().hr_20.mean.abs() < f64::EPSILON);
}

#[test]
fn the_same_report_on_one_thread_and_two() {
    let visits = paths(300);
    let run = || replay(&visits, &quick(), Hooks::default()).unwrap().without_times();
    assert_eq!(on_threads(1, run), on_threads(2, run));
}

#[test]
fn visits_of_one_click_leave_nothing_to_predict() {
    let mut visits = paths(50);
    visits.clicks.retain(|click| click.item % 3 == 0);
    let error = replay(&visits, &quick(), Hooks::default()).unwrap_err();
    assert_eq!(error.to_string(), "nothing to evaluate: no visit goes on to a second item");
}
