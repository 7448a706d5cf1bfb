//! What every implementation of the outbox port must do; run by each of them.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vocab::{SiteId, VisitorId};

use crate::outbox::{Completion, LeaseRequest, Postponement};
use crate::{
    ChannelError, Class, Enqueued, FailReason, Medium, NewJob, Outbox, Reach, State,
    SuppressReason, Swept,
};

/// A job for `person` that lives an hour from `now`.
pub fn job(message: u128, person: u64, medium: Medium, class: Class, now: Timestamp) -> NewJob {
    NewJob {
        message: Uuid::from_u128(message),
        person: VisitorId(person),
        site: SiteId(1),
        medium,
        class,
        not_before: now,
        expires_at: now + SignedDuration::from_hours(1),
        suppressed: None,
    }
}

/// A worker that wants `max` jobs for a minute.
pub fn wish(owner: u128, max: usize) -> LeaseRequest {
    LeaseRequest {
        owner: Uuid::from_u128(owner),
        max,
        lease: SignedDuration::from_mins(1),
        weights: [8, 4, 2, 1],
    }
}

/// Runs every check on an empty outbox whose store knows messages 1 to 60 and persons 1 to 60 of site 1.
///
/// # Errors
/// When the store fails.
///
/// # Panics
/// When the outbox does not keep the port's promises.
pub async fn check(outbox: &dyn Outbox, now: Timestamp) -> Result<(), ChannelError> {
    queueing_twice_changes_nothing(outbox, now).await?;
    a_lease_is_held_by_one(outbox, now).await?;
    a_lost_lease_is_unknown(outbox, now).await?;
    receipts_only_go_forwards(outbox, now).await?;
    lanes_share(outbox, now).await?;
    everything_ends(outbox, now).await
}

async fn queueing_twice_changes_nothing(
    outbox: &dyn Outbox,
    now: Timestamp,
) -> Result<(), ChannelError> {
    let jobs = [1, 2, 2, 1].map(|person| job(1, person, Medium::Inbox, Class::Service, now));
    let told = outbox.enqueue(&jobs, now).await?;
    assert!(
        matches!(told[..], [Enqueued::New(a), Enqueued::New(b), Enqueued::Existing(c), Enqueued::Existing(d)] if a != b && b == c && a == d)
    );
    let again = outbox.enqueue(&jobs, now).await?;
    assert!(again.iter().all(|told| matches!(told, Enqueued::Existing(_))));
    let kept_back = NewJob {
        suppressed: Some(SuppressReason::Consent),
        ..job(1, 3, Medium::WebPush, Class::Service, now)
    };
    outbox.enqueue(&[kept_back], now).await?;
    let taken = outbox.lease(&wish(1, 10), now).await?;
    assert_eq!(taken.len(), 2, "each once, and not the one that was kept back");
    for job in taken {
        outbox
            .complete(Uuid::from_u128(1), job.id, State::Accepted, &Completion::default(), now)
            .await?;
    }
    Ok(())
}

async fn a_lease_is_held_by_one(outbox: &dyn Outbox, now: Timestamp) -> Result<(), ChannelError> {
    outbox.enqueue(&[job(2, 1, Medium::WebPush, Class::Service, now)], now).await?;
    let taken = outbox.lease(&wish(1, 10), now).await?;
    assert_eq!((taken.len(), taken[0].attempt, taken[0].state), (1, 1, State::Leased));
    assert!(outbox.lease(&wish(2, 10), now).await?.is_empty());
    let (id, other) = (taken[0].id, Uuid::from_u128(2));
    let refused = outbox.complete(other, id, State::Accepted, &Completion::default(), now).await;
    assert!(matches!(refused, Err(ChannelError::LeaseLost(_))));
    let device = Uuid::from_u128(77);
    let later = now + SignedDuration::from_mins(5);
    let mut postponement = Postponement {
        not_before: later,
        reason: "retry",
        reached: vec![device],
        unsent: false,
        unknown: false,
    };
    outbox.postpone(Uuid::from_u128(1), id, &postponement, now).await?;
    assert!(outbox.lease(&wish(2, 10), now).await?.is_empty(), "not before its time");
    let taken = outbox.lease(&wish(2, 10), later).await?;
    assert_eq!((taken[0].id, taken[0].attempt, &taken[0].reached[..]), (id, 2, &[device][..]));
    postponement.unsent = true;
    outbox.postpone(other, id, &postponement, later).await?;
    let taken = outbox.lease(&wish(2, 10), later).await?;
    assert_eq!(taken[0].attempt, 2, "what was not sent was no attempt");
    let failed = State::Failed(FailReason::Rejected);
    outbox.complete(other, id, failed, &Completion::default(), later).await?;
    let again = outbox.complete(other, id, failed, &Completion::default(), later).await;
    assert!(matches!(again, Err(ChannelError::LeaseLost(_))), "a lease ends once");
    Ok(())
}

