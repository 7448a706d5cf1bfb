//! Whatever the catalogue and the person: nothing lost, nothing twice, reserved slots hold.

use std::collections::HashSet;
use std::time::Instant;

use proptest::prelude::*;
use vocab::{Lifecycle, ReasonCode, Target};

use super::*;
use crate::candidate::{About, Candidate, Signal};
use crate::context::Context;
use crate::pipeline::run::choose;
use crate::pipeline::stage::{Selector, Stats};
use crate::selectors::rules::Rules;
use crate::selectors::top_k::TopK;
use crate::{Profile, recommend};

fn any_item() -> impl Strategy<Value = Item> {
    let flags = (prop::bool::weighted(0.1), prop::bool::weighted(0.05), 0_u8..6, 0_u8..4);
    (flags, 0_usize..5, 0_usize..4, 0_i64..400, proptest::option::of(-50_i64..50), 0_usize..60)
        .prop_map(
            |((mandated, emergency, life, importance), dept, region, age, expires, beside)| {
                let days = |days: i64| SignedDuration::from_hours(24 * days);
                Item {
                    mandated,
                    emergency,
                    importance,
                    lifecycle: if life == 0 { Lifecycle::Repealed } else { Lifecycle::Current },
                    dept: ["", "税务局", "公安局", "人社局", "住建局"][dept].into(),
                    region: ["", "440000", "440300", "440100"][region].into(),
                    needs: if dept == 1 { vec!["p.home.fund".into()] } else { vec![] },
                    relates_to: vec![format!("i{beside:02}").as_str().into()],
                    published_at: now() - days(age - 10),
                    expires_at: expires.map(|expires| now() + days(expires)),
                    ..item("")
                }
            },
        )
}

