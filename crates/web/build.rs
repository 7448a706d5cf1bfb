//! Bundles the TypeScript once with esbuild, so that the crate can embed the result.

#![expect(
    clippy::print_stderr,
    reason = "cargo shows the errors of a failed build script from there"
)]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const NEEDED: &str = "Node ≥ 20 with npm is needed to build civicsense-web: https://nodejs.org";
/// What the bundles are made from, besides the folders of `src/`.
const SOURCES: [&str; 4] = ["build.mjs", "package.json", "package-lock.json", "tsconfig.json"];
const FOLDERS: [&str; 6] = ["api", "console", "docs", "portal", "sdk", "worker"];
/// Holds the lock file that `node_modules` was installed from.
const STAMP: &str = "node_modules/.installed-package-lock.json";

fn main() -> ExitCode {
    for path in SOURCES {
        println!("cargo::rerun-if-changed={path}");
    }
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed=src/{folder}");
    }
    match bundle() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn bundle() -> Result<(), String> {
    let root = variable("CARGO_MANIFEST_DIR")?;
    let bundles = variable("OUT_DIR")?.join("dist");
    check_node()?;
    install(&root)?;
    run(
        &root,
        "npm",
        [
            OsStr::new("run"),
            "--silent".as_ref(),
            "build".as_ref(),
            "--".as_ref(),
            bundles.as_os_str(),
        ],
    )
}

fn variable(name: &str) -> Result<PathBuf, String> {
    env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("cargo did not set {name}"))
}

fn check_node() -> Result<(), String> {
    let output = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|error| format!("{NEEDED} (node did not start: {error})"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major =
        version.trim_start_matches('v').split('.').next().and_then(|text| text.parse().ok());
    match major {
        Some(20_u32..) => Ok(()),
        _ => Err(format!("{NEEDED} (found node {version})")),
    }
}

/// Installs the pinned packages, unless they were installed from this very lock file.
fn install(root: &Path) -> Result<(), String> {
    let failed = |error| format!("package-lock.json: {error}");
    let path = root.join("package-lock.json");
    // Two builds with different target folders share the packages: the second one waits.
    let gate = fs::File::open(&path).map_err(failed)?;
    gate.lock().map_err(failed)?;
    let lock = fs::read(&path).map_err(failed)?;
    if fs::read(root.join(STAMP)).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // No package needs its install script: esbuild's program is a package of its own.
    run(root, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"].map(OsStr::new))?;
    fs::write(root.join(STAMP), lock).map_err(|error| format!("{STAMP}: {error}"))
}

fn run<'a>(
    root: &Path,
    program: &str,
    args: impl IntoIterator<Item = &'a OsStr>,
) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(args).current_dir(root);
    let output =
        command.output().map_err(|error| format!("{NEEDED} ({program} did not start: {error})"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
