//! Tests of the evaluation: metrics by hand, no look at the future, planted structure found, honest about nothing.

use std::io::BufReader;

use super::metrics::mean_of;
use super::split::Phase;
use super::*;
use crate::formats::Format;
use crate::interactions::{DAY_MS, InteractionsBuilder};
use crate::samples::{END_MS, clustered, on_threads, real_data, unpacked};

fn quick() -> EvalParams {
    let train = TrainParams {
        factors: crate::factors::FactorParams { dim: 8, epochs: 5, ..Default::default() },
        ..TrainParams::default()
    };
    EvalParams { resamples: 50, at: 5, train, ..EvalParams::default() }
}

#[test]
fn recall_and_ndcg_by_hand() {
    // Places: item 1 first, 0 second, 3 third, 2 fourth.
    let scores = [3.0, 4.0, 1.0, 2.0];
    let found = mean_of(&scores, &[0, 2], 3);
    assert!((found.recall - 0.5).abs() < 1e-12);
    let best = 1.0 + 1.0 / 3_f64.log2();
    assert!((found.ndcg - (1.0 / 3_f64.log2()) / best).abs() < 1e-12);
    let perfect = mean_of(&scores, &[1, 0], 3);
    assert!((perfect.ndcg - 1.0).abs() < 1e-12 && (perfect.recall - 1.0).abs() < 1e-12);
}

#[test]
fn a_constant_score_earns_nothing_and_what_is_no_candidate_is_a_miss() {
    let constant = vec![1.0; 100];
    let found = mean_of(&constant, &[0, 1], 20);
    assert!(found.recall.abs() < 1e-12 && found.ndcg.abs() < 1e-12);
    let mut scores = vec![f32::NEG_INFINITY; 10];
    scores[3] = 1.0;
    assert!(mean_of(&scores, &[5], 20).recall.abs() < 1e-12);
    // Two tied for first and second: each at place 1.5.
    let tied = mean_of(&[1.0, 1.0, 0.0], &[0], 20);
    assert!((tied.ndcg - 1.0 / 2.5_f64.log2()).abs() < 1e-12);
}

#[test]
fn training_and_tuning_never_see_what_they_predict() {
    let table = clustered(2, 30, 20, 2).canonical();
    let params = EvalParams::default();
    let split = Split::of(&table, &None, &params).unwrap();
    let Split::Time { tune_ms, test_ms } = split else { panic!("{split:?}") };
    assert!(tune_ms < test_ms);
    let tune = split.task(&table, &None, Phase::Tune, &params);
    assert!(tune.train.rows.iter().all(|row| row.ts_ms < tune_ms));
    let test = split.task(&table, &None, Phase::Test, &params);
    assert!(test.train.rows.iter().all(|row| row.ts_ms < test_ms));
    let predicted = table.rows.iter().filter(|row| row.ts_ms >= test_ms).count();
    assert_eq!(test.train.rows.len() + predicted, table.rows.len());
    assert!((0.15..0.25).contains(&(predicted as f64 / table.rows.len() as f64)));
    // What a person tunes on is not a label of the tuning task once it lies in the test window.
    for person in &tune.people {
        for &item in person.labels(Variant::All) {
            let inside = |row: &&crate::Interaction| {
                row.visitor == person.visitor
                    && row.item == item
                    && (tune_ms..test_ms).contains(&row.ts_ms)
            };
            assert!(table.rows.iter().any(|row| inside(&row)));
        }
    }
}

#[test]
fn planted_tastes_are_found_and_popularity_is_beaten() {
    let report =
        evaluate(&clustered(5, 200, 60, 5), &quick().check().unwrap(), Hooks::default()).unwrap();
    println!("{report}");
    let recall = |model: &str| report.entry(model, Variant::All).unwrap().recall;
    for model in ["item-knn", "als", "blend"] {
        assert!(recall(model).low > recall("popularity").high, "{model}\n{report}");
    }
    assert_eq!(report.entries.len(), 16, "eight models, two variants");
    assert!(report.to_string().contains("co-visitation"));
    for entry in &report.entries {
        assert!(entry.recall.low <= entry.recall.mean && entry.recall.mean <= entry.recall.high);
        assert!((0.0..=1.0).contains(&entry.ndcg.mean));
    }
}

#[test]
fn the_same_report_on_one_thread_and_two() {
    let table = clustered(6, 60, 30, 3);
    let params = quick().check().unwrap();
    let run = || evaluate(&table, &params, Hooks::default()).unwrap().without_times();
    assert_eq!(on_threads(1, run), on_threads(2, run));
}

