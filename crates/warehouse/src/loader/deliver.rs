//! Sending until it has arrived: retry what passes, divide around a bad row, wait for a person, then write the ledger.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use clickstream::{Batch, Lane};
use jiff::Timestamp;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use vocab::Event;

use super::encode::{Load, Part};
use super::{Loader, blocking};
use crate::backoff::Backoff;
use crate::error::Remedy;
use crate::rowbinary::RowWriter;
use crate::rows::{
    BATCHES, DEAD_LETTERS, LedgerEntry, Target, Unstorable, write_ledger, write_unstorable,
};
use crate::send::{Mark, Parcel};
use crate::{WarehouseError, metrics as names};

/// How an insert ended.
enum Sent {
    Arrived,
    /// One of the rows cannot be stored; none was.
    Refused(WarehouseError),
    Cancelled,
}

impl Loader {
    /// Sends every part of a batch, then its dead letters and ledger rows, then lets its records go.
    /// `divided` holds the tokens that were sent in halves before. `false` where cancellation came first.
    pub(super) async fn deliver(
        &self,
        load: Load,
        mut divided: HashSet<String>,
        cancel: &CancellationToken,
    ) -> Result<bool, WarehouseError> {
        let mut unstorable = load.unstorable;
        let mut ledger = Vec::new();
        for part in load.parts {
            let entry = ledger_entry(&load.batch, &part);
            let before = unstorable.len();
            if part.parcel.rows() > 0
                && !self
                    .deliver_part(part.parcel, entry.cut_at, &mut divided, &mut unstorable, cancel)
                    .await?
            {
                return Ok(false);
            }
            let dead = (unstorable.len() - before) as u64;
            ledger.push(LedgerEntry { rows: entry.rows - dead, dead, ..entry });
        }
        if !unstorable.is_empty() {
            metrics::counter!(names::UNSTORABLE).increment(unstorable.len() as u64);
            let token = format!("{}/unstorable", load.batch.token);
            let letters = parcel(DEAD_LETTERS, token, &unstorable, write_unstorable);
            if !self.insist(&letters, cancel).await {
                return Ok(false);
            }
        }
        let token = format!("{}/ledger", load.batch.token);
        if !self.insist(&parcel(BATCHES, token, &ledger, write_ledger), cancel).await {
            return Ok(false);
        }
        let (spool, batch) = (Arc::clone(&self.spool), load.batch);
        let lane = batch.lane.as_str();
        blocking(move || Ok(spool.finish(&batch)?)).await?;
        metrics::counter!(names::BATCHES, "lane" => lane).increment(1);
        Ok(true)
    }

    /// Sends one part; rows that cannot be stored end up in `unstorable`.
    async fn deliver_part(
        &self,
        whole: Parcel,
        cut_at: Timestamp,
        divided: &mut HashSet<String>,
        unstorable: &mut Vec<Unstorable>,
        cancel: &CancellationToken,
    ) -> Result<bool, WarehouseError> {
        let mut rest = vec![whole];
        while let Some(parcel) = rest.pop() {
            if !divided.contains(&parcel.token) {
                match self.attempt(&parcel, cancel).await {
                    Sent::Arrived => continue,
                    Sent::Cancelled => return Ok(false),
                    Sent::Refused(error) if parcel.rows() == 1 => {
                        let Some(event) = self.record_of(&parcel).await? else { continue };
                        unstorable.push(Unstorable { event, detail: error.to_string() });
                        continue;
                    }
                    Sent::Refused(_) => {}
                }
                // Written down first: after a crash a token must never be sent whole once its halves may have arrived.
                if !self.insist(&division(&parcel, cut_at), cancel).await {
                    return Ok(false);
                }
                divided.insert(parcel.token.clone());
            }
            rest.extend(parcel.halves());
        }
        Ok(true)
    }

