//! The real binary in a directory of its own, stopped when dropped.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// A running `civicsense serve` or `demo`.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Program {
    /// Starts the binary with `arguments` on a free port and waits until it says where it listens.
    pub(crate) fn start(arguments: &[&str], data_dir: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_civicsense"))
            .args(arguments)
            .args(["--port", "0", "--data-dir"])
            .arg(data_dir)
            .env("CIVICSENSE__LOG__FILTER", "error")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("the binary starts")?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = loop {
            let line = lines.next().context("the program ended before it listened")??;
            if let Some(rest) = line.split("http://").nth(1) {
                break rest.split(['/', ' ']).next().unwrap_or_default().to_owned();
            }
        };
        // Keep reading, so the program never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, address })
    }

    /// Processes it started: the analytic engine.
    pub(crate) fn children(&self) -> Vec<u32> {
        let output = Command::new("pgrep").args(["-P", &self.child.id().to_string()]).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        text.unwrap_or_default().lines().filter_map(|pid| pid.trim().parse().ok()).collect()
    }

    /// Resident memory of the program and its children (the analytic engine), in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident(self.child.id()) + self.children().into_iter().map(resident).sum::<u64>()
    }
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ctrl-C, as a person would; the engine child must go with it.
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().ok();
        self.child.wait().ok();
    }
}
