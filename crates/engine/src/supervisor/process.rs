//! One engine process: started, spoken to over its pipes, stopped.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::error::EngineError;
use crate::hello::{Counts, Credentials, Hello};
use crate::metrics;

/// How long an engine may take to load its tables.
const START: Duration = Duration::from_secs(120);

/// How long an engine may take to stop before it is killed; longer than it gives its own statements.
const STOP: Duration = Duration::from_secs(20);

/// How an engine process is started.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) data_dir: PathBuf,
    pub(super) library: PathBuf,
    pub(super) listen: SocketAddr,
    pub(super) credentials: Credentials,
}

/// A running engine process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) port: u16,
    child: Child,
    /// Open for as long as the engine shall live: it stops when this closes, whoever closes it.
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    complaints: Lines<BufReader<ChildStderr>>,
    counted: Counts,
}

impl Process {
    /// Starts the process and waits until it answers on its port; one that does not is gone when this returns.
    pub(super) async fn start(launch: &Launch) -> Result<Self, EngineError> {
        let mut process = Self::spawn(launch).await?;
        match process.answers(launch).await {
            Ok(()) => Ok(process),
            Err(error) => {
                process.stop().await;
                Err(error)
            }
        }
    }

    /// Starts the process.
    pub(super) async fn spawn(launch: &Launch) -> Result<Self, EngineError> {
        let spawned = launch.command().spawn();
        let mut child = spawned.map_err(EngineError::io("starting", &launch.program))?;
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(EngineError::Child { reason: "the process has no pipes".to_owned() });
        };
        let mut hello = serde_json::to_vec(&launch.credentials).expect("plain data");
        hello.push(b'\n');
        // A process that ended already says why on its standard output.
        let _told = stdin.write_all(&hello).await;
        Ok(Self {
            pid: child.id().unwrap_or(0),
            port: 0,
            child,
            stdin: Some(stdin),
            lines: BufReader::new(stdout).lines(),
            complaints: BufReader::new(stderr).lines(),
            counted: Counts::default(),
        })
    }

    /// Waits until the process answers on its port.
    pub(super) async fn answers(&mut self, launch: &Launch) -> Result<(), EngineError> {
        let answers = tokio::time::timeout(START, async {
            self.port = self.hello(launch).await?;
            self.ping().await
        });
        answers.await.unwrap_or(Err(EngineError::Timeout { seconds: START.as_secs() }))
    }

    /// Reads lines until the child says that it listens or why it does not.
    async fn hello(&mut self, launch: &Launch) -> Result<u16, EngineError> {
        let mut last_complaint = String::new();
        loop {
            tokio::select! {
                line = self.lines.next_line() => match line.ok().flatten() {
                    Some(line) => match serde_json::from_str(&line) {
                        Ok(Hello::Ready { port }) => return Ok(port),
                        Ok(Hello::Failed { locked: true, .. }) => {
                            return Err(EngineError::Locked { path: launch.data_dir.clone() });
                        }
                        Ok(Hello::Failed { reason, .. }) => return Err(EngineError::Child { reason }),
                        // The library writes to standard output too, now and then.
                        Ok(Hello::Counted(_)) | Err(_) => {}
                    },
                    None => {
                        let status = self.child.wait().await.map_or_else(|e| e.to_string(), |s| s.to_string());
                        while let Ok(Some(line)) = self.complaints.next_line().await {
                            last_complaint = line;
                        }
                        let reason = format!("{status} {last_complaint}").trim().to_owned();
                        return Err(EngineError::Child { reason });
                    }
                },
                Ok(Some(line)) = self.complaints.next_line() => last_complaint = line,
            }
        }
    }

    /// Asks `/ping` until it answers.
    async fn ping(&self) -> Result<(), EngineError> {
        loop {
            if pong(self.port).await.unwrap_or(false) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Listens to the process until it ends; returns its status in words.
    pub(super) async fn ended(&mut self) -> String {
        let (mut listening, mut complaining) = (true, true);
        loop {
            tokio::select! {
                line = self.lines.next_line(), if listening => match line {
                    Ok(Some(line)) => self.heard(&line),
                    Ok(None) | Err(_) => listening = false,
                },
                line = self.complaints.next_line(), if complaining => match line {
                    Ok(Some(line)) => tracing::warn!(engine.line = line, "the engine process complains"),
                    Ok(None) | Err(_) => complaining = false,
                },
                status = self.child.wait() => {
                    return status.map_or_else(|e| e.to_string(), |s| s.to_string());
                }
            }
        }
    }

    /// Takes a line of the running process: what it did since the last one goes into our metrics.
    fn heard(&mut self, line: &str) {
        let Ok(Hello::Counted(now)) = serde_json::from_str(line) else { return };
        let before = std::mem::replace(&mut self.counted, now);
        let count = |name: &'static str, now: u64, before: u64| {
            ::metrics::counter!(name).increment(now.saturating_sub(before));
        };
        count(metrics::QUERIES, now.queries, before.queries);
        count(metrics::INSERTS, now.inserts, before.inserts);
        count(metrics::FAILURES, now.failures, before.failures);
        count(metrics::ROWS_WRITTEN, now.rows_written, before.rows_written);
        count(metrics::BYTES_IN, now.bytes_in, before.bytes_in);
        count(metrics::BYTES_OUT, now.bytes_out, before.bytes_out);
    }

    /// Closes the process's standard input, waits, and kills it when it takes too long.
    pub(super) async fn stop(mut self) {
        self.stdin = None;
        if tokio::time::timeout(STOP, self.ended()).await.is_err() {
            tracing::warn!("the engine process did not stop when asked and is killed");
            if let Err(error) = self.child.kill().await {
                tracing::error!(%error, "could not kill the engine process");
            }
        }
    }
}

impl Launch {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .arg("--data")
            .arg(&self.data_dir)
            .arg("--library")
            .arg(&self.library)
            .arg("--listen")
            .arg(self.listen.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Ctrl-C goes to the whole foreground group; the engine must outlive it until its parent has finished writing.
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

/// Whether `/ping` on a port answers `Ok.`.
pub(super) async fn pong(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"GET /ping HTTP/1.0\r\nhost: localhost\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.ends_with("Ok.\n"))
}
