//! Readers over a request's body: the network, HTTP content codings and ClickHouse's compressed blocks.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::runtime::Handle;

use super::exception::{Exception, Raised};
use super::shared::Counters;

/// The largest block a client may send, compressed or not.
const LARGEST_BLOCK: usize = 256 << 20;

/// Length of a block's checksum and of the header after it.
const CHECKSUM: usize = 16;
const HEADER: usize = 9;

/// A request's body as a blocking reader. Clones read the same body, so that what a decoder leaves can be drained.
#[derive(Clone, Debug)]
pub(crate) struct Body(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    runtime: Handle,
    incoming: Incoming,
    chunk: Bytes,
    ended: bool,
    counters: Arc<Counters>,
}

impl Body {
    /// Wraps a body; must be read outside the runtime's own threads.
    pub(crate) fn new(runtime: Handle, incoming: Incoming, counters: Arc<Counters>) -> Self {
        Self(Arc::new(Mutex::new(State {
            runtime,
            incoming,
            chunk: Bytes::new(),
            ended: false,
            counters,
        })))
    }

    /// Reads and forgets what is left, so that a client still sending gets to read the answer.
    pub(crate) fn drain(&self, limit: u64) {
        let _rest = io::copy(&mut self.clone().take(limit), &mut io::sink());
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while state.chunk.is_empty() {
            if state.ended {
                return Ok(0);
            }
            let runtime = state.runtime.clone();
            match runtime.block_on(state.incoming.frame()) {
                None => state.ended = true,
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        state.counters.bytes_in(data.len());
                        state.chunk = data;
                    }
                }
                Some(Err(error)) => {
                    state.ended = true;
                    return Err(io::Error::new(io::ErrorKind::ConnectionAborted, error));
                }
            }
        }
        let length = buffer.len().min(state.chunk.len());
        buffer[..length].copy_from_slice(&state.chunk[..length]);
        state.chunk.advance(length);
        Ok(length)
    }
}

/// Undoes a body's `Content-Encoding` and, where `blocks` says so, ClickHouse's own block compression.
///
/// # Errors
/// `UNKNOWN_COMPRESSION_METHOD` for a coding that is not supported.
pub(crate) fn decoder(
    body: impl Read + Send + 'static,
    coding: Option<&str>,
    blocks: bool,
) -> Result<Box<dyn Read + Send>, Exception> {
    let plain: Box<dyn Read + Send> = match coding.map(|c| c.trim().to_ascii_lowercase()).as_deref()
    {
        None | Some("" | "identity") => Box::new(body),
        Some("gzip" | "x-gzip") => Box::new(flate2::read::MultiGzDecoder::new(body)),
        Some("deflate") => Box::new(flate2::read::ZlibDecoder::new(body)),
        Some("lz4") => Box::new(lz4_flex::frame::FrameDecoder::new(body)),
        Some(other) => {
            return Err(Raised::UnknownCompressionMethod.because(format!(
                "Unknown compression method {other}. Only 'gzip', 'deflate' and 'lz4' are supported"
            )));
        }
    };
    Ok(if blocks { Box::new(Blocks { inner: plain, block: Vec::new(), at: 0 }) } else { plain })
}

/// Reads ClickHouse's compressed blocks: a `CityHash128` of what follows, a method byte, two sizes, the data.
struct Blocks<R> {
    inner: R,
    block: Vec<u8>,
    at: usize,
}

impl<R: Read> Blocks<R> {
    /// Reads the next block; `false` at the end of the body.
    fn fill(&mut self) -> io::Result<bool> {
        let mut start = [0_u8; CHECKSUM + HEADER];
        let first = self.inner.read(&mut start)?;
        if first == 0 {
            return Ok(false);
        }
        self.inner.read_exact(&mut start[first..])?;
        let (checksum, header) = start.split_at(CHECKSUM);
        let size = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
                as usize
        };
        let (compressed, plain) = (size(1), size(5));
        if !(HEADER..=LARGEST_BLOCK).contains(&compressed) || plain > LARGEST_BLOCK {
            return Err(invalid("the size of a compressed block is out of bounds"));
        }
        let mut hashed = vec![0_u8; compressed];
        hashed[..HEADER].copy_from_slice(header);
        self.inner.read_exact(&mut hashed[HEADER..])?;
        // The hash is written as two 64-bit halves, low half of the pair first.
        let hash = cityhash_rs::cityhash_102_128(&hashed);
        if hash.rotate_left(64).to_le_bytes() != checksum {
            return Err(invalid("the checksum of a compressed block does not match"));
        }
        self.at = 0;
        match hashed[0] {
            0x82 => {
                self.block.resize(plain, 0);
                let written = lz4_flex::block::decompress_into(&hashed[HEADER..], &mut self.block)
                    .map_err(|e| invalid(&e.to_string()))?;
                if written != plain {
                    return Err(invalid("a compressed block is shorter than it says"));
                }
            }
            0x02 => {
                self.block.clear();
                self.block.extend_from_slice(&hashed[HEADER..]);
            }
            method => {
                return Err(invalid(&format!(
                    "compression method 0x{method:02x} is not supported"
                )));
            }
        }
        Ok(true)
    }
}

impl<R: Read> Read for Blocks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let length = buffer.len().min(self.block.len() - self.at);
        buffer[..length].copy_from_slice(&self.block[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// What a failed read means to the client.
pub(crate) fn read_failed(error: &io::Error) -> Exception {
    match error.kind() {
        io::ErrorKind::ConnectionAborted => {
            Raised::NetworkError.because(format!("The request's body broke off: {error}"))
        }
        _ => Raised::CannotDecompress
            .because(format!("Cannot decompress the request's body: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::child::encode::block;

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        decoder(Cursor::new(bytes), None, true).expect("supported").read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn blocks_come_back_as_they_were() {
        let (one, two) = (b"first ".repeat(1000), b"second".to_vec());
        let wire = [block(&one), block(&two)].concat();
        assert_eq!(read(wire).expect("valid"), [one, two].concat());
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut wire = block(b"hello hello hello hello");
        *wire.last_mut().expect("not empty") ^= 1;
        assert_eq!(read(wire).expect_err("damaged").kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_cut_block_is_noticed() {
        let wire = block(&b"hello ".repeat(100));
        for cut in [1, 10, 20, wire.len() - 1] {
            assert!(read(wire[..cut].to_vec()).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn an_unknown_coding_is_refused() {
        let refused = decoder(io::empty(), Some("zstd"), false).err().expect("refused");
        assert_eq!(refused.code, 89);
    }
}
