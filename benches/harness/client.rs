//! Single requests beside the load: keys, states, sums.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// What a browser calls itself; with `Accept-Language`, so that events are not taken for a robot's.
pub(crate) const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The answer of a GET as JSON; fails on any other status than 200.
pub(crate) async fn json(address: &str, path: &str) -> anyhow::Result<Value> {
    let response = reqwest::get(format!("http://{address}{path}")).await?;
    ensure!(response.status() == 200, "{path}: {}", response.status());
    Ok(response.json().await?)
}

/// The first site's write key.
pub(crate) async fn write_key(address: &str) -> anyhow::Result<String> {
    let config = json(address, "/v1/client-config").await?;
    config["site"]["write_key"].as_str().map(str::to_owned).context("a write key")
}

/// Waits until everything accepted is in the warehouse; how long that took.
pub(crate) async fn until_loaded(address: &str) -> anyhow::Result<Duration> {
    let started = Instant::now();
    loop {
        let status = json(address, "/v1/console/status").await?;
        if status["spool"]["backlog_events"].as_u64() == Some(0) {
            return Ok(started.elapsed());
        }
        ensure!(started.elapsed() < Duration::from_secs(1_800), "still not loaded: {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
