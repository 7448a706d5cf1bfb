//! Dead letters: what the collector could not take, to be looked at, repaired and sent through again.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocab::SiteId;

use crate::{Warehouse, WarehouseError};

/// Which letters are asked for; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct LetterFilter {
    /// Of this site.
    pub site: Option<SiteId>,
    /// For this reason.
    pub reason: Option<String>,
    /// These, by id.
    pub ids: Vec<Uuid>,
    /// Older than this letter: its time of arrival in milliseconds, and its id.
    pub before: Option<(i64, Uuid)>,
    /// Those sent through again, too.
    pub replayed: bool,
    /// At most so many.
    pub limit: u32,
}

/// A dead letter as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Its id.
    pub id: Uuid,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The site it was meant for.
    pub site: SiteId,
    /// The wire format.
    pub proto: String,
    /// The sender's library.
    pub lib: String,
    /// What is wrong.
    pub reason: String,
    /// Where, and what was expected.
    pub detail: String,
    /// The arrival, with ids hashed and nothing of what somebody typed outside the event's own fields.
    pub payload: String,
    /// When it was sent through again.
    pub replayed_at: Option<Timestamp>,
}

#[derive(Deserialize, clickhouse::Row)]
struct Row {
    #[serde(with = "clickhouse::serde::uuid")]
    letter_id: Uuid,
    received_ms: i64,
    site_id: u32,
    proto: String,
    lib: String,
    reason: String,
    detail: String,
    payload: String,
    replayed_ms: i64,
}

impl Warehouse {
    /// Letters, the latest first.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn letters(&self, filter: &LetterFilter) -> Result<Vec<Letter>, WarehouseError> {
        let (before_ms, before_id) = filter.before.unwrap_or((i64::MAX, Uuid::max()));
        let ids: Vec<String> = filter.ids.iter().map(Uuid::to_string).collect();
        let rows: Vec<Row> = self
            .client
            .query_raw(
                "SELECT letter_id, toUnixTimestamp64Milli(came) AS received_ms, site AS site_id, toString(wire) AS proto,
  toString(sender) AS lib, toString(why) AS reason, what AS detail, arrival AS payload,
  toUnixTimestamp64Milli(replayed_at) AS replayed_ms
FROM (
  SELECT letter_id, any(received_at) AS came, any(site_id) AS site, any(proto) AS wire, any(lib) AS sender,
    any(reason) AS why, any(detail) AS what, any(payload) AS arrival
  FROM dead_letters
  WHERE ({site:UInt32} = 0 OR site_id = {site:UInt32}) AND ({reason:String} = '' OR reason = {reason:String})
    AND (empty({ids:Array(UUID)}) OR has({ids:Array(UUID)}, letter_id))
    AND (toUnixTimestamp64Milli(received_at), toString(letter_id)) < ({before_ms:Int64}, {before_id:String})
  GROUP BY letter_id
) AS letters
LEFT ANY JOIN (SELECT letter_id, max(replayed_at) AS replayed_at FROM dead_letter_replays GROUP BY letter_id) AS replays
  USING (letter_id)
WHERE {replayed:UInt8} = 1 OR replayed_ms = 0
ORDER BY received_ms DESC, toString(letter_id) DESC
LIMIT {limit:UInt32}",
            )
            .param("site", filter.site.map_or(0, |site| site.0))
            .param("reason", filter.reason.as_deref().unwrap_or_default())
            .param("ids", ids)
            .param("before_ms", before_ms)
            .param("before_id", before_id.to_string())
            .param("replayed", u8::from(filter.replayed))
            .param("limit", filter.limit)
            .fetch_all()
            .await?;
        let at = |ms: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms);
        let letter = |row: Row| Letter {
            id: row.letter_id,
            received_at: at(row.received_ms),
            site: SiteId(row.site_id),
            proto: row.proto,
            lib: row.lib,
            reason: row.reason,
            detail: row.detail,
            payload: row.payload,
            replayed_at: (row.replayed_ms != 0).then(|| at(row.replayed_ms)),
        };
        Ok(rows.into_iter().map(letter).collect())
    }

    /// Writes down which letters became which events.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn mark_replayed(
        &self,
        letters: &[(Uuid, Uuid)],
        by: &str,
        now: Timestamp,
    ) -> Result<(), WarehouseError> {
        let text = |pick: fn(&(Uuid, Uuid)) -> Uuid| -> Vec<String> {
            letters.iter().map(|pair| pick(pair).to_string()).collect()
        };
        let insert = self
            .client
            .query_raw(
                "INSERT INTO dead_letter_replays
SELECT letter, event, fromUnixTimestamp64Milli({now:Int64}, 'UTC'), {by:String}
FROM (SELECT arrayJoin(arrayZip({letters:Array(UUID)}, {events:Array(UUID)})) AS pair, pair.1 AS letter, pair.2 AS event)",
            )
            .param("letters", text(|pair| pair.0))
            .param("events", text(|pair| pair.1))
            .param("now", now.as_millisecond())
            .param("by", by)
            .with_setting("async_insert", "0");
        self.execute_query(insert).await
    }
}
