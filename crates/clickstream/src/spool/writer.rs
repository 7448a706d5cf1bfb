//! The one thread that writes: gathers what waits, drops duplicates, and makes one fsync for all of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fjall::PersistMode;
use tokio::sync::{mpsc, oneshot};

use super::dedup::Dedup;
use super::prepare::{Group, Prepared};
use super::record::encode;
use super::{Appended, Lane, Shared, StatRow};
use crate::{CollectError, metrics as names};

/// Bytes after which a group is closed even if more is waiting: bounds the latency of its first request.
const GROUP_BYTES: u64 = 8 << 20;
/// What became of an arrival whose id is known.
const DUPLICATE: &str = "suppressed.duplicate";

pub(crate) enum Command {
    Append { prepared: Prepared, reply: oneshot::Sender<Result<Appended, CollectError>> },
    Trim(Lane),
    Forget,
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
            let mut forget = false;
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Append { prepared, reply } => {
                        bytes += prepared.bytes;
                        group.push((prepared, reply));
                    }
                    Command::Trim(lane) => trims.push(lane),
                    Command::Forget => forget = true,
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
            let mut kept: Vec<(Lane, u64)> =
                trims.into_iter().map(|lane| (lane, self.kept(lane))).collect();
            if forget {
                kept.push((Lane::Events, 0));
            }
            for (lane, keep) in kept {
                if let Err(error) = self.trim(lane, keep) {
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
        let mut events = lanes.get(Lane::Events).tail();
        let mut dead = lanes.get(Lane::DeadLetters).tail();
        let mut stats = lanes.get(Lane::Stats).tail();
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
                offsets.push(match new {
                    true => Some(events.push(&shared.db, &mut write, event.bytes)?),
                    false => None,
                });
            }
            for letter in prepared.dead {
                let new = match letter.id {
                    Some(id) => self.dedup.admit(&mut write, id, letter.received_at, true)?,
                    None => true,
                };
                let outcome = if new { letter.outcome } else { DUPLICATE.into() };
                if new {
                    dead.push(&shared.db, &mut write, letter.bytes)?;
                }
                if let Some(group) = prepared.groups.get(letter.group) {
                    *counts.entry((group.clone(), outcome)).or_default() += 1;
                }
            }
            for (group, [stored, duplicate]) in prepared.groups.iter().zip(tally) {
                for (outcome, n) in [("stored", stored), (DUPLICATE, duplicate)] {
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
            stats.push(&shared.db, &mut write, encode(&row))?;
        }
        for tail in [&events, &dead, &stats] {
            tail.note(lanes, &mut write);
        }
        write.commit()?;
        for tail in [events, dead, stats] {
            tail.publish();
        }
        for ((group, outcome), n) in counts {
            metrics::counter!(names::ARRIVALS, "proto" => group.proto, "outcome" => outcome)
                .increment(n);
        }
        metrics::gauge!(names::SPOOL_BYTES).set(lanes.held_bytes() as f64);
        Ok(answers)
    }

    /// Records kept although every consumer has taken them.
    fn kept(&self, lane: Lane) -> u64 {
        if lane == Lane::Events { self.shared.config.keep_events } else { 0 }
    }

    /// Lets go what every consumer has taken. Synced only where segments are deleted: the rest is simply done again.
    fn trim(&self, lane: Lane, keep: u64) -> Result<(), CollectError> {
        let Shared { db, lanes, batches, .. } = &*self.shared;
        let open = lanes.get(lane);
        let end = batches.lock().taken(lane).min(open.next().saturating_sub(keep));
        if end <= open.first() {
            return Ok(());
        }
        let mut tail = open.tail();
        let gone = tail.trim(end);
        let durability = if gone.is_empty() { None } else { Some(PersistMode::SyncAll) };
        let mut write = db.batch().durability(durability);
        tail.note(lanes, &mut write);
        write.commit()?;
        tail.publish();
        for segment in gone {
            db.delete_keyspace(segment)?;
        }
        Ok(())
    }
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
