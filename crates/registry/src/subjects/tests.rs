//! Tests of what people agree to and wish.

use channels::{Enqueued, NewJob, Outbox as _};
use uuid::Uuid;
use vocab::{Subscription, Target};

use super::*;

const SITE: SiteId = SiteId(1);
const PERSON: VisitorId = VisitorId(u64::MAX - 7);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn record(consent: Consent, second: i64) -> ConsentRecord {
    ConsentRecord {
        consent,
        purpose_version: "2026-11".to_owned(),
        text_hash: "ab".to_owned(),
        channel: Channel::App,
        given_at: at(second),
    }
}

#[tokio::test]
async fn the_last_word_counts_and_the_earlier_ones_stay_as_proof() {
    let registry = Registry::memory().await.unwrap();
    assert_eq!(registry.subject(SITE, PERSON, at(0)).await.unwrap(), Subject::default());
    let both = Consent::PUSH.with(Consent::PERSONALISATION);
    for (consent, second) in [(both, 5), (Consent::PUSH, 6)] {
        registry.record_consent(SITE, PERSON, &record(consent, second)).await.unwrap();
    }
    registry.set_switch(SITE, PERSON, true, at(6)).await.unwrap();
    let subject = registry.subject(SITE, PERSON, at(7)).await.unwrap();
    assert_eq!((subject.consent, subject.switched_off), (Consent::PUSH, true));
    let history = registry.consent_history(SITE, PERSON).await.unwrap();
    assert_eq!(history, [record(both, 5), record(Consent::PUSH, 6)]);
    // Another site knows nothing of it.
    assert_eq!(registry.subject(SiteId(2), PERSON, at(7)).await.unwrap(), Subject::default());
}

#[tokio::test]
async fn a_deleted_tag_stays_away_for_180_days_unless_it_is_declared_again() {
    let registry = Registry::memory().await.unwrap();
    let need = NeedId::from("p.home.fund");
    registry.declare_need(SITE, PERSON, &need, at(0)).await.unwrap();
    registry.delete_tag(SITE, PERSON, &need, at(10)).await.unwrap();
    let day = 86_400;
    let subject = registry.subject(SITE, PERSON, at(179 * day)).await.unwrap();
    assert!(subject.declared.is_empty() && subject.deleted.len() == 1);
    assert!(registry.subject(SITE, PERSON, at(181 * day)).await.unwrap().deleted.is_empty());
    registry.declare_need(SITE, PERSON, &need, at(20)).await.unwrap();
    let subject = registry.subject(SITE, PERSON, at(30)).await.unwrap();
    assert_eq!((subject.declared, subject.deleted), (vec![need], vec![]));
}

#[tokio::test]
async fn what_people_refuse_is_known_of_all_at_once() {
    let registry = Registry::memory().await.unwrap();
    let need = NeedId::from("p.home.fund");
    registry.delete_tag(SITE, PERSON, &need, at(0)).await.unwrap();
    registry.set_switch(SITE, VisitorId(9), true, at(0)).await.unwrap();
    registry.set_switch(SITE, VisitorId(8), true, at(0)).await.unwrap();
    registry.set_switch(SITE, VisitorId(8), false, at(1)).await.unwrap();
    let refusals = registry.refusals(at(100)).await.unwrap();
    assert_eq!(refusals.deleted, [(PERSON, vec![need])].into());
    assert_eq!(refusals.switched_off, [VisitorId(9)].into());
    assert!(registry.refusals(at(181 * 86_400)).await.unwrap().deleted.is_empty());
}

#[tokio::test]
async fn wishes_are_checked_by_field_and_keep_the_switch() {
    let registry = Registry::memory().await.unwrap();
    registry.set_switch(SITE, PERSON, true, at(1)).await.unwrap();
    let wishes = DeliveryWishes {
        time_zone: Some("Asia/Urumqi".to_owned()),
        quiet_from: Some("22:30".to_owned()),
        quiet_to: Some("07:00".to_owned()),
        weekly_cap: Some(1),
        muted: vec![Class::Suggested],
        media_off: vec![Medium::WebPush],
    };
    registry.set_delivery(SITE, PERSON, &wishes, at(2)).await.unwrap();
    let subject = registry.subject(SITE, PERSON, at(3)).await.unwrap();
    assert_eq!((subject.delivery, subject.switched_off), (wishes.clone(), true));
    for (wrong, field) in [
        (DeliveryWishes { quiet_to: None, ..wishes.clone() }, "quiet_from"),
        (DeliveryWishes { quiet_to: Some("7 am".to_owned()), ..wishes.clone() }, "quiet_to"),
        (DeliveryWishes { time_zone: Some("Atlantis".to_owned()), ..wishes }, "time_zone"),
    ] {
        let error =
            registry.set_delivery(SITE, PERSON, &wrong, at(4)).await.unwrap_err().to_string();
        assert!(error.starts_with(field), "{error}");
    }
}

#[tokio::test]
async fn erasing_leaves_nothing_of_a_person_and_everything_of_others() {
    let registry = Registry::memory().await.unwrap();
    let other = VisitorId(3);
    for visitor in [PERSON, other] {
        registry.record_consent(SITE, visitor, &record(Consent::PUSH, 1)).await.unwrap();
        registry.set_switch(SITE, visitor, true, at(1)).await.unwrap();
        registry.declare_need(SITE, visitor, &"p.home.fund".into(), at(1)).await.unwrap();
        registry.delete_tag(SITE, visitor, &"p.home.rent".into(), at(1)).await.unwrap();
        let wish = Subscription {
            visitor,
            site: SITE,
            target: Target::Dept("局".to_owned()),
            created_at: at(1),
        };
        registry.subscribe(&wish).await.unwrap();
        let job = NewJob {
            message: Uuid::from_u128(1),
            person: visitor,
            site: SITE,
            medium: Medium::Inbox,
            class: Class::Service,
            not_before: at(1),
            expires_at: at(99),
            suppressed: None,
        };
        assert!(matches!(registry.enqueue(&[job], at(1)).await.unwrap()[..], [Enqueued::New(_)]));
    }
    assert!(registry.erase(SITE, PERSON, at(2)).await.unwrap() >= 6);
    assert_eq!(registry.subject(SITE, PERSON, at(3)).await.unwrap(), Subject::default());
    assert!(registry.subscriptions(SITE, PERSON).await.unwrap().is_empty());
    let kept = registry.subject(SITE, other, at(3)).await.unwrap();
    assert_eq!((kept.consent, kept.declared.len(), kept.deleted.len()), (Consent::PUSH, 1, 1));
    let states = registry.delivered(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(
        states.iter().map(|state| state.count).sum::<u64>(),
        2,
        "the audience stays counted"
    );
    // Every table that holds a person is on the list.
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND (sql LIKE '% visitor %' OR sql LIKE '% person %') ORDER BY name",
    )
    .fetch_all(registry.readers())
    .await
    .unwrap();
    let mut listed: Vec<&str> =
        erase::TABLES.iter().map(|(_, table)| *table).chain(["jobs"]).collect();
    listed.sort_unstable();
    assert_eq!(tables, listed);
}
