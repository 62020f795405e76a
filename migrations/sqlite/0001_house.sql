-- The house as it is first built. Only TEXT, BIGINT and BLOB: times are microseconds since 1970, truths are 0 and 1.
-- The same file under `postgres/` says the same in the other dialect.

-- Bumped by every change that could alter a standing or a key; what readers remember is good for one epoch.
CREATE TABLE epoch (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
INSERT INTO epoch (id, value) VALUES (1, 1);

-- Users, solution users and groups share one name space: `folded` is `identity::principal::fold` of the name.
CREATE TABLE principals (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'solution', 'group')),
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    description TEXT,
    disabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    given_name TEXT,
    surname TEXT,
    email TEXT,
    password_hash TEXT,
    password_changed_at BIGINT,
    failures BIGINT NOT NULL DEFAULT 0,
    window_start BIGINT,
    locked_until BIGINT
) WITHOUT ROWID;

CREATE TABLE solutions (
    id TEXT PRIMARY KEY NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    certificate BLOB NOT NULL,
    certificate_sha256 TEXT NOT NULL UNIQUE
) WITHOUT ROWID;

CREATE TABLE members (
    group_id TEXT NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, member_id)
) WITHOUT ROWID;
CREATE INDEX members_by_member ON members (member_id);

CREATE TABLE roles (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE
) WITHOUT ROWID;

CREATE TABLE role_privileges (
    role_id BIGINT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    privilege TEXT NOT NULL,
    PRIMARY KEY (role_id, privilege)
) WITHOUT ROWID;

-- A permission names its principal, it does not point at it: groups of external issuers have no row.
CREATE TABLE permissions (
    entity TEXT NOT NULL,
    folded TEXT NOT NULL,
    by_group BIGINT NOT NULL,
    principal TEXT NOT NULL,
    role_id BIGINT NOT NULL REFERENCES roles (id),
    propagate BIGINT NOT NULL,
    PRIMARY KEY (entity, folded, by_group)
) WITHOUT ROWID;
CREATE INDEX permissions_by_principal ON permissions (folded, by_group);
CREATE INDEX permissions_by_role ON permissions (role_id);

-- `cookie` is the SHA-256 of the cookie; the cookie itself is nowhere.
CREATE TABLE sessions (
    cookie BLOB PRIMARY KEY NOT NULL,
    session_key TEXT NOT NULL UNIQUE,
    subject_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    full_name TEXT NOT NULL,
    login_time BIGINT NOT NULL,
    last_active_time BIGINT NOT NULL,
    locale TEXT NOT NULL,
    message_locale TEXT NOT NULL,
    extension_session BIGINT NOT NULL,
    ip_address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    call_count BIGINT NOT NULL,
    token_id TEXT,
    token_not_on_or_after BIGINT
) WITHOUT ROWID;
-- Counting the living reads this index alone.
CREATE INDEX sessions_by_life ON sessions (last_active_time, login_time, token_not_on_or_after);
CREATE INDEX sessions_by_subject ON sessions (subject_id);

-- What is accepted once: a digest, kept as long as the thing itself could be accepted.
CREATE TABLE claims (
    claimed BLOB PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX claims_by_end ON claims (expires_at);

CREATE TABLE issued (
    id TEXT PRIMARY KEY NOT NULL,
    subject_id TEXT,
    upn TEXT NOT NULL,
    confirmation TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    not_on_or_after BIGINT NOT NULL,
    signer_sha256 TEXT NOT NULL,
    trace TEXT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX issued_by_end ON issued (not_on_or_after);
CREATE INDEX issued_revoked ON issued (revoked_at) WHERE revoked_at IS NOT NULL;

-- Certificates only; the private key is a file in `--keys`, named by the same SHA-256.
CREATE TABLE signing_keys (
    sha256 TEXT PRIMARY KEY NOT NULL,
    chain_pem TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'previous', 'retired', 'revoked')),
    created_at BIGINT NOT NULL,
    status_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    not_on_or_after BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (status) WHERE status = 'active';

CREATE TABLE audit (
    trace TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'refused', 'failed')),
    principal TEXT,
    source TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    PRIMARY KEY (trace, sequence)
);
CREATE INDEX audit_by_time ON audit (at);

-- A keyed hash per entry of the seed file, so that an unchanged entry is skipped at the next start.
CREATE TABLE seed_entries (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- Policies changed while running; they win over configuration and seed.
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
