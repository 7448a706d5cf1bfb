//! A running server in a directory of its own, driven from outside; asserts on drop that nothing is left over.

mod demo;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) use demo::demo;

/// Builds a [`TestApp`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Builder {
    settings: Vec<(String, String)>,
    demo: Vec<String>,
    guarded: bool,
}

impl Builder {
    /// Sets `SECTION__KEY` in the environment.
    pub(crate) fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.push((format!("CIVICSENSE__{key}"), value.to_owned()));
        self
    }

    /// Sets a variable of the environment that is no setting.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs the demo with these arguments instead of an empty server.
    pub(crate) fn demo(mut self, arguments: &[&str]) -> Self {
        self.demo = arguments.iter().map(ToString::to_string).collect();
        self
    }

    /// Ends with this process, however it ends: for servers that several tests share, which nobody drops.
    pub(crate) fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }

    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(self) -> anyhow::Result<TestApp> {
        let dir = TempDir::new()?;
        TestApp::start_in(dir, self)
    }

    /// The same with its data in a directory inside `parent`.
    pub(crate) fn start_at(self, parent: &Path) -> anyhow::Result<TestApp> {
        let dir = TempDir::new_in(parent)?;
        TestApp::start_in(dir, self)
    }

    fn command(&self, dir: &Path) -> Command {
        let program = env!("CARGO_BIN_EXE_civicsense");
        let mut command = if self.guarded {
            // Standard input closes when this process ends.
            let guard = "\"$@\" </dev/null & pid=$!; cat >/dev/null; kill -TERM $pid; wait $pid; rm -rf \"$DIR\"";
            let mut command = Command::new("sh");
            command.args(["-c", guard, "guard", program]).env("DIR", dir).stdin(Stdio::piped());
            command
        } else {
            Command::new(program)
        };
        command
            .arg(if self.demo.is_empty() { "serve" } else { "demo" })
            .args(["--port", "0", "--data-dir"])
            .arg(dir)
            .args(&self.demo)
            .envs(self.settings.iter().cloned());
        command
    }
}

/// The header that names a visitor.
pub(crate) const VISITOR: &str = "x-civicsense-visitor";

/// The real binary, serving.
#[derive(Debug)]
pub(crate) struct TestApp {
    child: Child,
    dir: Option<TempDir>,
    builder: Builder,
    /// Where it listens.
    pub(crate) url: String,
    /// Talks to it.
    pub(crate) client: Client,
}

