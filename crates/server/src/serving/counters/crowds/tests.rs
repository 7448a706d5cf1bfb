//! What must hold of the counts of parts, whoever sends events from wherever.

use super::*;

const DAY_MS: i64 = 86_400_000;
const NOW: i64 = 1_000 * DAY_MS;
const SHENZHEN: Segment = Segment { channel: None, division: 4403, audience: Audience::All };

/// Visitors `from` to `to` use an item once at a terminal in Shenzhen.
fn used(crowds: &mut Crowds, item: &str, (from, to): (u64, u64), at_ms: i64) {
    let item = ItemId::from(item);
    for visitor in from..to {
        let vote = Vote {
            channel: Channel::Kiosk,
            region: "440305",
            audience: Audience::Legal,
            item: &item,
            at_ms,
        };
        crowds.vote(vote, VisitorId(visitor.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
}

fn items(crowds: &mut Crowds, segment: Segment, now_ms: i64) -> Vec<(String, f32)> {
    let crowd = crowds.sweep(segment, now_ms).unwrap_or_default();
    crowd.items.iter().map(|voted| (voted.item.to_string(), voted.votes)).collect()
}

#[test]
fn a_use_counts_in_every_part_it_belongs_to_and_in_no_other() {
    let mut crowds = Crowds::default();
    used(&mut crowds, "permit", (0, 12), NOW);
    let parts = crowds.segments();
    assert_eq!(parts.len(), 8);
    for part in parts {
        let of_part = items(&mut crowds, part, NOW);
        assert_eq!(of_part.len(), 1, "{part:?}");
        assert!((of_part[0].1 - 12.0).abs() < 4.0, "{of_part:?}");
    }
    let elsewhere = Segment { division: 4401, ..SHENZHEN };
    assert!(crowds.sweep(elsewhere, NOW).is_none());
}

#[test]
fn a_part_of_few_people_tells_nothing_however_much_they_use() {
    let mut crowds = Crowds::default();
    for nth in 0..200 {
        used(&mut crowds, &format!("item-{nth}"), (0, 9), NOW);
    }
    assert!(crowds.sweep(SHENZHEN, NOW).is_none());
    used(&mut crowds, "item-0", (9, 10), NOW);
    assert!(crowds.sweep(SHENZHEN, NOW).is_some(), "ten are enough");
    assert!(crowds.sweep(SHENZHEN, NOW + 4 * DAY_MS).is_none(), "they were there long ago");
}

#[test]
fn one_visitor_moves_no_list_even_coming_every_hour_for_weeks() {
    let mut crowds = Crowds::default();
    used(&mut crowds, "liked", (10, 30), NOW);
    for hour in 0..24 * 21 {
        let at_ms = NOW - (24 * 21 - hour) * 3_600_000;
        used(&mut crowds, "pushed", (1, 2), at_ms);
    }
    let told = items(&mut crowds, SHENZHEN, NOW);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "liked");
}

#[test]
fn counts_fade_until_nothing_is_left() {
    let mut crowds = Crowds::default();
    used(&mut crowds, "permit", (0, 40), NOW);
    let today = items(&mut crowds, SHENZHEN, NOW)[0].1;
    let tomorrow = items(&mut crowds, SHENZHEN, NOW + DAY_MS)[0].1;
    assert!((tomorrow / today - 0.5).abs() < 0.01, "{today} {tomorrow}");
    for segment in crowds.segments() {
        crowds.sweep(segment, NOW + 20 * DAY_MS);
    }
    assert!(crowds.segments().is_empty());
}

#[test]
fn what_many_use_at_once_rises_and_what_few_use_does_not() {
    let mut crowds = Crowds::default();
    for day in 1..5 {
        used(
            &mut crowds,
            "steady",
            (day * 100, day * 100 + 20),
            NOW - 5 * DAY_MS + day as i64 * DAY_MS,
        );
    }
    used(&mut crowds, "burst", (1_000, 1_020), NOW);
    used(&mut crowds, "steady", (2_000, 2_002), NOW);
    let crowd = crowds.sweep(SHENZHEN, NOW).unwrap();
    let rise = |item: &str| {
        let voted = crowd.items.iter().find(|voted| voted.item.as_str() == item).unwrap();
        voted.pace / voted.votes
    };
    assert!(rise("burst") > 10.0, "{}", rise("burst"));
    assert!((rise("steady") - 1.0).abs() < f32::EPSILON, "{}", rise("steady"));
}

#[test]
fn memory_is_bounded_and_what_is_used_stays() {
    let mut crowds = Crowds::default();
    used(&mut crowds, "permit", (0, 50), NOW);
    let once = ItemId::from("once");
    for nth in 0..20_000_u64 {
        // Divisions that somebody made up, and items that nobody reads again.
        let (region, item) = (format!("{:06}", 110_000 + nth * 43), format!("item-{nth}"));
        let vote = Vote {
            channel: Channel::Web,
            region: &region,
            audience: Audience::All,
            item: &once,
            at_ms: NOW,
        };
        crowds.vote(vote, VisitorId(nth));
        used(&mut crowds, &item, (nth, nth + 1), NOW);
        if nth % 500 == 0 {
            for segment in crowds.segments() {
                crowds.sweep(segment, NOW);
            }
        }
        assert!(crowds.parts.len() <= PARTS);
    }
    assert!(crowds.parts.values().all(|part| part.items.len() <= ITEMS));
    let told = items(&mut crowds, SHENZHEN, NOW);
    assert_eq!(told.iter().map(|(item, _)| item.as_str()).collect::<Vec<_>>(), ["permit"]);
}

#[test]
fn a_visit_is_for_whom_it_read_last() {
    let mut crowds = Crowds::default();
    let visit = SessionId(7);
    assert_eq!(crowds.audience(visit, Audience::All), Audience::All);
    assert_eq!(crowds.audience(visit, Audience::Legal), Audience::Legal);
    assert_eq!(crowds.audience(visit, Audience::All), Audience::Legal);
    assert_eq!(crowds.audience(SessionId(8), Audience::All), Audience::All);
    assert_eq!(crowds.audience(SessionId(0), Audience::Legal), Audience::Legal);
    assert_eq!(crowds.audience(SessionId(0), Audience::All), Audience::All);
}

#[test]
fn a_restart_takes_one_person_on_three_channels_for_one() {
    let mut crowds = Crowds::default();
    used(&mut crowds, "liked", (10, 30), NOW);
    let item = ItemId::from("pushed");
    for channel in [Channel::Web, Channel::App, Channel::Kiosk] {
        let vote =
            Vote { channel, region: "4403", audience: Audience::All, item: &item, at_ms: NOW };
        crowds.restore(vote, &[(LEAST_VOTES - 1.0, NOW)], &[VisitorId(77)]);
    }
    let told = items(&mut crowds, SHENZHEN, NOW);
    assert_eq!(told.iter().map(|item| item.0.as_str()).collect::<Vec<_>>(), ["liked"]);
}
