-- The content library: sites, their columns, the items with a number for every change so that followers miss none.
CREATE TABLE sequences (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO sequences (name, value) VALUES ('items', 0), ('jobs', 0), ('audit', 0), ('consents', 0);

CREATE TABLE sites (
    id BIGINT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    host TEXT NOT NULL,
    aliases TEXT NOT NULL,
    level TEXT NOT NULL,
    region TEXT NOT NULL,
    write_key TEXT NOT NULL UNIQUE,
    pepper TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    origins TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE columns (
    site BIGINT NOT NULL REFERENCES sites (id),
    code TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    parent TEXT NOT NULL,
    cadence_days BIGINT NOT NULL,
    PRIMARY KEY (site, code)
);

CREATE TABLE items (
    id TEXT PRIMARY KEY,
    site BIGINT NOT NULL REFERENCES sites (id),
    kind TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    summary_zh TEXT NOT NULL,
    summary_en TEXT NOT NULL,
    body TEXT NOT NULL,
    url TEXT NOT NULL,
    column_code TEXT NOT NULL,
    dept TEXT NOT NULL,
    region TEXT NOT NULL,
    audience TEXT NOT NULL,
    needs TEXT NOT NULL,
    themes TEXT NOT NULL,
    topic TEXT NOT NULL,
    doc_number TEXT NOT NULL,
    aliases TEXT NOT NULL,
    relates_to TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    expires_at BIGINT,
    importance BIGINT NOT NULL,
    mandated BOOLEAN NOT NULL,
    emergency BOOLEAN NOT NULL,
    lifecycle TEXT NOT NULL,
    review TEXT NOT NULL,
    service TEXT,
    hash TEXT NOT NULL,
    edited_by TEXT NOT NULL,
    reviewed_by TEXT NOT NULL,
    seq BIGINT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX items_by_site ON items (site, published_at DESC, id);
CREATE INDEX items_by_column ON items (site, column_code, published_at DESC, id);
CREATE INDEX items_by_time ON items (published_at DESC, id);
