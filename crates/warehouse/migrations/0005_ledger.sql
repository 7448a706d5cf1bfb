-- reason: account for every accepted event: what was refused, what was counted, which batch carried it
CREATE TABLE IF NOT EXISTS dead_letters
(
  received_at  DateTime64(3, 'UTC'),
  site_id      UInt32,
  proto        LowCardinality(String),
  lib          LowCardinality(String),
  reason       LowCardinality(String),
  detail       String CODEC(ZSTD(3)),
  payload      String CODEC(ZSTD(6)),
  letter_id    UUID
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (site_id, reason, received_at, letter_id)
TTL toDateTime(received_at) + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- outcome is `accepted`, `dead_lettered` or the name of the reason an event was suppressed for.
CREATE TABLE IF NOT EXISTS ingest_stats
(
  minute   DateTime('UTC'),
  site_id  UInt32,
  proto    LowCardinality(String),
  lib      LowCardinality(String),
  outcome  LowCardinality(String),
  n        UInt64
)
ENGINE = SummingMergeTree(n)
PARTITION BY toYYYYMM(minute)
ORDER BY (site_id, minute, proto, lib, outcome)
TTL minute + INTERVAL 13 MONTH DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS batches
(
  batch_id      UInt64,
  token         String,
  lane          LowCardinality(String),
  first_offset  UInt64,
  last_offset   UInt64,
  rows          UInt32,
  first_ts      DateTime64(3, 'UTC'),
  last_ts       DateTime64(3, 'UTC'),
  loaded_at     DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY batch_id
TTL toDateTime(loaded_at) + INTERVAL 13 MONTH DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
