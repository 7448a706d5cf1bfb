-- Messages, the outbox that delivers them, the inbox, and the keys pushes are signed with.
CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    site BIGINT NOT NULL,
    class TEXT NOT NULL,
    collapse_key TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    body_zh TEXT NOT NULL,
    body_en TEXT NOT NULL,
    url TEXT NOT NULL,
    item TEXT NOT NULL,
    discreet BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    recalled_by TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL
);

CREATE TABLE jobs (
    id BIGINT PRIMARY KEY,
    message TEXT NOT NULL,
    site BIGINT NOT NULL,
    person BIGINT NOT NULL,
    medium TEXT NOT NULL,
    class TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    held_for TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    reached TEXT NOT NULL,
    provider_ref TEXT NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    updated_at BIGINT NOT NULL
);
-- Only what waits is in these, so they stay small however many messages were ever sent.
CREATE INDEX jobs_waiting ON jobs (class, not_before, id) WHERE state IN ('queued', 'unknown');
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'leased';
CREATE INDEX jobs_held ON jobs (site, person) WHERE state = 'leased';
CREATE INDEX jobs_open ON jobs (expires_at)
    WHERE state IN ('queued', 'unknown', 'accepted', 'delivered', 'displayed');
CREATE INDEX jobs_by_person ON jobs (site, person, sent_at);
CREATE INDEX jobs_by_message ON jobs (message, person, medium);

CREATE TABLE inbox (
    site BIGINT NOT NULL,
    person BIGINT NOT NULL,
    message TEXT NOT NULL,
    class TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    body_zh TEXT NOT NULL,
    body_en TEXT NOT NULL,
    url TEXT NOT NULL,
    item TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    read_at BIGINT,
    deleted_at BIGINT,
    PRIMARY KEY (site, person, message)
);
CREATE INDEX inbox_by_time ON inbox (site, person, received_at DESC, message);

CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY,
    private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
