-- Security Token Services of other houses whose tokens are accepted. The same file under `sqlite/` says the same in the
-- other dialect.

-- An issuer speaks for the users of one domain, and nobody else does. `certificates` are those it signs with, PEM.
CREATE TABLE external_issuers (
    issuer TEXT PRIMARY KEY NOT NULL,
    domain TEXT NOT NULL,
    folded_domain TEXT NOT NULL UNIQUE,
    certificates TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The groups of this domain that its users belong to here.
CREATE TABLE external_issuer_groups (
    issuer TEXT NOT NULL REFERENCES external_issuers (issuer) ON DELETE CASCADE,
    group_id TEXT NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, group_id)
);

-- Of a subject without a row, the groups it was mapped to at the login, as `/one/another/`: names have no `/`.
ALTER TABLE sessions ADD COLUMN mapped_groups TEXT;
