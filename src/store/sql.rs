//! The statements, once. Both databases take `$1`, `RETURNING`, `ON CONFLICT`, `WITH RECURSIVE` and `UPDATE … FROM`.
//!
//! Rules: every number is a BIGINT (cast literals that are selected), times are bound and never `now()`, names are
//! compared by their folded column, and every `RETURNING` is drained by its caller.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(in crate::store) const $name: &str = $text;)*
        /// Every statement of this file with its name, for the test that prepares them all on both databases.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

mod sso_admin;

pub(super) use sso_admin::*;

/// Everything about the one subject for which `$where` holds, as tagged rows: 0 the subject, 1 a group, 2 a privilege
/// of a permission. One statement, so one snapshot; `UNION` makes cycles of groups harmless.
macro_rules! standing {
    ($where:literal) => {
        concat!(
            "WITH RECURSIVE subject AS (\
               SELECT p.id, p.kind, p.name, p.folded, p.disabled, u.given_name, u.surname, u.email, u.password_hash, \
                      u.password_changed_at, u.locked_until, s.certificate_sha256 \
               FROM principals p LEFT JOIN users u ON u.id = p.id LEFT JOIN solutions s ON s.id = p.id \
               WHERE p.kind <> 'group' AND ",
            $where,
            "), held (id) AS (\
               SELECT m.group_id FROM members m JOIN subject ON subject.id = m.member_id \
               UNION SELECT g.id FROM principals g JOIN subject ON subject.kind = 'solution' \
                     WHERE g.kind = 'group' AND g.folded = 'solutionusers' \
               UNION SELECT m.group_id FROM members m JOIN held ON held.id = m.member_id) \
             SELECT CAST(0 AS BIGINT) AS tag, subject.id AS t1, subject.kind AS t2, subject.name AS t3, \
                    subject.given_name AS t4, subject.surname AS t5, subject.email AS t6, \
                    subject.password_hash AS t7, subject.certificate_sha256 AS t8, \
                    subject.disabled AS n1, subject.locked_until AS n2, epoch.value AS n3, \
                    subject.password_changed_at AS n4 \
             FROM subject, epoch \
             UNION ALL \
             SELECT CAST(1 AS BIGINT), NULL, NULL, g.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL \
             FROM held JOIN principals g ON g.id = held.id \
             UNION ALL \
             SELECT CAST(2 AS BIGINT), p.entity, r.privilege, NULL, NULL, NULL, NULL, NULL, NULL, \
                    p.by_group, p.role_id, p.propagate, NULL \
             FROM permissions p LEFT JOIN role_privileges r ON r.role_id = p.role_id \
             WHERE (p.by_group = 0 AND p.folded IN (SELECT folded FROM subject)) \
                OR (p.by_group = 1 AND EXISTS (SELECT id FROM subject) AND (p.folded = 'everyone' \
                    OR p.folded IN (SELECT g.folded FROM held JOIN principals g ON g.id = held.id)))"
        )
    };
}

macro_rules! session_columns {
    () => {
        "session_key, subject_id, user_name, full_name, login_time, last_active_time, locale, message_locale, \
         extension_session, ip_address, user_agent, call_count, token_id, token_not_on_or_after, mapped_groups, service"
    };
}

/// Alive: used after `$1`, begun after `$2`, and its token, if any, good after `$3`.
macro_rules! session_is_live {
    () => {
        "last_active_time > $1 AND login_time > $2 AND (token_not_on_or_after IS NULL OR token_not_on_or_after > $3)"
    };
}

/// Good for the use `$2`, with the method `$3` on the URL `$4`, at `$5`.
macro_rules! ticket_fits {
    () => {
        "purpose = $2 AND (method IS NULL OR method = $3) AND (url IS NULL OR url = $4) AND expires_at > $5"
    };
}

/// A failure is the first of a new window when there was none, when it ran out, or when a lock has ended since.
macro_rules! new_window {
    () => {
        "window_start IS NULL OR window_start <= $3 OR locked_until <= $2"
    };
}

macro_rules! audit_columns {
    () => {
        "trace, sequence, at, action, outcome, principal, source, reason, detail"
    };
}

