//! Tests of the planner.

use proptest::prelude::*;

use super::*;
use crate::Definition;

fn policy() -> Policy {
    Definition::embedded().unwrap().check().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn willing() -> Person {
    Person { consent: Consent::PUSH, ..Person::default() }
}

fn ask(class: Class, person: &Person, expires_at: Timestamp) -> Ask<'_> {
    Ask { class, medium: Medium::WebPush, approved: true, recalled: false, expires_at, person }
}

#[test]
fn the_night_holds_a_message_and_says_until_when() {
    let person = Person {
        quiet: Some(QuietHours {
            from: clock_time("21:00").unwrap(),
            to: clock_time("07:00").unwrap(),
        }),
        ..willing()
    };
    // 23:30 in Shanghai.
    let now = at("2026-11-23T15:30:00Z");
    let decision =
        policy().decide(&ask(Class::Subscribed, &person, at("2026-11-25T00:00:00Z")), now);
    assert_eq!(
        decision,
        Decision::Hold { until: at("2026-11-23T23:00:00Z"), reason: HoldReason::QuietHours }
    );
    assert_eq!(decision.explain(&policy().zone(&person)).en, "held: quiet hours until 07:00");
}

#[test]
fn the_clock_change_moves_the_end_of_the_night() {
    let night = QuietHours { from: clock_time("21:00").unwrap(), to: clock_time("08:00").unwrap() };
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    for (now, end) in [
        // An ordinary winter night, the short night of spring, the long night of autumn.
        ("2026-01-10T22:00:00Z", "2026-01-11T07:00:00Z"),
        ("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"),
        ("2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z"),
    ] {
        assert_eq!(night.ends_after(at(now), &berlin), Some(at(end)), "{now}");
    }
    // The end falls into the hour that does not exist: the first moment after it.
    let gap = QuietHours { from: clock_time("21:00").unwrap(), to: clock_time("02:30").unwrap() };
    assert_eq!(
        gap.ends_after(at("2026-03-29T00:30:00Z"), &berlin),
        Some(at("2026-03-29T01:30:00Z"))
    );
    // The end falls into the hour that happens twice: the second one, when the first is past.
    let fold = QuietHours { from: clock_time("21:00").unwrap(), to: clock_time("02:30").unwrap() };
    assert_eq!(
        fold.ends_after(at("2026-10-25T00:10:00Z"), &berlin),
        Some(at("2026-10-25T00:30:00Z"))
    );
    assert_eq!(
        fold.ends_after(at("2026-10-25T01:10:00Z"), &berlin),
        Some(at("2026-10-25T01:30:00Z"))
    );
}

#[test]
fn the_cap_delays_what_was_subscribed_and_drops_what_was_suggested() {
    let sent = ["2026-11-16T04:00:00Z", "2026-11-18T04:00:00Z", "2026-11-20T04:00:00Z"];
    let person = Person { recent: sent.map(at).to_vec(), ..willing() };
    let now = at("2026-11-22T03:00:00Z");
    let expires = at("2026-11-30T00:00:00Z");
    assert_eq!(
        policy().decide(&ask(Class::Subscribed, &person, expires), now),
        Decision::Hold { until: at("2026-11-23T04:00:00Z"), reason: HoldReason::Cap }
    );
    assert_eq!(
        policy().decide(&ask(Class::Suggested, &person, expires), now),
        Decision::Suppress(SuppressReason::Cap)
    );
    assert_eq!(policy().decide(&ask(Class::Emergency, &person, expires), now), Decision::Send);
    let never = Person { cap: Some(0), ..willing() };
    assert_eq!(
        policy().decide(&ask(Class::Subscribed, &never, expires), now),
        Decision::Suppress(SuppressReason::Cap)
    );
}

#[test]
fn the_inbox_neither_interrupts_nor_counts() {
    let person = Person { recent: vec![at("2026-11-22T03:00:00Z"); 9], ..Person::default() };
    let mut question = ask(Class::Suggested, &person, at("2026-12-01T00:00:00Z"));
    question.medium = Medium::Inbox;
    assert_eq!(policy().decide(&question, at("2026-11-22T18:00:00Z")), Decision::Send);
}

prop_compose! {
    fn any_person()(
        bits in any::<u8>(),
        zone in prop::sample::select(vec![None, Some("Europe/Berlin"), Some("America/St_Johns"), Some("Asia/Shanghai"), Some("Nowhere/City")]),
        muted in prop::collection::vec(prop::sample::select(Class::ALL.to_vec()), 0..3),
        off in prop::collection::vec(prop::sample::select(Medium::ALL.to_vec()), 0..2),
        hours in prop::option::of((0i8..24, 0i8..60, 0i8..24, 0i8..60)),
        cap in prop::option::of(0u32..5),
        recent in prop::collection::vec(-900_000i64..900_000, 0..6),
        seen in any::<bool>(),
        elsewhere in prop::option::of(-9_000i64..0),
    ) -> (Person, Vec<i64>, Option<i64>) {
        let quiet = hours.map(|(a, b, c, d)| QuietHours { from: Time::constant(a, b, 0, 0), to: Time::constant(c, d, 0, 0) });
        (Person {
            consent: Consent(bits), time_zone: zone.map(str::to_owned), muted, media_off: off, quiet, cap,
            recent: Vec::new(), seen_elsewhere: seen, sent_elsewhere_at: None,
        }, recent, elsewhere)
    }
}

proptest! {
    #[test]
    fn the_planner_keeps_its_promises(
        (mut person, recent, elsewhere) in any_person(),
        class in prop::sample::select(Class::ALL.to_vec()),
        medium in prop::sample::select(Medium::ALL.to_vec()),
        approved in any::<bool>(), recalled in any::<bool>(),
        second in 1_700_000_000i64..1_900_000_000, lives in -1_000i64..2_000_000,
    ) {
        let policy = policy();
        let now = Timestamp::from_second(second).unwrap();
        let shift = |by: i64| Timestamp::from_second(second + by).unwrap();
        person.recent = recent.into_iter().map(shift).collect();
        person.sent_elsewhere_at = elsewhere.map(shift);
        let expires_at = shift(lives);
        let question = Ask { class, medium, approved, recalled, expires_at, person: &person };
        let decision = policy.decide(&question, now);

        prop_assert_eq!(decision, policy.decide(&question, now));
        if !approved || recalled || expires_at <= now {
            prop_assert_ne!(decision, Decision::Send);
        }
        if let Decision::Hold { until, reason } = decision {
            prop_assert!(now < until && until < expires_at);
            // Asked again at that moment, the same reason does not hold it once more.
            if let Decision::Hold { reason: again, .. } = policy.decide(&question, until) {
                prop_assert_ne!(again, reason);
            }
        }
        if decision == Decision::Send && medium.interrupts() {
            prop_assert!(person.consent.contains(Consent::PUSH) && !person.seen_elsewhere);
            if class != Class::Emergency {
                let local = now.to_zoned(policy.zone(&person)).time();
                prop_assert!(!person.quiet.unwrap_or(policy.quiet).covers(local));
                let week = person.recent.iter().filter(|&&sent| sent <= now && sent + policy.cap_window > now).count();
                prop_assert!(week < person.cap.unwrap_or(policy.cap) as usize);
            }
        }
        if class == Class::Emergency {
            let held = matches!(decision, Decision::Hold { .. } | Decision::Suppress(SuppressReason::Cap | SuppressReason::Quiet));
            prop_assert!(!held);
        }
    }
}
