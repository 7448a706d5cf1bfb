//! A page shows what is used where it stands: on its channel, in its division, by those it is for.

use vocab::{Audience, Channel, ReasonCode};

use super::*;
use crate::{Crowd, Response, Segment, Voted, recommend};

const SHENZHEN: &str = "440305";
const GUANGZHOU: &str = "440100";

/// Nothing but the two lists; `everybody` as the source takes it.
fn pipeline(source: &str, everybody: bool) -> Pipeline {
    let text = format!(
        "format = 1\nname = \"crowds\"\nsurface = \"crowds\"\nresult_size = 6\ndeadline = \"60s\"\n\
         fallback = \"popular\"\nsource = [{{ use = \"{source}\", limit = 6, everybody = {everybody} }}]\n\
         filter = [{{ use = \"expired\" }}, {{ use = \"duplicate\" }}]\n\
         score = [{{ use = \"weighted_sum\", weights = {{ {source} = 1 }} }}]\n\
         select = {{ use = \"top_k\", reserved = 0, max_per_dept = 0, max_per_need = 0 }}\n"
    );
    Definition::load("crowds.toml", &text).unwrap()
}

/// A part in which each of `used` has so many votes, and in the last hour so many times the usual.
fn crowd(channel: Option<Channel>, division: u16, used: &[(&str, f32, f32)]) -> Crowd {
    let voted = |&(id, votes, times): &(&str, f32, f32)| Voted {
        item: id.into(),
        votes,
        pace: votes * times,
    };
    let votes = used.iter().map(|(_, votes, _)| votes).sum();
    let segment = Segment { channel, division, audience: Audience::All };
    Crowd { segment, votes, recent: votes, items: used.iter().map(voted).collect() }
}

/// Everybody uses a most, then b, c and so on; y and z rise.
fn world_of(crowds: Vec<Crowd>) -> World {
    let items: Vec<Item> = ('a'..='z').map(|name| item(&name.to_string())).collect();
    let popular = items.iter().zip(0_u16..);
    let popular = popular.map(|(item, nth)| (item.id.clone(), f32::from(1_000 - nth))).collect();
    let trending = vec![("y".into(), 8.0), ("z".into(), 4.0)];
    world(&items).with_live(Live { popular, trending, crowds, ..Live::default() })
}

fn asked(
    world: &World,
    source: &str,
    channel: Channel,
    region: &str,
    mode: PrivacyMode,
) -> Response {
    let query = Query { channel, region: region.to_owned(), ..query(mode) };
    let response = recommend(&pipeline(source, false), &query, world).response;
    assert!(!response.personalized, "it is the page that tells, not the person");
    response
}

fn list(world: &World, source: &str, channel: Channel, region: &str) -> String {
    let response = asked(world, source, channel, region, PrivacyMode::None);
    response.items.iter().map(|item| item.id.to_string()).collect()
}

#[test]
fn each_part_gets_its_own_list_and_others_what_is_around_them() {
    let world = world_of(vec![
        crowd(Some(Channel::Kiosk), 4403, &[("k", 3_000.0, 1.0)]),
        crowd(None, 4403, &[("s", 3_000.0, 1.0)]),
        crowd(None, 44, &[("g", 3_000.0, 1.0)]),
        crowd(Some(Channel::App), 0, &[("m", 3_000.0, 1.0)]),
    ]);
    let list = |channel, region| list(&world, "popular", channel, region);
    let of_terminals = list(Channel::Kiosk, SHENZHEN);
    // The next in line is what the city uses, then what the province does.
    assert!(of_terminals.starts_with("ksg"), "{of_terminals}");
    assert!(list(Channel::Web, SHENZHEN).starts_with("sg"));
    assert!(list(Channel::Kiosk, GUANGZHOU).starts_with("ga"));
    assert!(list(Channel::App, "310100").starts_with("ma"));
    assert_eq!(list(Channel::Web, "310100"), "abcdef");
    assert_eq!(list(Channel::Web, ""), "abcdef");
}