async fn a_lost_lease_is_unknown(outbox: &dyn Outbox, now: Timestamp) -> Result<(), ChannelError> {
    let jobs = [(1, Medium::WebPush), (2, Medium::Stub)]
        .map(|(person, medium)| job(3, person, medium, Class::Service, now));
    outbox.enqueue(&jobs, now).await?;
    assert_eq!(outbox.lease(&wish(1, 10), now).await?.len(), 2);
    assert_eq!(outbox.sweep(now).await?, Swept::default());
    let later = now + SignedDuration::from_secs(61);
    assert_eq!(outbox.sweep(later).await?.lost, 2);
    let taken = outbox.lease(&wish(2, 10), later).await?;
    assert_eq!(taken.len(), 1, "only a medium that can repeat is tried again");
    assert_eq!((taken[0].medium, taken[0].attempt), (Medium::WebPush, 2));
    let late = outbox
        .complete(Uuid::from_u128(1), taken[0].id, State::Accepted, &Completion::default(), later)
        .await;
    assert!(matches!(late, Err(ChannelError::LeaseLost(_))), "the first worker comes too late");
    let unknown = State::Unknown;
    outbox
        .complete(Uuid::from_u128(2), taken[0].id, unknown, &Completion::default(), later)
        .await?;
    assert!(outbox.lease(&wish(2, 10), later).await?.is_empty(), "given up, not tried for ever");
    Ok(())
}

async fn receipts_only_go_forwards(
    outbox: &dyn Outbox,
    now: Timestamp,
) -> Result<(), ChannelError> {
    let (message, person) = (Uuid::from_u128(4), VisitorId(1));
    outbox.enqueue(&[job(4, 1, Medium::WebPush, Class::Service, now)], now).await?;
    let tell = |state| outbox.receipt(message, person, Medium::WebPush, state, now);
    assert!(!tell(State::Displayed).await?, "nothing was sent yet");
    let taken = outbox.lease(&wish(1, 10), now).await?;
    let accepted = State::Accepted;
    outbox.complete(Uuid::from_u128(1), taken[0].id, accepted, &Completion::default(), now).await?;
    assert!(tell(State::Displayed).await?);
    assert!(!tell(State::Displayed).await?, "repeated");
    assert!(!tell(State::Delivered).await?, "backwards");
    assert!(tell(State::Clicked).await?);
    assert!(!tell(State::Displayed).await?, "after the end");
    let nobody =
        outbox.receipt(message, VisitorId(9), Medium::WebPush, State::Clicked, now).await?;
    assert!(!nobody, "never sent to them");
    Ok(())
}

async fn lanes_share(outbox: &dyn Outbox, now: Timestamp) -> Result<(), ChannelError> {
    let mut jobs = Vec::new();
    for (lane, class) in Class::ALL.into_iter().enumerate() {
        for person in 1..=20 {
            jobs.push(job(10 + lane as u128, person, Medium::Inbox, class, now));
        }
    }
    outbox.enqueue(&jobs, now).await?;
    let taken = outbox.lease(&wish(1, 15), now).await?;
    let lanes = Class::ALL.map(|class| taken.iter().filter(|job| job.class == class).count());
    assert_eq!(lanes, [8, 4, 2, 1]);
    let mut left = taken;
    let mut seen = 0;
    while !left.is_empty() {
        let mut people: Vec<_> = left.iter().map(|job| job.person).collect();
        people.sort_unstable();
        people.dedup();
        assert_eq!(people.len(), left.len(), "one job of a person at a time");
        seen += left.len();
        for job in left {
            outbox
                .complete(Uuid::from_u128(1), job.id, State::Accepted, &Completion::default(), now)
                .await?;
        }
        left = outbox.lease(&wish(1, 1_000), now).await?;
    }
    assert_eq!(seen, 80);
    Ok(())
}

/// When every life is over, every delivery is in a terminal state.
async fn everything_ends(outbox: &dyn Outbox, now: Timestamp) -> Result<(), ChannelError> {
    outbox.enqueue(&[job(5, 1, Medium::Inbox, Class::Service, now)], now).await?;
    let end = now + SignedDuration::from_hours(2);
    let swept = outbox.sweep(end).await?;
    // Two of the first check, the two unknown ones, the lanes, and the one just queued.
    assert_eq!(swept, Swept { lost: 0, ended: 2 + 2 + 80 + 1 });
    assert_eq!(outbox.sweep(end).await?, Swept::default());
    assert!(outbox.lease(&wish(1, 10), end).await?.is_empty());
    assert_eq!(State::Accepted.at_expiry(), State::Settled(Reach::Accepted));
    Ok(())
}
