//! Knowing that what was written to a connection has left this process.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

const IDLE: u8 = 0;
const AWAITED: u8 = 1;
const FLUSHED: u8 = 2;

/// Shared by a connection and the body of the answer it is sending.
///
/// hyper drops what it still holds for a connection when a body fails, so a body that is about to fail waits here until
/// nothing is held. hyper polls a body and its connection from one task, and flushes the connection only after all it held
/// was written; waking that task from the flush is therefore enough.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flushed(Arc<AtomicU8>);

impl Flushed {
    /// Ready once all that the body has given was handed to the operating system.
    pub(crate) fn poll(&self) -> Poll<()> {
        match self.0.compare_exchange(IDLE, AWAITED, Ordering::AcqRel, Ordering::Acquire) {
            Err(FLUSHED) => {
                self.0.store(IDLE, Ordering::Release);
                Poll::Ready(())
            }
            _ => Poll::Pending,
        }
    }

    fn flushed(&self, cx: &Context<'_>) {
        let told = self.0.compare_exchange(AWAITED, FLUSHED, Ordering::AcqRel, Ordering::Acquire);
        if told.is_ok() {
            cx.waker().wake_by_ref();
        }
    }
}

/// A connection that tells when it was flushed.
#[derive(Debug)]
pub(crate) struct Watched<T> {
    pub(crate) io: T,
    pub(crate) flushed: Flushed,
}

impl<T: Read + Unpin> Read for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<T: Write + Unpin> Write for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.io).poll_flush(cx);
        if flush.is_ready() {
            self.flushed.flushed(cx);
        }
        flush
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, pieces)
    }
}
