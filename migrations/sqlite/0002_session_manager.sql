-- The session manager and what it stands on: tickets, extensions, and numbers for the audit, whose rows are events.
-- The same file under `postgres/` says the same in the other dialect.

-- Audit rows in the order of writing: `EventManager` shows some of them under these numbers.
CREATE TABLE audit_in_order (
    number INTEGER PRIMARY KEY NOT NULL,
    trace TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'refused', 'failed')),
    principal TEXT,
    source TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    UNIQUE (trace, sequence)
);
INSERT INTO audit_in_order (trace, sequence, at, action, outcome, principal, source, reason, detail)
    SELECT trace, sequence, at, action, outcome, principal, source, reason, detail FROM audit ORDER BY at, sequence;
DROP TABLE audit;
ALTER TABLE audit_in_order RENAME TO audit;
CREATE INDEX audit_by_time ON audit (at);

-- What is worth one login or one request, by the SHA-256 of its secret. It ends with its session.
CREATE TABLE tickets (
    secret BLOB PRIMARY KEY NOT NULL,
    session_key TEXT NOT NULL REFERENCES sessions (session_key) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('clone', 'http')),
    method TEXT,
    url TEXT,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tickets_by_session ON tickets (session_key);
CREATE INDEX tickets_by_end ON tickets (expires_at);

-- Extensions as they were registered; `data` is the data object in the notation of VI JSON.
CREATE TABLE extensions (
    extension_key TEXT PRIMARY KEY NOT NULL,
    data TEXT NOT NULL,
    subject_name TEXT,
    certificate BLOB,
    public_key TEXT,
    registered_at BIGINT NOT NULL
) WITHOUT ROWID;
