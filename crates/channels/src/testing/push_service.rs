//! A push service that checks everything the standards ask of an application server, and decrypts what it gets.
//!
//! RFC 8030 (TTL, Urgency, Topic), RFC 8188 and 8291 (one aes128gcm record), RFC 8292 (VAPID). A request that breaks a
//! rule is answered as a real service would and remembered in [`PushService::violations`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::message::{PushKeys, PushSubscription};

mod checks;

/// A browser with a subscription.
#[derive(Clone, Debug)]
pub struct Browser {
    /// What it gives to the portal.
    pub subscription: PushSubscription,
    /// Its private key (32 bytes), for an independent client.
    pub private_key: Vec<u8>,
    /// Its shared secret.
    pub auth: [u8; 16],
    components: ece::EcKeyComponents,
    server_key: String,
}

/// What goes wrong on purpose, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An answer with this status and, where it is not empty, this `Retry-After`.
    Status(u16, String),
    /// The message is taken, but the answer comes after this time.
    SlowAccept(Duration),
    /// The message is taken, but the connection is cut before the answer.
    ResetAfterAccept,
    /// Taken, but kept only this many seconds.
    ShorterTtl(u64),
}

/// A message that passed every check.
#[derive(Clone, Debug)]
pub struct Received {
    /// Name of the subscription.
    pub subscription: String,
    /// Decrypted payload.
    pub payload: Vec<u8>,
    /// Encrypted body as it came.
    pub body: Vec<u8>,
    /// `Authorization` as it came.
    pub authorization: String,
    /// `TTL` in seconds.
    pub ttl: u64,
    /// `Urgency`.
    pub urgency: String,
    /// `Topic`.
    pub topic: Option<String>,
}

#[derive(Default)]
struct Inner {
    browsers: Mutex<HashMap<String, Browser>>,
    gone: Mutex<HashSet<String>>,
    script: Mutex<VecDeque<Fault>>,
    received: Mutex<Vec<Received>>,
    violations: Mutex<Vec<String>>,
    salts: Mutex<HashSet<Vec<u8>>>,
    origin: Mutex<String>,
    asked: Mutex<u64>,
}

/// The running service on a loopback port; it ends when dropped.
pub struct PushService {
    inner: Arc<Inner>,
    address: SocketAddr,
    cancel: CancellationToken,
    clock: crate::Clock,
}

impl std::fmt::Debug for PushService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushService").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for PushService {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[derive(Clone)]
struct Context {
    inner: Arc<Inner>,
    clock: crate::Clock,
}

impl PushService {
    /// Starts on a free port; `clock` must be the sender's, tokens are checked against it.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(clock: crate::Clock) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner::default());
        *inner.origin.lock() = format!("http://{address}");
        let cancel = CancellationToken::new();
        let context = Context { inner: Arc::clone(&inner), clock: Arc::clone(&clock) };
        let app = Router::new().route("/push/{name}", post(push)).with_state(context);
        let stop = cancel.clone();
        TaskTracker::new().spawn(async move {
            tokio::select! {
                served = axum::serve(listener, app) => drop(served),
                () = stop.cancelled() => {}
            }
        });
        Ok(Self { inner, address, cancel, clock })
    }

    /// A new browser that subscribes with the portal's public key.
    ///
    /// # Panics
    /// When the system gives no randomness.
    pub fn subscribe(&self, server_key: &str) -> Browser {
        let (pair, auth) =
            ece::generate_keypair_and_auth_secret().expect("the system gives randomness");
        let components = pair.raw_components().expect("a fresh key has components");
        let mut browsers = self.inner.browsers.lock();
        let name = format!("browser-{}", browsers.len() + 1);
        let browser = Browser {
            subscription: PushSubscription {
                endpoint: format!("http://{}/push/{name}", self.address),
                keys: PushKeys {
                    p256dh: URL_SAFE_NO_PAD.encode(components.public_key()),
                    auth: URL_SAFE_NO_PAD.encode(auth),
                },
            },
            private_key: components.private_key().to_vec(),
            auth,
            components,
            server_key: server_key.to_owned(),
        };
        browsers.insert(name, browser.clone());
        browser
    }

    /// The browser's user turns messages off: from now on 410.
    pub fn unsubscribe(&self, browser: &Browser) {
        let name = browser.subscription.endpoint.rsplit('/').next().unwrap_or_default();
        self.inner.gone.lock().insert(name.to_owned());
    }

    /// What goes wrong with the next requests, in order; then all goes well.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.inner.script.lock().extend(faults);
    }

    /// Everything accepted so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.inner.received.lock().clone()
    }

    /// Rules that requests broke, named; must be empty.
    pub fn violations(&self) -> Vec<String> {
        self.inner.violations.lock().clone()
    }

    /// Requests that came, whatever became of them.
    pub fn asked(&self) -> u64 {
        *self.inner.asked.lock()
    }

    /// The service's origin, port included: what `aud` must be.
    pub fn origin(&self) -> String {
        self.inner.origin.lock().clone()
    }

    /// The service's time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

async fn push(
    Shared(context): Shared<Context>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let inner = &context.inner;
    *inner.asked.lock() += 1;
    if inner.gone.lock().contains(&name) {
        return StatusCode::GONE.into_response();
    }
    let Some(browser) = inner.browsers.lock().get(&name).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let origin = inner.origin.lock().clone();
    let received = match checks::check(&name, &browser, &origin, &headers, &body, (context.clock)())
    {
        Ok(received) => received,
        Err(broken) => {
            inner.violations.lock().push(broken.rule.clone());
            return (broken.status, broken.rule).into_response();
        }
    };
    if !inner.salts.lock().insert(body[..16].to_vec()) {
        inner.violations.lock().push("salt used twice".to_owned());
    }
    let fault = inner.script.lock().pop_front();
    let mut ttl = received.ttl;
    let (mut slow, mut reset) = (None, false);
    match fault {
        Some(Fault::Status(status, wait)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = status.into_response();
            if let Ok(value) = wait.parse()
                && !wait.is_empty()
            {
                response.headers_mut().insert("retry-after", value);
            }
            return response;
        }
        Some(Fault::SlowAccept(time)) => slow = Some(time),
        Some(Fault::ResetAfterAccept) => reset = true,
        Some(Fault::ShorterTtl(seconds)) => ttl = ttl.min(seconds),
        None => {}
    }
    let number = {
        let mut list = inner.received.lock();
        list.push(received);
        list.len()
    };
    if let Some(time) = slow {
        tokio::time::sleep(time).await;
    }
    if reset {
        // Unwinding out of the handler drops the connection without an answer, and without a message on stderr.
        std::panic::resume_unwind(Box::new("the connection is cut on purpose"));
    }
    let location = format!("{origin}/m/{number}");
    (StatusCode::CREATED, [("location", location), ("ttl", ttl.to_string())]).into_response()
}
