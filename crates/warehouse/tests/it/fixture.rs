//! Events made from numbers, so every count can be made by hand as well.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vocab::event::name;
use vocab::{BotClass, Channel, Consent, Event, Protocol, SessionId, SiteId, VisitorId};

/// Midnight in Shanghai on the day most of the events happen.
pub(crate) fn base() -> Timestamp {
    "2026-11-19T16:00:00Z".parse().unwrap()
}

pub(crate) fn agreed() -> Consent {
    Consent::ANALYTICS.with(Consent::PERSONALISATION)
}

/// A page view by a consenting human.
pub(crate) fn event(nth: u64) -> Event {
    let ts = base() + SignedDuration::from_millis(nth as i64 * 1_700);
    Event {
        event_id: Uuid::from_u128(0x1234_0000_0000_0000_0000_0000_0000_0000 + u128::from(nth)),
        site: SiteId(1),
        name: name::PAGE_VIEW.to_owned(),
        visitor: VisitorId(1000 + nth % 997),
        anonymous: VisitorId(1000 + nth % 997),
        session: SessionId(5000 + nth % 3001),
        ts,
        received_at: ts + SignedDuration::from_millis(250),
        channel: Channel::Web,
        proto: Protocol::Native,
        lib: "sdk".to_owned(),
        consent: agreed(),
        path: format!("/p/{}", nth % 50),
        title: format!("页面 {}", nth % 50),
        item_id: format!("item-{}", nth % 50),
        item_kind: "service".to_owned(),
        device: "mobile".to_owned(),
        rec_pos: -1,
        search_hits: -1,
        search_pos: -1,
        props: [("k".to_owned(), "值".to_owned())].into(),
        ..Event::default()
    }
}

/// `count` events: 1 in 10 by a bot, 1 in 4 without consent, 1 in 50 from a kiosk, 1 in 20 years old.
pub(crate) fn mixture(count: u64) -> Vec<Event> {
    (0..count).map(mixed).collect()
}

fn mixed(nth: u64) -> Event {
    let mut event = event(nth);
    if nth % 10 == 3 {
        event.bot = BotClass::Declared;
    }
    if nth % 4 == 1 {
        event.consent = Consent::ANALYTICS;
    }
    if nth % 50 == 7 {
        event.channel = Channel::Kiosk;
    }
    if nth % 20 == 11 {
        let years_ago = if nth % 40 == 11 { 31 } else { 6 };
        event.ts -= SignedDuration::from_hours(365 * 24 * years_ago);
        event.proto = Protocol::Import;
    }
    event
}

/// How many of a mixture may build a profile.
pub(crate) fn profiled(events: &[Event]) -> usize {
    let may = |event: &&Event| {
        event.bot == BotClass::Human && event.consent.allows_profile() && !event.channel.is_shared()
    };
    events.iter().filter(may).count()
}
