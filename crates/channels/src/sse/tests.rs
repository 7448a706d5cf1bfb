//! Tests of the event stream.

use serde_json::json;

use super::*;

const SITE: Audience = Audience::Site(SiteId(1));
const KIOSK: Listener = Listener { site: SiteId(1), visitor: None };

fn told(subscription: &mut Subscription) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(Some(frame)) = futures::FutureExt::now_or_never(subscription.next()) {
        frames.push(frame);
    }
    frames
}

fn data(frames: &[Frame]) -> Vec<String> {
    frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::Event { data, .. } => Some(data.clone()),
            Frame::Gap { .. } => Some("gap".to_owned()),
            Frame::Retry | Frame::Heartbeat => None,
        })
        .collect()
}

#[tokio::test]
async fn who_comes_back_misses_nothing_and_hears_nothing_twice() {
    let log = EventLog::new("e1", 8);
    let first = log.publish(SITE, "item", &1).unwrap();
    for number in 2..=4 {
        log.publish(SITE, "item", &number).unwrap();
    }
    let mut again = log.listen(KIOSK, Some(&first));
    log.publish(SITE, "item", &5).unwrap();
    assert_eq!(data(&told(&mut again)), ["2", "3", "4", "5"]);
    let mut fresh = log.listen(KIOSK, None);
    assert_eq!(told(&mut fresh), [Frame::Retry]);
}

#[tokio::test]
async fn what_is_lost_is_said() {
    let log = EventLog::new("e2", 3);
    let first = log.publish(SITE, "item", &1).unwrap();
    for number in 2..=9 {
        log.publish(SITE, "item", &number).unwrap();
    }
    assert_eq!(data(&told(&mut log.listen(KIOSK, Some(&first)))), ["gap", "7", "8", "9"]);
    // An id of an earlier life of the server, or nonsense.
    for id in ["e1-3", "e2-99", "nonsense", ""] {
        assert_eq!(data(&told(&mut log.listen(KIOSK, Some(id)))), ["gap"], "{id}");
    }
}

#[tokio::test]
async fn a_slow_listener_gets_a_gap_not_a_silent_hole() {
    let log = EventLog::new("e", 4);
    let mut slow = log.listen(KIOSK, None);
    for number in 1..=20 {
        log.publish(SITE, "item", &number).unwrap();
    }
    assert_eq!(data(&told(&mut slow)), ["gap", "17", "18", "19", "20"]);
    log.publish(SITE, "item", &21).unwrap();
    assert_eq!(data(&told(&mut slow)), ["21"]);
}

#[tokio::test]
async fn a_kiosk_never_hears_what_is_for_a_person() {
    let log = EventLog::new("e", 8);
    let mut kiosk = log.listen(KIOSK, None);
    let mut person = log.listen(Listener { site: SiteId(1), visitor: Some(VisitorId(7)) }, None);
    let mut elsewhere = log.listen(Listener { site: SiteId(2), visitor: Some(VisitorId(7)) }, None);
    log.publish(Audience::Visitor(SiteId(1), VisitorId(7)), "inbox", &json!({"n": 1})).unwrap();
    log.publish(SITE, "item", &2).unwrap();
    assert_eq!(data(&told(&mut kiosk)), ["2"]);
    assert_eq!(data(&told(&mut person)), ["{\"n\":1}", "2"]);
    assert!(data(&told(&mut elsewhere)).is_empty());
}

#[test]
fn lines_cannot_break_out_of_their_field() {
    let frame =
        Frame::Event { id: "e-1".into(), name: "a\nb".into(), data: "x\r\ny\rid: 9".into() };
    assert_eq!(frame.encode(), "id: e-1\nevent: a b\ndata: x\ndata: y\ndata: id: 9\n\n");
}

#[tokio::test]
async fn a_silent_stream_shows_it_is_alive() {
    let log = EventLog::with_heartbeat("e", 8, Duration::from_millis(20));
    let mut quiet = log.listen(KIOSK, None);
    assert_eq!(quiet.next().await, Some(Frame::Retry));
    assert_eq!(quiet.next().await, Some(Frame::Heartbeat));
}
