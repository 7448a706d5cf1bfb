//! A running engine on a throw-away data directory, and ways to speak to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::{Engine, EngineConfig, FetchProgress};
use tempfile::TempDir;

/// An engine with the directory it lives in.
pub(crate) struct Running {
    pub(crate) engine: Engine,
    pub(crate) directory: TempDir,
}

/// The library cache all tests of a checkout share.
pub(crate) fn cache_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/chdb-cache")
}

/// The configuration of an engine in a directory.
pub(crate) fn config(data_dir: &Path) -> EngineConfig {
    EngineConfig {
        data_dir: data_dir.to_path_buf(),
        cache_dir: cache_dir(),
        library: None,
        program: env!("CARGO_BIN_EXE_civicsense-engine").into(),
        args: Vec::new(),
        port: 0,
    }
}

/// Tells whoever runs the tests something; shown with `--nocapture` and beside a failure.
#[expect(clippy::print_stdout, reason = "a test speaks through its output")]
pub(crate) fn say(what: impl std::fmt::Display) {
    println!("{what}");
}

/// Prints how far fetching has come, at every tenth.
pub(crate) fn progress() -> engine::OnProgress {
    let last = std::sync::Mutex::new(u64::MAX);
    Arc::new(move |progress| {
        if let FetchProgress::Downloading { bytes, total }
        | FetchProgress::Unpacking { bytes, total } = progress
        {
            let tenth = bytes * 10 / total.max(1);
            if std::mem::replace(&mut *last.lock().expect("one thread"), tenth) != tenth {
                say(format_args!("fetching the library: {progress:?}"));
            }
        }
    })
}

impl Running {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let engine = Engine::start(config(&directory.path().join("data")), progress())
            .await
            .expect("started");
        Self { engine, directory }
    }

    /// The official client, with validation and LZ4 on, as by default.
    pub(crate) fn client(&self) -> clickhouse::Client {
        clickhouse::Client::default()
            .with_url(self.engine.url().as_str())
            .with_user(self.engine.user())
            .with_password(self.engine.password())
    }

    /// A bare request with the right password.
    pub(crate) fn post(&self, query_string: &str) -> reqwest::RequestBuilder {
        // Bodies are looked at as they come over the wire.
        let client = reqwest::Client::builder().gzip(false).build().expect("a client");
        client
            .post(format!("{}?{query_string}", self.engine.url()))
            .basic_auth(self.engine.user(), Some(self.engine.password()))
    }

    /// Runs a statement and returns its result as text.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        let response = self.post("").body(sql.to_owned()).send().await.expect("answered");
        let status = response.status();
        let text = response.text().await.expect("whole");
        assert!(status.is_success(), "{sql}: {status} {text}");
        text.trim_end().to_owned()
    }

    /// Resident memory of the child, in MiB.
    pub(crate) fn resident_mib(&self) -> u64 {
        let pid = self.engine.pid().expect("running");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("running");
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("always there");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number")
            / 1024
    }
}

/// Whether a process exists and is not a zombie.
pub(crate) fn alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z'))
    })
}

/// Kills a process the hard way.
pub(crate) fn kill_9(pid: u32) {
    let status = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .expect("kill exists");
    assert!(status.success());
}
