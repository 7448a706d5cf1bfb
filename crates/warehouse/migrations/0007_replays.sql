-- reason: a dead letter that was repaired and sent through again says so, and is not sent twice
CREATE TABLE IF NOT EXISTS dead_letter_replays
(
  letter_id    UUID,
  event_id     UUID,
  replayed_at  DateTime64(3, 'UTC'),
  replayed_by  LowCardinality(String)
)
ENGINE = ReplacingMergeTree(replayed_at)
ORDER BY letter_id
TTL toDateTime(replayed_at) + INTERVAL 180 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
