//! The hot path at its planned size. Run alone and optimised:
//! `cargo test --release -p civicsense-recommend --lib -- --ignored --nocapture load`

use std::time::{Duration, Instant};

use insight::{Factors, InteractionsBuilder, ItemText, TrainParams, train};
use vocab::Target;

use super::*;
use crate::{Crowd, Profile, Segment, Streaming, Use, Voted, recommend};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ITEMS: usize = 100_000;
const PEOPLE: u32 = 1_000_000;
const REQUESTS: usize = 20_000;
/// Uses the stream has learnt from.
const USES: usize = 500_000;

fn item_at(n: usize) -> Item {
    let taxonomy_needs =
        ["p.home.fund", "p.work.job", "p.move.licence", "p.life.idcard", "p.edu.enrol"];
    Item {
        id: format!("i{n:06}").as_str().into(),
        title: Text::new(format!("事项第{n}号"), ""),
        dept: format!("部门{}", n % 150),
        kind: ItemKind::ALL[n % 6],
        needs: if n.is_multiple_of(3) { vec![taxonomy_needs[n / 3 % 5].into()] } else { vec![] },
        region: if n.is_multiple_of(4) { "440300".into() } else { String::new() },
        mandated: n % 20_000 == 7,
        published_at: now() - SignedDuration::from_hours((n % 20_000) as i64),
        review: ReviewState::Approved,
        ..Item::default()
    }
}

/// Behaviour of 30,000 people trains neighbours and popularity; the factors are then replaced by ones of full size,
/// which cost the same to read as learnt ones.
fn world_of_full_size(items: &[Item]) -> World {
    let mut builder = InteractionsBuilder::new();
    let mut state = 42_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for visitor in 0..30_000_u64 {
        let centre = next(ITEMS as u64);
        for step in 0..15 {
            let item = (centre + next(60)) % ITEMS as u64;
            let at = minutes_ago((visitor % 20_000) as i64 + 60 - step).as_millisecond();
            builder.push(
                VisitorId(visitor + 1),
                items[item as usize].id.as_str(),
                SessionId(visitor + 1),
                at,
                1.0,
            );
        }
    }
    let params = TrainParams::default().check().unwrap();
    let texts: Vec<ItemText> = Vec::new();
    let taxonomy = taxonomy();
    let mut models = train(&builder.build(), &texts, &taxonomy, &params, &|_, _| {}).unwrap();
    let positions = u32::try_from(models.items.len()).unwrap();
    println!("items with behaviour: {positions}");
    models.factors = Factors::synthetic(1, PEOPLE, positions, TrainParams::default().factors.dim);
    World::new(Parts {
        items,
        taxonomy,
        models: Some(Arc::new(models)),
        search: None,
        streaming: Some(Arc::new(streaming(items))),
        outcomes: None,
        live: Live::default(),
    })
}

/// Visits of six neighbouring items in the last hours.
fn streaming(items: &[Item]) -> Streaming {
    let streaming = Streaming::default();
    let start = minutes_ago(240).as_millisecond();
    let uses: Vec<Use> = (0..USES)
        .map(|nth| {
            let visit = nth / 96 * 16 + nth % 16;
            let centre = visit * 7_919 % ITEMS;
            Use {
                visitor: VisitorId(visit as u64 + 1),
                session: SessionId(visit as u64 + 1),
                item: items[(centre + nth * 31 % 40) % ITEMS].id.clone(),
                at: jiff::Timestamp::from_millisecond(start + (nth * 28) as i64).unwrap(),
                channel: vocab::Channel::Web,
                region: String::new(),
            }
        })
        .collect();
    uses.chunks(100).for_each(|part| streaming.observe(part));
    streaming
}

/// Lists for all parts that can have some, of full length.
fn crowds() -> Vec<Crowd> {
    let parts = (0..300_u16).map(|nth| Segment {
        channel: (nth % 3 != 0).then_some(vocab::Channel::Web),
        division: if nth < 30 { 10 + nth } else { 4_400 + nth / 3 },
        audience: vocab::Audience::All,
    });
    let voted = |part: u16, nth: u16| Voted {
        item: format!("i{:06}", (usize::from(part) * 997 + usize::from(nth) * 31) % ITEMS)
            .as_str()
            .into(),
        votes: f32::from(1 + 5_000 / (1 + nth)),
        pace: f32::from(nth % 90),
    };
    let crowd = |(part, segment): (u16, Segment)| {
        let items: Vec<Voted> = (0..120).map(|nth| voted(part, nth)).collect();
        Crowd { segment, votes: 30_000.0, recent: 2_000.0, items }
    };
    (0_u16..).zip(parts).map(crowd).collect()
}

/// Two in five requests are anonymous; the others have a history of 10 to 40 items, half of them a session as well.
fn request(n: usize) -> Query {
    let mode = [
        PrivacyMode::None,
        PrivacyMode::Profile,
        PrivacyMode::Session,
        PrivacyMode::Profile,
        PrivacyMode::None,
    ][n % 5];
    let start = n * 7_919 % ITEMS;
    let history = (0..10 + n % 30)
        .map(|step| {
            used(
                &format!("i{:06}", (start + step * 3) % ITEMS),
                (step * if n.is_multiple_of(2) { 2 } else { 700 }) as i64,
            )
        })
        .collect();
    let profile = Profile {
        history,
        declared: vec!["p.home.fund".into()],
        subscriptions: vec![Target::Dept(format!("部门{}", n % 150))],
        ..Profile::default()
    };
    Query {
        visitor: Some(VisitorId((n * 104_729 % PEOPLE as usize) as u64 + 1)),
        profile,
        region: if n.is_multiple_of(3) { "440305".into() } else { String::new() },
        ..query(mode)
    }
}

#[test]
#[ignore = "measures; needs an optimised build and a machine at rest"]
fn load() {
    let items: Vec<Item> = (0..ITEMS).map(item_at).collect();
    let world = world_of_full_size(&items);
    let live = Live { crowds: crowds(), ..Live::default() };
    let started = Instant::now();
    let again = world.with_live(live);
    println!("new counts, as many parts of everybody as get lists: {:?}", started.elapsed());
    let world = again;
    let home = home();
    let started = Instant::now();
    let mut times: Vec<Duration> = (0..REQUESTS)
        .map(|n| {
            let query = request(n);
            let started = Instant::now();
            let answer = recommend(&home, &query, &world);
            let time = started.elapsed();
            assert_eq!(answer.response.items.len(), 12);
            time
        })
        .collect();
    let seconds = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let rate = REQUESTS as f64 / seconds;
    println!(
        "{rate:.0} requests/s on one core; p50 {:?}, p99 {:?}, most {:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    // Medians, because on a shared machine means measure the neighbours.
    let mut stages: std::collections::BTreeMap<&str, Vec<u64>> = std::collections::BTreeMap::new();
    for n in 0..500 {
        for stage in recommend(&home, &request(n * 31 + 1_000_003), &world).stages {
            stages.entry(stage.name).or_default().push(stage.micros);
        }
    }
    for (name, mut micros) in stages {
        micros.sort_unstable();
        println!("{name}: {} µs", micros[micros.len() / 2]);
    }
    assert!(rate >= 2_000.0 && at(0.99) <= Duration::from_millis(10));
}