#[test]
fn the_smaller_a_part_is_the_more_the_part_around_it_counts() {
    let few =
        world_of(vec![crowd(Some(Channel::Kiosk), 4403, &[("k", 1.0, 1.0), ("l", 1.0, 1.0)])]);
    let many =
        world_of(vec![crowd(Some(Channel::Kiosk), 4403, &[("k", 500.0, 1.0), ("l", 400.0, 1.0)])]);
    let list = |world| list(world, "popular", Channel::Kiosk, SHENZHEN);
    // Among 26 items of about the same use, one vote in two, shrunk by thirty, is about the share of each.
    assert!(list(&many).starts_with("kla"), "{}", list(&many));
    let scores = |world: &World| -> f32 {
        let of = asked(world, "popular", Channel::Kiosk, SHENZHEN, PrivacyMode::None);
        of.items.iter().find(|item| item.id.as_str() == "a").map_or(0.0, |item| item.score)
    };
    assert!(scores(&few) > scores(&many) + 0.1, "{} {}", scores(&few), scores(&many));
}

#[test]
fn what_rises_in_a_part_comes_before_what_rises_elsewhere() {
    let rising = [("k", 50.0, 20.0), ("l", 50.0, 1.0), ("y", 50.0, 1.0)];
    let world = world_of(vec![crowd(Some(Channel::Kiosk), 4403, &rising)]);
    let list = |channel, region| list(&world, "trending", channel, region);
    let here = list(Channel::Kiosk, SHENZHEN);
    assert!(here.starts_with("kz"), "y is used here as always: {here}");
    assert!(list(Channel::Kiosk, GUANGZHOU).starts_with("yz"));
}

#[test]
fn the_audience_of_the_page_chooses_too() {
    let of = |audience, item: &str| {
        let mut crowd = crowd(Some(Channel::Web), 0, &[(item, 3_000.0, 1.0)]);
        crowd.segment.audience = audience;
        crowd
    };
    let world = world_of(vec![of(Audience::Legal, "b"), of(Audience::Natural, "p")]);
    let first = |audience| {
        let query = Query { audience, ..query(PrivacyMode::None) };
        let response = recommend(&pipeline("popular", false), &query, &world).response;
        response.items[0].id.to_string()
    };
    assert_eq!(
        (first(Audience::Legal), first(Audience::Natural)),
        ("b".to_owned(), "p".to_owned())
    );
    assert_eq!(first(Audience::All), "a");
}

#[test]
fn opting_out_changes_nothing_and_the_reason_says_where() {
    let world = world_of(vec![crowd(None, 4403, &[("s", 3_000.0, 1.0)])]);
    let of = |mode| asked(&world, "popular", Channel::Web, SHENZHEN, mode).items;
    let items = of(PrivacyMode::None);
    assert_eq!(items, of(PrivacyMode::Session));
    assert_eq!(items, of(PrivacyMode::Profile));
    let reason = |nth: usize| (items[nth].reason.code, items[nth].reason.text.en.as_str());
    assert_eq!(reason(0), (ReasonCode::Popular, "Much used in this division"));
    assert_eq!(reason(1), (ReasonCode::Popular, "Much used"));
}

#[test]
fn a_pipeline_may_count_everybody() {
    let world = world_of(vec![crowd(None, 4403, &[("s", 3_000.0, 1.0)])]);
    let query = Query { region: SHENZHEN.to_owned(), ..query(PrivacyMode::None) };
    let response = recommend(&pipeline("popular", true), &query, &world).response;
    assert_eq!(response.items[0].id.as_str(), "a");
}

#[test]
fn counts_that_are_no_numbers_spoil_nothing() {
    for votes in [f32::NAN, f32::INFINITY, -1.0, f32::MAX] {
        let world = world_of(vec![crowd(None, 4403, &[("s", votes, f32::NAN)])]);
        let response = asked(&world, "popular", Channel::Web, SHENZHEN, PrivacyMode::None);
        assert_eq!(response.items.len(), 6);
        assert!(response.items.iter().all(|item| item.score.is_finite()), "{votes}");
    }
}
