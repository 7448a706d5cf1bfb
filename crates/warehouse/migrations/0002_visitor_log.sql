-- reason: what may build a profile, and nothing else: consented humans on devices of their own
CREATE TABLE IF NOT EXISTS visitor_log
(
  site_id      UInt32,
  visitor      UInt64,
  ts           DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  received_at  DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  event_id     UUID,
  event        LowCardinality(String),
  session_id   UInt64 CODEC(ZSTD(1)),
  channel      LowCardinality(String),
  item_id      String CODEC(ZSTD(1)),
  item_kind    LowCardinality(String),
  column_id    LowCardinality(String),
  topic        LowCardinality(String),
  service_id   String CODEC(ZSTD(1)),
  search_q     String CODEC(ZSTD(3)),
  rec_id       String CODEC(ZSTD(1)),
  verdict      LowCardinality(String),
  engaged_ms   UInt32 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(ts)
-- The day, not the instant: a re-sent event's corrected clock may differ by milliseconds.
ORDER BY (site_id, visitor, toDate(ts), event_id)
TTL toDateTime(received_at) + INTERVAL 180 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- Bit 1 is the agreement to personalisation, bit 7 the browser's objection (vocab::Consent::allows_profile).
CREATE MATERIALIZED VIEW IF NOT EXISTS visitor_log_mv TO visitor_log AS
SELECT site_id, visitor, ts, received_at, event_id, event, session_id, channel, item_id, item_kind, column_id, topic,
  service_id, search_q, rec_id, props['verdict'] AS verdict, engaged_ms
FROM events
WHERE bot = 0 AND bitTest(consent, 1) AND NOT bitTest(consent, 7) AND channel != 'kiosk' AND visitor != 0;
