-- NT hashes, for NTLM. The same file under `postgres/` says the same in the other dialect.

-- A row says that the user asked for it; `sealed` follows when the next password is set, encrypted under a key that is
-- not in this database and bound to the user's identifier.
CREATE TABLE nt_hashes (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed BLOB
) WITHOUT ROWID;
