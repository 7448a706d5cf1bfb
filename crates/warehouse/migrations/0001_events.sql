-- reason: every stored behaviour event, keyed so that a site's day and event are read together and a re-sent event folds away
CREATE TABLE IF NOT EXISTS events
(
  site_id       UInt32,
  day           Date MATERIALIZED toDate(ts, 'UTC'),
  event         LowCardinality(String),
  visitor       UInt64,
  event_id      UUID,
  ts            DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  received_at   DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- 0 where it is the visitor itself: eight random bytes a row saved.
  anonymous     UInt64 CODEC(ZSTD(1)),
  person        UInt64 CODEC(ZSTD(1)),
  session_id    UInt64 CODEC(ZSTD(1)),
  channel       LowCardinality(String),
  proto         LowCardinality(String),
  lib           LowCardinality(String),
  lib_version   LowCardinality(String),
  -- vocab::Consent: bit 0 analytics, 1 personalisation, 2 push, 7 objection (DNT, GPC).
  consent       UInt8,
  -- vocab::BotClass: 0 is human.
  bot           UInt8,
  host          LowCardinality(String),
  path          String CODEC(ZSTD(3)),
  title         String CODEC(ZSTD(3)),
  ref_host      LowCardinality(String),
  ref_path      String CODEC(ZSTD(3)),
  utm_source    LowCardinality(String),
  utm_medium    LowCardinality(String),
  utm_campaign  LowCardinality(String),
  -- Truncated to /24 or /48 before it gets here, and gone after the shortest term.
  ip            IPv6 TTL toDateTime(received_at) + INTERVAL 30 DAY,
  region        LowCardinality(String),
  browser       LowCardinality(String),
  os            LowCardinality(String),
  device        LowCardinality(String),
  item_id       String CODEC(ZSTD(1)),
  item_kind     LowCardinality(String),
  column_id     LowCardinality(String),
  topic         LowCardinality(String),
  dept          LowCardinality(String),
  rec_id        String CODEC(ZSTD(1)),
  rec_pos       Int16,
  rec_policy    LowCardinality(String),
  search_q      String CODEC(ZSTD(3)),
  search_hits   Int32 CODEC(ZSTD(1)),
  search_pos    Int16,
  service_id    String CODEC(ZSTD(1)),
  service_step  LowCardinality(String),
  engaged_ms    UInt32 CODEC(ZSTD(1)),
  scroll_pct    UInt8,
  value         Float64 CODEC(ZSTD(1)),
  props         Map(LowCardinality(String), String) CODEC(ZSTD(3)),
  batch_id      UInt64 CODEC(ZSTD(1)),
  INDEX ix_visitor visitor TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_item    item_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_batch   batch_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(day)
PRIMARY KEY (site_id, day, event, visitor)
ORDER BY (site_id, day, event, visitor, event_id)
SAMPLE BY visitor
-- Counted from arrival, so an imported log of ten years ago keeps its full term.
TTL toDateTime(received_at) + INTERVAL 180 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
  fsync_after_insert = 1, fsync_part_directory = 1;
