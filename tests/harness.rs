//! A running server in a directory of its own, driven from outside; asserts on drop that nothing is left over.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Builds a [`TestApp`].
#[derive(Debug, Default)]
pub struct Builder {
    settings: Vec<(String, String)>,
    demo: Vec<String>,
}

impl Builder {
    /// Sets `SECTION__KEY` in the environment.
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.push((format!("CIVICSENSE__{key}"), value.to_owned()));
        self
    }

    /// Runs the demo with these arguments instead of an empty server.
    pub fn demo(mut self, arguments: &[&str]) -> Self {
        self.demo = arguments.iter().map(ToString::to_string).collect();
        self
    }

    /// Starts it and waits until it says where it listens.
    pub fn start(self) -> anyhow::Result<TestApp> {
        let dir = TempDir::new()?;
        TestApp::start_in(dir, self)
    }
}

/// The real binary, serving.
#[derive(Debug)]
pub struct TestApp {
    child: Child,
    dir: Option<TempDir>,
    settings: Vec<(String, String)>,
    /// Where it listens.
    pub url: String,
    /// Talks to it.
    pub client: Client,
}

impl TestApp {
    /// An empty server with default settings.
    pub fn start() -> anyhow::Result<Self> {
        Builder::default().start()
    }

    fn start_in(dir: TempDir, builder: Builder) -> anyhow::Result<Self> {
        let command = if builder.demo.is_empty() { "serve" } else { "demo" };
        let mut child = Command::new(env!("CARGO_BIN_EXE_civicsense"))
            .arg(command)
            .args(["--port", "0", "--data-dir"])
            .arg(dir.path())
            .args(&builder.demo)
            .envs(builder.settings.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next().context("the server ended before it listened")??;
        let url =
            first.strip_prefix("listening on ").context("the first line tells the address")?;
        let url = url.trim().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        let client = Client::builder().timeout(Duration::from_secs(60)).build()?;
        Ok(Self { child, dir: Some(dir), settings: builder.settings, url, client })
    }

    /// Where its data lives.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.as_ref().map(|dir| dir.path().to_owned()).unwrap_or_default()
    }

    /// A GET.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).json(body)
    }

    /// A PUT with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.put(format!("{}{path}", self.url)).json(body)
    }

    /// The answer of a GET as JSON; fails on any other status than 200.
    pub fn json(&self, path: &str) -> anyhow::Result<Value> {
        let response = self.get(path).send()?;
        ensure!(response.status() == 200, "{path}: {} {}", response.status(), response.text()?);
        Ok(response.json()?)
    }

    /// The first site's write key.
    pub fn write_key(&self) -> anyhow::Result<String> {
        let config = self.json("/v1/client-config")?;
        config["site"]["write_key"].as_str().map(str::to_owned).context("a write key")
    }

    /// Sends native events as a browser would.
    pub fn send_events(&self, events: &[Value]) -> anyhow::Result<Response> {
        let body = json!({ "write_key": self.write_key()?, "events": events });
        Ok(browser(self.post("/v1/events", &body)).send()?)
    }

    /// Runs the binary on the same data directory, while the server is stopped or beside it.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<std::process::Output> {
        Ok(Command::new(env!("CARGO_BIN_EXE_civicsense"))
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data_dir())
            .envs(self.settings.iter().cloned())
            .output()?)
    }

    /// Ctrl-C, a clean end, and a new start on the same data.
    pub fn restart(mut self) -> anyhow::Result<Self> {
        self.stop()?;
        let dir = self.dir.take().context("a directory")?;
        let settings = std::mem::take(&mut self.settings);
        drop(self);
        Self::start_in(dir, Builder { settings, demo: Vec::new() })
    }

    /// `kill -9`, as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// A new start on the data of a killed server.
    pub fn revive(mut self) -> anyhow::Result<Self> {
        let dir = self.dir.take().context("a directory")?;
        let settings = std::mem::take(&mut self.settings);
        drop(self);
        Self::start_in(dir, Builder { settings, demo: Vec::new() })
    }

    /// Ctrl-C; the server and its children must be gone within 20 s.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let children = children(self.child.id());
        signal("-INT", self.child.id())?;
        wait_until("the server ends", Duration::from_secs(20), || {
            Ok(self.child.try_wait()?.is_some())
        })?;
        let left: Vec<u32> = children.into_iter().filter(|pid| alive(*pid)).collect();
        ensure!(left.is_empty(), "orphans: {left:?}");
        Ok(())
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            let _ = self.child.kill();
            if !std::thread::panicking() {
                panic!("teardown: {error:#}");
            }
        }
    }
}

/// Headers every browser sends, so the event is not taken for a robot's.
pub fn browser(request: RequestBuilder) -> RequestBuilder {
    request
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
        .header("accept-language", "zh-CN,zh;q=0.9")
}

/// Waits until `done` says so.
pub fn wait_until(
    what: &str,
    limit: Duration,
    mut done: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let started = Instant::now();
    while !done()? {
        ensure!(started.elapsed() < limit, "not within {} s: {what}", limit.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn children(pid: u32) -> Vec<u32> {
    let output = Command::new("pgrep").args(["-P", &pid.to_string()]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().lines().filter_map(|line| line.trim().parse().ok()).collect()
}

fn alive(pid: u32) -> bool {
    PathBuf::from(format!("/proc/{pid}")).exists()
}

fn signal(name: &str, pid: u32) -> anyhow::Result<()> {
    ensure!(Command::new("kill").args([name, &pid.to_string()]).status()?.success(), "kill {name}");
    Ok(())
}

/// An interpreter or a browser a test needs; where it is absent the test says so and passes, unless
/// `CIVICSENSE_NO_SKIP` is set.
pub fn tool(variable: &str, what: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(path) if !path.is_empty() => Some(path),
        _ => {
            assert!(
                std::env::var("CIVICSENSE_NO_SKIP").is_err(),
                "{what} is missing: set {variable}"
            );
            println!("skipped: needs {what}; set {variable} to its path");
            None
        }
    }
}

/// The real data sets, where this machine has them.
pub fn shared_data() -> Option<PathBuf> {
    let dir = std::env::var("CIVICSENSE_DATA").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    if dir.is_dir() {
        return Some(dir);
    }
    println!("skipped: the data sets are not at {}; set CIVICSENSE_DATA", dir.display());
    None
}
