//! How a shadow's lists compare with those served: sums in memory, from the start of the trial or of the server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;
use vocab::ItemId;

use super::Order;

/// Items of both lists looked at.
const FIRST: usize = 10;

/// How a shadow's lists compare with those served.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Measured {
    /// Name of the version on the shelf.
    pub version: String,
    /// Share of the requests compared, in percent; while one comparison runs others are left out.
    pub percent: f64,
    /// Lists compared since the trial began or the server started.
    pub lists: u64,
    /// Mean share of the first ten items that are the same, 0 to 1.
    pub overlap_at_10: f64,
    /// Mean time its list took, in milliseconds.
    pub mean_ms: f64,
    /// The longest, in milliseconds.
    pub slowest_ms: f64,
}

/// The sums.
#[derive(Debug, Default)]
pub(super) struct Measuring {
    busy: AtomicBool,
    sums: Mutex<Sums>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    lists: u64,
    overlap: f64,
    took: Duration,
    slowest: Duration,
}

impl Measuring {
    pub(super) fn begin(&self) -> bool {
        !self.busy.swap(true, Ordering::AcqRel)
    }

    pub(super) fn note(&self, overlap: f64, took: Duration) {
        let mut sums = self.sums.lock();
        sums.lists += 1;
        sums.overlap += overlap;
        sums.took += took;
        sums.slowest = sums.slowest.max(took);
    }

    pub(super) fn end(&self) {
        self.busy.store(false, Ordering::Release);
    }

    pub(super) fn so_far(&self, order: &Order) -> Measured {
        let sums = *self.sums.lock();
        let lists = sums.lists.max(1) as f64;
        Measured {
            version: order.version.clone(),
            percent: order.percent,
            lists: sums.lists,
            overlap_at_10: sums.overlap / lists,
            mean_ms: sums.took.as_secs_f64() * 1e3 / lists,
            slowest_ms: sums.slowest.as_secs_f64() * 1e3,
        }
    }
}

/// Share of the first ten of the list served that are among the first ten of the other; of a shorter list, of all of
/// it. Two empty lists are the same.
pub fn overlap(served: &[ItemId], other: &[ItemId]) -> f64 {
    let first = |list: &'_ [ItemId]| list.len().min(FIRST);
    let (served, other) = (&served[..first(served)], &other[..first(other)]);
    if served.is_empty() {
        return if other.is_empty() { 1.0 } else { 0.0 };
    }
    let same = served.iter().filter(|item| other.contains(item)).count();
    same as f64 / served.len() as f64
}
