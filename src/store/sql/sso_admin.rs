//! The statements of what the SSO administration service keeps: directories and certificates, as configuration.
//!
//! None of them reads `bind_password`.

macro_rules! source_columns {
    () => {
        "name, alias, kind, friendly_name, user_base_dn, group_base_dn, primary_url, failover_url, \
         search_timeout_seconds, authentication, bind_user"
    };
}

statements! {
    /// Every directory.
    IDENTITY_SOURCES = concat!("SELECT ", source_columns!(), " FROM identity_sources ORDER BY folded");
    /// A directory, unless its name is taken.
    ADD_IDENTITY_SOURCE = concat!("INSERT INTO identity_sources (folded, ", source_columns!(), ", bind_password, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (folded) DO NOTHING RETURNING folded");
    /// Where a directory is, and what is looked for in it.
    SET_SOURCE_DETAILS = "UPDATE identity_sources SET friendly_name = $2, user_base_dn = $3, group_base_dn = $4, \
        primary_url = $5, failover_url = $6, search_timeout_seconds = $7 WHERE folded = $1 RETURNING folded";
    /// As whom it would be asked.
    SET_SOURCE_AUTHENTICATION = "UPDATE identity_sources SET authentication = $2, bind_user = $3, bind_password = $4 \
        WHERE folded = $1 RETURNING folded";
    /// Away with it.
    REMOVE_IDENTITY_SOURCE = "DELETE FROM identity_sources WHERE folded = $1 RETURNING folded";

    /// Every certificate that a directory may show, the oldest first.
    TRUSTED_CERTIFICATES = "SELECT certificate FROM trusted_certificates ORDER BY created_at, sha256";
    /// One more, unless it is there.
    ADD_TRUSTED_CERTIFICATE = "INSERT INTO trusted_certificates (sha256, certificate, created_at) VALUES ($1, $2, $3) \
        ON CONFLICT (sha256) DO NOTHING RETURNING sha256";
    /// One less.
    REMOVE_TRUSTED_CERTIFICATE = "DELETE FROM trusted_certificates WHERE sha256 = $1 RETURNING sha256";
}
