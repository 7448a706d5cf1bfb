//! Trials: a share by hash, on record, kept over a restart, followed by other processes, ended by a promotion.

use std::time::Duration;

use vocab::ItemId;

use super::super::tests::{at, models};
use super::Way::{Canary, Shadow};
use super::*;

/// A shelf whose first version serves and whose second waits.
fn shelf_of_two(dir: &Path) -> (Shelf, String, String) {
    let shelf = Shelf::open(dir, Duration::MAX).unwrap();
    let first = shelf.add(&models(1), at(10), Vec::new()).unwrap();
    shelf.promote(&first, "li", "the first", at(11)).unwrap();
    let second = shelf.add(&models(2), at(20), Vec::new()).unwrap();
    (shelf, first, second)
}

#[test]
fn a_share_of_the_visitors_tries_it_always_the_same_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _, second) = shelf_of_two(dir.path());
    shelf.start_trial(Canary, (&second, 5.0), "li", "NDCG +3 %", at(21)).unwrap();
    let narrow = shelf.tried(Canary).unwrap();
    let tries = (1..20_000).filter(|&unit| narrow.has(unit)).count();
    assert!((900..1_100).contains(&tries), "{tries}");
    // A wider share has everybody in it who was in the narrower.
    shelf.start_trial(Canary, (&second, 20.0), "li", "nothing broke", at(22)).unwrap();
    let wider = shelf.tried(Canary).unwrap();
    assert!((1..20_000).all(|unit| !narrow.has(unit) || wider.has(unit)));
    assert_eq!(wider.loaded().unwrap().models.meta.digest, models(2).meta.digest);
    assert!(shelf.tried(Shadow).is_none());
}

#[test]
fn what_may_not_serve_is_no_canary_but_may_be_a_shadow() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, first, second) = shelf_of_two(dir.path());
    let third = shelf.add(&models(3), at(30), vec!["too few uses".to_owned()]).unwrap();
    let start = |way, version: &str, percent, now| {
        shelf.start_trial(way, (version, percent), "li", "", now)
    };
    assert!(matches!(start(Canary, &first, 5.0, at(31)), Err(ShelfError::InService)));
    assert!(matches!(start(Canary, &third, 5.0, at(31)), Err(ShelfError::Refused(_))));
    assert!(matches!(start(Canary, &second, 5.0, at(9 * 86_400)), Err(ShelfError::Stale(_))));
    assert!(matches!(start(Canary, "nothing", 5.0, at(31)), Err(ShelfError::Unknown(_))));
    for percent in [0.0, -1.0, 51.0, f64::NAN] {
        assert!(matches!(start(Canary, &second, percent, at(31)), Err(ShelfError::Share { .. })));
    }
    assert!(matches!(shelf.stop_trial(Canary, "li", "", at(32)), Err(ShelfError::NotTried)));
    assert!(shelf.tried(Canary).is_none() && shelf.versions().unwrap()[0].trials.is_empty());
    assert!(matches!(start(Shadow, &first, 5.0, at(33)), Err(ShelfError::InService)));
    assert!(matches!(start(Shadow, &third, 101.0, at(33)), Err(ShelfError::Share { .. })));
    assert_eq!(start(Shadow, &third, 100.0, at(33)).unwrap(), third);
}

