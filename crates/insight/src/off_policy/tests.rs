//! Tests of off-policy evaluation: agreement with obp, refusals, and the Open Bandit Dataset.

mod simulated;

use std::collections::HashMap;
use std::io::BufReader;

use serde::Deserialize;

use super::*;
use crate::samples::{on_threads, real_data, unpacked};

#[derive(Deserialize)]
struct Fixture {
    lambdas: Vec<f64>,
    expected: HashMap<String, f64>,
    tuned: HashMap<String, FixtureTuned>,
    rows: Vec<FixtureRow>,
}

#[derive(Deserialize)]
struct FixtureTuned {
    value: f64,
    lambda: f64,
    scores: Vec<f64>,
}

#[derive(Deserialize)]
struct FixtureRow {
    action: u32,
    position: u32,
    reward: f64,
    propensity: f64,
    policy: Vec<f64>,
    model: Vec<f64>,
    chosen: usize,
}

impl FixtureRow {
    fn round(&self, chosen: bool) -> Round {
        let (action, position) = (self.action, self.position);
        let (reward, propensity) = (self.reward, self.propensity);
        let logged = Logged { context: 0, position, action, reward, propensity };
        let mut certain = vec![0.0; self.policy.len()];
        certain[self.chosen] = 1.0;
        Round::of(&logged, if chosen { &certain } else { &self.policy }, &self.model)
    }
}

fn fixture() -> (Fixture, Vec<Round>) {
    let text = include_str!("../../tests/fixtures/off_policy.json");
    let fixture: Fixture = serde_json::from_str(text).unwrap();
    let rounds = fixture.rows.iter().map(|row| row.round(false)).collect();
    (fixture, rounds)
}

#[track_caller]
fn assert_close(name: &str, ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-9, "{name}: {ours}, obp has {theirs}");
}

#[test]
fn every_estimator_equals_obp() {
    let (fixture, rounds) = fixture();
    let none = f64::INFINITY;
    let cases = [
        ("ips", Estimator::Ips { clip: none }),
        ("ips_clipped_2", Estimator::Ips { clip: 2.0 }),
        ("snips", Estimator::SelfNormalisedIps),
        ("dm", Estimator::Direct),
        ("dr", Estimator::DoublyRobust { clip: none }),
        ("dr_clipped_2", Estimator::DoublyRobust { clip: 2.0 }),
        ("sndr", Estimator::SelfNormalisedDoublyRobust),
        ("switch_dr_1.5", Estimator::SwitchDoublyRobust { threshold: 1.5 }),
        ("dros_0", Estimator::ShrunkDoublyRobust { lambda: 0.0 }),
        ("dros_5", Estimator::ShrunkDoublyRobust { lambda: 5.0 }),
        ("dros_inf", Estimator::ShrunkDoublyRobust { lambda: none }),
    ];
    for (name, estimator) in cases {
        assert_close(name, estimator.value(&rounds), fixture.expected[name]);
    }
    let certain: Vec<Round> = fixture.rows.iter().map(|row| row.round(true)).collect();
    assert_close("replay", Estimator::Replay.value(&certain), fixture.expected["replay"]);
    assert_eq!(fixture.expected.len(), cases.len() + 1, "nothing of the fixture is left out");
}

#[test]
fn tuning_equals_obp() {
    let (fixture, rounds) = fixture();
    let families = [
        ("ips", Family::Ips),
        ("dr", Family::DoublyRobust),
        ("switch_dr", Family::Switch),
        ("dros", Family::Shrunk),
    ];
    for (family, ours) in families {
        for (bias, how) in [(Bias::Direct, "direct"), (Bias::UpperBound { delta: 0.1 }, "bound")] {
            let name = format!("{family}_{how}");
            let theirs = &fixture.tuned[&name];
            let tuned = tune(ours, &fixture.lambdas, &rounds, bias);
            for (score, expected) in tuned.scores.iter().zip(&theirs.scores) {
                assert_close(&name, *score, *expected);
            }
            assert_eq!(tuned.estimator, ours.with(theirs.lambda), "{name}");
            assert_close(&name, tuned.estimator.value(&rounds), theirs.value);
        }
    }
}

