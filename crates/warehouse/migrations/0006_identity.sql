-- reason: which browsers a person signed in on, gathered from events and decided by people, so that a merge can be taken back
CREATE TABLE IF NOT EXISTS identity
(
  site_id     UInt32,
  visitor     UInt64,
  person      UInt64,
  first_seen  SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  last_seen   SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (site_id, visitor, person)
TTL toDateTime(last_seen) + INTERVAL 180 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- An event keeps both ids only where the person agreed to a profile on a device of their own (step `identity`).
CREATE MATERIALIZED VIEW IF NOT EXISTS identity_mv TO identity AS
SELECT site_id, e.anonymous AS visitor, e.person AS person, min(e.received_at) AS first_seen, max(e.received_at) AS last_seen
FROM events AS e
WHERE e.anonymous != 0 AND e.person != 0 AND bitTest(e.consent, 1) AND NOT bitTest(e.consent, 7) AND e.channel != 'kiosk'
GROUP BY site_id, visitor, person;

-- What a person decided about a pair; the latest decision stands, whatever events say.
CREATE TABLE IF NOT EXISTS identity_decisions
(
  site_id     UInt32,
  visitor     UInt64,
  person      UInt64,
  linked      UInt8,
  decided_at  DateTime64(3, 'UTC'),
  decided_by  LowCardinality(String)
)
ENGINE = ReplacingMergeTree(decided_at)
ORDER BY (site_id, visitor, person)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Whose each browser is. One that named two people is nobody's: a family's computer.
CREATE VIEW IF NOT EXISTS people AS
SELECT site_id, visitor, any(owner) AS person
FROM (
  SELECT site_id, visitor, owner, argMax(linked, at) AS stands
  FROM (
    SELECT site_id, visitor, person AS owner, 1 AS linked, toDateTime64(0, 3, 'UTC') AS at FROM identity
    UNION ALL
    SELECT site_id, visitor, person AS owner, linked, decided_at AS at FROM identity_decisions
  )
  GROUP BY site_id, visitor, owner
)
WHERE stands
GROUP BY site_id, visitor
HAVING uniqExact(owner) = 1;
