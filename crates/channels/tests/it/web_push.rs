//! Web Push end to end against the strict push service.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use channels::testing::{Browser, Fault, PushService};
use channels::web_push::{
    Content, Egress, MAX_PAYLOAD, Settings, Target, Vapid, VapidKey, WebPush,
};
use channels::{
    Class, Clock, Definition, Delivery, Device, FailReason, Job, JobId, Medium, Message, Outcome,
    Scope, Sender, State,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vocab::{SiteId, Text, VisitorId};

fn now() -> Timestamp {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

struct Bench {
    service: PushService,
    sender: WebPush,
    browser: Browser,
    device: Device,
}

fn sender(key: &VapidKey, content: Content) -> WebPush {
    let policy = Definition::embedded().unwrap().check().unwrap();
    let egress = Egress::default().with_loopback();
    let mut settings = Settings::new(&policy, egress, [7; 32]);
    settings.content = content;
    settings.timeout = Duration::from_millis(1500);
    let vapid = Vapid::new(key.clone(), Vec::new(), "mailto:push@city.example").unwrap();
    WebPush::new(Arc::new(vapid), settings).unwrap()
}

async fn bench(content: Content) -> Bench {
    let clock: Clock = Arc::new(now);
    let service = PushService::start(clock).await.unwrap();
    let key = VapidKey::generate().unwrap();
    let browser = service.subscribe(key.public());
    let device = device(&browser, &key);
    Bench { service, sender: sender(&key, content), browser, device }
}

fn device(browser: &Browser, key: &VapidKey) -> Device {
    Device {
        id: Uuid::from_u128(1),
        visitor: VisitorId(5),
        site: SiteId(1),
        subscription: browser.subscription.clone(),
        key_id: key.id().to_owned(),
        failures: 0,
        created_at: now(),
    }
}

fn message(class: Class) -> Message {
    Message {
        id: Uuid::from_u128(42),
        site: SiteId(1),
        class,
        collapse_key: "bus-12".to_owned(),
        title: Text::new("你好，政务通知", "Hello"),
        body: Text::new("公交 12 路改道", "Bus 12 takes another way"),
        url: "/n/1".to_owned(),
        item: "n1".to_owned(),
        discreet: false,
        created_at: now(),
        expires_at: now() + SignedDuration::from_hours(1),
        approved: true,
        recalled: false,
    }
}

fn job(message: &Message) -> Job {
    Job {
        id: JobId(1),
        message: message.id,
        person: VisitorId(5),
        site: message.site,
        medium: Medium::WebPush,
        class: message.class,
        state: State::Leased,
        attempt: 1,
        not_before: now(),
        expires_at: message.expires_at,
        reached: Vec::new(),
        lease_until: now() + SignedDuration::from_mins(1),
    }
}

impl Bench {
    async fn push(&self, message: &Message) -> Outcome {
        let job = job(message);
        let delivery = Delivery { job: &job, message, device: Some(&self.device) };
        self.sender.send(delivery, now()).await
    }
}

#[tokio::test]
async fn a_push_passes_every_check_and_the_browser_can_read_it() {
    let bench = bench(Content::Full).await;
    bench.service.script([Fault::ShorterTtl(60)]);
    let outcome = bench.push(&message(Class::Emergency)).await;
    assert_eq!(bench.service.violations(), Vec::<String>::new());
    let Outcome::Accepted { provider_ref, ttl } = outcome else { panic!("{outcome:?}") };
    assert_eq!(provider_ref, format!("{}/m/1", bench.service.origin()));
    assert_eq!(ttl, Some(SignedDuration::from_secs(60)), "the service's shorter life is believed");
    let received = &bench.service.received()[0];
    let payload: serde_json::Value = serde_json::from_slice(&received.payload).unwrap();
    assert_eq!(payload["title"]["zh"], "你好，政务通知");
    assert_eq!((received.ttl, received.urgency.as_str()), (3600, "high"), "the message's own life");
    let topic = received.topic.clone().unwrap();
    assert!(topic.len() == 32 && !topic.contains("bus"));
}

#[tokio::test]
async fn salt_and_sender_key_are_new_for_every_message_and_length_is_hidden() {
    let bench = bench(Content::Tickle).await;
    for _ in 0..20 {
        assert!(matches!(bench.push(&message(Class::Service)).await, Outcome::Accepted { .. }));
    }
    assert_eq!(bench.service.violations(), Vec::<String>::new());
    let received = bench.service.received();
    let keys: std::collections::HashSet<_> =
        received.iter().map(|one| one.body[21..86].to_vec()).collect();
    assert_eq!(keys.len(), 20);
    assert!(
        received.iter().all(|one| (one.body.len() - 86 - 16) % 128 == 0 || one.body.len() == 230)
    );
    assert!(
        !String::from_utf8_lossy(&received[0].payload).contains("通知"),
        "a tickle carries no words"
    );
}

#[tokio::test]
async fn the_life_of_a_message_is_counted_anew_for_every_try() {
    let bench = bench(Content::Tickle).await;
    let message = message(Class::Service);
    let job = job(&message);
    let delivery = Delivery { job: &job, message: &message, device: Some(&bench.device) };
    bench.sender.send(delivery, now() + SignedDuration::from_mins(59)).await;
    assert_eq!(bench.service.received()[0].ttl, 60);
    let late = bench.sender.send(delivery, now() + SignedDuration::from_hours(2)).await;
    assert!(matches!(late, Outcome::Retry { .. }), "no life left: nothing is sent");
    assert_eq!(bench.service.asked(), 1);
}

#[tokio::test]
async fn every_fault_of_the_service_is_understood() {
    let bench = bench(Content::Tickle).await;
    let wait = |seconds| Outcome::Retry {
        after: Some(SignedDuration::from_secs(seconds)),
        scope: Scope::Service,
    };
    let retry = Outcome::Retry { after: None, scope: Scope::Device };
    let status = |status, after: &str| Fault::Status(status, after.to_owned());
    for (fault, expected) in [
        (status(404, ""), Outcome::DeadTarget),
        (status(410, ""), Outcome::DeadTarget),
        (status(413, ""), Outcome::Permanent(FailReason::TooLarge)),
        (status(429, "120"), wait(120)),
        (status(429, "Mon, 23 Nov 2026 04:02:00 GMT"), wait(120)),
        (status(406, ""), Outcome::Permanent(FailReason::Rejected)),
        (status(403, ""), Outcome::Permanent(FailReason::Unauthorised)),
        (status(500, ""), retry.clone()),
        (status(503, "30"), wait(30)),
        (Fault::SlowAccept(Duration::from_secs(4)), Outcome::Unknown),
        (Fault::ResetAfterAccept, Outcome::Unknown),
    ] {
        bench.service.script([fault.clone()]);
        assert_eq!(bench.push(&message(Class::Service)).await, expected, "{fault:?}");
    }
    assert_eq!(bench.service.violations(), Vec::<String>::new());
    bench.service.unsubscribe(&bench.browser);
    assert_eq!(bench.push(&message(Class::Service)).await, Outcome::DeadTarget);
    let Bench { service, sender, device, .. } = bench;
    drop(service);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let message = message(Class::Service);
    let job = job(&message);
    let delivery = Delivery { job: &job, message: &message, device: Some(&device) };
    assert_eq!(sender.send(delivery, now()).await, retry, "nobody listens: nothing was sent");
}

#[tokio::test]
async fn the_service_is_strict_a_wrong_key_a_plain_body_and_a_wrong_audience_are_refused() {
    let bench = bench(Content::Tickle).await;
    let stranger = VapidKey::generate().unwrap();
    let wrong = sender(&stranger, Content::Tickle);
    let message = message(Class::Service);
    let job = job(&message);
    let theirs = Device { key_id: stranger.id().to_owned(), ..bench.device.clone() };
    let delivery = Delivery { job: &job, message: &message, device: Some(&theirs) };
    assert_eq!(wrong.send(delivery, now()).await, Outcome::Permanent(FailReason::Unauthorised));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let vapid = bench.sender.vapid();
    let endpoint = bench.browser.subscription.endpoint.as_str();
    let sign = |origin: &str| vapid.authorization(vapid.current().id(), origin, now()).unwrap();
    let good = sign(&bench.service.origin());
    let target =
        Target::parse(&bench.browser.subscription, &Egress::default().with_loopback()).unwrap();
    let sealed = channels::web_push::encrypt(&target, b"x").unwrap();
    let ask = async |headers: &[(&str, &str)], body: &[u8]| {
        let mut request = client.post(endpoint).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let portless = sign("http://127.0.0.1");
    let base = [("ttl", "60"), ("content-encoding", "aes128gcm"), ("authorization", good.as_str())];
    assert_eq!(ask(&base, &sealed).await, 201);
    assert_eq!(ask(&base, &[0; 200]).await, 400);
    assert_eq!(ask(&base, &[0; 5000]).await, 413);
    assert_eq!(ask(&base[1..], &sealed).await, 400);
    assert_eq!(ask(&[base[0], base[1], ("authorization", &portless)], &sealed).await, 401);
    assert_eq!(ask(&[base[0], base[1]], &sealed).await, 401);
    for bad in [
        ("urgency", "bogus"),
        ("topic", "a topic"),
        ("topic", "0123456789012345678901234567890123456789"),
    ] {
        assert_eq!(ask(&[base[0], base[1], base[2], bad], &sealed).await, 400);
    }
    let broken = bench.service.violations();
    assert!(broken.iter().any(|rule| rule.starts_with("aud")), "{broken:?}");
    assert_eq!(broken.len(), 9, "{broken:?}");
}

#[test]
fn a_payload_is_accepted_up_to_the_limit_and_refused_above() {
    let (pair, auth) = ece::generate_keypair_and_auth_secret().unwrap();
    let keys = channels::message::PushKeys {
        p256dh: URL_SAFE_NO_PAD.encode(pair.pub_as_raw().unwrap()),
        auth: URL_SAFE_NO_PAD.encode(auth),
    };
    let subscription =
        channels::message::PushSubscription { endpoint: "https://a.example/x".to_owned(), keys };
    let target = Target::parse(&subscription, &Egress::new(["*"])).unwrap();
    assert!(channels::web_push::encrypt(&target, &vec![1; MAX_PAYLOAD]).unwrap().len() <= 4096);
    let error = channels::web_push::encrypt(&target, &vec![1; MAX_PAYLOAD + 1]).unwrap_err();
    assert!(error.to_string().contains("3053"), "{error}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the interpreter with the independent client is named by whoever runs the tests"
)]
fn interpreter() -> Option<String> {
    std::env::var("CIVICSENSE_PYTHON").ok()
}

#[tokio::test]
async fn an_independent_client_decrypts_the_message_and_verifies_the_signature() {
    let Some(python) = interpreter() else {
        println!("skipped: CIVICSENSE_PYTHON names no interpreter with http_ece and py_vapid");
        return;
    };
    let bench = bench(Content::Full).await;
    assert!(matches!(bench.push(&message(Class::Service)).await, Outcome::Accepted { .. }));
    let received = &bench.service.received()[0];
    let given = serde_json::json!({
        "body": URL_SAFE_NO_PAD.encode(&received.body),
        "private_key": URL_SAFE_NO_PAD.encode(&bench.browser.private_key),
        "auth": URL_SAFE_NO_PAD.encode(bench.browser.auth),
        "authorization": received.authorization,
        "origin": bench.service.origin(),
        "now": now().as_second(),
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent_client.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.stdout, received.payload);
}
