-- What the SSO administration service keeps. The same file under `postgres/` says the same in the other dialect.

-- Where a session was opened: its cookie is good there and nowhere else.
ALTER TABLE sessions ADD COLUMN service TEXT NOT NULL DEFAULT 'vim' CHECK (service IN ('vim', 'sso-admin'));

-- Directories that were registered. This is configuration to be shown: nobody here connects to one, and no statement
-- reads `bind_password`.
CREATE TABLE identity_sources (
    folded TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    alias TEXT,
    kind TEXT NOT NULL,
    friendly_name TEXT NOT NULL,
    user_base_dn TEXT,
    group_base_dn TEXT,
    primary_url TEXT NOT NULL,
    failover_url TEXT,
    search_timeout_seconds BIGINT NOT NULL,
    authentication TEXT NOT NULL,
    bind_user TEXT,
    bind_password TEXT,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Certificates that a directory may show. Configuration too.
CREATE TABLE trusted_certificates (
    sha256 TEXT PRIMARY KEY NOT NULL,
    certificate BLOB NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
