//! A day of five visitors: A and B agreed to a profile, C did not, K stands at a kiosk, and one is a bot.

use jiff::SignedDuration;
use uuid::Uuid;
use vocab::event::name;
use vocab::{BotClass, Channel, Consent, Event, SessionId, VisitorId};

use crate::fixture::{base, event};

/// Something a visitor does `minute` minutes into the day.
fn act(visitor: u64, session: u64, minute: i64, what: &str, item: &str) -> Event {
    let ts = base() + SignedDuration::from_mins(minute);
    let (kind, column, title) = match item {
        "s1" => ("service", "c1", "提取公积金"),
        "n1" => ("news", "c2", "新闻"),
        _ => ("", "", ""),
    };
    Event {
        event_id: Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            format!("{visitor}{session}{minute}{what}{item}").as_bytes(),
        ),
        name: what.to_owned(),
        visitor: VisitorId(visitor),
        anonymous: VisitorId(visitor),
        session: SessionId(session),
        ts,
        received_at: ts,
        channel: match visitor {
            2 => Channel::App,
            5 => Channel::Kiosk,
            _ => Channel::Web,
        },
        consent: if visitor == 3 { Consent::ANALYTICS } else { crate::fixture::agreed() },
        bot: if visitor == 9 { BotClass::Declared } else { BotClass::Human },
        item_id: item.to_owned(),
        item_kind: kind.to_owned(),
        column_id: column.to_owned(),
        title: title.to_owned(),
        path: format!("/{item}"),
        props: std::collections::BTreeMap::new(),
        ..event(0)
    }
}

fn search(visitor: u64, session: u64, minute: i64, query: &str, hits: i32) -> Event {
    Event {
        search_q: query.to_owned(),
        search_hits: hits,
        ..act(visitor, session, minute, name::SEARCH, "")
    }
}

fn listed(event: Event, answer: &str, position: i16, policy: &str, reason: &str) -> Event {
    let mut event = Event {
        rec_id: answer.to_owned(),
        rec_pos: position,
        rec_policy: policy.to_owned(),
        ..event
    };
    if !reason.is_empty() {
        event.props.insert("reason".to_owned(), reason.to_owned());
    }
    event
}

/// Feedback on an item, an hour after midnight.
pub(super) fn feedback(visitor: u64, item: &str, verdict: &str) -> Event {
    let mut event = act(visitor, 12, 60, name::FEEDBACK, item);
    event.props.insert("verdict".to_owned(), verdict.to_owned());
    event
}

/// 8 events of A, 6 of B, 2 of C, 1 of K, 1 of the bot.
pub(super) fn small_day() -> Vec<Event> {
    let shown =
        |visitor, session, minute, item| act(visitor, session, minute, name::IMPRESSION, item);
    let submit =
        Event { service_id: "s1".to_owned(), ..act(1, 11, 20, name::SERVICE_SUBMIT, "s1") };
    let opened = Event {
        search_q: "公积金".to_owned(),
        search_pos: 0,
        ..act(1, 11, 16, name::SEARCH_CLICK, "s1")
    };
    vec![
        listed(shown(1, 11, 5, "s1"), "r1", 0, "home@1", "need"),
        listed(shown(1, 11, 5, "n1"), "r1", 1, "home@1", "popular"),
        // The click knows only the answer it came from.
        listed(act(1, 11, 9, name::CLICK, "s1"), "r1", -1, "", ""),
        act(1, 11, 10, name::PAGE_VIEW, "s1"),
        Event { engaged_ms: 60_000, ..act(1, 11, 12, name::ENGAGEMENT, "s1") },
        search(1, 11, 15, "公积金", 5),
        opened,
        submit,
        listed(shown(2, 12, 61, "s1"), "r2", 0, "home@2", "need"),
        // Never shown in that answer, so no click of it.
        listed(act(2, 12, 62, name::CLICK, "n1"), "r2", -1, "", ""),
        act(2, 12, 65, name::PAGE_VIEW, "s1"),
        search(2, 12, 90, " 公积金 ", 5),
        search(2, 12, 130, "宠物火化", 0),
        act(2, 13, 26 * 60 - 1, name::PAGE_VIEW, "n1"),
        act(3, 14, 70, name::PAGE_VIEW, "n1"),
        search(3, 14, 180, "宠物火化", 0),
        act(5, 15, 75, name::PAGE_VIEW, "s1"),
        act(9, 16, 80, name::PAGE_VIEW, "s1"),
    ]
}
