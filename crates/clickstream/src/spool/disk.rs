//! Room on the disk: refused in time, because a store that has met a full disk takes nothing more until it is opened anew.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long an answer of the operating system holds.
const FRESH: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Disk {
    dir: PathBuf,
    /// Bytes that must stay free.
    reserve: u64,
    opened: Instant,
    /// Microseconds after `opened` when to look again.
    look_at: AtomicU64,
    full: AtomicBool,
}

impl Disk {
    pub(crate) fn new(dir: PathBuf, reserve: u64) -> Self {
        let (look_at, full) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { dir, reserve, opened: Instant::now(), look_at, full }
    }

    /// Whether less than the reserve is free. Where the operating system does not say, there is room.
    pub(crate) fn is_full(&self) -> bool {
        let now = self.opened.elapsed();
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let due = self.look_at.load(Ordering::Relaxed);
        let next = micros(now + FRESH);
        if micros(now) >= due
            && self
                .look_at
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            let free = fs4::available_space(&self.dir);
            self.full.store(free.is_ok_and(|free| free < self.reserve), Ordering::Relaxed);
        }
        self.full.load(Ordering::Relaxed)
    }
}
