-- reason: editors also raise, lower and take out items, each with a reason and an end; pins become one kind of four
CREATE TABLE rules (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    site BIGINT NOT NULL,
    pipeline TEXT NOT NULL,
    item TEXT NOT NULL,
    position BIGINT NOT NULL,
    factor DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    UNIQUE (kind, site, pipeline, item)
);
INSERT INTO rules SELECT 'pin-' || site || '-' || surface || '-' || item, 'pin', site, surface, item, position, 1.0,
    reason, pinned_by, created_at, expires_at FROM pins;
DROP TABLE pins;
