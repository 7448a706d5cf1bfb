//! The ledger: what the collector accepted against what the tables hold, minute by minute.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vocab::SiteId;

use crate::{Warehouse, WarehouseError};

/// One minute of one site, wire format and library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerRow {
    /// The minute of arrival.
    pub minute: Timestamp,
    /// The site.
    pub site: SiteId,
    /// Wire format.
    pub proto: String,
    /// The sender's library.
    pub lib: String,
    /// Arrivals the collector said it stored.
    pub said_stored: u64,
    /// Arrivals it left out on purpose.
    pub suppressed: u64,
    /// Arrivals it wrote as dead letters.
    pub said_dead: u64,
    /// Different events in the table.
    pub stored: u64,
    /// Events the table could not take, kept as dead letters.
    pub unstorable: u64,
    /// Events removed because a person asked for it.
    pub erased: u64,
    /// Dead letters of the collector in the table.
    pub dead: u64,
}

impl LedgerRow {
    /// Everything that arrived: stored, suppressed, dead-lettered.
    pub fn accepted(&self) -> u64 {
        self.said_stored + self.suppressed + self.said_dead
    }

    /// What is missing (positive) or too many (negative), events and dead letters together.
    pub fn difference(&self) -> i64 {
        let said = self.said_stored + self.said_dead;
        let found = self.stored + self.unstorable + self.erased + self.dead;
        said.cast_signed() - found.cast_signed()
    }

    /// Whether both sums agree.
    pub fn balances(&self) -> bool {
        self.said_stored == self.stored + self.unstorable + self.erased
            && self.said_dead == self.dead
    }
}

/// The ledger of a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// One row a minute, site, wire format and library, in that order.
    pub rows: Vec<LedgerRow>,
}

impl Reconciliation {
    /// Whether every row balances.
    pub fn balances(&self) -> bool {
        self.rows.iter().all(LedgerRow::balances)
    }

    /// The rows that do not.
    pub fn differences(&self) -> impl Iterator<Item = &LedgerRow> {
        self.rows.iter().filter(|row| !row.balances())
    }
}

#[derive(Deserialize, clickhouse::Row)]
struct Sums {
    minute: u32,
    site_id: u32,
    proto: String,
    lib: String,
    said_stored: u64,
    suppressed: u64,
    said_dead: u64,
    erased: u64,
    stored: u64,
    unstorable: u64,
    dead: u64,
}

const SQL: &str = "SELECT minute, site_id, proto, lib, sum(s1) AS said_stored, sum(s2) AS suppressed, sum(s3) AS said_dead,
  sum(s4) AS erased, sum(f1) AS stored, sum(f2) AS unstorable, sum(f3) AS dead
FROM (
  SELECT minute, site_id, toString(proto) AS proto, toString(lib) AS lib,
    sumIf(n, outcome = 'stored') AS s1, sumIf(n, startsWith(outcome, 'suppressed.')) AS s2,
    sumIf(n, startsWith(outcome, 'dead.')) AS s3, sumIf(n, outcome = 'erased') AS s4,
    toUInt64(0) AS f1, toUInt64(0) AS f2, toUInt64(0) AS f3
  FROM ingest_stats
  WHERE minute >= toDateTime({from:Int64}, 'UTC') AND minute < toDateTime({to:Int64}, 'UTC')
  GROUP BY minute, site_id, proto, lib
  UNION ALL
  SELECT toDateTime(toStartOfMinute(received_at, 'UTC'), 'UTC') AS minute, site_id, toString(proto), toString(lib),
    0, 0, 0, 0, uniqExact(event_id), 0, 0
  FROM events
  WHERE received_at >= toDateTime({from:Int64}, 'UTC') AND received_at < toDateTime({to:Int64}, 'UTC')
  GROUP BY minute, site_id, proto, lib
  UNION ALL
  SELECT toDateTime(toStartOfMinute(received_at, 'UTC'), 'UTC') AS minute, site_id, toString(proto), toString(lib),
    0, 0, 0, 0, 0, uniqExactIf(letter_id, reason = 'unstorable'), uniqExactIf(letter_id, reason != 'unstorable')
  FROM dead_letters
  WHERE received_at >= toDateTime({from:Int64}, 'UTC') AND received_at < toDateTime({to:Int64}, 'UTC')
  GROUP BY minute, site_id, proto, lib
)
GROUP BY minute, site_id, proto, lib
ORDER BY minute, site_id, proto, lib";

impl Warehouse {
    /// Reconciles the arrivals of whole minutes from `from` to `to` (excluded). What is still in the spool is missing:
    /// ask for minutes the loader has passed, and not for those retention has taken away.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`.
    pub async fn ledger(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Reconciliation, WarehouseError> {
        let minute = |instant: Timestamp| instant.as_second().div_euclid(60) * 60;
        let sums: Vec<Sums> = self
            .client
            .query_raw(SQL)
            .param("from", minute(from))
            .param("to", minute(to))
            .fetch_all()
            .await?;
        let row = |sums: Sums| LedgerRow {
            minute: Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(i64::from(sums.minute)),
            site: SiteId(sums.site_id),
            proto: sums.proto,
            lib: sums.lib,
            said_stored: sums.said_stored,
            suppressed: sums.suppressed,
            said_dead: sums.said_dead,
            stored: sums.stored,
            unstorable: sums.unstorable,
            erased: sums.erased,
            dead: sums.dead,
        };
        Ok(Reconciliation { rows: sums.into_iter().map(row).collect() })
    }
}