impl TestApp {
    /// An empty server with default settings.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Builder::default().start()
    }

    fn start_in(dir: TempDir, builder: Builder) -> anyhow::Result<Self> {
        let mut child =
            builder.command(dir.path()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next().context("the server ended before it listened")??;
        let url =
            first.strip_prefix("listening on ").context("the first line tells the address")?;
        let url = url.trim().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        let client = Client::builder().timeout(Duration::from_secs(60)).build()?;
        Ok(Self { child, dir: Some(dir), builder, url, client })
    }

    /// Where its data lives.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.as_ref().map(|dir| dir.path().to_owned()).unwrap_or_default()
    }

    /// A GET.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A POST with a JSON body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).json(body)
    }

    /// A PUT with a JSON body.
    pub(crate) fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.put(format!("{}{path}", self.url)).json(body)
    }

    /// A DELETE.
    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.client.delete(format!("{}{path}", self.url))
    }

    /// The answer of a GET by this visitor as JSON; fails on any other status than 200.
    pub(crate) fn json_as(&self, visitor: &str, path: &str) -> anyhow::Result<Value> {
        let response = self.get(path).header(VISITOR, visitor).send()?;
        ensure!(response.status() == 200, "{path}: {} {}", response.status(), response.text()?);
        Ok(response.json()?)
    }

    /// The answer of a GET as JSON; fails on any other status than 200.
    pub(crate) fn json(&self, path: &str) -> anyhow::Result<Value> {
        let response = self.get(path).send()?;
        ensure!(response.status() == 200, "{path}: {} {}", response.status(), response.text()?);
        Ok(response.json()?)
    }

    /// Rows of a query straight from the analytic engine, as one who looks behind the interface.
    pub(crate) fn sql(&self, query: &str) -> anyhow::Result<Vec<Value>> {
        let file =
            |name: &str| std::fs::read_to_string(self.data_dir().join("clickhouse").join(name));
        let (port, password) = (file("port")?, file("password")?);
        let url = format!("http://127.0.0.1:{}/?database=civicsense", port.trim());
        let request = self.client.post(url).basic_auth("default", Some(password.trim()));
        let response = request.body(format!("{query} FORMAT JSONEachRow")).send()?;
        let (status, text) = (response.status(), response.text()?);
        ensure!(status == 200, "{query}: {text}");
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// The first site's write key.
    pub(crate) fn write_key(&self) -> anyhow::Result<String> {
        let config = self.json("/v1/client-config")?;
        config["site"]["write_key"].as_str().map(str::to_owned).context("a write key")
    }

    /// Sends native events as a browser would.
    pub(crate) fn send_events(&self, events: &[Value]) -> anyhow::Result<Response> {
        let body = json!({ "write_key": self.write_key()?, "events": events });
        Ok(browser(self.post("/v1/events", &body)).send()?)
    }

    /// Runs the binary on the same data directory, while the server is stopped or beside it.
    pub(crate) fn command(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        run(&self.data_dir(), arguments)
    }

    /// Ctrl-C, a clean end, and the same start again on the same data.
    pub(crate) fn restart(mut self) -> anyhow::Result<Self> {
        self.stop()?;
        self.revive()
    }

    /// `kill -9`, as a power cut would.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The same start again on the data of a killed server.
    pub(crate) fn revive(mut self) -> anyhow::Result<Self> {
        let dir = self.dir.take().context("a directory")?;
        let builder = std::mem::take(&mut self.builder);
        drop(self);
        Self::start_in(dir, builder)
    }

    /// Processes the server started: the analytic engine.
    pub(crate) fn children(&self) -> Vec<u32> {
        children(self.child.id())
    }

    /// Ctrl-C; the server and its children must be gone within 20 s.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
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
            self.child.kill().ok();
            if !std::thread::panicking() {
                panic!("teardown: {error:#}");
            }
        }
    }
}

/// Runs a command of the binary on a data directory.
pub(crate) fn run(dir: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_civicsense"));
    Ok(command.args(arguments).arg("--data-dir").arg(dir).output()?)
}

/// Headers every browser sends, so the event is not taken for a robot's.
pub(crate) fn browser(request: RequestBuilder) -> RequestBuilder {
    request
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
        .header("accept-language", "zh-CN,zh;q=0.9")
}

/// A view of a page that its visitor lets be counted and learnt from.
pub(crate) fn page_view(visitor: &str, path: &str) -> Value {
    json!({
        "event_id": uuid::Uuid::new_v4(),
        "name": "page_view",
        "ts": jiff::Timestamp::now().to_string(),
        "anonymous_id": visitor,
        "page": { "url": format!("https://portal.example{path}"), "title": "页面" },
        "consent": { "analytics": true, "personalisation": true, "push": true },
    })
}

/// Status and problem document of a refused request.
pub(crate) fn problem(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().expect("the server answers");
    let status = response.status().as_u16();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json",
        "{status}: no problem document"
    );
    (status, response.json().expect("a problem document is JSON"))
}

/// The field a problem document blames, with its status.
pub(crate) fn refused(request: RequestBuilder) -> (u16, String) {
    let (status, document) = problem(request);
    (status, document["errors"][0]["field"].as_str().unwrap_or_default().to_owned())
}

/// Waits until `done` says so.
pub(crate) fn wait_until(
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

/// Whether a process is there.
pub(crate) fn alive(pid: u32) -> bool {
    PathBuf::from(format!("/proc/{pid}")).exists()
}

/// Sends a signal, for example `-KILL`.
pub(crate) fn signal(name: &str, pid: u32) -> anyhow::Result<()> {
    ensure!(Command::new("kill").args([name, &pid.to_string()]).status()?.success(), "kill {name}");
    Ok(())
}

/// An interpreter or a browser a test needs; where it is absent the test says so and passes, unless
/// `CIVICSENSE_NO_SKIP` is set.
pub(crate) fn tool(variable: &str, what: &str) -> Option<String> {
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
pub(crate) fn shared_data() -> Option<PathBuf> {
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
