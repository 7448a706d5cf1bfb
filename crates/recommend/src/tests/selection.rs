//! Selectors: variety, limits, minimums, slots of chance, whatever the candidates.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use vocab::ReasonCode;

use super::*;
use crate::candidate::{About, Candidate, Signal};
use crate::context::Context;
use crate::pipeline::stage::{Selected, Selector};
use crate::selectors::explore::Explore;
use crate::selectors::rules::{Fresh, Rules};
use crate::selectors::{dpp, mmr, top_k::TopK};

fn selectors(rules: &Rules) -> Vec<Box<dyn Selector>> {
    vec![
        Box::new(TopK { rules: rules.clone() }),
        Box::new(mmr::Mmr { rules: rules.clone(), parameters: mmr::Parameters { lambda: 0.5 } }),
        Box::new(dpp::Dpp { rules: rules.clone(), parameters: dpp::Parameters { theta: 1.0 } }),
    ]
}

fn candidate(place: u32, code: ReasonCode, source: &'static str, score: f32) -> Candidate {
    let about = About::Nothing;
    let signal = Signal { source, code, score: 1.0, share: score, about, personal: false };
    Candidate { score, ..Candidate::new(place, signal) }
}

fn choose(
    selector: &dyn Selector,
    world: &World,
    query: &Query,
    candidates: Vec<Candidate>,
) -> Selected {
    selector.select(&Context::new(query, world, "home", 12), candidates)
}

fn popular(scores: &[f32]) -> Vec<Candidate> {
    let all = (0_u32..).zip(scores);
    all.map(|(place, score)| candidate(place, ReasonCode::Popular, "popular", *score)).collect()
}

#[test]
fn variety_outranks_a_little_more_of_the_same() {
    let mut items: Vec<Item> = (0..4).map(|n| item(&format!("i{n}"))).collect();
    for item in &mut items[..3] {
        (item.dept, item.column) = ("税务局".into(), "办税".into());
        item.needs = vec!["p.home.fund".into()];
    }
    items[3].dept = "公安局".into();
    let (world, query) = (world(&items), Query { limit: 2, ..query(PrivacyMode::None) });
    let of = |selector: &dyn Selector| -> Vec<u32> {
        let chosen = choose(selector, &world, &query, popular(&[1.0, 0.98, 0.96, 0.9]));
        chosen.selected.iter().map(|candidate| candidate.item).collect()
    };
    let [top, mmr, dpp] = [0, 1, 2].map(|n| of(&*selectors(&Rules::default())[n]));
    assert_eq!((top, mmr, dpp), (vec![0, 1], vec![0, 3], vec![0, 3]));
    let parameters = mmr::Parameters { lambda: 1.0 };
    assert_eq!(of(&mmr::Mmr { rules: Rules::default(), parameters }), [0, 1]);
}

