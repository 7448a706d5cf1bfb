//! Tests of the worker loop over the outbox in memory.

use jiff::SignedDuration;
use parking_lot::RwLock;
use proptest::prelude::*;
use vocab::{Consent, SiteId, Text, VisitorId};

use super::*;
use crate::message::{Device, PushKeys, PushSubscription};
use crate::stub::Stub;
use crate::testing::MemoryOutbox;
use crate::{Class, Definition, Delivery, FailReason, NewJob, Outcome, Scope};

/// One message to people who agreed, on a bright day.
struct Town {
    person: Person,
    expires_at: Timestamp,
    removed: Mutex<Vec<Uuid>>,
    devices: Vec<Device>,
}

#[async_trait]
impl Directory for Town {
    async fn standing(&self, job: &Job, _now: Timestamp) -> Result<Option<Standing>, ChannelError> {
        let gone = self.removed.lock().clone();
        let devices =
            self.devices.iter().filter(|device| !gone.contains(&device.id)).cloned().collect();
        let message = Message {
            id: job.message,
            site: job.site,
            class: job.class,
            collapse_key: String::new(),
            title: Text::new("通知", "Notice"),
            body: Text::default(),
            url: "/n".to_owned(),
            item: String::new(),
            discreet: false,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: self.expires_at,
            approved: true,
            recalled: false,
        };
        Ok(Some(Standing { message, person: self.person.clone(), devices }))
    }

    async fn remove_device(&self, device: Uuid, _now: Timestamp) -> Result<(), ChannelError> {
        self.removed.lock().push(device);
        Ok(())
    }

    async fn note_answer(&self, _: Uuid, _: bool, _: Timestamp) -> Result<(), ChannelError> {
        Ok(())
    }
}

const NOON: &str = "2026-11-23T04:00:00Z";

struct Bench {
    outbox: Arc<MemoryOutbox>,
    time: Arc<RwLock<Timestamp>>,
    town: Arc<Town>,
    dispatcher: Arc<Dispatcher>,
}

impl Bench {
    fn new(sender: Arc<dyn Sender>, devices: usize) -> Self {
        let start: Timestamp = NOON.parse().unwrap();
        let time = Arc::new(RwLock::new(start));
        let clock: Clock = {
            let time = Arc::clone(&time);
            Arc::new(move || *time.read())
        };
        let device = |number: u128| Device {
            id: Uuid::from_u128(number),
            visitor: VisitorId(1),
            site: SiteId(1),
            subscription: PushSubscription {
                endpoint: String::new(),
                keys: PushKeys { p256dh: String::new(), auth: String::new() },
            },
            key_id: String::new(),
            failures: 0,
            created_at: start,
        };
        let town = Arc::new(Town {
            person: Person { consent: Consent::PUSH, cap: Some(1_000_000), ..Person::default() },
            expires_at: start + SignedDuration::from_hours(4),
            removed: Mutex::default(),
            devices: (1..=devices as u128).map(device).collect(),
        });
        let outbox = Arc::new(MemoryOutbox::default());
        let policy = Arc::new(Definition::embedded().unwrap().check().unwrap());
        let dispatcher = Dispatcher::new(outbox.clone(), town.clone(), vec![sender], policy, clock);
        Self { outbox, time, town, dispatcher }
    }

    async fn queue(&self, people: u64, medium: Medium) {
        let now = *self.time.read();
        let jobs: Vec<NewJob> = (1..=people)
            .map(|person| NewJob {
                message: Uuid::from_u128(9),
                person: VisitorId(person),
                site: SiteId(1),
                medium,
                class: Class::Service,
                not_before: now,
                expires_at: self.town.expires_at,
                suppressed: None,
            })
            .collect();
        self.outbox.enqueue(&jobs, now).await.unwrap();
    }

    /// Works through everything that is due, letting time pass, until all lives are over.
    async fn live_through(&self) {
        for _ in 0..400 {
            while self.dispatcher.tick().await.unwrap() > 0 {
                self.dispatcher.drain().await;
            }
            *self.time.write() += SignedDuration::from_secs(97);
            let now = *self.time.read();
            self.outbox.sweep(now).await.unwrap();
        }
    }

    async fn once(&self) {
        self.dispatcher.tick().await.unwrap();
        self.dispatcher.drain().await;
    }

    fn states(&self) -> Vec<State> {
        self.outbox.jobs().into_iter().map(|job| job.state).collect()
    }
}

/// Answers for each device in turn, as one medium that needs devices.
struct Devices(Mutex<HashMap<Uuid, Vec<Outcome>>>, Mutex<Vec<Uuid>>);

#[async_trait]
impl Sender for Devices {
    fn medium(&self) -> Medium {
        Medium::WebPush
    }

