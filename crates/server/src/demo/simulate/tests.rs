//! The simulator: same seed, same bytes; a plausible rhythm; nothing that may not be served; the truth kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use clickstream::{Collector, Definitions, Request, SiteKey, Sites, Spool, Verdict, visitor_id};
use serde_json::Value;
use vocab::{BotClass, Channel, Consent, Event, ItemId, ItemKind};

use super::*;
use crate::demo::{catalogue, taxonomy};

fn end() -> Timestamp {
    "2026-11-23T11:00:00Z".parse().expect("a time")
}

fn simulation(seed: u64, citizens: u32, days: u16) -> Simulation {
    let items = catalogue(end()).expect("the catalogue");
    let params = SimulationParams { seed, citizens, days, end: end() };
    Simulation::new(params, &items, &taxonomy().expect("the taxonomy")).expect("a simulation")
}

fn events(batch: &Batch) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&batch.body).expect("JSON");
    body["events"].as_array().expect("events").clone()
}

fn hour(event: &Value) -> i64 {
    (event["ts"].as_i64().expect("a time") / 3_600_000 + 8).rem_euclid(24)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let first: Vec<Batch> = simulation(7, 60, 6).collect();
    assert_eq!(first, simulation(7, 60, 6).collect::<Vec<_>>());
    assert_ne!(first, simulation(8, 60, 6).collect::<Vec<_>>());
}

#[test]
fn bodies_are_whole_in_order_in_time_and_every_id_is_new() {
    let mut simulation = simulation(1, 300, 8);
    let from = end().as_millisecond() - 8 * 86_400_000;
    let (mut ids, mut sent, mut count) = (HashSet::new(), Timestamp::MIN, 0);
    for batch in simulation.by_ref() {
        assert!(batch.at >= sent, "batches come in order");
        sent = batch.at;
        let events = events(&batch);
        assert!((1..=100).contains(&events.len()));
        assert_eq!(events.len(), batch.events as usize);
        count += events.len() as u64;
        let mut last = i64::MIN;
        for event in events {
            let ts = event["ts"].as_i64().expect("a time");
            assert!(ts >= last && ts <= batch.at.as_millisecond());
            assert!((from..end().as_millisecond()).contains(&ts));
            last = ts;
            let id = event["event_id"].as_str().expect("an id").to_owned();
            assert!(uuid::Uuid::parse_str(&id).is_ok());
            assert!(ids.insert(id), "event ids are unique");
        }
    }
    assert!(count > 5_000);
    assert_eq!(simulation.events(), count);
    assert!(simulation.progress() > 0.9);
}

#[test]
fn only_items_that_may_be_served_are_met_and_none_before_it_is_published() {
    let items = catalogue(end()).expect("the catalogue");
    let servable: HashMap<&str, &Item> = items
        .iter()
        .filter(|item| item.is_servable())
        .map(|item| (item.id.as_str(), item))
        .collect();
    let mut seen = BTreeSet::new();
    for event in simulation(2, 400, 10).flat_map(|batch| events(&batch)) {
        let Some(id) = event["item_id"].as_str() else { continue };
        let item = servable.get(id).unwrap_or_else(|| panic!("{id} may not be served"));
        let ts =
            Timestamp::from_millisecond(event["ts"].as_i64().expect("a time")).expect("a time");
        assert!(item.published_at <= ts, "{id} is met before it is out");
        if event["name"] == "impression" {
            assert!(item.is_recommendable(ts), "{id} may not be recommended");
        }
        seen.insert(id.to_owned());
    }
    assert!(seen.len() > 250, "most of the catalogue is met, not {}", seen.len());
}

#[test]
fn days_are_busy_nights_are_quiet_and_bots_are_few() {
    let (mut night, mut day, mut bots, mut people) = (0, 0, 0, 0);
    let mut channels: BTreeMap<String, u32> = BTreeMap::new();
    for batch in simulation(3, 500, 10) {
        if batch.bot {
            bots += batch.events;
            continue;
        }
        people += batch.events;
        for event in events(&batch) {
            *channels.entry(event["channel"].as_str().expect("a channel").into()).or_default() += 1;
            match hour(&event) {
                1..6 => night += 1,
                9..14 => day += 1,
                _ => {}
            }
        }
    }
    assert!(night * 8 < day, "{night} events at night, {day} by day");
    let share = f64::from(bots) / f64::from(bots + people);
    assert!((0.01..0.15).contains(&share), "bots make {share:.3} of the events");
    assert_eq!(channels.len(), 4, "{channels:?}");
}

