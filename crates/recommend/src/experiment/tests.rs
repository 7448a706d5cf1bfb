//! Assignment is stable, shares are right, layers do not know of each other.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const TWO_LAYERS: &str = r#"
format = 1
salt = "2026"
holdout = { share = 0.05, pipeline = "popular" }

[[experiment]]
name = "variety"
surface = "home"
layer = "home"
traffic = 0.4
arm = [{ name = "control", pipeline = "home", weight = 1 }, { name = "dpp", pipeline = "home-dpp", weight = 3 }]

[[experiment]]
name = "chance"
surface = "home"
layer = "home"
traffic = 0.5
arm = [{ name = "control", pipeline = "home", weight = 1 }, { name = "one", pipeline = "home-one", weight = 1 }]

[[experiment]]
name = "beside"
surface = "item"
layer = "item"
traffic = 1.0
arm = [{ name = "control", pipeline = "item", weight = 1 }, { name = "text", pipeline = "item-text", weight = 1 }]
"#;

fn parse(text: &str) -> Result<Experiments, crate::RecommendError> {
    Experiments::parse("experiments.toml", text, |name| name != "nowhere")
}

fn shares(of: impl Fn(u64) -> Option<Assignment>) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for unit in 0..100_000_u64 {
        let name = of(unit).map_or(String::new(), |assigned| assigned.experiment);
        *counts.entry(name).or_insert(0.0) += 1e-5;
    }
    counts
}

#[test]
fn shares_are_right_to_one_per_cent() {
    let experiments = parse(TWO_LAYERS).unwrap();
    let home = shares(|unit| experiments.assign("home", unit));
    let expected = [
        ("", 0.095),
        ("holdout:holdout", 0.05),
        ("variety:control", 0.095),
        ("variety:dpp", 0.285),
        ("chance:control", 0.2375),
        ("chance:one", 0.2375),
    ];
    assert_eq!(home.len(), expected.len());
    for (name, share) in expected {
        assert!((home[name] - share).abs() < 0.01, "{name}: {home:?}");
    }
    assert!(
        experiments.assign("search", 1).is_none_or(|one| one.experiment.starts_with("holdout"))
    );
}

#[test]
fn layers_are_independent() {
    let experiments = parse(TWO_LAYERS).unwrap();
    let both =
        |unit: u64| Some((experiments.assign("home", unit)?, experiments.assign("item", unit)?));
    let mut text = BTreeMap::<String, [u64; 2]>::new();
    for (home, item) in (0..100_000).filter_map(both) {
        if !item.experiment.starts_with("holdout") {
            let arm = usize::from(item.experiment == "beside:text");
            text.entry(home.experiment).or_default()[arm] += 1;
        }
    }
    assert_eq!(text.len(), 4);
    for (arm, counts) in text {
        assert!(ratio_mismatch(&counts, &[1.0, 1.0]) > 1e-4, "{arm}: {counts:?}");
    }
}

#[test]
fn a_mismatch_is_found_and_chance_is_not_blamed() {
    let near = |p: f64, wanted: f64| assert!((p - wanted).abs() < 1e-4, "{p} is not {wanted}");
    // Values of the chi-square distribution with 1, 2, 3 and 4 degrees of freedom.
    near(ratio_mismatch(&[60, 40], &[1.0, 1.0]), 0.045_500);
    near(ratio_mismatch(&[120, 90, 90], &[1.0, 1.0, 1.0]), 0.049_787);
    near(ratio_mismatch(&[30, 20, 20, 30], &[1.0; 4]), 0.261_464);
    near(ratio_mismatch(&[30, 20, 20, 20, 10], &[1.0; 5]), 0.040_428);
    assert!(ratio_mismatch(&[50_000, 51_500], &[1.0, 1.0]) < 0.001);
    near(ratio_mismatch(&[0, 0], &[1.0, 1.0]), 1.0);
    near(ratio_mismatch(&[5], &[1.0]), 1.0);
}

#[test]
fn a_wrong_definition_is_refused_with_the_key_named() {
    for (from, to, says) in [
        ("format = 1", "format = 3", "format 3"),
        ("share = 0.05", "share = 0.9", "holdout.share"),
        ("pipeline = \"popular\"", "pipeline = \"nowhere\"", "holdout.pipeline"),
        ("traffic = 0.5", "traffic = 0.7", "traffic"),
        ("name = \"chance\"", "name = \"variety\"", "experiment.name"),
        ("surface = \"item\"", "surface = \"home\"", "experiment.layer"),
        ("\"home-dpp\"", "\"nowhere\"", "experiment.arm.pipeline"),
        ("weight = 3", "weight = 0", "experiment.arm.weight"),
        (", { name = \"one\", pipeline = \"home-one\", weight = 1 }", "", "experiment.arm"),
    ] {
        let text = TWO_LAYERS.replacen(from, to, 1);
        assert_ne!(text, TWO_LAYERS);
        let message = parse(&text).expect_err(to).to_string();
        assert!(message.contains(says), "{to}: {message}");
    }
}

#[test]
fn what_is_tried_under_another_name_is_tried_by_others() {
    let both = |a: &str, b: &str| {
        (0..20_000).filter(|&unit| is_tried(a, unit, 0.1) && is_tried(b, unit, 0.1)).count()
    };
    assert!((1_850..2_150).contains(&both("one", "one")), "{}", both("one", "one"));
    assert!((140..260).contains(&both("one", "two")), "{}", both("one", "two"));
    assert!(!is_tried("one", 7, 0.0) && is_tried("one", 7, 1.0));
}

proptest! {
    #[test]
    fn an_assignment_is_stable_and_growing_traffic_moves_nobody_to_another_arm(unit in any::<u64>()) {
        let experiments = parse(TWO_LAYERS).unwrap();
        let first = experiments.assign("home", unit);
        prop_assert_eq!(&first, &parse(TWO_LAYERS).unwrap().assign("home", unit));
        let grown = parse(&TWO_LAYERS.replacen("traffic = 0.5", "traffic = 0.6", 1)).unwrap();
        if first.is_some() {
            prop_assert_eq!(first, grown.assign("home", unit));
        }
    }
}
