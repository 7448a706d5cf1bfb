//! How far the confidence of an inferred need can be believed, measured on simulated people whose needs are known.

use std::collections::HashMap;
use std::sync::Arc;

use insight::{InferOptions, Interactions, Used};
use jiff::Timestamp;
use serde_json::Value;
use vocab::{Event, NeedId};

use super::simulate::{Simulation, SimulationParams, Truth};
use super::{catalogue, taxonomy};
use crate::jobs::train::{self, Progress};
use crate::serving::models::Unfinished;

/// Claimed confidence and whether the person has the need, of every need inferred from `citizens` people of that seed
/// who agreed to a profile, at the end of thirty days.
fn claims(seed: u64, citizens: u32) -> Vec<(f64, bool)> {
    let end: Timestamp = "2026-11-23T11:00:00Z".parse().expect("a time");
    let items = catalogue(end).expect("the catalogue");
    let taxonomy = taxonomy().expect("the taxonomy");
    let silent: Progress = Arc::new(|_, _| {});
    let dir = tempfile::tempdir().expect("a directory");
    let unfinished = Unfinished::begin(dir.path(), end).expect("a place for checkpoints");
    let models = train::fit(&Interactions::default(), &items, &taxonomy, 7, &silent, &unfinished)
        .expect("models of texts");
    let params = SimulationParams { seed, citizens, days: 30, end };
    let simulation = Simulation::new(params, &items, &taxonomy).expect("a simulation");
    let people: HashMap<String, Truth> = simulation
        .ground_truth()
        .into_iter()
        .filter(|truth| truth.profile && truth.persona.is_none())
        .map(|truth| (truth.anonymous_id.clone(), truth))
        .collect();
    let options = InferOptions { now_ms: end.as_millisecond(), denied: &[] };
    let mut found = Vec::new();
    for (who, history) in histories(simulation, &people) {
        let has = |need: &NeedId| {
            people[&who].needs.iter().any(|one| one.need == *need && one.until >= end)
        };
        let inferred = models.needs.infer_needs(&history, &options);
        found.extend(inferred.iter().map(|one| (f64::from(one.confidence), has(&one.need))));
    }
    found
}

/// What these people used, weighed as the server weighs it.
fn histories(
    simulation: Simulation,
    people: &HashMap<String, Truth>,
) -> HashMap<String, Vec<Used>> {
    let definitions = insight::definition::Definitions::embedded().expect("definitions");
    let mut histories: HashMap<String, Vec<Used>> = HashMap::new();
    for batch in simulation.filter(|batch| !batch.bot) {
        let body: Value = serde_json::from_slice(&batch.body).expect("JSON");
        for sent in body["events"].as_array().expect("events") {
            let text = |field: &str| sent[field].as_str().unwrap_or_default().to_owned();
            let event = Event {
                name: text("name"),
                item_id: text("item_id"),
                engaged_ms: sent["engaged_ms"].as_u64().map_or(0, |ms| ms as u32),
                ..Event::default()
            };
            let weight = definitions.interest().of(&event).filter(|weight| *weight > 0.0);
            let (Some(weight), true) = (weight, people.contains_key(&text("anonymous_id"))) else {
                continue;
            };
            let ts_ms = sent["ts"].as_i64().expect("a time");
            let used = Used { item: event.item_id.as_str().into(), ts_ms, weight };
            histories.entry(text("anonymous_id")).or_default().push(used);
        }
    }
    histories
}

#[test]
fn what_is_claimed_with_a_confidence_is_right_that_often() {
    // The defaults were fitted on the people of seed 101; these are others.
    let found = claims(202, 800);
    let mut bins = [(0.0, 0.0, 0_u32); 10];
    for (claimed, has) in &found {
        let bin = &mut bins[((claimed * 10.0) as usize).min(9)];
        bin.0 += claimed;
        bin.1 += f64::from(u8::from(*has));
        bin.2 += 1;
    }
    for (claimed, right, count) in bins.iter().filter(|bin| bin.2 > 0) {
        let count = f64::from(*count);
        println!("{count:>6} claimed {:.3}, right {:.3}", claimed / count, right / count);
    }
    let error: f64 = bins.iter().map(|(claimed, right, _)| (claimed - right).abs()).sum();
    let error = error / found.len() as f64;
    println!("calibration error {error:.4} over {} inferred needs", found.len());
    assert!(found.len() > 2_000 && error <= 0.05, "{error}");
    let sure = found.iter().filter(|(claimed, _)| *claimed > 0.5).count();
    assert!(sure > 100, "confidence that is never high tells nothing: {sure}");
}

#[test]
fn the_defaults_are_what_platt_scaling_finds() {
    // Logistic regression of "has the need" on the log-odds claimed: 1 and 0 mean that nothing is to be corrected.
    let found = claims(101, 1_000);
    let (mut slope, mut intercept) = (1.0, 0.0);
    for _ in 0..20 {
        let (mut off, mut off_by, mut flat, mut mixed, mut steep) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (claimed, has) in &found {
            let odds = (claimed / (1.0 - claimed)).ln();
            let p = 1.0 / (1.0 + (-(slope * odds + intercept)).exp());
            let (miss, spread) = (p - f64::from(u8::from(*has)), p * (1.0 - p));
            (off, off_by) = (off + miss, off_by + miss * odds);
            (flat, mixed, steep) =
                (flat + spread, mixed + spread * odds, steep + spread * odds * odds);
        }
        let determinant = flat * steep - mixed * mixed;
        intercept -= (steep * off - mixed * off_by) / determinant;
        slope -= (flat * off_by - mixed * off) / determinant;
    }
    println!("slope {slope:.3}, intercept {intercept:.3} over {} inferred needs", found.len());
    assert!((slope - 1.0).abs() < 0.1 && intercept.abs() < 0.2, "{slope} {intercept}");
}
