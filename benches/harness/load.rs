//! A load client over keep-alive connections: as fast as it goes, or at a fixed rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// One request to send.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Answer times in order of size; at a fixed rate from the moment the request was due.
    pub(crate) times: Vec<Duration>,
    /// Answers other than 200.
    pub(crate) refused: u64,
    /// Wall time of the whole run.
    pub(crate) elapsed: Duration,
}

impl Outcome {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time `share` of the answers stayed below, in milliseconds.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let position =
            ((self.times.len() as f64 * share) as usize).min(self.times.len().saturating_sub(1));
        self.times.get(position).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

async fn connect(address: &str) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.context("connect")?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn send(
    sender: &mut SendRequest<Full<Bytes>>,
    address: &str,
    call: Call,
) -> anyhow::Result<u16> {
    let mut request =
        hyper::Request::builder().method(call.method).uri(&call.path).header("host", address);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    sender.ready().await?;
    let response = sender.send_request(request.body(Full::new(call.body))?).await?;
    let status = response.status().as_u16();
    response.into_body().collect().await?;
    Ok(status)
}

/// Sends `total` calls over `connections` connections; `per_second` spaces them evenly, `None` sends as fast as answers come.
pub(crate) async fn run(
    address: &str,
    connections: u64,
    total: u64,
    per_second: Option<f64>,
    call: impl Fn(u64) -> Call + Send + Sync + 'static,
) -> anyhow::Result<Outcome> {
    let next = Arc::new(AtomicU64::new(0));
    let call = Arc::new(call);
    let started = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (next, call, address) = (Arc::clone(&next), Arc::clone(&call), address.to_owned());
        workers.spawn(async move {
            let mut sender = connect(&address).await?;
            let mut part = Outcome::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return anyhow::Ok(part);
                }
                let mut due = Instant::now();
                if let Some(rate) = per_second {
                    due = started + Duration::from_secs_f64(number as f64 / rate);
                    tokio::time::sleep_until(due.into()).await;
                }
                let status = send(&mut sender, &address, call(number)).await?;
                part.times.push(due.elapsed());
                part.refused += u64::from(status != 200);
            }
        });
    }
    let mut outcome = Outcome::default();
    while let Some(part) = workers.join_next().await {
        let part = part??;
        outcome.times.extend(part.times);
        outcome.refused += part.refused;
    }
    outcome.elapsed = started.elapsed();
    outcome.times.sort_unstable();
    Ok(outcome)
}
