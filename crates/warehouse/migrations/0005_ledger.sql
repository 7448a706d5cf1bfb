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

-- outcome is `stored`, `suppressed.<reason>` or `dead.<reason>` as the collector counted it, or `erased`.
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

-- One row a batch that arrived. A lane of `split` marks a batch that is only ever sent in halves.
CREATE TABLE IF NOT EXISTS batches
(
  token         String,
  batch_id      UInt64,
  lane          LowCardinality(String),
  first_offset  UInt64,
  last_offset   UInt64,
  rows          UInt64,
  dead          UInt64,
  first_ts      DateTime64(3, 'UTC'),
  last_ts       DateTime64(3, 'UTC'),
  cut_at        DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY token
TTL toDateTime(cut_at) + INTERVAL 13 MONTH DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
