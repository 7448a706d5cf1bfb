-- What editors pinned, and who did what: the audit log is only ever appended to.
CREATE TABLE pins (
    site BIGINT NOT NULL,
    surface TEXT NOT NULL,
    item TEXT NOT NULL,
    position BIGINT NOT NULL,
    reason TEXT NOT NULL,
    pinned_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (site, surface, item)
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    site BIGINT NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_object ON audit (object, seq);