    async fn send(&self, delivery: Delivery<'_>, _now: Timestamp) -> Outcome {
        let id = delivery.device.unwrap().id;
        self.1.lock().push(id);
        let scripted = self
            .0
            .lock()
            .get_mut(&id)
            .and_then(|script| (!script.is_empty()).then(|| script.remove(0)));
        scripted.unwrap_or(Outcome::Accepted { provider_ref: String::new(), ttl: None })
    }
}

#[tokio::test]
async fn a_person_is_reached_when_one_device_is_and_only_the_others_are_tried_again() {
    let [one, two, three] = [1, 2, 3].map(Uuid::from_u128);
    let later = Outcome::Retry { after: None, scope: Scope::Device };
    let script = [(one, vec![]), (two, vec![Outcome::DeadTarget]), (three, vec![later])];
    let sender = Arc::new(Devices(Mutex::new(script.into()), Mutex::default()));
    let bench = Bench::new(sender.clone(), 3);
    bench.queue(1, Medium::WebPush).await;
    bench.once().await;
    assert_eq!(bench.states(), [State::Queued]);
    *bench.time.write() += SignedDuration::from_secs(31);
    bench.once().await;
    assert_eq!(bench.states(), [State::Accepted]);
    let mut asked = sender.1.lock().clone();
    asked.sort();
    assert_eq!(asked, [one, two, three, three]);
    assert_eq!(*bench.town.removed.lock(), [two]);
    // The next message finds two devices only.
    assert_eq!(bench.outbox.jobs()[0].reached, [one, three]);
}

#[tokio::test]
async fn the_last_device_gone_is_a_reason_not_an_error() {
    let script = [(Uuid::from_u128(1), vec![Outcome::DeadTarget])];
    let bench = Bench::new(Arc::new(Devices(Mutex::new(script.into()), Mutex::default())), 1);
    bench.queue(1, Medium::WebPush).await;
    bench.once().await;
    assert_eq!(bench.states(), [State::Suppressed(SuppressReason::DeadTarget)]);
}

#[tokio::test]
async fn a_throttled_service_is_left_alone_by_everybody() {
    let pause =
        Outcome::Retry { after: Some(SignedDuration::from_secs(600)), scope: Scope::Service };
    let stub = Arc::new(Stub::new([pause]));
    let bench = Bench::new(stub.clone(), 0);
    bench.queue(1, Medium::Stub).await;
    bench.once().await;
    bench.queue(20, Medium::Stub).await;
    for _ in 0..5 {
        bench.once().await;
        *bench.time.write() += SignedDuration::from_secs(100);
    }
    assert_eq!(stub.sent().len(), 1, "nobody asked again within ten minutes");
    bench.live_through().await;
    let states = bench.states();
    assert!(
        states.iter().all(|state| *state == State::Settled(crate::Reach::Accepted)),
        "{states:?}"
    );
}

#[tokio::test]
async fn without_a_sender_a_delivery_fails_by_name() {
    let bench = Bench::new(Arc::new(Stub::default()), 0);
    bench.queue(1, Medium::Inbox).await;
    bench.once().await;
    assert_eq!(bench.states(), [State::Failed(FailReason::NoSender)]);
}

#[tokio::test]
async fn a_stop_waits_for_what_is_under_way() {
    let stub = Arc::new(Stub::default());
    let bench = Bench::new(stub.clone(), 0);
    bench.queue(10, Medium::Stub).await;
    let cancel = CancellationToken::new();
    let run = Arc::clone(&bench.dispatcher).run(cancel.clone());
    let stop = async {
        while stub.sent().len() < 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    tokio::time::timeout(Duration::from_secs(10), async { tokio::join!(run, stop) }).await.unwrap();
    assert_eq!(bench.states(), [State::Accepted; 10]);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Accepted { provider_ref: String::new(), ttl: None }),
        (0i64..4_000).prop_map(|seconds| Outcome::Retry {
            after: Some(SignedDuration::from_secs(seconds)),
            scope: Scope::Service
        }),
        Just(Outcome::Retry { after: None, scope: Scope::Device }),
        Just(Outcome::DeadTarget),
        Just(Outcome::Permanent(FailReason::Rejected)),
        Just(Outcome::Unknown),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Invariant 7: whatever the provider says, audience = the sum of the terminal states.
    #[test]
    fn every_delivery_ends_in_one_terminal_state(script in proptest::collection::vec(any_outcome(), 0..60), people in 1u64..12) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::new(Arc::new(Stub::new(script)), 0);
            bench.queue(people, Medium::Stub).await;
            bench.live_through().await;
            let states = bench.states();
            assert_eq!(states.len() as u64, people);
            assert!(states.iter().all(|state| state.is_terminal()), "{states:?}");
        });
    }
}
