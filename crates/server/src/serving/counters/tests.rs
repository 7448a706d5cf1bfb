//! What must hold of the counts, whoever sends events.

use super::*;

fn interest() -> Interest {
    Interest::new([("page_view".to_owned(), 1.0)].into()).unwrap()
}

fn view(visitor: u64, item: &str, second: i64) -> Event {
    Event {
        visitor: VisitorId(visitor),
        name: "page_view".to_owned(),
        item_id: item.to_owned(),
        ts: Timestamp::from_second(second).unwrap(),
        ..Event::default()
    }
}

#[test]
fn one_visitor_cannot_move_a_list() {
    let counters = Counters::default();
    for second in 0..1_000 {
        counters.observe(&view(1, "pushed", second), Audience::All, &interest());
    }
    counters.observe(&view(2, "liked", 1_000), Audience::All, &interest());
    counters.observe(&view(3, "liked", 1_000), Audience::All, &interest());
    let (popular, _) = counters.lists(Timestamp::from_second(1_000).unwrap());
    assert_eq!(popular[0].0, ItemId::from("liked"));
}

#[test]
fn what_lists_show_and_what_is_taken_counts_once_a_visitor() {
    let counters = Counters::default();
    let shown = |name: &str, visitor: u64| Event {
        name: name.to_owned(),
        rec_id: "list".to_owned(),
        proto: vocab::Protocol::Server,
        ..view(visitor, "a", 10)
    };
    counters.observe(
        &Event { item_id: "b".to_owned(), ..shown("click", 1) },
        Audience::All,
        &interest(),
    );
    for visitor in 0..4 {
        counters.observe(&shown("impression", visitor), Audience::All, &interest());
    }
    for _ in 0..100 {
        counters.observe(&shown("impression", 1), Audience::All, &interest());
        counters.observe(&shown("click", 1), Audience::All, &interest());
    }
    assert_eq!(counters.exposure(), [(ItemId::from("a"), 4.0, 1.0)]);
}

#[test]
fn a_burst_trends_and_a_steady_item_does_not() {
    let counters = Counters::default();
    let day = 86_400;
    for hour in 0..72 {
        for visitor in 0..10 {
            counters.observe(
                &view(hour * 100 + visitor, "steady", hour as i64 * 3_600),
                Audience::All,
                &interest(),
            );
        }
    }
    for visitor in 0..20 {
        counters.observe(&view(90_000 + visitor, "burst", 3 * day), Audience::All, &interest());
    }
    let (popular, trending) = counters.lists(Timestamp::from_second(3 * day).unwrap());
    assert_eq!(popular[0].0, ItemId::from("steady"));
    assert_eq!(trending[0].0, ItemId::from("burst"));
    let steady =
        trending.iter().find(|(item, _)| item.as_str() == "steady").map_or(0.0, |entry| entry.1);
    assert!(steady < 3.0, "steady trends at {steady}");
}

#[test]
fn terminals_of_a_city_have_trends_of_their_own_and_come_back_after_a_restart() {
    let counters = Counters::default();
    let at_terminal = |visitor: u64, item: &str| Event {
        channel: Channel::Kiosk,
        region: "440305".to_owned(),
        ..view(visitor, item, 100_000)
    };
    let seen = |counters: &Counters| -> Vec<(Option<Channel>, u16, String)> {
        let crowds = counters.crowds(Timestamp::from_second(100_000).unwrap());
        let of = |crowd: &Crowd| {
            let first = crowd.items.first().map_or("", |voted| voted.item.as_str()).to_owned();
            (crowd.segment.channel, crowd.segment.division, first)
        };
        let mut seen: Vec<_> = crowds.iter().map(of).collect();
        seen.sort();
        seen
    };
    for visitor in 1..=20 {
        counters.observe(&at_terminal(visitor, "print"), Audience::All, &interest());
        counters.observe(&at_terminal(1, "pushed"), Audience::All, &interest());
        let robot =
            Event { bot: vocab::BotClass::Declared, ..at_terminal(900 + visitor, "robots") };
        counters.observe(&robot, Audience::All, &interest());
        counters.observe(&at_terminal(0, "nobody"), Audience::All, &interest());
    }
    let expected: Vec<(Option<Channel>, u16, String)> = [
        (None, 44),
        (None, 4403),
        (Some(Channel::Kiosk), 0),
        (Some(Channel::Kiosk), 44),
        (Some(Channel::Kiosk), 4403),
    ]
    .map(|(channel, division)| (channel, division, "print".to_owned()))
    .into();
    assert_eq!(seen(&counters), expected);

    let restored = Counters::default();
    let visitors: Vec<VisitorId> = (1..=10).map(VisitorId).collect();
    let now = Timestamp::from_second(100_000).unwrap();
    let mut counted = Counted {
        channel: Channel::Kiosk,
        region: "4403",
        audience: Audience::All,
        item: &"print".into(),
        votes: [(20.0, now), (0.0, now), (0.0, now)],
        visitors: &visitors[..9],
    };
    restored.restore_parts(&counted);
    assert!(seen(&restored).is_empty(), "nine are too few");
    counted.visitors = &visitors;
    restored.restore_parts(&counted);
    assert_eq!(seen(&restored), expected);
}
