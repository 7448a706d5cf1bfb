//! Tests of the outbox: the port's promises, crashes, real pushes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use channels::message::PushSubscription;
use channels::stub::Stub;
use channels::testing::{Browser, Fault, PushService, conformance};
use channels::web_push::{Egress, Settings, WebPush};
use channels::{Clock, Definition, Dispatcher, Policy, Reach, Sender, SuppressReason};
use jiff::SignedDuration;
use parking_lot::RwLock;
use vocab::{Channel, Consent, Text};

use super::*;
use crate::{ConsentRecord, DeliveryWishes, NewMessage};

const SITE: SiteId = SiteId(1);

fn noon() -> Timestamp {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

fn policy(concurrency: usize) -> Arc<Policy> {
    let policy = Definition::embedded().unwrap().check().unwrap();
    Arc::new(Policy { concurrency, ..policy })
}

async fn agree(registry: &Registry, person: VisitorId, consent: Consent) {
    let record = ConsentRecord {
        consent,
        purpose_version: "1".to_owned(),
        text_hash: String::new(),
        channel: Channel::Web,
        given_at: noon(),
    };
    registry.record_consent(SITE, person, &record).await.unwrap();
}

async fn message(registry: &Registry, key: &str) -> Uuid {
    let new = NewMessage {
        site: SITE,
        class: Class::Subscribed,
        collapse_key: key.to_owned(),
        title: Text::new("停水通知", "Water off"),
        expires_at: noon() + SignedDuration::from_hours(5),
        created_by: "editor".to_owned(),
        ..NewMessage::default()
    };
    let id = registry.create_message(&new, noon()).await.unwrap().id;
    registry.approve_message(id, "reviewer", noon()).await.unwrap();
    id
}

/// Time that a test moves.
fn time() -> (Arc<RwLock<Timestamp>>, Clock) {
    let time = Arc::new(RwLock::new(noon()));
    let clock: Clock = {
        let time = Arc::clone(&time);
        Arc::new(move || *time.read())
    };
    (time, clock)
}

async fn states(registry: &Registry, message: Uuid) -> HashMap<State, u64> {
    let told = registry.delivered(message).await.unwrap();
    told.into_iter().map(|told| (told.state, told.count)).collect()
}

async fn work(dispatcher: &Arc<Dispatcher>) {
    while dispatcher.tick().await.unwrap() > 0 {
        dispatcher.drain().await;
    }
}

#[tokio::test]
async fn the_outbox_in_sql_keeps_the_ports_promises() {
    conformance::check(&Registry::memory().await.unwrap(), noon()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::open(&dir.path().join("r.sqlite")).await.unwrap();
    conformance::check(&registry, noon()).await.unwrap();
}

#[tokio::test]
async fn ten_messages_at_once_do_not_get_round_the_weekly_cap() {
    let registry = Registry::memory().await.unwrap();
    let person = VisitorId(u64::MAX - 1);
    agree(&registry, person, Consent::PUSH).await;
    for _ in 0..10 {
        let id = message(&registry, "").await;
        registry.queue_message(id, &[person], &[Medium::Stub], noon()).await.unwrap();
    }
    let stub = Arc::new(Stub::default());
    let store = Arc::new(registry.clone());
    let (_, clock) = time();
    let dispatcher = Dispatcher::new(store.clone(), store, vec![stub.clone()], policy(16), clock);
    work(&dispatcher).await;
    assert_eq!(stub.sent().len(), 3);
}

#[tokio::test]
async fn a_withdrawn_consent_stops_what_is_already_queued_and_the_person_can_see_why() {
    let registry = Registry::memory().await.unwrap();
    let (gone, night) = (VisitorId(1), VisitorId(2));
    agree(&registry, gone, Consent::PUSH).await;
    agree(&registry, night, Consent::PUSH).await;
    let wishes = DeliveryWishes {
        time_zone: Some("America/New_York".to_owned()),
        ..DeliveryWishes::default()
    };
    registry.set_delivery(SITE, night, &wishes, noon()).await.unwrap();
    let id = message(&registry, "").await;
    assert_eq!(
        registry.queue_message(id, &[gone, night], &[Medium::Stub], noon()).await.unwrap(),
        2
    );
    assert_eq!(
        registry.queue_message(id, &[gone, night], &[Medium::Stub], noon()).await.unwrap(),
        0
    );
    agree(&registry, gone, Consent::default()).await;
    let stub = Arc::new(Stub::default());
    let store = Arc::new(registry.clone());
    let (_, clock) = time();
    work(&Dispatcher::new(store.clone(), store, vec![stub.clone()], policy(4), clock)).await;
    assert!(stub.sent().is_empty());
    let told = registry.told(SITE, gone, 5).await.unwrap();
    assert_eq!(told[0].state, State::Suppressed(SuppressReason::Consent));
    // Eleven at night in New York; the message is over before the morning.
    let told = registry.told(SITE, night, 5).await.unwrap();
    assert_eq!(told[0].state, State::Suppressed(SuppressReason::Quiet));
}

#[tokio::test]
async fn a_newer_message_supersedes_and_a_withdrawn_one_stops() {
    let registry = Registry::memory().await.unwrap();
    let people = [1, 2].map(VisitorId);
    let old = message(&registry, "water").await;
    registry.queue_message(old, &people, &[Medium::Stub], noon()).await.unwrap();
    let new = message(&registry, "water").await;
    registry.queue_message(new, &people[..1], &[Medium::Stub], noon()).await.unwrap();
    assert_eq!(states(&registry, old).await, [(State::Superseded, 1), (State::Queued, 1)].into());
    assert_eq!(registry.recall_message(old, "chief", "wrong street", noon()).await.unwrap(), 1);
    let recalled = State::Suppressed(SuppressReason::Recalled);
    assert_eq!(states(&registry, old).await, [(State::Superseded, 1), (recalled, 1)].into());
    assert!(registry.queue_message(old, &people, &[Medium::Inbox], noon()).await.is_err());
}

/// The registry with people who subscribed to pushes in their browsers.
struct Town {
    registry: Arc<Registry>,
    service: PushService,
    people: Vec<VisitorId>,
    browsers: Vec<Browser>,
    sender: Arc<dyn Sender>,
    time: Arc<RwLock<Timestamp>>,
    clock: Clock,
}

impl Town {
    async fn new(path: &Path, people: u64) -> Self {
        let registry = Arc::new(Registry::open(path).await.unwrap());
        let (time, clock) = time();
        let service = PushService::start(Arc::clone(&clock)).await.unwrap();
        let vapid = Arc::new(registry.vapid("mailto:push@city.example", noon()).await.unwrap());
        let egress = Egress::default().with_loopback();
        let topics = registry.secret("push topics").await.unwrap();
        let mut settings = Settings::new(&policy(4), egress, topics);
        settings.timeout = Duration::from_secs(5);
        let sender = WebPush::new(Arc::clone(&vapid), settings).unwrap();
        let people: Vec<VisitorId> = (1..=people).map(VisitorId).collect();
        let mut browsers = Vec::new();
        for &person in &people {
            agree(&registry, person, Consent::PUSH).await;
            let browser = service.subscribe(vapid.current().public());
            let subscription: &PushSubscription = &browser.subscription;
            sender.check(subscription).await.unwrap();
            let key = vapid.current().id();
            registry.register_device(SITE, person, subscription, key, noon()).await.unwrap();
            browsers.push(browser);
        }
        Self { registry, service, people, browsers, sender: Arc::new(sender), time, clock }
    }

    fn dispatcher(&self, outbox: Arc<dyn Outbox>, concurrency: usize) -> Arc<Dispatcher> {
        let senders = vec![Arc::clone(&self.sender)];
        Dispatcher::new(
            outbox,
            self.registry.clone(),
            senders,
            policy(concurrency),
            self.clock.clone(),
        )
    }

    async fn send(&self, key: &str) -> Uuid {
        let id = message(&self.registry, key).await;
        let now = *self.time.read();
        self.registry.queue_message(id, &self.people, &[Medium::WebPush], now).await.unwrap();
        id
    }
}

#[tokio::test]
async fn a_push_goes_from_the_outbox_to_the_browser_and_a_gone_browser_is_pruned() {
    let dir = tempfile::tempdir().unwrap();
    let town = Town::new(&dir.path().join("r.sqlite"), 3).await;
    town.service.unsubscribe(&town.browsers[1]);
    town.service.script([Fault::Status(503, String::new())]);
    let id = town.send("bus").await;
    let dispatcher = town.dispatcher(town.registry.clone(), 4);
    work(&dispatcher).await;
    *town.time.write() += SignedDuration::from_mins(2);
    work(&dispatcher).await;
    let dead = State::Suppressed(SuppressReason::DeadTarget);
    assert_eq!(states(&town.registry, id).await, [(State::Accepted, 2), (dead, 1)].into());
    assert_eq!(town.service.violations(), Vec::<String>::new());
    assert_eq!(town.registry.reachable(SITE).await.unwrap(), [1, 3].map(VisitorId));
    let payload: serde_json::Value =
        serde_json::from_slice(&town.service.received()[0].payload).unwrap();
    assert_eq!(payload["id"], id.to_string());
    // The service worker reports, then the message's life ends.
    let now = *town.time.read();
    assert!(
        town.registry
            .receipt(id, VisitorId(1), Medium::WebPush, State::Displayed, now)
            .await
            .unwrap()
    );
    town.registry.sweep(noon() + SignedDuration::from_hours(6)).await.unwrap();
    let ends =
        [(State::Settled(Reach::Displayed), 1), (State::Settled(Reach::Accepted), 1), (dead, 1)];
    assert_eq!(states(&town.registry, id).await, ends.into());
}

/// Dies between the answer of the push service and the record of it: nothing is completed any more.
struct Dying(Arc<Registry>);

#[async_trait]
impl Outbox for Dying {
    async fn enqueue(
        &self,
        jobs: &[NewJob],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, ChannelError> {
        self.0.enqueue(jobs, now).await
    }

    async fn lease(
        &self,
        request: &LeaseRequest,
        now: Timestamp,
    ) -> Result<Vec<Job>, ChannelError> {
        self.0.lease(request, now).await
    }

    async fn complete(
        &self,
        _: Uuid,
        _: JobId,
        _: State,
        _: &Completion,
        _: Timestamp,
    ) -> Result<(), ChannelError> {
        std::future::pending().await
    }

    async fn postpone(
        &self,
        _: Uuid,
        _: JobId,
        _: &Postponement,
        _: Timestamp,
    ) -> Result<(), ChannelError> {
        std::future::pending().await
    }

    async fn receipt(
        &self,
        _: Uuid,
        _: VisitorId,
        _: Medium,
        _: State,
        _: Timestamp,
    ) -> Result<bool, ChannelError> {
        Ok(false)
    }

    async fn sweep(&self, now: Timestamp) -> Result<Swept, ChannelError> {
        self.0.sweep(now).await
    }
}

#[tokio::test]
async fn after_a_crash_nothing_is_lost_and_only_what_was_under_way_is_sent_twice() {
    const PEOPLE: u64 = 40;
    const UNDER_WAY: usize = 8;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.sqlite");
    let town = Town::new(&path, PEOPLE).await;
    let id = town.send("").await;
    let dying = town.dispatcher(Arc::new(Dying(town.registry.clone())), UNDER_WAY);
    dying.tick().await.unwrap();
    while town.service.received().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = town.service.received().len();
    drop(dying);
    assert!((1..=UNDER_WAY).contains(&before));

    // Another process opens the same file.
    let again = Registry::open(&path).await.unwrap();
    assert_eq!(states(&again, id).await.get(&State::Accepted), None);
    *town.time.write() += SignedDuration::from_secs(61);
    let later = *town.time.read();
    let swept = again.sweep(later).await.unwrap();
    assert_eq!(swept.lost as usize, UNDER_WAY - 1, "one worker is kept for emergencies");
    assert_eq!(states(&again, id).await[&State::Unknown] as usize, UNDER_WAY - 1);
    work(&town.dispatcher(Arc::new(again.clone()), UNDER_WAY)).await;
    assert_eq!(states(&again, id).await, [(State::Accepted, PEOPLE)].into());
    let received = town.service.received();
    let mut each: HashMap<&str, usize> = HashMap::new();
    for one in &received {
        *each.entry(one.subscription.as_str()).or_default() += 1;
    }
    assert_eq!(each.len() as u64, PEOPLE, "everybody got it");
    assert_eq!(
        each.values().filter(|&&count| count > 1).count(),
        before,
        "twice only what was under way"
    );
    assert!(each.values().all(|&count| count <= 2));
    assert_eq!(town.service.violations(), Vec::<String>::new());
    // The service worker drops the second copy by the message's id.
    assert!(
        received.iter().all(|one| String::from_utf8_lossy(&one.payload).contains(&id.to_string()))
    );
}

#[tokio::test]
async fn what_was_read_in_the_inbox_is_not_pushed_any_more() {
    let registry = Registry::memory().await.unwrap();
    let person = VisitorId(4);
    agree(&registry, person, Consent::PUSH).await;
    let id = message(&registry, "").await;
    registry.queue_message(id, &[person], &[Medium::Inbox], noon()).await.unwrap();
    let store = Arc::new(registry.clone());
    let stub = Arc::new(Stub::default());
    let inbox = Arc::new(channels::inbox::InboxSender::new(store.clone()));
    let senders: Vec<Arc<dyn Sender>> = vec![inbox, stub.clone()];
    let (_, clock) = time();
    let dispatcher = Dispatcher::new(store.clone(), store, senders, policy(4), clock);
    work(&dispatcher).await;
    assert_eq!(registry.unread(SITE, person).await.unwrap(), 1);
    let page = registry.inbox(SITE, person, None, 10).await.unwrap();
    assert_eq!((page.rows[0].id, page.rows[0].title.zh.as_str()), (id, "停水通知"));
    assert!(registry.read_entry(SITE, person, id, noon()).await.unwrap());
    assert!(!registry.read_entry(SITE, person, id, noon()).await.unwrap());
    registry.queue_message(id, &[person], &[Medium::Stub], noon()).await.unwrap();
    work(&dispatcher).await;
    assert!(stub.sent().is_empty());
    assert_eq!(
        registry.told(SITE, person, 1).await.unwrap()[0].state,
        State::Suppressed(SuppressReason::Duplicate)
    );
    assert!(registry.delete_entry(SITE, person, id, noon()).await.unwrap());
    assert!(registry.inbox(SITE, person, None, 10).await.unwrap().rows.is_empty());
}
