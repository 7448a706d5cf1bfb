-- reason: `uniq` hashes 128 bits so weakly that ids with a counter collide, one event in a hundred; 64 bits of SipHash do not
DROP VIEW IF EXISTS sessions_mv SYNC;
DROP TABLE IF EXISTS sessions SYNC;

CREATE TABLE IF NOT EXISTS sessions
(
  site_id        UInt32,
  day            Date,
  session_id     UInt64,
  start          SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  stop           SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  last_received  SimpleAggregateFunction(max, DateTime('UTC')),
  visitor        AggregateFunction(argMax, UInt64, DateTime64(3, 'UTC')),
  entry          AggregateFunction(argMin, String, DateTime64(3, 'UTC')),
  exit           AggregateFunction(argMax, String, DateTime64(3, 'UTC')),
  ref_host       AggregateFunction(argMin, String, DateTime64(3, 'UTC')),
  views          AggregateFunction(uniq, UInt64),
  events         AggregateFunction(uniq, UInt64),
  channel        SimpleAggregateFunction(min, LowCardinality(String)),
  device         SimpleAggregateFunction(max, LowCardinality(String)),
  bot            SimpleAggregateFunction(max, UInt8)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (site_id, day, session_id)
TTL last_received + INTERVAL 1096 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- A visit over midnight has a row for each day: readers group by session_id.
CREATE MATERIALIZED VIEW IF NOT EXISTS sessions_mv TO sessions AS
SELECT site_id, e.day AS day, session_id,
  min(e.ts) AS start, max(e.ts) AS stop, toDateTime(max(e.received_at), 'UTC') AS last_received,
  argMaxState(e.visitor, e.ts) AS visitor, argMinState(e.path, e.ts) AS entry, argMaxState(e.path, e.ts) AS exit,
  argMinState(toString(e.ref_host), e.ts) AS ref_host,
  uniqStateIf(sipHash64(e.event_id), e.event = 'page_view') AS views,
  uniqState(sipHash64(e.event_id)) AS events,
  min(e.channel) AS channel, max(e.device) AS device, max(e.bot) AS bot
FROM events AS e
WHERE session_id != 0
GROUP BY site_id, day, session_id;

-- Visits whose events are still there are counted again: all of them, as no installation is older than the events' term.
INSERT INTO sessions
SELECT site_id, e.day AS day, session_id,
  min(e.ts) AS start, max(e.ts) AS stop, toDateTime(max(e.received_at), 'UTC') AS last_received,
  argMaxState(e.visitor, e.ts) AS visitor, argMinState(e.path, e.ts) AS entry, argMaxState(e.path, e.ts) AS exit,
  argMinState(toString(e.ref_host), e.ts) AS ref_host,
  uniqStateIf(sipHash64(e.event_id), e.event = 'page_view') AS views,
  uniqState(sipHash64(e.event_id)) AS events,
  min(e.channel) AS channel, max(e.device) AS device, max(e.bot) AS bot
FROM events AS e FINAL
WHERE session_id != 0
GROUP BY site_id, day, session_id;
