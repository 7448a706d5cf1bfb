//! The engine as a process: started, restarted, locked, and gone when it should be gone.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use engine::{Engine, EngineError};

use crate::fixture::{Running, alive, cache_dir, config, kill_9, progress};

#[tokio::test]
async fn stop_leaves_no_process_and_the_data_stays() {
    let running = Running::start().await;
    running.ask("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a").await;
    running.ask("INSERT INTO t VALUES (1)").await;
    let pid = running.engine.pid().expect("running");
    let (password, directory) = (running.engine.password().to_owned(), running.directory);
    assert!(alive(pid));
    running.engine.stop().await;
    assert!(!alive(pid));

    let engine = Engine::start(config(&directory.path().join("data")), progress())
        .await
        .expect("started again");
    assert_eq!(engine.password(), password, "the password is made once");
    let again = Running { engine, directory };
    assert_eq!(again.ask("SELECT count() FROM t").await, "1");
    let pid = again.engine.pid().expect("running");
    let Running { engine, directory } = again;
    drop(engine);
    let deadline = Instant::now() + Duration::from_secs(20);
    while alive(pid) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!alive(pid), "dropping the engine stops it too");
    drop(directory);
}

#[tokio::test]
async fn a_killed_engine_comes_back_on_the_same_port() {
    let running = Running::start().await;
    let url = running.engine.url().clone();
    let pid = running.engine.pid().expect("running");
    kill_9(pid);
    while running.engine.pid() == Some(pid) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.engine.ready().await;
    assert_eq!(running.engine.restarts(), 1);
    assert_eq!(running.engine.url(), &url);
    assert_eq!(running.ask("SELECT 1").await, "1");
    assert_ne!(running.engine.pid(), Some(pid));
    running.engine.stop().await;
}

#[tokio::test]
async fn a_data_directory_has_one_engine() {
    let running = Running::start().await;
    let second = Engine::start(config(&running.directory.path().join("data")), progress()).await;
    assert!(matches!(second.expect_err("refused"), EngineError::Locked { .. }));
    assert_eq!(running.ask("SELECT 1").await, "1");
    running.engine.stop().await;
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let with = |library: &str, program: &str| {
        let mut config = config(&directory.path().join("data"));
        config.library = Some(library.into());
        if !program.is_empty() {
            config.program = program.into();
        }
        Engine::start(config, progress())
    };
    let error = with("/nonexistent/libchdb.so", "").await.expect_err("no library");
    assert!(
        error.to_string().contains("/nonexistent/libchdb.so is not a usable libchdb"),
        "{error}"
    );
    let error = with("/dev/null", "/nonexistent/program").await.expect_err("no program");
    assert!(error.to_string().starts_with("starting /nonexistent/program"), "{error}");
    let error = with("/dev/null", "/bin/false").await.expect_err("ends at once");
    assert!(matches!(error, EngineError::Child { .. }), "{error}");
}

/// An engine process whose parent is the test.
struct Orphan {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    port: String,
}

impl Orphan {
    async fn start(data_dir: &Path) -> Self {
        let library = engine::fetch(&cache_dir(), &progress()).await.expect("fetched");
        let mut child = Command::new(env!("CARGO_BIN_EXE_civicsense-engine"))
            .arg("--data")
            .arg(data_dir)
            .arg("--library")
            .arg(library)
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(b"{\"user\":\"default\",\"password\":\"p\"}\n").expect("taken");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready = lines.next().expect("said").expect("text");
        let port = ready
            .strip_prefix("{\"said\":\"ready\",\"port\":")
            .and_then(|p| p.strip_suffix('}'))
            .expect(&ready)
            .to_owned();
        Self { child, stdin, lines, port }
    }
}

async fn ask(port: &str, statement: &'static str) -> String {
    let url = format!("http://127.0.0.1:{port}/?password=p");
    let request = reqwest::Client::new().post(url).body(statement);
    request.send().await.expect("answered").text().await.expect("whole")
}

#[tokio::test]
async fn the_child_ends_with_its_parent() {
    let directory = tempfile::tempdir().expect("a directory");
    let Orphan { mut child, stdin, mut lines, port } = Orphan::start(directory.path()).await;
    assert_eq!(ask(&port, "SELECT 1").await, "1\n");
    let counted = lines.next().expect("said").expect("text");
    assert!(
        counted.starts_with("{\"said\":\"counted\",\"queries\":1,\"inserts\":0,\"failures\":0"),
        "{counted}"
    );
    drop(stdin);
    let ended =
        tokio::task::spawn_blocking(move || child.wait()).await.expect("waited").expect("ended");
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn a_start_waits_for_the_engine_of_a_killed_parent() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let Orphan { mut child, stdin, port, .. } = Orphan::start(&data).await;
    let (answer, engine) = tokio::join!(ask(&port, "SELECT sleep(3)"), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(stdin);
        Engine::start(config(&data), progress()).await
    });
    assert_eq!(answer, "0\n", "what ran was finished");
    let running = Running { engine: engine.expect("started"), directory };
    assert_eq!(running.ask("SELECT 1").await, "1");
    running.engine.stop().await;
    assert!(child.wait().expect("ended").success());
}

#[tokio::test]
#[ignore = "downloads 178 MB; the other tests fetch the library too, but only where it is missing"]
async fn two_that_need_the_library_at_once_fetch_it_once() {
    let cache = tempfile::tempdir().expect("a directory");
    let started = Instant::now();
    let (steps, heard) = std::sync::mpsc::channel();
    let on_progress: engine::OnProgress =
        std::sync::Arc::new(move |step| steps.send(step).expect("listened to"));
    let (one, two) = tokio::join!(
        engine::fetch(cache.path(), &on_progress),
        engine::fetch(cache.path(), &on_progress)
    );
    let (one, two) = (one.expect("fetched"), two.expect("fetched"));
    assert_eq!(one, two);
    drop(on_progress);
    let steps: Vec<_> = heard.iter().collect();
    let count = |wanted| steps.iter().filter(|s| **s == wanted).count();
    assert_eq!(count(engine::FetchProgress::Checking), 1, "one of the two fetched it");
    assert_eq!(count(engine::FetchProgress::Waiting), 1, "the other waited");
    assert!(steps.iter().any(
        |s| matches!(s, engine::FetchProgress::Downloading { bytes, .. } if *bytes > 1_000_000)
    ));
    let left: Vec<_> =
        std::fs::read_dir(cache.path()).expect("there").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "the library and the lock, nothing half-done: {left:?}");
    println!("fetched in {:?}", started.elapsed());
}
