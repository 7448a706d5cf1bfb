//! The one thread that writes: gathers what waits, drops duplicates, and makes one fsync for all of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fjall::{OwnedWriteBatch, PersistMode};
use tokio::sync::{mpsc, oneshot};

use super::dedup::Dedup;
use super::lane::Bounds;
use super::prepare::{Group, Prepared};
use super::record::encode;
use super::{Appended, Lane, Shared, StatRow};
use crate::{CollectError, metrics as names};

/// Bytes after which a group is closed even if more is waiting: bounds the latency of its first request.
const GROUP_BYTES: u64 = 8 << 20;
/// Records removed by one trimming write.
const TRIM_STEP: u64 = 20_000;

pub(crate) enum Command {
    Append { prepared: Prepared, reply: oneshot::Sender<Result<Appended, CollectError>> },
    Trim(Lane),
}

type Waiting = (Prepared, oneshot::Sender<Result<Appended, CollectError>>);

pub(crate) struct Writer {
    shared: Arc<Shared>,
    queued_bytes: Arc<AtomicU64>,
    dedup: Dedup,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        queued_bytes: Arc<AtomicU64>,
    ) -> Result<Self, CollectError> {
        let dedup = Dedup::open(&shared.db, shared.config.dedup_window)?;
        Ok(Self { shared, queued_bytes, dedup })
    }

    pub(crate) fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        while let Some(first) = commands.blocking_recv() {
            let began = Instant::now();
            let mut group: Vec<Waiting> = Vec::new();
            let mut trims: Vec<Lane> = Vec::new();
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Append { prepared, reply } => {
                        bytes += prepared.bytes;
                        group.push((prepared, reply));
                    }
                    Command::Trim(lane) => trims.push(lane),
                }
                next = if bytes < GROUP_BYTES { commands.try_recv().ok() } else { None };
            }
            if !group.is_empty() {
                self.write_group(group);
                self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
                metrics::histogram!(names::COMMIT_SECONDS).record(began.elapsed());
            }
            trims.sort_unstable();
            trims.dedup();
            for lane in trims {
                if let Err(error) = self.trim(lane) {
                    tracing::error!(
                        spool.lane = lane.as_str(),
                        error = &error as &dyn std::error::Error,
                        "trimming failed"
                    );
                }
            }
            self.shared.made_room.notify_all();
        }
    }

    fn write_group(&mut self, group: Vec<Waiting>) {
        metrics::histogram!(names::COMMIT_REQUESTS).record(group.len() as f64);
        let (work, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let outcome = self.commit(work);
        self.dedup.settle();
        match outcome {
            Ok(answers) => {
                for (reply, appended) in replies.into_iter().zip(answers) {
                    // A caller that went away has its events on disk and will see duplicates.
                    drop(reply.send(Ok(appended)));
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "spool write failed");
                for reply in replies {
                    drop(reply.send(Err(error.clone())));
                }
            }
        }
    }

    fn commit(&mut self, work: Vec<Prepared>) -> Result<Vec<Appended>, CollectError> {
        let shared = Arc::clone(&self.shared);
        let lanes = &shared.lanes;
        let mut write = shared.db.batch().durability(Some(PersistMode::SyncAll));
        let mut events = lanes.get(Lane::Events).bounds();
        let mut dead = lanes.get(Lane::DeadLetters).bounds();
        let mut stats = lanes.get(Lane::Stats).bounds();
        let mut counts: BTreeMap<(Group, String), u64> = BTreeMap::new();
        let mut answers = Vec::with_capacity(work.len());
        for prepared in work {
            let mut tally = vec![[0_u64; 2]; prepared.groups.len()];
            let mut offsets = Vec::with_capacity(prepared.events.len());
            for event in prepared.events {
                let new =
                    self.dedup.admit(&mut write, event.id, event.received_at, event.imported)?;
                if let Some([stored, duplicate]) = tally.get_mut(event.group) {
                    *stored += u64::from(new);
                    *duplicate += u64::from(!new);
                }
                offsets.push(
                    new.then(|| put(&mut write, &shared, Lane::Events, &mut events, event.bytes)),
                );
            }
            for letter in prepared.dead {
                put(&mut write, &shared, Lane::DeadLetters, &mut dead, letter);
            }
            for (group, [stored, duplicate]) in prepared.groups.iter().zip(tally) {
                for (outcome, n) in [("stored", stored), ("suppressed.duplicate", duplicate)] {
                    if n > 0 {
                        *counts.entry((group.clone(), outcome.into())).or_default() += n;
                    }
                }
            }
            for (group, outcome, n) in prepared.counts {
                if let Some(group) = prepared.groups.get(group) {
                    *counts.entry((group.clone(), outcome)).or_default() += n;
                }
            }
            answers.push(Appended { offsets });
        }
        for ((group, outcome), n) in &counts {
            let row = stat_row(group, outcome, *n);
            put(&mut write, &shared, Lane::Stats, &mut stats, encode(&row));
        }
        lanes.write_bounds(&mut write, Lane::Events, events);
        lanes.write_bounds(&mut write, Lane::DeadLetters, dead);
        lanes.write_bounds(&mut write, Lane::Stats, stats);
        write.commit()?;
        lanes.get(Lane::Events).publish(events);
        lanes.get(Lane::DeadLetters).publish(dead);
        lanes.get(Lane::Stats).publish(stats);
        for ((group, outcome), n) in counts {
            metrics::counter!(names::ARRIVALS, "proto" => group.proto, "outcome" => outcome)
                .increment(n);
        }
        metrics::gauge!(names::SPOOL_BYTES).set((events.bytes + dead.bytes + stats.bytes) as f64);
        Ok(answers)
    }

    /// Removes records every consumer has taken. Not synced: after a crash it is simply done again.
    fn trim(&self, lane: Lane) -> Result<(), CollectError> {
        let lanes = &self.shared.lanes;
        let open = lanes.get(lane);
        let keep = if lane == Lane::Events { self.shared.config.keep_events } else { 0 };
        let taken = self.shared.batches.lock().taken(lane);
        let end = taken.min(open.next().saturating_sub(keep));
        let mut bounds = open.bounds();
        while bounds.first < end {
            let mut write: OwnedWriteBatch = self.shared.db.batch();
            let stop = end.min(bounds.first + TRIM_STEP);
            // Read as a range: one look-up for all of them.
            let range = bounds.first.to_be_bytes()..stop.to_be_bytes();
            for guard in open.records.range(range) {
                let (key, value) = guard.into_inner()?;
                bounds.bytes = bounds.bytes.saturating_sub(value.len() as u64);
                write.remove(&open.records, key);
            }
            bounds.first = stop;
            lanes.write_bounds(&mut write, lane, bounds);
            write.commit()?;
            open.publish(bounds);
        }
        Ok(())
    }
}

fn put(
    write: &mut OwnedWriteBatch,
    shared: &Shared,
    lane: Lane,
    bounds: &mut Bounds,
    bytes: Vec<u8>,
) -> u64 {
    let offset = bounds.next;
    bounds.next += 1;
    bounds.bytes += bytes.len() as u64;
    write.insert(&shared.lanes.get(lane).records, offset.to_be_bytes(), bytes);
    offset
}

fn stat_row(group: &Group, outcome: &str, n: u64) -> StatRow {
    StatRow {
        minute: group.minute,
        site: group.site,
        proto: group.proto.clone(),
        lib: group.lib.clone(),
        outcome: outcome.into(),
        n,
    }
}
