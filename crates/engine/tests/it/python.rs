//! The official Python client, run by a Python that has it.

use std::path::Path;
use std::process::Command;

use crate::fixture::{Running, say};

/// The Python to use: `CIVICSENSE_PYTHON`, for example a virtual environment's.
fn python() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test takes its interpreter from whoever runs it"
    )]
    let named = std::env::var("CIVICSENSE_PYTHON").ok().filter(|p| !p.is_empty())?;
    let imports = Command::new(&named).args(["-c", "import clickhouse_connect, pandas"]).output();
    if imports.is_ok_and(|o| o.status.success()) {
        return Some(named);
    }
    say(format_args!("skipped: {named} cannot import clickhouse_connect and pandas"));
    None
}

#[tokio::test]
async fn clickhouse_connect_passes() {
    let Some(python) = python() else {
        say(
            "skipped: set CIVICSENSE_PYTHON to a Python with the packages clickhouse-connect and pandas to run this test",
        );
        return;
    };
    let running = Running::start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clickhouse_connect.py");
    let port = running.engine.url().port().expect("a port").to_string();
    let mut command = Command::new(python);
    command.arg(script).arg(port).arg(running.engine.password());
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("ran").expect("started");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    say(String::from_utf8_lossy(&said));
    running.engine.stop().await;
}
