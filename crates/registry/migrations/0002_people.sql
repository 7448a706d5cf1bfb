-- What people agreed to, asked for and may be reached by; people are pseudonyms of one site.
CREATE TABLE consents (
    seq BIGINT PRIMARY KEY,
    site BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    bits BIGINT NOT NULL,
    purpose_version TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    channel TEXT NOT NULL,
    given_at BIGINT NOT NULL
);
CREATE INDEX consents_by_visitor ON consents (site, visitor, seq);

CREATE TABLE subjects (
    site BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    switched_off BOOLEAN NOT NULL,
    delivery TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (site, visitor)
);

CREATE TABLE declared_needs (
    site BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    need TEXT NOT NULL,
    declared_at BIGINT NOT NULL,
    PRIMARY KEY (site, visitor, need)
);

CREATE TABLE deleted_tags (
    site BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    need TEXT NOT NULL,
    suppressed_until BIGINT NOT NULL,
    PRIMARY KEY (site, visitor, need)
);

CREATE TABLE subscriptions (
    site BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    target_kind TEXT NOT NULL,
    target TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (site, visitor, target_kind, target)
);
CREATE INDEX subscriptions_by_target ON subscriptions (site, target_kind, target, visitor);

CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    site BIGINT NOT NULL,
    visitor BIGINT NOT NULL,
    endpoint TEXT NOT NULL UNIQUE,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    key_id TEXT NOT NULL,
    failures BIGINT NOT NULL,
    quarantined BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX devices_by_visitor ON devices (site, visitor);
