//! The stream: what is learnt at once, what is bounded, what no single visitor can do, and that explaining adds up.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

fn click(visitor: u64, session: u64, item: u32, at_ms: i64) -> Click {
    Click { visitor, session, item, at_ms, contexts: [1, 1, 1, 1] }
}

/// Visits 1 → 2 → 3 by many, 4 → 5 by others.
fn taught() -> Stream {
    let mut stream = Stream::new(Limits::default());
    for visitor in 0..100_u64 {
        let start = HOUR + visitor as i64 * 10_000;
        let path: &[u32] = if visitor % 2 == 0 { &[1, 2, 3] } else { &[4, 5] };
        for (step, &item) in path.iter().enumerate() {
            stream.observe(&click(visitor, visitor, item, start + step as i64 * 30_000));
        }
    }
    stream
}

#[test]
fn a_click_changes_what_comes_next_at_once() {
    let mut stream = taught();
    let now = 2 * HOUR;
    stream.observe(&click(999, 999, 1, now));
    let view = stream.view(999, 999, [1; 4], now + 1);
    assert_eq!(view.items, [1]);
    let mut found = Candidates::default();
    stream.candidates(&view, &mut found);
    let of = |item: u32, name: &str| {
        let feature = NAMES.iter().position(|known| *known == name).unwrap();
        found.row(found.position(item).unwrap())[feature]
    };
    assert!(of(2, "after_last_12h") > of(5, "after_last_12h"));
    assert!(of(2, "nearest_aware") > of(5, "nearest_aware"));
    assert!(of(3, "beside_visit") > 0.0, "3 is in the same visits");
    for row in found.features.chunks_exact(FEATURES) {
        assert!(row.iter().all(|value| (0.0..=1.0).contains(value)), "{row:?}");
    }
}

#[test]
fn the_ranker_learns_a_choice_and_explains_it() {
    let mut stream = taught();
    let mut ranker = Ranker::new(RankerParams::default(), 2);
    let mut found = Candidates::default();
    let mut scores = Vec::new();
    for visitor in 1_000..1_200_u64 {
        let now = 2 * HOUR + visitor as i64 * 1_000;
        stream.observe(&click(visitor, visitor, 1, now));
        let view = stream.view(visitor, visitor, [1; 4], now + 1);
        stream.candidates(&view, &mut found);
        let chosen = found.position(2).unwrap();
        ranker.learn(&[0, 1], &found.features, chosen);
    }
    ranker.score(&[0, 1], &found.features, &mut scores);
    let chosen = found.position(2).unwrap();
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    assert!((scores[chosen] - best).abs() < f32::EPSILON);
    let sum: f32 = ranker.explain(&[0, 1], found.row(chosen)).iter().map(|part| part.1).sum();
    assert!((sum - scores[chosen]).abs() < 1e-4, "{sum} and {}", scores[chosen]);
    assert_eq!(ranker.steps(), 200);
}

#[test]
fn a_page_loaded_a_million_times_is_one_step_of_one_visit() {
    let (mut once, mut often) = (taught(), taught());
    once.observe(&click(7_000, 7_000, 1, 2 * HOUR));
    once.observe(&click(7_000, 7_000, 9, 2 * HOUR + 1));
    for repeat in 0..10_000 {
        often.observe(&click(7_000, 7_000, if repeat % 2 == 0 { 1 } else { 9 }, 2 * HOUR));
    }
    let lists = |stream: &mut Stream| {
        let view = Stream::view_of(vec![1], vec![], [1; 4], 2 * HOUR + 2);
        let mut found = Candidates::default();
        stream.candidates(&view, &mut found);
        let at = NAMES.iter().position(|known| *known == "after_last_12h").unwrap();
        found.row(found.position(2).unwrap())[at] - found.row(found.position(9).unwrap())[at]
    };
    assert!(lists(&mut once) > 0.0);
    assert!((lists(&mut once) - lists(&mut often)).abs() < 1e-3);
}

#[test]
fn a_visitor_who_opens_a_thousand_visits_counts_like_any_other() {
    let (mut once, mut often) = (taught(), taught());
    once.observe(&click(7_000, 1, 1, 2 * HOUR));
    once.observe(&click(7_000, 1, 9, 2 * HOUR));
    for session in 0..1_000 {
        often.observe(&click(7_000, session, 1, 2 * HOUR + session as i64));
        often.observe(&click(7_000, session, 9, 2 * HOUR + session as i64));
    }
    let share = |stream: &Stream| stream.share(9);
    assert!((share(&once) - share(&often)).abs() < 1e-4, "{} {}", share(&once), share(&often));
    // Whoever reads more than people do is not followed either.
    for item in 100..2_000 {
        often.observe(&click(8_000, 1, item, 2 * HOUR));
    }
    let counted = (100..2_000).filter(|&item| often.share(item) > 0.0).count();
    assert_eq!(counted, 120);
}

#[test]
fn whose_visit_is_over_is_forgotten_and_what_they_did_still_counts() {
    let mut stream = taught();
    let share = stream.share(1);
    assert_eq!(stream.forget_before(100 * HOUR), 0);
    assert!((stream.share(1) - share).abs() < f32::EPSILON);
}

#[test]
fn memory_is_bounded_however_many_come() {
    let limits = Limits {
        edges: 8,
        common: [20; 4],
        pairs: 50,
        visitors: 100,
        history: 10,
        nearest: NearestParams { visits: 200, per_item: 20, ..NearestParams::default() },
    };
    let mut stream = Stream::new(limits);
    for n in 0..20_000_u64 {
        let item = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32 % 300;
        stream.observe(&click(n / 4, n / 4, item, HOUR + n as i64 * 100));
    }
    let [edges, pairs, visitors, visits] = stream.sizes();
    assert!(edges <= 2 * 300 * 8 && pairs <= 50 && visitors <= 100 && visits <= 200);
}

proptest! {
    #[test]
    fn any_clicks_give_candidates_once_each_with_features_in_range(
        clicks in prop::collection::vec((0_u64..5, 0_u64..3, 0_u32..20, -HOUR..100 * HOUR, any::<[u8; 4]>()), 0..60),
        now in -HOUR..200 * HOUR,
    ) {
        let mut stream = Stream::new(Limits::default());
        for (visitor, session, item, at_ms, contexts) in clicks {
            stream.observe(&Click { visitor, session, item, at_ms, contexts });
        }
        let mut found = Candidates::default();
        for visitor in 0..5 {
            let view = stream.view(visitor, 1, [3; 4], now);
            stream.candidates(&view, &mut found);
            let mut items = found.items.clone();
            items.sort_unstable();
            items.dedup();
            prop_assert_eq!(items.len(), found.items.len());
            for (at, value) in found.features.iter().enumerate() {
                let name = NAMES[at % FEATURES];
                prop_assert!((0.0..=1.0).contains(value), "{} is {}", name, value);
            }
            let mut scores = Vec::new();
            Ranker::new(RankerParams::default(), 1).score(&[0], &found.features, &mut scores);
            prop_assert!(scores.iter().all(|score| score.is_finite()));
        }
    }
}
