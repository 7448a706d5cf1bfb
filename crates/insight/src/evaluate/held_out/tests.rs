//! Tests of the figure a training is judged by: it sees tastes, knows when it knows too little, and is bounded.

use super::*;
use crate::samples::{clustered, on_threads, real_data, unpacked};

#[test]
fn tastes_are_found_and_the_figures_are_the_same_on_any_number_of_threads() {
    let table = clustered(3, 600, 60, 3).canonical();
    let params = TrainParams::default();
    let one = on_threads(1, || HeldOut::measure(&table, &params));
    assert_eq!(one, on_threads(2, || HeldOut::measure(&table, &params)));
    let ndcg = one.ndcg.unwrap();
    assert!(ndcg.blend > 1.2 * ndcg.popularity && ndcg.popularity > 0.0, "{one:?}");
    assert!(one.people >= MIN_PEOPLE && one.people <= 400, "{one}");
    let kept = Meta { metrics: one.metrics(), ..Meta::default() };
    assert_eq!(HeldOut::of(&kept), Some(one));
    assert!(one.to_string().contains("of popularity"), "{one}");
}

#[test]
fn too_few_people_are_not_judged_and_said_to_be() {
    let few = HeldOut::measure(&clustered(3, 40, 24, 3).canonical(), &TrainParams::default());
    assert!(few.ndcg.is_none() && few.people > 0 && few.people <= 40);
    assert!(few.to_string().starts_with("not judged: "), "{few}");
    let nobody = HeldOut::measure(&Interactions::default(), &TrainParams::default());
    assert_eq!(nobody, HeldOut::default());
    assert_eq!(HeldOut::of(&Meta::default()), None);
    let kept = Meta { metrics: few.metrics(), ..Meta::default() };
    assert_eq!(HeldOut::of(&kept), Some(few));
}

#[test]
fn the_sample_is_bounded_and_does_not_depend_on_who_else_is_there() {
    let table = clustered(3, 400, 24, 3).canonical();
    let sampled = sample(&table, 7, 100);
    assert!((50..150).contains(&sampled.visitors.len()), "{}", sampled.visitors.len());
    assert_eq!(sampled, sample(&table, 7, 100));
    assert_ne!(sampled.visitors, sample(&table, 8, 100).visitors);
    // Whoever stays, stays with everything.
    let uses = |of: &Interactions, visitor| {
        let place = of.visitors.iter().position(|one| *one == visitor).unwrap();
        of.rows.iter().filter(|row| row.visitor as usize == place).count()
    };
    for &visitor in &sampled.visitors {
        assert_eq!(uses(&sampled, visitor), uses(&table, visitor));
    }
}

#[test]
#[ignore = "minutes without optimisation; run with --release"]
#[expect(clippy::disallowed_methods, reason = "a measurement printed, not a result")]
fn globo_first_two_days() {
    let Some(path) = real_data("recommend/globo/clicks_hours_000-239.tar.xz") else { return };
    let path = path.to_str().unwrap();
    let list = String::from_utf8(unpacked("tar", &["-tJf", path])).unwrap();
    let mut names: Vec<&str> = list.lines().filter(|name| name.ends_with(".csv")).collect();
    names.sort_unstable();
    let mut args = vec!["-xJOf", path];
    args.extend(names.iter().take(48));
    let mut visits = crate::formats::VisitsBuilder::default();
    visits.read(std::io::BufReader::new(unpacked("tar", &args).as_slice())).unwrap();
    let table = visits.build().interactions().canonical();
    let start = std::time::SystemTime::now();
    let found = HeldOut::measure(&table, &TrainParams::default());
    let uses = table.rows.len();
    println!("{uses} uses of {} visitors in {:?}", table.visitors.len(), start.elapsed());
    println!("{found}");
    let ndcg = found.ndcg.unwrap();
    assert!(ndcg.blend >= ndcg.popularity, "{found}");
}