    /// Sends until it arrives or a row of it turns out to be bad.
    async fn attempt(&self, parcel: &Parcel, cancel: &CancellationToken) -> Sent {
        let mut retry = Backoff::new(Duration::from_millis(100), Duration::from_secs(3));
        let mut wait = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
        let mut failures = 0_u32;
        loop {
            let error = match self.warehouse.send(parcel).await {
                Ok(()) => {
                    if failures > 0 {
                        tracing::info!(
                            insert.failures = failures,
                            "insert arrived after {failures} failures"
                        );
                    }
                    metrics::gauge!(names::BLOCKED).set(0.0);
                    return Sent::Arrived;
                }
                Err(error) => error,
            };
            let mut remedy = error.remedy();
            // Only events are divided, and only where the tables are as they should be: otherwise every row is "bad".
            if remedy == Remedy::Divide {
                if parcel.target == crate::rows::EVENTS
                    && self.warehouse.verify_schema().await.is_ok()
                {
                    metrics::counter!(names::REPEATS, "remedy" => "divide").increment(1);
                    return Sent::Refused(error);
                }
                remedy = Remedy::Wait;
            }
            failures += 1;
            if failures == 1 {
                tracing::warn!(
                    insert.table = parcel.target.table,
                    error = &error as &dyn std::error::Error,
                    "insert failed, the spool keeps its records"
                );
            }
            let (label, backoff) = match remedy {
                Remedy::Retry => ("retry", &mut retry),
                Remedy::Wait | Remedy::Divide => {
                    metrics::gauge!(names::BLOCKED).set(1.0);
                    ("wait", &mut wait)
                }
            };
            metrics::counter!(names::REPEATS, "remedy" => label).increment(1);
            if !backoff.wait(cancel).await {
                return Sent::Cancelled;
            }
        }
    }

    /// Sends rows of this program's own making until they arrive; `false` where cancellation came first.
    async fn insist(&self, parcel: &Parcel, cancel: &CancellationToken) -> bool {
        matches!(self.attempt(parcel, cancel).await, Sent::Arrived)
    }

    /// The event a parcel of one row was made of.
    async fn record_of(&self, parcel: &Parcel) -> Result<Option<Event>, WarehouseError> {
        let Some(offset) = parcel.first_offset() else { return Ok(None) };
        let spool = Arc::clone(&self.spool);
        let page = blocking(move || Ok(spool.read::<Event>(offset, 1)?)).await?;
        Ok(page.into_iter().next().map(|(_, event)| event))
    }

    /// The tokens of a batch that were sent in halves before a restart; `None` where cancellation came first.
    pub(super) async fn divided_before(
        &self,
        batch: &Batch,
        cancel: &CancellationToken,
    ) -> Option<HashSet<String>> {
        #[derive(Deserialize, clickhouse::Row)]
        struct Token {
            token: String,
        }
        if batch.lane != Lane::Events {
            return Some(HashSet::new());
        }
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        loop {
            let answer = self
                .warehouse
                .client
                .query_raw("SELECT token FROM batches WHERE lane = 'split' AND startsWith(token, {token:String})")
                .param("token", format!("split {}/", batch.token))
                .fetch_all::<Token>();
            match tokio::time::timeout(Duration::from_secs(10), answer).await {
                Ok(Ok(rows)) => {
                    let bare = |row: Token| row.token.strip_prefix("split ").map(str::to_owned);
                    return Some(rows.into_iter().filter_map(bare).collect());
                }
                Ok(Err(_)) | Err(_) => {
                    if !backoff.wait(cancel).await {
                        return None;
                    }
                }
            }
        }
    }
}

fn ledger_entry(batch: &Batch, part: &Part) -> LedgerEntry {
    LedgerEntry {
        token: part.parcel.token.clone(),
        lane: part.lane.clone(),
        offsets: (batch.first, batch.last),
        rows: part.parcel.rows() as u64,
        dead: 0,
        ts: if part.parcel.rows() == 0 { (batch.cut_at, batch.cut_at) } else { part.ts },
        cut_at: batch.cut_at,
    }
}

/// The ledger row that says a token is only ever sent in halves.
fn division(parcel_to_divide: &Parcel, cut_at: Timestamp) -> Parcel {
    let entry = LedgerEntry {
        token: format!("split {}", parcel_to_divide.token),
        lane: "split".to_owned(),
        offsets: (0, 0),
        rows: 0,
        dead: 0,
        ts: (cut_at, cut_at),
        cut_at,
    };
    parcel(BATCHES, entry.token.clone(), &[entry], write_ledger)
}

/// Rows of this program's own making as one insert.
fn parcel<T>(target: Target, token: String, rows: &[T], write: fn(&mut RowWriter, &T)) -> Parcel {
    let mut writer = RowWriter::default();
    let mut marks = Vec::with_capacity(rows.len());
    for row in rows {
        marks.push(Mark { start: writer.len(), offset: 0 });
        write(&mut writer, row);
    }
    Parcel::new(target, token, writer, marks)
}
