//! Erasure of a person (PIPL article 47): every row goes, and the rollups are recomputed without them.

use serde::{Deserialize, Serialize};
use vocab::VisitorId;

use crate::{Warehouse, WarehouseError};

/// What an erasure removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Events.
    pub events: u64,
    /// Visits recomputed without them.
    pub sessions: u64,
    /// Hours of the rollup recomputed without them.
    pub hours: u64,
}

/// The person's rows in `events`: signed in, by browser, or as the browser behind a signed-in person.
const THEIRS: &str = "(visitor IN {ids:Array(UInt64)} OR anonymous IN {ids:Array(UInt64)} OR person IN {ids:Array(UInt64)})";

/// The pairs a person is part of.
const PAIRED: &str = "visitor IN {ids:Array(UInt64)} OR person IN {ids:Array(UInt64)}";

#[derive(Deserialize, clickhouse::Row)]
struct Found {
    events: u64,
    sessions: u64,
    hours: u64,
    last_ms: i64,
}

impl Warehouse {
    /// Removes every row of a person: their pseudonym, those they went by for a time, and the browsers that
    /// are theirs alone. Can be repeated after a crash at any point: the events go last, and until then
    /// everything else can be computed again from them.
    ///
    /// Loading pauses meanwhile. Drain the spool first, or what waits there arrives afterwards.
    ///
    /// # Errors
    /// `Unavailable`, `Refused`; the erasure is then to be repeated.
    pub async fn erase(
        &self,
        visitor: VisitorId,
        passing: &[VisitorId],
    ) -> Result<Erased, WarehouseError> {
        let mut ids: Vec<u64> = [visitor].iter().chain(passing).map(|id| id.0).collect();
        let browsers = self.client.query_raw(
            "SELECT DISTINCT visitor FROM people WHERE person = {visitor:UInt64} ORDER BY visitor",
        );
        ids.extend(browsers.param("visitor", visitor.0).fetch_all::<u64>().await?);
        let _gate = self.gate.write().await;
        let found: Found = self
            .client
            .query_raw(&format!(
                "SELECT count() AS events, uniqExactIf(session_id, session_id != 0) AS sessions,
  uniqExact(site_id, toStartOfHour(ts, 'UTC')) AS hours, toUnixTimestamp64Milli(max(received_at)) AS last_ms
FROM events FINAL WHERE {THEIRS}"
            ))
            .param("ids", ids.clone())
            .fetch_one()
            .await?;
        let hours = format!(
            "(site_id, hour) IN (SELECT site_id, toStartOfHour(ts, 'UTC') FROM events WHERE {THEIRS})"
        );
        let sessions = format!(
            "(site_id, session_id) IN (SELECT site_id, session_id FROM events WHERE {THEIRS} AND session_id != 0)"
        );
        for statement in [
            format!("DELETE FROM hourly WHERE {hours}"),
            format!("INSERT INTO hourly {HOURLY} WHERE {hours} AND NOT {THEIRS} {HOURLY_KEY}"),
            format!("DELETE FROM sessions WHERE {sessions}"),
            format!(
                "INSERT INTO sessions {SESSIONS} WHERE {sessions} AND NOT {THEIRS_QUALIFIED} {SESSIONS_KEY}"
            ),
        ] {
            self.run_for(&statement, &ids, None).await?;
        }
        // The ledger must still balance. The same rows erased again after a crash have the same token.
        let token = format!("erased/{}/{}/{}", visitor.0, found.last_ms, found.events);
        self.run_for(
            &format!(
                "INSERT INTO ingest_stats SELECT toStartOfMinute(received_at, 'UTC') AS minute, site_id, proto, lib,
  'erased' AS outcome, uniqExact(event_id) AS n FROM events WHERE {THEIRS} GROUP BY minute, site_id, proto, lib"
            ),
            &ids,
            Some(&token),
        )
        .await?;
        for statement in [
            "DELETE FROM visitor_log WHERE visitor IN {ids:Array(UInt64)}".to_owned(),
            // A letter names a person only by the keyed hash, in hexadecimal or as a stored event has it. It stays as a
            // letter without a text, so that the ledger still counts it.
            format!(
                "ALTER TABLE dead_letters UPDATE payload = '' WHERE position(payload, '~{0:016x}') > 0
  OR position(payload, '{0}') > 0",
                visitor.0
            ),
            format!("DELETE FROM events WHERE {THEIRS}"),
            // Last: they tell which browsers are the person's, should all this be done again.
            format!("DELETE FROM identity WHERE {PAIRED}"),
            format!("DELETE FROM identity_decisions WHERE {PAIRED}"),
        ] {
            self.run_for(&statement, &ids, None).await?;
        }
        Ok(Erased { events: found.events, sessions: found.sessions, hours: found.hours })
    }

    async fn run_for(
        &self,
        sql: &str,
        ids: &[u64],
        token: Option<&str>,
    ) -> Result<(), WarehouseError> {
        let mut query = self
            .client
            .query_raw(sql)
            .param("ids", ids)
            .with_setting("async_insert", "0")
            // Done means gone: wait for every part.
            .with_setting("lightweight_deletes_sync", "2")
            .with_setting("mutations_sync", "2");
        query = match token {
            Some(token) => query.with_setting("insert_deduplication_token", token),
            // The same rollup recomputed twice is the same block, and must be written twice.
            None => query.with_setting("insert_deduplicate", "0"),
        };
        self.execute_query(query).await
    }
}

/// What `hourly_mv` does, over different events only. Tests compare it with the view.
const HOURLY: &str = "SELECT site_id, toStartOfHour(ts, 'UTC') AS hour, event, channel, device, bot, count() AS hits,
  toDateTime(max(received_at), 'UTC') AS last_received,
  uniqCombined64StateIf(15)(visitor, visitor != 0) AS visitors FROM events FINAL";
const HOURLY_KEY: &str = "GROUP BY site_id, hour, event, channel, device, bot";

/// The same condition where `visitor` also names an aggregate.
const THEIRS_QUALIFIED: &str = "(e.visitor IN {ids:Array(UInt64)} OR e.anonymous IN {ids:Array(UInt64)} OR e.person IN {ids:Array(UInt64)})";

/// What `sessions_mv` does.
const SESSIONS: &str =
    "SELECT site_id, e.day AS day, session_id, min(e.ts) AS start, max(e.ts) AS stop,
  toDateTime(max(e.received_at), 'UTC') AS last_received, argMaxState(e.visitor, e.ts) AS visitor,
  argMinState(e.path, e.ts) AS entry, argMaxState(e.path, e.ts) AS exit,
  argMinState(toString(e.ref_host), e.ts) AS ref_host,
  uniqStateIf(sipHash64(e.event_id), e.event = 'page_view') AS views,
  uniqState(sipHash64(e.event_id)) AS events, min(e.channel) AS channel, max(e.device) AS device,
  max(e.bot) AS bot FROM events AS e FINAL";
const SESSIONS_KEY: &str = "GROUP BY site_id, day, session_id";
