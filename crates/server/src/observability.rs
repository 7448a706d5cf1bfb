//! Logs and metrics: set up once, before anything else runs.

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;

use crate::config::{Log, LogFormat};

/// Sends log lines to standard error in the configured format.
///
/// # Errors
/// A filter that does not parse.
pub fn start_logs(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).context("log.filter")?;
    let writer = std::io::stderr.with_max_level(tracing::Level::TRACE);
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
    // A second start in one process, as in tests, keeps the first subscriber.
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logs were already started");
    }
    Ok(())
}

/// Buckets of request times, in seconds: the targets are 20, 50 and 80 ms.
const DURATIONS_S: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0];

/// Installs the recorder all crates count into; the handle renders the Prometheus text format.
///
/// # Errors
/// None in practice: the buckets are not empty.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(DURATIONS_S)
        .context("histogram buckets")?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::debug!("metrics were already started");
    }
    Ok(handle)
}

/// Resident memory of this process in bytes, where the system tells.
pub fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
