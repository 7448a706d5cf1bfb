//! The shelf: what is refused is not served, going back works, and another process's choice is followed.

use insight::{InteractionsBuilder, TrainParams, train};
use vocab::{SessionId, VisitorId};

use super::*;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn models(seed: u64) -> Models {
    let mut builder = InteractionsBuilder::new();
    for visitor in 1..6 {
        builder.push(VisitorId(visitor), "a", SessionId(visitor), 1_000, 1.0);
    }
    let params = TrainParams { seed, ..TrainParams::default() }.check().unwrap();
    let taxonomy = insight::definition::taxonomy().unwrap();
    train(&builder.build(), &[], &taxonomy, &params, &|_, _| {}).unwrap()
}

#[test]
fn a_refused_version_waits_and_going_back_is_one_step() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(dir.path(), Duration::MAX).unwrap();
    assert!(matches!(shelf.roll_back("li", "", at(1)), Err(ShelfError::NothingBefore)));
    let first = shelf.add(&models(1), at(10), Vec::new()).unwrap();
    assert!(shelf.loaded().is_none(), "on the shelf is not in service");
    shelf.promote(&first, "li", "the first", at(11)).unwrap();
    let second = shelf.add(&models(2), at(20), Vec::new()).unwrap();
    let digest = shelf.versions().unwrap()[0].digest.clone();
    shelf.promote(&digest[..8], "wang", "better", at(21)).unwrap();
    let third = shelf.add(&models(3), at(30), vec!["too few uses".to_owned()]).unwrap();
    let refused = shelf.promote(&third, "wang", "hurry", at(31));
    assert!(matches!(refused, Err(ShelfError::Refused(why)) if why == ["too few uses"]));
    assert!(matches!(shelf.promote("nothing", "li", "", at(32)), Err(ShelfError::Unknown(_))));

    // Another process has the same shelf open.
    let other = Shelf::open(dir.path(), Duration::MAX).unwrap();
    assert!(other.load());
    assert_eq!(other.loaded().unwrap().name, second);
    assert_eq!(shelf.roll_back("li", "complaints", at(40)).unwrap(), first);
    assert!(other.follow() && !other.follow());
    assert_eq!(other.loaded().unwrap().name, first);

    let versions = other.versions().unwrap();
    let names: Vec<&str> = versions.iter().map(|version| version.name.as_str()).collect();
    assert_eq!(names, [&third, &second, &first]);
    let of_first: Vec<&str> = versions[2].promotions.iter().map(|one| one.by.as_str()).collect();
    assert_eq!((versions[2].serving, of_first), (true, vec!["li", "li"]));
    // Going back twice is going forth again.
    assert_eq!(shelf.roll_back("li", "it was not that", at(41)).unwrap(), second);
}

#[test]
fn a_promotion_cut_short_by_a_crash_is_nothing_to_go_back_to() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(dir.path(), Duration::MAX).unwrap();
    let trained = models(1);
    let first = shelf.add(&trained, at(1), Vec::new()).unwrap();
    shelf.promote(&first, "li", "", at(2)).unwrap();
    let second = shelf.add(&trained, at(3), Vec::new()).unwrap();
    // The journal has it, `current` does not; then a line is cut in the middle.
    let promotion =
        Promotion { at: at(4), version: second.clone(), by: "li".into(), reason: String::new() };
    journal::append(dir.path(), journal::PROMOTIONS, &promotion).unwrap();
    assert!(matches!(shelf.roll_back("li", "", at(5)), Err(ShelfError::NothingBefore)));
    let file = dir.path().join("promotions.jsonl");
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str("{\"at\":\"20");
    fs::write(&file, text).unwrap();
    shelf.promote(&second, "wang", "", at(6)).unwrap();
    assert_eq!(shelf.roll_back("li", "", at(7)).unwrap(), first);
    assert_eq!(shelf.last_trained().unwrap(), Some(at(3)));
}

#[test]
fn a_version_whose_data_are_stale_is_not_promoted_and_the_one_in_service_gives_the_alarm() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(dir.path(), Duration::MAX).unwrap();
    let name = shelf.add(&models(1), at(10), Vec::new()).unwrap();
    let days = |days: i64| at(days * 86_400);
    let refused = shelf.promote(&name, "li", "", days(9));
    assert!(matches!(&refused, Err(ShelfError::Stale(why)) if why[0].contains("8 days ago")));
    shelf.promote(&name, "li", "", days(5)).unwrap();
    assert!(shelf.staleness(days(5)).is_empty());
    assert_eq!(shelf.staleness(days(9)).len(), 2, "the needs of texts last longer");
    // Going back is for emergencies: it is never refused.
    let second = shelf.add(&models(2), at(11), Vec::new()).unwrap();
    shelf.promote(&second, "li", "", days(6)).unwrap();
    assert_eq!(shelf.roll_back("li", "complaints", days(9)).unwrap(), name);
    let young = Shelf::open(dir.path(), Duration::from_secs(60)).unwrap();
    assert!(young.load());
    assert!(young.staleness(at(100)).last().unwrap().contains("training.max_age"));
}

#[test]
fn old_versions_go_but_never_the_one_in_service_nor_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(dir.path(), Duration::MAX).unwrap();
    let trained = models(1);
    let names: Vec<String> =
        (0..2).map(|nth| shelf.add(&trained, at(nth), Vec::new()).unwrap()).collect();
    shelf.promote(&names[0], "li", "", at(2)).unwrap();
    shelf.promote(&names[1], "li", "", at(3)).unwrap();
    for nth in 10..30 {
        shelf.add(&trained, at(nth), Vec::new()).unwrap();
    }
    let versions = shelf.versions().unwrap();
    assert_eq!(versions.len(), KEPT + 2);
    assert!(versions.iter().any(|version| version.name == names[0]));
    let newest = &versions[0];
    assert_eq!(shelf.promote(&newest.digest[..8], "li", "", at(40)).unwrap(), newest.name);
    assert!(shelf.load());
}