#[test]
fn a_log_that_says_too_little_is_refused_with_the_reason() {
    let ips = Estimator::Ips { clip: f64::INFINITY };
    let round = Round { weight: 1.0, reward: 1.0, guess: 0.5, policy_guess: 0.5, followed: false };
    let few = estimate(ips, &vec![round; 99], 10, 1);
    assert!(matches!(few, Outcome::Refused(Refusal::FewEffectiveRows { .. })));
    assert_eq!(few.to_string(), "refused: 99 effective rows, 100 needed");
    let mut one = vec![round; 4_000];
    one[17].weight = 300.0;
    let heavy = estimate(ips, &one, 10, 1);
    assert!(matches!(heavy, Outcome::Refused(Refusal::OneRowDecides { .. })), "{heavy}");
    one[17].weight = f64::NAN;
    assert_eq!(estimate(ips, &one, 10, 1), Outcome::Refused(Refusal::NotFinite));
    one[17].weight = 1.0;
    assert_eq!(estimate(Estimator::Replay, &one, 10, 1), Outcome::Refused(Refusal::NoChoice));
    let even = estimate(ips, &one, 10, 1).value().unwrap();
    assert!((even.mean - 1.0).abs() < 1e-12 && even.overlap.rows == 4_000);
}

#[test]
fn the_same_seed_gives_the_same_interval_on_any_number_of_threads() {
    let (_, rounds) = fixture();
    // Three hundred rows of the fixture, weights evened out so that they are enough.
    let even: Vec<Round> = rounds
        .iter()
        .map(|round| Round { weight: round.weight.clamp(0.5, 2.0), ..*round })
        .collect();
    let run =
        |threads| on_threads(threads, || estimate(Estimator::SelfNormalisedIps, &even, 200, 3));
    assert_eq!(run(1), run(2));
    let value = run(2).value().unwrap();
    assert!(value.low < value.mean && value.mean < value.high);
}

#[test]
fn a_file_that_is_not_open_bandit_is_refused() {
    let read = |text: &str| OpenBandit::read(text.as_bytes()).map_err(|error| error.to_string());
    assert_eq!(read("a,b\n1,2\n").unwrap_err(), "line 1: no column item_id");
    let head = "item_id,position,click,propensity_score,user_feature_0\n";
    assert!(read(&format!("{head}1,2,x,0.5,a\n")).unwrap_err().starts_with("line 2: click"));
    assert!(read(&format!("{head}1,2,1,0,a\n")).unwrap_err().contains("cannot be shown"));
    let good = read(&format!("{head}1,2,1,0.5,a\n3,1,0,0.5,b\n\n")).unwrap();
    assert_eq!((good.actions, good.positions, good.log.len()), (4, 2, 2));
    assert_eq!(good.log[1].context, 1);
    assert!((good.on_policy() - 0.5).abs() < 1e-12);
}

fn campaign_log(name: &str) -> Option<OpenBandit> {
    let path = real_data(&format!("recommend/open-bandit/{name}.csv.gz"))?;
    let text = unpacked("gzip", &["-dc", path.to_str().unwrap()]);
    Some(OpenBandit::read(BufReader::new(text.as_slice())).unwrap())
}

#[test]
fn shrinkage_is_nearer_the_truth_than_weighting_on_the_open_bandit_data() {
    let (Some(men), Some(women)) = (campaign_log("random-men"), campaign_log("random-women"))
    else {
        return;
    };
    let (bts_men, bts_women) =
        (campaign_log("bts-men").unwrap(), campaign_log("bts-women").unwrap());
    let campaigns = [("men", &men, &bts_men), ("women", &women, &bts_women)];
    let params = OpenBanditParams { resamples: 200, ..OpenBanditParams::default() };
    let report = open_bandit(&campaigns, &params).unwrap();
    println!("{report}");
    for campaign in &report.campaigns {
        let error = |name: &str| campaign.row(name).unwrap().relative_error;
        assert!(error("DRos") <= error("IPS"), "{}", campaign.name);
    }
}
