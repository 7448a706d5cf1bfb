//! The HTTP server of the engine process.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::decode::Body;
use super::exception::Exception;
use super::flushed::{Flushed, Watched};
use super::job::Job;
use super::reply::{Answer, CancelOnDrop, Running, plain, way};
use super::request::{self, Request};
use super::shared::Shared;
use super::{GRACE, auth, say};
use crate::error::EngineError;
use crate::hello::{Counts, Hello};

/// How often the parent is told what was done.
const COUNTING: Duration = Duration::from_secs(2);

/// Serves until `stop` is cancelled, then lets what runs finish for a while.
///
/// # Errors
/// [`EngineError::Io`] when the address is not free.
pub(crate) async fn serve(
    listen: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    ready: impl FnOnce(u16),
) -> Result<(), EngineError> {
    let listener = TcpListener::bind(listen)
        .await
        .map_err(EngineError::io("listening for", listen.to_string()))?;
    let port = listener.local_addr().unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).port();
    ready(port);
    let tracker = TaskTracker::new();
    tracker.spawn(count(Arc::clone(&shared), stop.clone()));
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, or the client gave up: neither is a reason to stop serving.
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        // Small answers must not wait for the client's acknowledgement.
        let _delay = stream.set_nodelay(true);
        let (shared, tracker_of_task, stop) = (Arc::clone(&shared), tracker.clone(), stop.clone());
        tracker.spawn(async move {
            let flushed = Flushed::default();
            let io = Watched { io: TokioIo::new(stream), flushed: flushed.clone() };
            let service = service_fn(|request| {
                handle(request, Arc::clone(&shared), tracker_of_task.clone(), flushed.clone())
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            let connection = http.timer(TokioTimer::new()).serve_connection(io, service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    tracker.close();
    if tokio::time::timeout(GRACE, tracker.wait()).await.is_err() {
        tracing::warn!("stopped with statements still running");
    }
    Ok(())
}

/// Tells the parent what was done, when something was.
async fn count(shared: Arc<Shared>, stop: CancellationToken) {
    let mut last = Counts::default();
    loop {
        let stopped = tokio::select! {
            () = tokio::time::sleep(COUNTING) => false,
            () = stop.cancelled() => true,
        };
        let counts = shared.counters.counts();
        if counts != last {
            say(&Hello::Counted(counts));
            last = counts;
        }
        if stopped {
            return;
        }
    }
}

async fn handle(
    request: http::Request<Incoming>,
    shared: Arc<Shared>,
    tracker: TaskTracker,
    flushed: Flushed,
) -> Result<Response<Answer>, Infallible> {
    let text = |text: &str| {
        plain(
            &shared,
            (StatusCode::OK, vec![("content-type", "text/plain".to_owned())]),
            text.to_owned(),
        )
    };
    match request.uri().path() {
        "/ping" | "/replicas_status" => return Ok(text("Ok.\n")),
        "/" => {}
        _ => {
            let head = (StatusCode::NOT_FOUND, vec![("content-type", "text/plain".to_owned())]);
            return Ok(plain(&shared, head, "There is no handle for this path.\n".to_owned()));
        }
    }
    let (parts, incoming) = request.into_parts();
    let body = Body::new(Handle::current(), incoming, Arc::clone(&shared.counters));
    let pairs = request::pairs(&parts);
    let parameter =
        |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    if let Err(exception) = auth::check(&shared.credentials, &parts.headers, parameter) {
        return Ok(refuse(&shared, &exception, body).await);
    }
    if parts.method == Method::GET && parameter("query").is_none() {
        return Ok(text("Ok.\n"));
    }
    if parts.method != Method::GET && parts.method != Method::POST {
        let head = (StatusCode::METHOD_NOT_ALLOWED, vec![("allow", "GET, POST".to_owned())]);
        return Ok(plain(&shared, head, "Use GET or POST.\n".to_owned()));
    }
    let mark = Uuid::new_v4().simple().to_string();
    let request = match Request::read(&parts, pairs, Uuid::new_v4().to_string()) {
        Ok(request) => request,
        Err(exception) => return Ok(refuse(&shared, &exception, body).await),
    };
    let query_id = request.query_id.clone();
    let running = Running::new(mark);
    let (reply, receiver) = way(Arc::clone(&shared));
    let cancel = CancelOnDrop {
        running: Arc::clone(&running),
        shared: Arc::clone(&shared),
        tracker: tracker.clone(),
    };
    let job = Job { request, body, reply, running, shared, runtime: Handle::current() };
    tracker.spawn_blocking(move || job.run());
    Ok(receiver.response(cancel, &query_id, flushed).await)
}

/// Answers a request that does not become a statement.
async fn refuse(shared: &Arc<Shared>, exception: &Exception, body: Body) -> Response<Answer> {
    shared.counters.failure();
    // A client in the middle of a large insert would otherwise see a reset connection instead of the answer.
    let drained = tokio::task::spawn_blocking(move || body.drain(16 << 20)).await;
    drop(drained);
    let mut headers = vec![
        ("content-type", "text/plain; charset=UTF-8".to_owned()),
        ("x-clickhouse-exception-code", exception.code.to_string()),
    ];
    if exception.status() == StatusCode::UNAUTHORIZED {
        headers.push(("www-authenticate", "Basic realm=\"ClickHouse server HTTP API\"".to_owned()));
    }
    plain(shared, (exception.status(), headers), exception.line(&shared.version))
}