#[test]
fn a_trial_outlives_a_restart_is_followed_and_goes_on_record() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, first, second) = shelf_of_two(dir.path());
    let other = Shelf::open(dir.path(), Duration::MAX).unwrap();
    assert!(other.load() && other.tried(Canary).is_none());
    let digest = shelf.versions().unwrap()[0].digest.clone();
    shelf.start_trial(Canary, (&digest[..8], 5.0), "li", "to see", at(21)).unwrap();
    assert!(other.follow() && !other.follow());
    assert!(other.tried(Canary).is_some());
    let restarted = Shelf::open(dir.path(), Duration::MAX).unwrap();
    assert!(restarted.load());
    assert_eq!(restarted.loaded().unwrap().name, first);
    assert_eq!(restarted.tried(Canary).unwrap().loaded().unwrap().name, second);
    // Many trainings later it is still there.
    for nth in 30..50 {
        shelf.add(&models(1), at(nth), Vec::new()).unwrap();
    }
    assert!(shelf.versions().unwrap().iter().any(|version| version.name == second));

    assert_eq!(other.stop_trial(Canary, "wang", "complaints", at(60)).unwrap(), second);
    assert!(shelf.follow() && shelf.tried(Canary).is_none());
    let versions = shelf.versions().unwrap();
    let tried = versions.iter().find(|version| version.name == second).unwrap();
    let record: Vec<(f64, &str)> =
        tried.trials.iter().map(|trial| (trial.percent, trial.by.as_str())).collect();
    assert_eq!(record, [(5.0, "li"), (0.0, "wang")]);
    assert_eq!(tried.canary_percent, None);
    // A trial is no promotion: there is still nothing to go back to.
    assert!(matches!(shelf.roll_back("li", "", at(61)), Err(ShelfError::NothingBefore)));
}

#[test]
fn promoting_what_is_tried_ends_its_trials_and_a_damaged_artefact_is_tried_by_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, first, second) = shelf_of_two(dir.path());
    for way in Way::ALL {
        shelf.start_trial(way, (&second, 5.0), "li", "to see", at(21)).unwrap();
    }
    let shown = shelf.versions().unwrap();
    assert_eq!((shown[0].canary_percent, shown[0].shadow_percent), (Some(5.0), Some(5.0)));
    assert_eq!((shown[1].canary_percent, shown[1].shadow_percent), (None, None));
    shelf.promote(&second, "wang", "it was better", at(22)).unwrap();
    for way in Way::ALL {
        assert!(shelf.tried(way).is_none() && !dir.path().join(way.file()).exists());
    }
    let record = shelf.versions().unwrap().remove(0).trials;
    let ended: Vec<(Way, &str)> =
        record[2..].iter().map(|trial| (trial.way, trial.by.as_str())).collect();
    assert_eq!(ended, [(Canary, "wang"), (Shadow, "wang")]);

    shelf.start_trial(Canary, (&first, 5.0), "li", "", at(23)).unwrap();
    fs::write(dir.path().join(&first), b"CIVSENSE and then nothing").unwrap();
    let restarted = Shelf::open(dir.path(), Duration::MAX).unwrap();
    assert!(restarted.load(), "what serves is not touched by what is tried");
    assert!(restarted.tried(Canary).unwrap().loaded().is_none());
    assert!(restarted.servable_trial(Canary, at(24)).is_none() && !restarted.follow());
    fs::write(dir.path().join(Canary.file()), b"{").unwrap();
    assert!(!restarted.follow());
}

#[test]
fn a_shadow_is_measured_one_list_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _, second) = shelf_of_two(dir.path());
    shelf.start_trial(Shadow, (&second, 100.0), "li", "", at(21)).unwrap();
    let shadow = shelf.tried(Shadow).unwrap();
    let turn = shadow.turn().unwrap();
    assert!(shadow.has(7) && shadow.turn().is_none());
    turn.measured(0.5, Duration::from_millis(4));
    drop(turn);
    // One that breaks off gives its turn back, too.
    drop(shadow.turn().unwrap());
    shadow.turn().unwrap().measured(1.0, Duration::from_millis(2));
    let found = shadow.so_far();
    assert_eq!((found.version, found.lists, found.overlap_at_10), (second, 2, 0.75));
    assert!((found.mean_ms - 3.0).abs() < 1e-9 && (found.slowest_ms - 4.0).abs() < 1e-9);

    let list = |ids: &[&str]| ids.iter().map(|&id| ItemId::from(id)).collect::<Vec<_>>();
    assert!((overlap(&list(&["a", "b"]), &list(&["b", "c"])) - 0.5).abs() < 1e-9);
    assert_eq!((overlap(&[], &[]), overlap(&[], &list(&["a"]))), (1.0, 0.0));
    let eleven: Vec<String> = (0..11).map(|nth| nth.to_string()).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    let found = overlap(&list(&["10"]), &list(&eleven));
    assert!(found < 1e-9, "the eleventh does not count: {found}");
}