#[test]
fn what_people_read_follows_what_they_need() {
    let items = catalogue(end()).expect("the catalogue");
    let needs: HashMap<&str, &Vec<NeedId>> =
        items.iter().map(|item| (item.id.as_str(), &item.needs)).collect();
    let simulation = simulation(4, 400, 12);
    let truth: HashMap<String, Truth> = simulation
        .ground_truth()
        .into_iter()
        .filter(|truth| !truth.anonymous_id.starts_with("kiosk"))
        .map(|truth| (truth.anonymous_id.clone(), truth))
        .collect();
    for truth in truth.values() {
        let distinct: BTreeSet<&NeedId> = truth.needs.iter().map(|need| &need.need).collect();
        assert!(truth.persona.is_some() || (1..=4).contains(&distinct.len()));
        assert!(truth.needs.iter().all(|need| need.from < need.until && need.until <= end()));
    }
    let (mut served, mut opened) = (0, 0);
    for event in simulation.flat_map(|batch| events(&batch)) {
        let (Some(id), Some(who)) = (event["item_id"].as_str(), event["anonymous_id"].as_str())
        else {
            continue;
        };
        let Some(truth) = truth.get(who).filter(|_| event["name"] == "page_view") else { continue };
        opened += 1;
        served += u32::from(truth.needs.iter().any(|need| needs[id].contains(&need.need)));
    }
    assert!(served * 2 > opened, "{served} of {opened} pages serve a need of their reader");
    assert!(served < opened, "and some do not");
}

#[test]
fn every_persona_has_a_recent_history_of_their_own() {
    let personas = crate::demo::personas().expect("personas");
    let mut views: HashMap<String, (BTreeSet<i64>, Vec<String>)> = HashMap::new();
    for event in simulation(5, 20, 30).flat_map(|batch| events(&batch)) {
        let who = event["anonymous_id"].as_str().expect("a sender");
        if !personas.iter().any(|persona| persona.anonymous_id == who) {
            continue;
        }
        assert_eq!(event["consent"]["personalisation"], true);
        if let (true, Some(item)) = (event["name"] == "page_view", event["item_id"].as_str()) {
            let history = views.entry(who.to_owned()).or_default();
            history.0.insert(event["ts"].as_i64().expect("a time") / 86_400_000);
            history.1.push(item.to_owned());
        }
    }
    assert_eq!(views.len(), personas.len());
    let mut tops = BTreeSet::new();
    for (who, (days, items)) in &views {
        assert!(items.len() >= 15 && days.len() >= 3, "{who}: {} on {}", items.len(), days.len());
        let count = |item: &String| items.iter().filter(|other| *other == item).count();
        tops.insert(items.iter().max_by_key(|item| (count(item), *item)).expect("an item"));
    }
    assert_eq!(tops.len(), personas.len(), "they read different things most");
}

#[test]
fn a_breaking_policy_draws_a_burst() {
    let items = catalogue(end()).expect("the catalogue");
    let three_days = SignedDuration::from_hours(72);
    let breaking: &ItemId = &items
        .iter()
        .filter(|item| item.kind == ItemKind::Policy && item.importance >= 3)
        .find(|item| end().duration_since(item.published_at) < three_days)
        .expect("a breaking policy")
        .id;
    let mut views: BTreeMap<String, u32> = BTreeMap::new();
    let two_days_ago = end().as_millisecond() - 48 * 3_600_000;
    for event in simulation(6, 300, 20).flat_map(|batch| events(&batch)) {
        if event["ts"].as_i64().expect("a time") < two_days_ago {
            continue;
        }
        if let (true, Some(item)) = (event["name"] == "page_view", event["item_id"].as_str()) {
            *views.entry(item.to_owned()).or_default() += 1;
        }
    }
    let most = views.iter().max_by_key(|(_, count)| **count).expect("a view").0;
    assert_eq!(most, breaking.as_str());
}

#[test]
fn the_default_size_is_what_the_demo_expects() {
    let items = catalogue(end()).expect("the catalogue");
    let taxonomy = taxonomy().expect("the taxonomy");
    let params = SimulationParams::new(42, end());
    let mut simulation = Simulation::new(params, &items, &taxonomy).expect("a simulation");
    let batches = simulation.by_ref().count();
    assert!((250_000..400_000).contains(&simulation.events()), "{} events", simulation.events());
    assert!(batches < 12_000, "{batches} requests");
}