#[test]
fn chance_prefers_what_is_clicked_or_unknown_and_says_how_likely_it_was() {
    let items: Vec<Item> = (0..8).map(|n| item(&format!("i{n}"))).collect();
    let exposure = (0..8)
        .map(|n| {
            let clicks = if n == 5 { 400.0 } else { 1.0 };
            (format!("i{n}").as_str().into(), 1_000.0, clicks)
        })
        .collect();
    let world = world(&items).with_live(Live { exposure, ..Live::default() });
    let explore = Explore { slots: 1, prior_clicks: 1.0, prior_views: 20.0, pool: 16 };
    let rules = Rules { explore: Some(explore), ..Rules::default() };
    let mut query = Query { limit: 3, ..query(PrivacyMode::None) };
    let candidates = || popular(&[8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
    for selector in selectors(&rules) {
        let chosen = choose(&*selector, &world, &query, candidates()).selected;
        assert_eq!(chosen[2].item, 5);
        assert!(chosen[2].propensity > 0.9 && chosen[0].propensity >= 1.0);
        assert_eq!(chosen, choose(&*selector, &world, &query, candidates()).selected);
    }
    // Nothing known: every one of the six left has about the same chance.
    let unknown = world.with_live(Live::default());
    let mut times = BTreeMap::<u32, usize>::new();
    for n in 0..600_u128 {
        query.request = RequestId(Uuid::from_u128(n));
        let top = TopK { rules: rules.clone() };
        let chosen = choose(&top, &unknown, &query, candidates()).selected;
        *times.entry(chosen[2].item).or_default() += 1;
        assert!(chosen[2].propensity >= 1.0 / 64.0 && chosen[2].propensity < 0.5);
    }
    assert_eq!(times.len(), 6);
    assert!(times.values().all(|count| (50..150).contains(count)), "{times:?}");
}

/// Kind, department, age in days, times shown, score, order and source.
type Drawn = (usize, usize, i64, u8, f32, u8, bool);

fn any_rules() -> impl Strategy<Value = Rules> {
    let quota = proptest::collection::btree_map(
        proptest::sample::select(ItemKind::ALL.to_vec()),
        0_usize..3,
        0..3,
    );
    let limits = (0_usize..3, 0_usize..3, 0_usize..4);
    (0_usize..4, limits, quota, proptest::option::of(0_usize..3), 0_usize..3).prop_map(
        |(reserved, limits, quota, fresh, slots)| Rules {
            reserved,
            max_per_dept: limits.0,
            max_per_need: limits.1,
            max_per_source: limits.2,
            quota,
            min_fresh: fresh.map(|slots| Fresh { slots, days: 7, impressions: 3.0 }),
            explore: (slots > 0).then_some(Explore {
                slots,
                prior_clicks: 1.0,
                prior_views: 20.0,
                pool: 8,
            }),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn lists_are_full_and_minimums_and_reserved_slots_hold(
        drawn in proptest::collection::vec(
            (0_usize..6, 0_usize..4, 0_i64..20, 0_u8..6, proptest::num::f32::ANY, 0_u8..20, any::<bool>()), 0..40),
        rules in any_rules(),
        limit in 1_usize..20,
    ) {
        let make = |(n, &(kind, dept, age, ..)): (usize, &Drawn)| Item {
            kind: ItemKind::ALL[kind],
            dept: ["", "税务局", "公安局", "人社局"][dept].into(),
            needs: if kind == 0 { vec!["p.home.fund".into()] } else { vec![] },
            published_at: now() - SignedDuration::from_hours(24 * age),
            ..item(&format!("i{n:02}"))
        };
        let items: Vec<Item> = drawn.iter().enumerate().map(make).collect();
        let exposure = items.iter().zip(&drawn).map(|(item, one)| (item.id.clone(), f32::from(one.3), 1.0)).collect();
        let world = world(&items).with_live(Live { exposure, ..Live::default() });
        let query = Query { limit, ..query(PrivacyMode::None) };
        let code = |order: u8| match order {
            0 => ReasonCode::Emergency,
            1 => ReasonCode::Mandated,
            2 => ReasonCode::Curated,
            _ => ReasonCode::Popular,
        };
        let all: Vec<Candidate> = (0_u32..)
            .zip(&drawn)
            .map(|(place, one)| candidate(place, code(one.5), if one.6 { "popular" } else { "fresh" }, one.4))
            .collect();
        let count = |list: &[Candidate], wanted: &dyn Fn(&Candidate) -> bool| list.iter().filter(|one| wanted(one)).count();
        for selector in selectors(&rules) {
            let Selected { selected, rest } = choose(&*selector, &world, &query, all.clone());
            let distinct: HashSet<u32> = selected.iter().chain(&rest).map(|one| one.item).collect();
            prop_assert_eq!((distinct.len(), selected.len() + rest.len()), (all.len(), all.len()));
            prop_assert_eq!(selected.len(), limit.min(all.len()));
            let due = |code| count(&all, &|one| one.reserved() == Some(code));
            let emergencies = due(ReasonCode::Emergency).min(selected.len());
            prop_assert!(selected[..emergencies].iter().all(|one| one.reserved() == Some(ReasonCode::Emergency)));
            let ordered = (due(ReasonCode::Mandated) + due(ReasonCode::Curated)).min(rules.reserved).min(selected.len() - emergencies);
            prop_assert!(selected[emergencies..emergencies + ordered].iter().all(|one| one.reserved().is_some()));
            let minimum: usize = rules.quota.values().sum::<usize>() + rules.min_fresh.map_or(0, |fresh| fresh.slots);
            if emergencies + ordered + minimum <= selected.len() {
                for (kind, least) in &rules.quota {
                    let of = |one: &Candidate| items[one.item as usize].kind == *kind;
                    prop_assert!(count(&selected, &of) >= count(&all, &of).min(*least), "{} {kind:?}", selector.name());
                }
                let fresh = |one: &Candidate| drawn[one.item as usize].2 < 7 && drawn[one.item as usize].3 < 3;
                let least = rules.min_fresh.map_or(0, |fresh| fresh.slots);
                prop_assert!(count(&selected, &fresh) >= count(&all, &fresh).min(least));
            }
            prop_assert!(selected.iter().all(|one| (1.0 / 64.0..=1.0).contains(&one.propensity)));
            let by_chance = count(&selected, &|one| one.propensity < 1.0);
            prop_assert!(by_chance <= rules.explore.map_or(0, |explore| explore.slots));
            prop_assert_eq!(&choose(&*selector, &world, &query, all.clone()).selected.iter().map(|one| one.item).collect::<Vec<_>>(),
                &selected.iter().map(|one| one.item).collect::<Vec<_>>());
            if rules.quota.is_empty() && rules.min_fresh.is_none() && rules.explore.is_none() && rules.max_per_dept + rules.max_per_need + rules.max_per_source == 0 {
                let others = &selected[emergencies + ordered..];
                prop_assert!(others.is_sorted_by(|a, b| a.score.is_finite() || !b.score.is_finite()), "what is not finite sinks");
            }
        }
    }
}