#[test]
fn without_times_pairs_are_held_out_and_the_report_says_so() {
    let mut table = clustered(7, 80, 40, 4);
    for row in &mut table.rows {
        row.ts_ms = 0;
    }
    let report = evaluate(&table, &quick().check().unwrap(), Hooks::default()).unwrap();
    assert!(report.split.starts_with("no times in the data"), "{}", report.split);
    // Whole pairs are held out, so nothing can be repeated: both variants are the same.
    let new = report.entry("item-knn", Variant::New).unwrap();
    let all = report.entry("item-knn", Variant::All).unwrap();
    assert!(new.recall.mean > 0.0 && all.people == new.people);
}

#[test]
fn given_test_pairs_are_what_is_measured_for_all_their_people() {
    let mut table = clustered(7, 80, 40, 4);
    for row in &mut table.rows {
        row.ts_ms = 0;
    }
    let table = table.canonical();
    let pair = |row: &crate::Interaction| {
        (table.visitors[row.visitor as usize], table.items[row.item as usize].clone())
    };
    // One item a person, and everything of one person, who is then unknown.
    let newcomer = table.visitors[3];
    let mut test: Vec<_> = table
        .rows
        .iter()
        .map(pair)
        .filter(|(visitor, item)| *visitor == newcomer || item.as_str().ends_with('7'))
        .collect();
    test.sort();
    test.dedup();
    let params = quick().check().unwrap();
    let report = evaluate_given(&table, &test, &params, Hooks::default()).unwrap();
    assert!(report.split.starts_with("the test pairs given"), "{}", report.split);
    assert_eq!(report.labels, test.len());
    assert_eq!(report.newcomers, 1);
    let mut people: Vec<_> = test.iter().map(|pair| pair.0).collect();
    people.dedup();
    assert_eq!(report.entry("blend", Variant::New).unwrap().people, people.len());
}

#[test]
fn where_there_is_nothing_to_measure_it_says_so() {
    let params = quick().check().unwrap();
    let empty = evaluate(&Interactions::default(), &params, Hooks::default()).unwrap_err();
    assert_eq!(empty.to_string(), "nothing to evaluate: there are no uses");
    let mut builder = InteractionsBuilder::new();
    for visitor in 0..50 {
        let ts = END_MS + visitor * DAY_MS;
        builder.push(vocab::VisitorId(visitor as u64), "a", vocab::SessionId(0), ts, 1.0);
    }
    let strangers = evaluate(&builder.build(), &params, Hooks::default()).unwrap_err();
    assert!(strangers.to_string().contains("both before and after"), "{strangers}");
}

#[test]
fn parameters_out_of_range_are_named() {
    let wrong = EvalParams { test_share: 1.5, ..EvalParams::default() };
    assert!(wrong.check().unwrap_err().to_string().contains("evaluate.test_share"));
}

#[test]
#[ignore = "minutes without optimisation; run with --release"]
fn gowalla_by_seeded_hold_out() {
    let Some(path) = real_data("recommend/gowalla/train.txt.xz") else { return };
    let text = unpacked("xz", &["-dc", path.to_str().unwrap()]);
    let mut builder = InteractionsBuilder::new();
    Format::Adjacency.read(text.as_slice(), &mut builder).unwrap();
    let train = TrainParams {
        weighting: crate::interactions::Weighting {
            min_visitors: 1,
            max_items_per_visitor: 2_000,
            ..Default::default()
        },
        ..TrainParams::default()
    };
    let params = EvalParams { test_share: 0.1, tune_share: 0.1, train, ..EvalParams::default() };
    timed(&builder.build(), &params);
}

#[test]
#[ignore = "minutes without optimisation; run with --release"]
fn globo_first_two_days_by_global_time() {
    let Some(path) = real_data("recommend/globo/clicks_hours_000-239.tar.xz") else { return };
    let list = unpacked("tar", &["-tJf", path.to_str().unwrap()]);
    let mut names: Vec<String> = String::from_utf8(list)
        .unwrap()
        .lines()
        .filter(|name| name.ends_with(".csv"))
        .map(str::to_owned)
        .collect();
    names.sort();
    let mut args = vec!["-xJOf", path.to_str().unwrap()];
    args.extend(names.iter().take(48).map(String::as_str));
    let text = unpacked("tar", &args);
    let mut visits = crate::formats::VisitsBuilder::default();
    visits.read(BufReader::new(text.as_slice())).unwrap();
    timed(&visits.build().interactions(), &EvalParams::default());
}

#[expect(clippy::disallowed_methods, reason = "a measurement printed, not a result")]
fn timed(table: &Interactions, params: &EvalParams) {
    let start = std::time::SystemTime::now();
    let seconds = || start.elapsed().unwrap_or_default().as_secs_f64();
    let params = params.clone().check().unwrap();
    let report = evaluate(table, &params, Hooks { seconds: &seconds, ..Hooks::default() }).unwrap();
    println!("{report}");
    let ndcg = |model: &str| report.entry(model, Variant::New).unwrap().ndcg;
    assert!(
        ndcg("blend").high > ndcg("popularity").low,
        "the blend is clearly worse than popularity"
    );
}