#[test]
fn wrong_parameters_are_refused() {
    let items = catalogue(end()).expect("the catalogue");
    let taxonomy = taxonomy().expect("the taxonomy");
    let params = SimulationParams::new(1, end());
    for wrong in [
        SimulationParams { citizens: 0, ..params },
        SimulationParams { days: 0, ..params },
        SimulationParams { days: 400, ..params },
    ] {
        assert!(Simulation::new(wrong, &items, &taxonomy).is_err());
    }
    assert!(Simulation::new(params, &[], &taxonomy).is_err());
    assert!(simulation(1, 5, 1).live(0.0, end()).is_err());
}

#[test]
fn live_events_come_at_the_asked_rate_with_new_ids_and_without_personas() {
    let mut live = simulation(9, 400, 10).live(12.0, end()).expect("a live simulation");
    let personas = crate::demo::personas().expect("personas");
    let (mut ids, mut count) = (HashSet::new(), 0);
    let seconds = 900;
    let mut now = end();
    for _ in 0..seconds {
        let before = now;
        now += SignedDuration::from_secs(1);
        for event in live.due(now).iter().flat_map(events) {
            let ts = event["ts"].as_i64().expect("a time");
            assert!((before.as_millisecond()..now.as_millisecond()).contains(&ts));
            assert!(ids.insert(event["event_id"].clone()));
            assert!(personas.iter().all(|persona| event["anonymous_id"] != persona.anonymous_id));
            count += 1;
        }
    }
    let rate = f64::from(count) / f64::from(seconds);
    assert!((7.0..18.0).contains(&rate), "{rate} events a second");
    assert!(live.due(end()).is_empty(), "a clock that went back makes nothing");
}

fn collector(dir: &std::path::Path) -> Collector {
    let definitions = Definitions::built_in().expect("definitions");
    let spool = Arc::new(Spool::open(definitions.spool_config(dir)).expect("a spool"));
    let key = |site: crate::demo::DemoSite| SiteKey {
        site: site.id,
        write_key: site.write_key,
        pepper: [7; 32],
        time_zone: "Asia/Shanghai".into(),
        default_channel: Channel::Web,
        plan: None,
        origins: Vec::new(),
    };
    let sites = Sites::new(crate::demo::sites().expect("sites").into_iter().map(key));
    Collector::new(sites, definitions, spool).expect("a collector")
}

#[tokio::test]
async fn the_collector_takes_every_event_and_finds_the_bots() {
    let dir = tempfile::tempdir().expect("a directory");
    let collector = collector(dir.path());
    let batches: Vec<Batch> = simulation(11, 150, 4).collect();
    let (mut sent, mut bots) = (0, 0);
    for batch in &batches {
        let request = Request {
            user_agent: Some(batch.user_agent),
            accept_language: batch.accept_language,
            dnt: batch.dnt,
            peer: Some(batch.peer),
            ..Request::new(&batch.body, batch.at)
        };
        let answer = collector.native(&request).await.expect("an answer");
        for (id, result) in &answer.results {
            assert_eq!(result.result, Verdict::Ok, "{id}: {result:?}");
        }
        assert_eq!(answer.results.len(), batch.events as usize);
        sent += batch.events as usize;
        bots += if batch.bot { batch.events as usize } else { 0 };
    }
    let stored = collector.spool().read::<Event>(0, sent + 1).expect("the spool");
    let stored: Vec<Event> = stored.into_iter().map(|(_, event)| event).collect();
    assert_eq!(stored.len(), sent);
    assert_eq!(stored.iter().filter(|event| event.bot != BotClass::Human).count(), bots);
    assert!(stored.iter().any(|event| event.bot == BotClass::HeaderAnomaly));
    assert!(stored.iter().any(|event| event.consent.contains(Consent::OBJECTED)));
    assert!(stored.iter().all(|event| event.session.0 != 0 && !event.path.contains('?')));
    let persona = &crate::demo::personas().expect("personas")[0];
    let visitor = visitor_id(&[7; 32], SiteId(1), &persona.anonymous_id);
    let history = stored.iter().filter(|event| event.visitor == visitor);
    assert!(history.clone().count() > 10);
    assert!(history.clone().all(|event| event.consent.allows_profile()));
    assert!(stored.iter().filter(|event| event.channel == Channel::Kiosk).all(|event| {
        !event.consent.allows_profile() && event.device == "kiosk" && event.person.0 == 0
    }));
}
