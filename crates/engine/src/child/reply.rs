//! The way a statement's answer takes from the thread that runs it to the client's connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::encode::Encoder;
use super::exception::Exception;
use super::flushed::Flushed;
use super::shared::Shared;

/// Pieces of a result that may wait for the client; the statement stops producing when so many do.
const PIECES: usize = 4;

/// The head of an answer; ClickHouse's headers go in front of these.
pub(crate) type Head = (StatusCode, Vec<(&'static str, String)>);

/// A piece of an answer.
#[derive(Debug)]
enum Piece {
    Data(Bytes),
    /// The client shall see that the answer is not whole.
    Broken,
}

/// A running statement as its client knows it.
#[derive(Debug)]
pub(crate) struct Running {
    /// What marks it among the engine's statements.
    pub(crate) mark: String,
    finished: AtomicBool,
    abandoned: AtomicBool,
}

impl Running {
    pub(crate) fn new(mark: String) -> Arc<Self> {
        Arc::new(Self { mark, finished: AtomicBool::new(false), abandoned: AtomicBool::new(false) })
    }

    pub(crate) fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }

    /// Whether the client has gone.
    pub(crate) fn abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }
}

/// Cancels the statement when the client goes before it has finished.
#[derive(Debug)]
pub(crate) struct CancelOnDrop {
    pub(crate) running: Arc<Running>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) tracker: TaskTracker,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if self.running.finished.load(Ordering::Acquire) {
            return;
        }
        self.running.abandoned.store(true, Ordering::Release);
        let (running, shared) = (Arc::clone(&self.running), Arc::clone(&self.shared));
        self.tracker.spawn_blocking(move || shared.kill(&running.mark));
    }
}

/// The statement's end of the way.
#[derive(Debug)]
pub(crate) struct Sender {
    head: Option<oneshot::Sender<Head>>,
    pieces: mpsc::Sender<Piece>,
    shared: Arc<Shared>,
}

/// The client's end of the way.
#[derive(Debug)]
pub(crate) struct Receiver {
    head: oneshot::Receiver<Head>,
    pieces: mpsc::Receiver<Piece>,
}

/// Makes a way.
pub(crate) fn way(shared: Arc<Shared>) -> (Sender, Receiver) {
    let (head, head_end) = oneshot::channel();
    let (pieces, pieces_end) = mpsc::channel(PIECES);
    (Sender { head: Some(head), pieces, shared }, Receiver { head: head_end, pieces: pieces_end })
}

impl Sender {
    /// Whether the head is still to be sent, so that a failure can have a status of its own.
    pub(crate) fn untouched(&self) -> bool {
        self.head.is_some()
    }

    /// Sends the head; later calls do nothing.
    pub(crate) fn head(&mut self, head: Head) {
        if let Some(sender) = self.head.take() {
            // The client may have gone; the next piece tells.
            let _gone = sender.send(head);
        }
    }

    /// Sends a piece, waiting while the client is behind; `false` when the client has gone.
    pub(crate) fn piece(&self, piece: Bytes) -> bool {
        self.shared.counters.bytes_out(piece.len());
        piece.is_empty() || self.pieces.blocking_send(Piece::Data(piece)).is_ok()
    }

    /// Answers with an exception and nothing else.
    pub(crate) fn refuse(&mut self, exception: &Exception) {
        let line = exception.line(&self.shared.version);
        self.head((
            exception.status(),
            vec![
                ("content-type", "text/plain; charset=UTF-8".to_owned()),
                ("x-clickhouse-exception-code", exception.code.to_string()),
                ("content-length", line.len().to_string()),
            ],
        ));
        self.piece(line.into());
    }

    /// Ends an answer that has begun with an exception, framed as ClickHouse does since 25.11, and breaks the
    /// connection for clients that do not look for the frame.
    pub(crate) fn break_off(&self, mut encoder: Encoder, exception: &Exception, tag: &str) {
        let line = exception.line(&self.shared.version);
        let frame = format!(
            "\r\n__exception__\r\n{tag}\r\n{line}{} {tag}\r\n__exception__\r\n",
            line.len()
        );
        if let Ok(piece) = encoder.piece(frame.into()) {
            self.piece(piece);
        }
        let _gone = self.pieces.blocking_send(Piece::Broken);
    }
}

impl Receiver {
    /// Waits for the head and makes the response of it.
    pub(crate) async fn response(
        self,
        cancel: CancelOnDrop,
        query_id: &str,
        flushed: Flushed,
    ) -> Response<Answer> {
        let shared = Arc::clone(&cancel.shared);
        // The sender is dropped without a head only when its thread panicked.
        let (status, extra) =
            self.head.await.unwrap_or_else(|_| (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()));
        let body = Answer {
            pieces: Some(self.pieces),
            whole: None,
            breaking: false,
            flushed,
            _cancel: Some(cancel),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let (mut parts, body) = response.into_parts();
        headers(&mut parts, &shared, Some(query_id), &extra);
        Response::from_parts(parts, body)
    }
}

/// Adds ClickHouse's headers.
fn headers(
    parts: &mut Parts,
    shared: &Shared,
    query_id: Option<&str>,
    extra: &[(&'static str, String)],
) {
    let common = [
        ("x-clickhouse-timezone", shared.time_zone.as_str()),
        ("x-clickhouse-server-display-name", "civicsense"),
    ];
    let extra = extra.iter().map(|(name, value)| (*name, value.as_str()));
    let query_id = query_id.map(|id| ("x-clickhouse-query-id", id));
    for (name, value) in common.into_iter().chain(query_id).chain(extra) {
        // A query id with a control character cannot be a header; the client has it anyway.
        if let Ok(value) = HeaderValue::from_str(value) {
            parts.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// A small answer that needs no statement: `/ping`, a refused password.
pub(crate) fn plain(shared: &Shared, (status, extra): Head, text: String) -> Response<Answer> {
    let body = Answer {
        pieces: None,
        whole: Some(text.into()),
        breaking: false,
        flushed: Flushed::default(),
        _cancel: None,
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let (mut parts, body) = response.into_parts();
    headers(&mut parts, shared, None, &extra);
    Response::from_parts(parts, body)
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pieces: Option<mpsc::Receiver<Piece>>,
    whole: Option<Bytes>,
    breaking: bool,
    flushed: Flushed,
    _cancel: Option<CancelOnDrop>,
}

/// The answer ends before its end, on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the query failed after a part of its result was sent")]
pub(crate) struct BrokenOff;

impl Body for Answer {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(whole) = self.whole.take() {
            return Poll::Ready(Some(Ok(Frame::data(whole))));
        }
        if self.breaking {
            ready!(self.flushed.poll());
            self.pieces = None;
            self.breaking = false;
            return Poll::Ready(Some(Err(BrokenOff)));
        }
        let Some(pieces) = &mut self.pieces else { return Poll::Ready(None) };
        match ready!(pieces.poll_recv(cx)) {
            None => {
                self.pieces = None;
                Poll::Ready(None)
            }
            Some(Piece::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Piece::Broken) => {
                self.breaking = true;
                self.poll_frame(cx)
            }
        }
    }
}
