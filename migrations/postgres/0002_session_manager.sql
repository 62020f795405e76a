-- The session manager and what it stands on: tickets, extensions, and numbers for the audit, whose rows are events.
-- The same file under `sqlite/` says the same in the other dialect.

-- Audit rows in the order of writing: `EventManager` shows some of them under these numbers.
ALTER TABLE audit ADD COLUMN number BIGSERIAL;
CREATE UNIQUE INDEX audit_by_number ON audit (number);

-- What is worth one login or one request, by the SHA-256 of its secret. It ends with its session.
CREATE TABLE tickets (
    secret BYTEA PRIMARY KEY NOT NULL,
    session_key TEXT NOT NULL REFERENCES sessions (session_key) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('clone', 'http')),
    method TEXT,
    url TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX tickets_by_session ON tickets (session_key);
CREATE INDEX tickets_by_end ON tickets (expires_at);

-- Extensions as they were registered; `data` is the data object in the notation of VI JSON.
CREATE TABLE extensions (
    extension_key TEXT PRIMARY KEY NOT NULL,
    data TEXT NOT NULL,
    subject_name TEXT,
    certificate BYTEA,
    public_key TEXT,
    registered_at BIGINT NOT NULL
);