/// What may be an event of vim25: the actions that have one, between two numbers and two times.
macro_rules! is_event {
    () => {
        "number > $1 AND number < $2 AND at >= $3 AND at <= $4 AND action IN ('session.login', \
         'session.login-by-token', 'session.login-by-sspi', 'session.login-extension-by-certificate', \
         'session.login-extension-by-subject-name', 'session.clone', \
         'session.logout', 'session.expire', 'session.terminate', 'session.message', 'privilege.check', \
         'server.start')"
    };
}

/// Between two numbers, and as the filters say, which filter nothing where they are null.
macro_rules! audit_fits {
    () => {
        "number > $1 AND number < $2 AND (CAST($3 AS TEXT) IS NULL OR principal = $3) \
         AND (CAST($4 AS TEXT) IS NULL OR outcome = $4) AND (CAST($5 AS TEXT) IS NULL OR action = $5) \
         AND (CAST($6 AS TEXT) IS NULL OR trace = $6)"
    };
}

statements! {
    /// The current epoch.
    EPOCH = "SELECT value FROM epoch WHERE id = 1";
    /// The next epoch, for everybody who reads from now on.
    BUMP_EPOCH = "UPDATE epoch SET value = value + 1 WHERE id = 1 RETURNING value";

    /// A principal, unless the name is taken.
    ADD_PRINCIPAL = "INSERT INTO principals (id, kind, name, folded, description, disabled, created_at) \
        VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (folded) DO NOTHING RETURNING id";
    /// Who has this name.
    FIND_PRINCIPAL = "SELECT id, kind, name FROM principals WHERE folded = $1";
    /// Whether there is anybody at all.
    COUNT_PRINCIPALS = "SELECT count(*) FROM principals";
    /// Away with it; details and memberships go with it.
    REMOVE_PRINCIPAL = "DELETE FROM principals WHERE id = $1 AND kind = $2 RETURNING folded";
    /// Away with what was granted to a name, so that whoever gets the name next does not inherit it.
    REMOVE_GRANTS = "DELETE FROM permissions WHERE folded = $1 AND by_group = $2";
    /// Switches an account on or off.
    SET_DISABLED = "UPDATE principals SET disabled = $2 WHERE id = $1 AND kind <> 'group' RETURNING id";
    /// Another description.
    SET_DESCRIPTION = "UPDATE principals SET description = $2 WHERE id = $1 RETURNING id";

    /// What makes a principal a person.
    ADD_USER = "INSERT INTO users (id, given_name, surname, email, password_hash, password_changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// All people.
    USERS = "SELECT p.id, p.name, p.description, p.disabled, p.created_at, u.given_name, u.surname, u.email, \
        CAST(CASE WHEN u.password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_password, \
        u.password_changed_at, u.failures, u.locked_until \
        FROM principals p JOIN users u ON u.id = p.id ORDER BY p.folded";
    /// Names and address.
    SET_PROFILE = "UPDATE users SET given_name = $2, surname = $3, email = $4 WHERE id = $1 RETURNING id";
    /// A new password.
    SET_PASSWORD = "UPDATE users SET password_hash = $2, password_changed_at = $3 WHERE id = $1 RETURNING id";
    /// The passwords of an account, the one in use first.
    PASSWORDS = "SELECT hash FROM (\
           SELECT password_hash AS hash, CAST(9223372036854775807 AS BIGINT) AS place FROM users \
           WHERE id = $1 AND password_hash IS NOT NULL \
           UNION ALL SELECT hash, place FROM passwords WHERE user_id = $1) AS known ORDER BY place DESC LIMIT $2";
    /// The password in use becomes an earlier one.
    KEEP_PASSWORD = "INSERT INTO passwords (user_id, place, hash) \
        SELECT u.id, COALESCE((SELECT MAX(p.place) FROM passwords p WHERE p.user_id = u.id), 0) + 1, u.password_hash \
        FROM users u WHERE u.id = $1 AND u.password_hash IS NOT NULL RETURNING place";
    /// Away with earlier passwords that nothing asks for.
    FORGET_PASSWORDS = "DELETE FROM passwords WHERE user_id = $1 AND place <= $2 RETURNING place";
    /// The same password in a stronger hash, unless it was changed meanwhile.
    REHASH = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id";
    /// One more failure; `$2` now, `$3` the beginning of a window that would end now.
    PASSWORD_FAILED = concat!(
        "UPDATE users SET failures = CASE WHEN ", new_window!(), " THEN 1 ELSE failures + 1 END, \
         window_start = CASE WHEN ", new_window!(), " THEN $2 ELSE window_start END, \
         locked_until = CASE WHEN locked_until <= $2 THEN NULL ELSE locked_until END \
         WHERE id = $1 RETURNING failures, locked_until");
    /// Too many failures.
    LOCK = "UPDATE users SET locked_until = $2 WHERE id = $1";
    /// A wrong password for nobody: as much work as one for somebody, so that nobody can tell them apart.
    STRANGER_FAILED = "UPDATE strangers SET failures = failures + 1 WHERE id = 1 RETURNING failures";
    /// How many failures are remembered.
    FAILURES = "SELECT failures FROM users WHERE id = $1";
    /// A success forgets failures, but does not open a lock.
    CLEAR_FAILURES = "UPDATE users SET failures = 0, window_start = NULL, locked_until = NULL \
        WHERE id = $1 AND failures > 0 AND (locked_until IS NULL OR locked_until <= $2) RETURNING id";
    /// An administrator opens the lock.
    UNLOCK = "UPDATE users SET failures = 0, window_start = NULL, locked_until = NULL WHERE id = $1 RETURNING id";

    /// The user asked for an NT hash.
    ALLOW_NT_HASH = "INSERT INTO nt_hashes (user_id) VALUES ($1) ON CONFLICT (user_id) DO NOTHING RETURNING user_id";
    /// The user asks for none.
    FORBID_NT_HASH = "DELETE FROM nt_hashes WHERE user_id = $1 RETURNING user_id";
    /// The hash of the password that was just set, or none; only of who asked for it.
    SET_NT_HASH = "UPDATE nt_hashes SET sealed = $2 WHERE user_id = $1 RETURNING user_id";
    /// The hash, if there is one.
    NT_HASH = "SELECT sealed FROM nt_hashes WHERE user_id = $1 AND sealed IS NOT NULL";
    /// Nobody has one any more.
    FORGET_NT_HASHES = "UPDATE nt_hashes SET sealed = NULL WHERE sealed IS NOT NULL RETURNING user_id";

    /// Active people who are in Administrators, directly or through a group.
    ADMINISTRATORS = "WITH RECURSIVE inside (id) AS (\
           SELECT id FROM principals WHERE folded = 'administrators' AND kind = 'group' \
           UNION SELECT m.member_id FROM members m JOIN inside ON inside.id = m.group_id) \
         SELECT count(*) FROM principals p JOIN inside ON inside.id = p.id WHERE p.kind = 'user' AND p.disabled = 0";
    /// What makes a principal a machine.
    ADD_SOLUTION = "INSERT INTO solutions (id, certificate, certificate_sha256) VALUES ($1, $2, $3) RETURNING id";
    /// All machines.
    SOLUTIONS = "SELECT p.id, p.name, p.description, p.disabled, p.created_at, s.certificate, s.certificate_sha256 \
        FROM principals p JOIN solutions s ON s.id = p.id ORDER BY p.folded";
    /// The certificate of one machine.
    CERTIFICATE_OF = "SELECT certificate FROM solutions WHERE id = $1";
    /// Whose certificate it is.
    SOLUTION_BY_CERTIFICATE = "SELECT id FROM solutions WHERE certificate_sha256 = $1";
    /// Another certificate for the same machine.
    SET_CERTIFICATE = "UPDATE solutions SET certificate = $2, certificate_sha256 = $3 WHERE id = $1 RETURNING id";

    /// All groups with their direct members.
    GROUPS = "SELECT g.id, g.name, g.description, m.name AS member FROM principals g \
        LEFT JOIN members ON members.group_id = g.id LEFT JOIN principals m ON m.id = members.member_id \
        WHERE g.kind = 'group' ORDER BY g.folded, m.folded";
    /// The groups a principal is a direct member of.
    GROUPS_OF = "SELECT g.name FROM members JOIN principals g ON g.id = members.group_id \
        WHERE members.member_id = $1 ORDER BY g.folded";
    /// Whether `$2` is `$1` or a group somewhere inside it.
    CONTAINS = "WITH RECURSIVE inside (id) AS (SELECT CAST($1 AS TEXT) \
        UNION SELECT m.member_id FROM members m JOIN inside ON inside.id = m.group_id) \
        SELECT id FROM inside WHERE id = $2";
    /// A member more.
    ADD_MEMBER = "INSERT INTO members (group_id, member_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING group_id";
    /// A member less.
    REMOVE_MEMBER = "DELETE FROM members WHERE group_id = $1 AND member_id = $2 RETURNING group_id";

    /// The first free number of a role made by people; those of the system are negative.
    NEXT_ROLE = "SELECT CAST(coalesce(max(id), 0) + 1 AS BIGINT) FROM roles WHERE id > 0";
    /// A role, unless its name or number is taken.
    ADD_ROLE = "INSERT INTO roles (id, name, folded) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id";
    /// Whose name it is.
    FIND_ROLE = "SELECT id FROM roles WHERE folded = $1";
    /// Another name.
    RENAME_ROLE = "UPDATE roles SET name = $2, folded = $3 WHERE id = $1 RETURNING id";
    /// Away with it; its privileges go with it.
    REMOVE_ROLE = "DELETE FROM roles WHERE id = $1 RETURNING id";
    /// How many permissions need the role.
    ROLE_USES = "SELECT count(*) FROM permissions WHERE role_id = $1";
    /// One privilege more.
    ADD_PRIVILEGE = "INSERT INTO role_privileges (role_id, privilege) VALUES ($1, $2) \
        ON CONFLICT DO NOTHING RETURNING role_id";
    /// All privileges of a role.
    CLEAR_PRIVILEGES = "DELETE FROM role_privileges WHERE role_id = $1";
    /// All roles with their privileges.
    ROLES = "SELECT r.id, r.name, p.privilege FROM roles r LEFT JOIN role_privileges p ON p.role_id = r.id \
        ORDER BY r.id, p.privilege";

    /// A permission; one principal has one per object.
    SET_PERMISSION = "INSERT INTO permissions (entity, folded, by_group, principal, role_id, propagate) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (entity, folded, by_group) DO UPDATE \
        SET principal = excluded.principal, role_id = excluded.role_id, propagate = excluded.propagate";
    /// Away with it.
    REMOVE_PERMISSION = "DELETE FROM permissions WHERE entity = $1 AND folded = $2 AND by_group = $3 RETURNING entity";
    /// All permissions.
    PERMISSIONS = "SELECT entity, principal, by_group, role_id, propagate FROM permissions \
        ORDER BY entity, by_group, folded";
    /// Another role for all who have one.
    MERGE_PERMISSIONS = "UPDATE permissions SET role_id = $2 WHERE role_id = $1";
    /// Away with all on an object.
    CLEAR_PERMISSIONS = "DELETE FROM permissions WHERE entity = $1";
    /// Away with all that have a role.
    REVOKE_ROLE = "DELETE FROM permissions WHERE role_id = $1";
    /// Which role a number names.
    ROLE_NAME = "SELECT name FROM roles WHERE id = $1";

    /// See [`standing!`].
    STANDING_BY_NAME = standing!("p.folded = $1");
    /// See [`standing!`].
    STANDING_BY_ID = standing!("p.id = $1");
    /// See [`standing!`].
    STANDING_BY_CERTIFICATE = standing!("s.certificate_sha256 = $1");

    /// Everything about the subject `$1` (`domain\name`, folded) of the issuer that speaks for the domain `$3`, with the groups
    /// that `$2` lists as `/one/another/`, folded: the rows of [`standing!`]. A name has no `/`, so that taking out what is
    /// between two of them changes the list if, and only if, the name is in it.
    STANDING_OF_EXTERNAL = "WITH RECURSIVE speaker AS (\
           SELECT issuer FROM external_issuers WHERE folded_domain = $3), held (id) AS (\
           SELECT g.id FROM principals g JOIN speaker ON 1 = 1 WHERE g.kind = 'group' \
                  AND replace(CAST($2 AS TEXT), '/' || g.folded || '/', '') <> CAST($2 AS TEXT) \
           UNION SELECT m.group_id FROM members m JOIN held ON held.id = m.member_id) \
         SELECT CAST(0 AS BIGINT) AS tag, CAST(NULL AS TEXT) AS t1, 'external' AS t2, CAST(NULL AS TEXT) AS t3, \
                CAST(NULL AS TEXT) AS t4, CAST(NULL AS TEXT) AS t5, CAST(NULL AS TEXT) AS t6, CAST(NULL AS TEXT) AS t7, \
                CAST(NULL AS TEXT) AS t8, CAST(0 AS BIGINT) AS n1, CAST(NULL AS BIGINT) AS n2, epoch.value AS n3, CAST(NULL AS BIGINT) AS n4 \
         FROM speaker, epoch \
         UNION ALL \
         SELECT CAST(1 AS BIGINT), NULL, NULL, g.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL \
         FROM held JOIN principals g ON g.id = held.id \
         UNION ALL \
         SELECT CAST(2 AS BIGINT), p.entity, r.privilege, NULL, NULL, NULL, NULL, NULL, NULL, \
                p.by_group, p.role_id, p.propagate, NULL \
         FROM permissions p LEFT JOIN role_privileges r ON r.role_id = p.role_id \
         WHERE EXISTS (SELECT issuer FROM speaker) AND ((p.by_group = 0 AND p.folded = $1) \
            OR (p.by_group = 1 AND p.folded IN (SELECT g.folded FROM held JOIN principals g ON g.id = held.id)))";

    /// Sessions, repeated by the number of rows.
    ADD_SESSIONS = concat!("INSERT INTO sessions (cookie, ", session_columns!(), ") \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)");
    /// The session of a cookie, and the epoch in which it was read.
    SESSION_BY_COOKIE = concat!("SELECT ", session_columns!(), ", epoch.value AS epoch \
        FROM sessions, epoch WHERE cookie = $1");
    /// The session of a key.
    SESSION_BY_KEY = concat!("SELECT ", session_columns!(), " FROM sessions WHERE session_key = $1");
    /// All sessions, the oldest first.
    SESSIONS = concat!("SELECT ", session_columns!(), " FROM sessions ORDER BY login_time, session_key");
    /// How many live.
    COUNT_SESSIONS = concat!("SELECT count(*) FROM sessions WHERE ", session_is_live!());
    /// Away with the dead.
    SWEEP_SESSIONS = concat!("DELETE FROM sessions WHERE NOT (", session_is_live!(), ") RETURNING ", session_columns!());
    /// Logout.
    END_SESSION = "DELETE FROM sessions WHERE session_key = $1 RETURNING session_key";
    /// Every session of somebody.
    END_SESSIONS_OF = "DELETE FROM sessions WHERE subject_id = $1 RETURNING session_key";
    /// `ImpersonateUser`: the same session, somebody else's.
    SET_SUBJECT = "UPDATE sessions SET subject_id = $2, user_name = $3, full_name = $4, locale = $5, \
        message_locale = $6, extension_session = $7, mapped_groups = $8 WHERE session_key = $1 RETURNING session_key";
    /// A ticket.
    ADD_TICKET = "INSERT INTO tickets (secret, session_key, purpose, method, url, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// The session that a ticket comes from, if it is good for this use.
    LENDER = concat!("SELECT ", session_columns!(), " FROM sessions WHERE session_key = \
        (SELECT session_key FROM tickets WHERE secret = $1 AND ", ticket_fits!(), ")");
    /// Takes a ticket out: whoever gets the row has spent it.
    SPEND_TICKET = concat!("DELETE FROM tickets WHERE secret = $1 AND ", ticket_fits!(), " RETURNING session_key");
    /// Every ticket of a session.
    END_TICKETS_OF = "DELETE FROM tickets WHERE session_key = $1";
    /// Tickets that nobody accepts any more.
    SWEEP_TICKETS = "DELETE FROM tickets WHERE secret IN (SELECT secret FROM tickets WHERE expires_at <= $1 LIMIT $2)";
    /// `SetLocale`.
    SET_LOCALE = "UPDATE sessions SET locale = $2, message_locale = $3 WHERE session_key = $1 RETURNING session_key";
    /// What sessions did since the last flush, repeated by the number of rows. Never moves a session back in time.
    FLUSH_USES = "WITH used (session_key, at, calls, ip, agent) AS \
        (VALUES ($1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), $4, $5)) \
        UPDATE sessions SET last_active_time = CASE WHEN used.at > sessions.last_active_time THEN used.at \
        ELSE sessions.last_active_time END, call_count = sessions.call_count + used.calls, \
        ip_address = used.ip, user_agent = used.agent \
        FROM used WHERE sessions.session_key = used.session_key";

    /// Claims, repeated by the number of rows; those who come second get no row back.
    ADD_CLAIMS = "INSERT INTO claims (claimed, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING claimed";
    /// Claims on things that can no longer be accepted.
    SWEEP_CLAIMS = "DELETE FROM claims WHERE claimed IN \
        (SELECT claimed FROM claims WHERE expires_at <= $1 LIMIT $2)";

    /// Issued tokens, repeated by the number of rows.
    ADD_ISSUED = "INSERT INTO issued (id, subject_id, upn, confirmation, issued_at, not_before, not_on_or_after, \
        signer_sha256, trace) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// One issued token.
    ISSUED = "SELECT id, subject_id, upn, confirmation, issued_at, not_before, not_on_or_after, signer_sha256, \
        trace, revoked_at FROM issued WHERE id = $1";
    /// The newest issued tokens.
    ISSUED_RECENT = "SELECT id, subject_id, upn, confirmation, issued_at, not_before, not_on_or_after, signer_sha256, \
        trace, revoked_at FROM issued WHERE not_on_or_after > $1 ORDER BY not_on_or_after DESC LIMIT $2";
    /// The same after one of them, of one subject or of all.
    ISSUED_PAGE = "SELECT id, subject_id, upn, confirmation, issued_at, not_before, not_on_or_after, signer_sha256, \
        trace, revoked_at FROM issued WHERE not_on_or_after > $1 \
        AND (not_on_or_after < $2 OR (not_on_or_after = $2 AND id < $3)) \
        AND (CAST($4 AS TEXT) IS NULL OR upn = $4) ORDER BY not_on_or_after DESC, id DESC LIMIT $5";
    /// No longer good.
    REVOKE_TOKEN = "UPDATE issued SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING id";
    /// Whether it was revoked.
    IS_REVOKED = "SELECT id FROM issued WHERE id = $1 AND revoked_at IS NOT NULL";
    /// All revoked tokens, and the epoch in which that was so; at least one row.
    REVOKED_TOKENS = "SELECT epoch.value, issued.id FROM epoch LEFT JOIN issued ON issued.revoked_at IS NOT NULL";
    /// Tokens that nobody accepts any more.
    SWEEP_ISSUED = "DELETE FROM issued WHERE id IN (SELECT id FROM issued WHERE not_on_or_after <= $1 LIMIT $2)";

    /// A signing key.
    ADD_SIGNING_KEY = "INSERT INTO signing_keys (sha256, chain_pem, status, created_at, status_at, not_before, \
        not_on_or_after) VALUES ($1, $2, $3, $4, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING RETURNING sha256";
    /// Only one is active.
    RETIRE_ACTIVE = "UPDATE signing_keys SET status = 'previous', status_at = $2 \
        WHERE status = 'active' AND sha256 <> $1";
    /// Another status.
    SET_KEY_STATUS = "UPDATE signing_keys SET status = $2, status_at = $3 WHERE sha256 = $1 RETURNING sha256";
    /// All keys and the epoch in which they were so; at least one row.
    SIGNING_KEYS = "SELECT epoch.value AS epoch, k.sha256, k.chain_pem, k.status, k.created_at, k.status_at, \
        k.not_before, k.not_on_or_after FROM epoch LEFT JOIN signing_keys k ON 1 = 1 ORDER BY k.created_at, k.sha256";
    /// When the last good token of a key ends.
    LAST_TOKEN_END = "SELECT max(not_on_or_after) FROM issued WHERE signer_sha256 = $1 AND revoked_at IS NULL";

    /// Every external issuer with its groups, and the epoch in which they were so; at least one row.
    EXTERNAL_ISSUERS = "SELECT epoch.value AS epoch, e.issuer, e.domain, e.certificates, g.name AS group_name FROM epoch \
        LEFT JOIN external_issuers e ON 1 = 1 LEFT JOIN external_issuer_groups m ON m.issuer = e.issuer \
        LEFT JOIN principals g ON g.id = m.group_id ORDER BY e.issuer, g.folded";
    /// Who speaks for a domain.
    SPEAKER_FOR = "SELECT issuer FROM external_issuers WHERE folded_domain = $1";
    /// An external issuer, or another domain and other certificates of it.
    PUT_EXTERNAL_ISSUER = "INSERT INTO external_issuers (issuer, domain, folded_domain, certificates, created_at) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (issuer) DO UPDATE SET domain = excluded.domain, \
        folded_domain = excluded.folded_domain, certificates = excluded.certificates";
    /// Away with it, and its groups.
    REMOVE_EXTERNAL_ISSUER = "DELETE FROM external_issuers WHERE issuer = $1 RETURNING issuer";
    /// Its users belong to a group more.
    ADD_ISSUER_GROUP = "INSERT INTO external_issuer_groups (issuer, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    /// Its users belong to none.
    CLEAR_ISSUER_GROUPS = "DELETE FROM external_issuer_groups WHERE issuer = $1";

    /// Audit rows, repeated by the number of rows.
    ADD_AUDIT = concat!("INSERT INTO audit (", audit_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    /// All of one request.
    AUDIT_BY_TRACE = concat!("SELECT ", audit_columns!(), " FROM audit WHERE trace = $1 ORDER BY sequence");
    /// The newest first; a filter that is null filters nothing.
    AUDIT_RECENT = concat!("SELECT ", audit_columns!(), " FROM audit WHERE at < $1 \
        AND (CAST($2 AS TEXT) IS NULL OR principal = $2) AND (CAST($3 AS TEXT) IS NULL OR outcome = $3) \
        AND (CAST($4 AS TEXT) IS NULL OR action = $4) ORDER BY at DESC, sequence DESC LIMIT $5");
    /// Between two numbers, the newest first; a filter that is null filters nothing.
    AUDIT_DOWN = concat!("SELECT number, ", audit_columns!(), " FROM audit WHERE ", audit_fits!(), " ORDER BY number DESC LIMIT $7");
    /// The same, the oldest first.
    AUDIT_UP = concat!("SELECT number, ", audit_columns!(), " FROM audit WHERE ", audit_fits!(), " ORDER BY number LIMIT $7");
    /// The time of the newest row that is one too many.
    AUDIT_OVERFLOW = "SELECT at FROM audit ORDER BY at DESC LIMIT 1 OFFSET $1";
    /// Audit rows up to `$1`.
    SWEEP_AUDIT = "DELETE FROM audit WHERE (trace, sequence) IN \
        (SELECT trace, sequence FROM audit WHERE at <= $1 ORDER BY at LIMIT $2)";

    /// What may be an event between two numbers and two times, the newest first.
    EVENTS_DOWN = concat!("SELECT number, ", audit_columns!(), " FROM audit WHERE ", is_event!(), " ORDER BY number DESC LIMIT $5");
    /// The same, the oldest first.
    EVENTS_UP = concat!("SELECT number, ", audit_columns!(), " FROM audit WHERE ", is_event!(), " ORDER BY number LIMIT $5");

    /// Every entry of the seed that was applied.
    SEED_ENTRIES = "SELECT kind, name, hash FROM seed_entries";
    /// An entry was applied.
    PUT_SEED_ENTRY = "INSERT INTO seed_entries (kind, name, hash) VALUES ($1, $2, $3) \
        ON CONFLICT (kind, name) DO UPDATE SET hash = excluded.hash";

    /// All extensions.
    EXTENSIONS = "SELECT extension_key, data, subject_name, certificate, public_key, registered_at FROM extensions \
        ORDER BY extension_key";
    /// One extension and the epoch in which it was so; at least one row.
    EXTENSION = "SELECT epoch.value AS epoch, x.extension_key, x.data, x.subject_name, x.certificate, x.public_key, \
        x.registered_at FROM epoch LEFT JOIN extensions x ON x.extension_key = $1";
    /// How much room each takes.
    EXTENSION_SIZES = "SELECT CAST(length(data) AS BIGINT) FROM extensions";
    /// An extension, unless its key is taken.
    ADD_EXTENSION = "INSERT INTO extensions (extension_key, data, subject_name, registered_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (extension_key) DO NOTHING RETURNING extension_key";
    /// What it says of itself.
    UPDATE_EXTENSION = "UPDATE extensions SET data = $2, subject_name = $3 WHERE extension_key = $1 \
        RETURNING extension_key";
    /// What it logs in with.
    SET_EXTENSION_CERTIFICATE = "UPDATE extensions SET certificate = $2 WHERE extension_key = $1 \
        RETURNING extension_key";
    /// Its key.
    SET_EXTENSION_PUBLIC_KEY = "UPDATE extensions SET public_key = $2 WHERE extension_key = $1 \
        RETURNING extension_key";
    /// Away with it.
    REMOVE_EXTENSION = "DELETE FROM extensions WHERE extension_key = $1 RETURNING extension_key";

    /// Every setting and the epoch in which it was so; at least one row.
    SETTINGS = "SELECT epoch.value, s.name, s.value FROM epoch LEFT JOIN settings s ON 1 = 1";
    /// A setting.
    PUT_SETTING = "INSERT INTO settings (name, value) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    /// No longer set.
    REMOVE_SETTING = "DELETE FROM settings WHERE name = $1 RETURNING name";
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

    use super::super::batch::Texts;
    use super::super::native::both;
    use super::super::repeat::Repeated;
    use super::super::{Store, Target};
    use super::*;

    /// The repeated forms too: what is prepared here is every text that the program ever sends.
    fn every_statement() -> Vec<(String, String)> {
        let texts = Texts::new();
        let flush = Repeated::new(FLUSH_USES);
        let repeated = [texts.claims, texts.issued, texts.sessions, texts.audit, flush];
        let repeated =
            repeated.iter().flat_map(Repeated::all).map(|text| ("repeated".to_owned(), text.to_string()));
        let all = ALL.iter().chain(sso_admin::ALL);
        all.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).chain(repeated).collect()
    }

    fn prepares_on(target: &Target) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(prepares(target));
    }

    async fn prepares(target: &Target) {
        let store = Store::open(target).await.unwrap();
        let mut reader = store.reader().await.unwrap();
        for (name, text) in every_statement() {
            let statement = AssertSqlSafe(text.as_str()).into_sql_str();
            let prepared = both!(&mut reader, c => (&mut **c).prepare(statement).await.map(drop));
            prepared.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        }
        drop(reader);
        store.close().await.unwrap();
    }

    #[test]
    fn every_statement_can_be_prepared_on_sqlite() {
        let file = std::env::temp_dir().join(format!("vcsso-sql-{}.db", std::process::id()));
        prepares_on(&Target::file(&file).ephemeral());
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn every_statement_can_be_prepared_on_postgres() {
        match std::env::var("VCSSO_TEST_POSTGRES") {
            Ok(url) => prepares_on(&Target::parse(&url).unwrap()),
            Err(missing) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
                panic!("VCSSO_TEST_POSTGRES: {missing}")
            }
            Err(_) => eprintln!("skipped: VCSSO_TEST_POSTGRES is not set"),
        }
    }

    #[test]
    fn every_statement_asks_nothing_of_the_database_clock_and_locks_no_row() {
        for (name, text) in every_statement() {
            let lower = text.to_lowercase();
            for wrong in ["now()", "current_timestamp", " like ", "lower(", "for update", "for share", "sum("]
            {
                assert!(!lower.contains(wrong), "{name} has {wrong}");
            }
        }
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let list = |folder: &str| {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let mut names: Vec<_> =
                std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(list("sqlite"), list("postgres"));
        assert!(!list("sqlite").is_empty());
    }
}
