//! A file cut into blocks of whole lines, so that lines can be parsed in parallel and memory stays the same.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::file_error;
use super::line::Columns;
use crate::CollectError;

/// Bytes of one block.
const BLOCK: usize = 1 << 20;

/// Some whole lines, and the number of the first.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) first: u64,
    pub(super) bytes: Vec<u8>,
    /// Columns named before it.
    pub(super) columns: Option<Columns>,
}

impl Block {
    /// Its lines, numbered from 1 within the file, without their ends.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let lines = self.bytes.split(|byte| *byte == b'\n').enumerate();
        lines.map(|(n, line)| (self.first + n as u64, line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

pub(super) struct Blocks {
    source: Box<dyn Read>,
    read: Arc<AtomicU64>,
    /// The beginning of a line whose end is in the next block.
    rest: Vec<u8>,
    next_line: u64,
    max_line: usize,
    /// Inside a line longer than any may be: its bytes are thrown away.
    skipping: bool,
    /// The last line without an end may still get one.
    growing: bool,
    columns: Option<Columns>,
}

impl Blocks {
    pub(super) fn open(path: &Path, max_line: usize) -> Result<Self, CollectError> {
        let file = File::open(path).map_err(|error| file_error(path, error))?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { file, read: Arc::clone(&read) };
        let mut plain = BufReader::with_capacity(256 << 10, counted);
        let head = plain.fill_buf().map_err(|error| file_error(path, error))?;
        let source: Box<dyn Read> = if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(MultiGzDecoder::new(plain))
        } else {
            Box::new(plain)
        };
        Ok(Self {
            source,
            read,
            rest: Vec::new(),
            next_line: 1,
            max_line,
            skipping: false,
            growing: false,
            columns: None,
        })
    }

    /// Whether a line without an end at the end of the file waits for it.
    pub(super) fn set_growing(&mut self, growing: bool) {
        self.growing = growing;
    }

    /// Bytes of the file read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Up to `count` blocks, and how the file ended if it did.
    pub(super) fn round(&mut self, count: usize) -> (Vec<Block>, Option<io::Result<()>>) {
        let mut round = Vec::with_capacity(count);
        while round.len() < count {
            let (block, end) = self.block();
            round.push(block);
            if end.is_some() {
                return (round, end);
            }
        }
        (round, None)
    }

    fn block(&mut self) -> (Block, Option<io::Result<()>>) {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut end = None;
        let held = bytes.len();
        bytes.resize(held + BLOCK, 0);
        let mut filled = held;
        while filled < bytes.len() {
            match self.source.read(&mut bytes[filled..]) {
                Ok(0) => end = Some(Ok(())),
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => end = Some(Err(error)),
            }
            if end.is_some() {
                break;
            }
        }
        bytes.truncate(filled);
        if self.skipping {
            self.skip(&mut bytes);
        }
        let whole = match bytes.iter().rposition(|byte| *byte == b'\n') {
            // What follows a sound end is a line too, only without its end.
            _ if matches!(end, Some(Ok(()))) && !self.growing => bytes.len(),
            Some(last) => last + 1,
            None => 0,
        };
        self.rest = bytes.split_off(whole);
        if self.rest.len() > self.max_line {
            // Its beginning is handed out, too long as it is, so that it is counted.
            bytes.extend_from_slice(&self.rest[..=self.max_line]);
            bytes.push(b'\n');
            self.rest.clear();
            self.skipping = true;
        }
        let first = self.next_line;
        self.next_line += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let columns = self.columns.clone();
        for line in directives(&bytes) {
            if let Some(next) = Columns::directive(self.columns.as_ref(), line) {
                self.columns = Some(next);
            }
        }
        (Block { first, bytes, columns }, end)
    }

    fn skip(&mut self, bytes: &mut Vec<u8>) {
        match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                bytes.drain(..=end);
                self.skipping = false;
            }
            None => bytes.clear(),
        }
    }
}

/// Lines that begin with `#`.
fn directives(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte == b'#' && (*at == 0 || bytes.get(at - 1) == Some(&b'\n')));
    starts.map(|(at, _)| {
        let rest = &bytes[at..];
        rest.iter().position(|byte| *byte == b'\n').map_or(rest, |end| &rest[..end])
    })
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(into)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