fn any_case() -> impl Strategy<Value = (Vec<Item>, Query)> {
    let modes = prop_oneof![
        Just(PrivacyMode::None),
        Just(PrivacyMode::Session),
        Just(PrivacyMode::Profile)
    ];
    let traces =
        proptest::collection::vec((0_usize..60, 0_i64..5_000, proptest::num::f32::ANY), 0..20);
    let ids = || proptest::collection::vec((0_usize..60, 0_i64..3_000), 0..30);
    (
        proptest::collection::vec(any_item(), 0..50),
        modes,
        traces,
        ids(),
        ids(),
        0_usize..30,
        any::<bool>(),
    )
        .prop_map(|(mut items, mode, traces, served, unwanted, limit, titles)| {
            for (n, item) in items.iter_mut().enumerate() {
                item.id = format!("i{n:02}").as_str().into();
                // Half of the cases have many duplicates.
                item.title = Text::new(format!("标题{}", if titles { n } else { n % 7 }), "");
            }
            let id = |n: usize| vocab::ItemId::from(format!("i{n:02}").as_str());
            let trace = |(n, at, weight)| Trace { item: id(n), at: minutes_ago(at), weight };
            let profile = Profile {
                history: traces.into_iter().map(trace).collect(),
                declared: vec!["p.home.fund".into()],
                subscriptions: vec![Target::Dept("公安局".into())],
                served: served.into_iter().map(|(n, at)| (id(n), minutes_ago(at))).collect(),
                unwanted: unwanted.into_iter().take(3).map(|(n, _)| id(n)).collect(),
                ..Profile::default()
            };
            (items, Query { limit, profile, ..query(mode) })
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_comes_twice((items, query) in any_case()) {
        let (world, home) = (world(&items), home());
        let mut context = Context::new(&query, &world, home.name(), home.result_size);
        for hydrator in &home.query_hydrators {
            hydrator.run(&mut context, &mut Stats::default());
        }
        let proposed: HashSet<u32> =
            home.sources.iter().flat_map(|source| source.run(&context, &mut Stats::default())).map(|c| c.item).collect();
        let flow = choose(&home, &context, Instant::now() + home.deadline, &mut Stats::default());
        prop_assert!(!flow.late);
        let removed = flow.removed.iter().map(|(candidate, _)| candidate.item);
        let all: Vec<u32> = flow.selected.iter().chain(&flow.rest).map(|c| c.item).chain(removed).collect();
        let distinct: HashSet<u32> = all.iter().copied().collect();
        prop_assert_eq!(all.len(), distinct.len(), "an item is in two places");
        prop_assert!(proposed.is_subset(&distinct), "an item was lost");
        prop_assert!(flow.selected.len() <= context.limit);
        let titles: HashSet<u64> = flow.selected.iter().map(|c| world.catalogue().at(c.item).same).collect();
        prop_assert_eq!(titles.len(), flow.selected.len(), "a title is shown twice");
    }

    #[test]
    fn reserved_slots_always_hold_and_only_recommendable_items_are_shown((items, query) in any_case()) {
        let answer = recommend(&home(), &query, &world(&items));
        let shown = &answer.response.items;
        let limit = if query.limit == 0 { 12 } else { query.limit };
        let by_id = |id: &vocab::ItemId| items.iter().find(|item| item.id == *id).unwrap();
        for item in shown {
            prop_assert!(by_id(&item.id).is_recommendable(now()));
            prop_assert!(item.score.is_finite());
        }
        // Distinct titles, because of two with one title only one is shown.
        let titles = |wanted: &dyn Fn(&Item) -> bool| {
            let due = items.iter().filter(|item| item.is_recommendable(now()) && wanted(item));
            due.map(|item| item.title.zh.clone()).collect::<HashSet<_>>()
        };
        let emergencies = titles(&|item| item.emergency);
        let first = shown.iter().take(emergencies.len()).filter(|item| item.reason.code == ReasonCode::Emergency).count();
        prop_assert_eq!(first, emergencies.len().min(limit).min(shown.len()));
        let mandated = titles(&|item| item.mandated && !item.emergency);
        let due = mandated.difference(&emergencies).count().min(2).min(limit.saturating_sub(first));
        let next = shown.iter().skip(first).take(due).filter(|item| item.reason.code == ReasonCode::Mandated).count();
        prop_assert_eq!(next, due);
        prop_assert!(shown.iter().enumerate().all(|(at, item)| usize::from(item.position) == at));
        prop_assert_eq!(answer.events.len(), shown.len());
    }

    #[test]
    fn scores_that_are_not_finite_sink(scores in proptest::collection::vec(proptest::num::f32::ANY, 1..30)) {
        let items: Vec<Item> = (0..30).map(|n| item(&format!("i{n:02}"))).collect();
        let world = world(&items);
        let query = Query { limit: 30, ..query(PrivacyMode::None) };
        let context = Context::new(&query, &world, "home", 12);
        let signal = Signal { source: "popular", code: ReasonCode::Popular, score: 1.0, share: f32::NAN, about: About::Nothing, personal: false };
        let candidates = (0_u32..).zip(&scores).map(|(place, &score)| Candidate { score, ..Candidate::new(place, signal.clone()) });
        let selected = TopK { rules: Rules { reserved: 1, ..Rules::default() } }.select(&context, candidates.collect()).selected;
        let finite = scores.iter().filter(|score| score.is_finite()).count();
        prop_assert!(selected.iter().take(finite).all(|candidate| candidate.score.is_finite()));
        prop_assert!(selected.iter().take(finite).is_sorted_by(|a, b| a.score >= b.score));
        prop_assert_eq!(selected.len(), scores.len());
    }
}

/// Every embedded definition, with a deadline no busy machine misses.
fn all() -> Vec<Pipeline> {
    let patient = |(file, text): (&str, &str)| {
        let mut pipeline = Definition::load(file, text).unwrap();
        pipeline.deadline = Duration::from_secs(60);
        pipeline
    };
    EMBEDDED.into_iter().map(patient).collect()
}

/// What editors and counts may say of such a world.
fn any_live() -> impl Strategy<Value = Live> {
    let id = |n: usize| vocab::ItemId::from(format!("i{n:02}").as_str());
    let counts = proptest::collection::vec(
        (0_usize..60, proptest::num::f32::ANY, proptest::num::f32::ANY),
        0..20,
    );
    let decided =
        || proptest::collection::vec((0_usize..60, proptest::num::f32::ANY, -50_i64..50), 0..6);
    (counts, decided(), decided()).prop_map(move |(counts, boosts, blocks)| Live {
        popular: counts.iter().map(|(n, score, _)| (id(*n), *score)).collect(),
        trending: counts.iter().map(|(n, _, trend)| (id(*n), *trend)).collect(),
        exposure: counts.iter().map(|(n, shown, clicks)| (id(*n), *shown, *clicks)).collect(),
        crowds: counts
            .iter()
            .map(|(n, votes, pace)| crate::Crowd {
                segment: crate::Segment {
                    channel: (n % 2 == 0).then_some(vocab::Channel::Web),
                    division: [0, 44, 4403][n % 3],
                    audience: vocab::Audience::All,
                },
                votes: *votes,
                recent: *pace,
                items: vec![crate::Voted { item: id(*n), votes: *votes, pace: *pace }],
            })
            .collect(),
        boosts: boosts
            .into_iter()
            .map(|(n, factor, ends)| crate::Boost {
                item: id(n),
                factor,
                pipeline: String::new(),
                site: vocab::SiteId(0),
                until: Some(minutes_ago(ends)),
                reason: String::new(),
            })
            .collect(),
        blocks: blocks
            .into_iter()
            .map(|(n, _, ends)| crate::Block {
                item: id(n),
                pipeline: String::new(),
                site: vocab::SiteId(0),
                until: Some(minutes_ago(ends)),
                reason: String::new(),
            })
            .collect(),
        ..Live::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_pipeline_keeps_the_promises_of_all((items, query) in any_case(), live in any_live()) {
        let blocked: HashSet<_> = live
            .blocks
            .iter()
            .filter(|block| block.until.is_some_and(|until| until > now()))
            .map(|block| block.item.clone())
            .collect();
        let world = world(&items).with_live(live);
        for pipeline in all() {
            let name = pipeline.name().to_owned();
            let answer = recommend(&pipeline, &query, &world);
            let again = recommend(&pipeline, &query, &world);
            prop_assert_eq!(&answer.response, &again.response, "{}: the same request, another list", name);
            let shown = &answer.response.items;
            let of = |id: &vocab::ItemId| items.iter().find(|item| item.id == *id).unwrap();
            for one in shown {
                prop_assert!(of(&one.id).is_recommendable(now()) && one.score.is_finite(), "{}", name);
                prop_assert!(!blocked.contains(&one.id) || of(&one.id).emergency, "{}: {} is blocked", name, one.id);
                prop_assert!(one.propensity > 0.0 && one.propensity <= 1.0);
            }
            let emergencies = shown.iter().take_while(|one| one.reason.code == ReasonCode::Emergency).count();
            prop_assert_eq!(emergencies, shown.iter().filter(|one| of(&one.id).emergency).count(), "{}", name);
            let due: HashSet<_> = items
                .iter()
                .filter(|item| item.emergency && item.is_recommendable(now()))
                .map(|item| &item.title.zh)
                .collect();
            let limit = if query.limit == 0 { pipeline.result_size } else { query.limit };
            prop_assert_eq!(emergencies, due.len().min(limit), "{}", name);
            for event in &answer.events {
                prop_assert!(event.props["propensity"].parse::<f64>().unwrap() > 0.0);
            }
            let ids: Vec<_> = shown.iter().map(|one| one.id.clone()).collect();
            let next = recommend(&pipeline, &Query { exclude: ids.clone(), ..query.clone() }, &world);
            prop_assert!(next.response.items.iter().all(|one| !ids.contains(&one.id)), "{}: given twice", name);
        }
    }

    #[test]
    fn opting_out_changes_neither_schema_nor_length((items, query) in any_case()) {
        let world = world(&items);
        // A letter goes to those who asked for it; the list of a page is the page's.
        for pipeline in all().into_iter().filter(|pipeline| pipeline.name() != "digest") {
            let of = |mode| {
                let mut query = Query { mode, ..query.clone() };
                // What a person does not want is theirs to leave out: it may shorten the list.
                query.profile.unwanted.clear();
                recommend(&pipeline, &query, &world).response
            };
            let keys = |response: &crate::Response| {
                let value = serde_json::to_value(response).unwrap();
                let of_item = value["items"].get(0).and_then(|item| item.as_object()).map(|item| item.keys().cloned().collect::<Vec<_>>());
                (value.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), of_item)
            };
            let (without, session, with) = (of(PrivacyMode::None), of(PrivacyMode::Session), of(PrivacyMode::Profile));
            for other in [session, with] {
                prop_assert_eq!(keys(&without), keys(&other), "{}", pipeline.name());
                prop_assert_eq!(without.items.len(), other.items.len(), "{}", pipeline.name());
            }
        }
    }
}
