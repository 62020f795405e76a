//! Roles: named sets of privileges, and the ones every vCenter has (`session-manager.md` §2.4).

use std::sync::LazyLock;

use super::privilege::{ALL, ANONYMOUS, READ, VIEW, is_cryptographic, is_trusted};

/// A role that every system has. Its name and its privileges are the program's, not the store's.
#[derive(Clone, Copy, Debug)]
pub struct SystemRole {
    /// Negative for system roles.
    pub id: i64,
    /// Its name on the wire.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// Whether it allows what a privilege stands for.
    allows: fn(&str) -> bool,
}

/// What a role allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Privileges {
    /// The privileges of a system role, sorted.
    System(&'static [&'static str]),
    /// Those of a role that people made, sorted.
    Made(Vec<String>),
}

/// Everything.
pub const ADMIN: i64 = -1;
/// Look, do not touch.
pub const READ_ONLY: i64 = -2;
/// Nothing, explicitly.
pub const NO_ACCESS: i64 = -5;
/// Roles that describe what people have anyway, so nobody can be given them: View and Anonymous.
pub const NOT_GRANTED: &[i64] = &[-3, -4];

const fn role(
    id: i64,
    name: &'static str,
    label: &'static str,
    summary: &'static str,
    allows: fn(&str) -> bool,
) -> SystemRole {
    SystemRole { id, name, label, summary, allows }
}

/// The roles of a fresh system, with a real server's words.
pub const SYSTEM_ROLES: &[SystemRole] = &[
    role(ADMIN, "Admin", "Administrator", "Full access rights", |_| true),
    role(READ_ONLY, "ReadOnly", "Read-only", "See details of objects, but not make changes", |id| {
        [ANONYMOUS, READ, VIEW].contains(&id)
    }),
    role(-3, "View", "View", "Visibility access (cannot be granted)", |id| [ANONYMOUS, VIEW].contains(&id)),
    role(-4, "Anonymous", "Anonymous", "Not logged-in user (cannot be granted)", |id| id == ANONYMOUS),
    role(NO_ACCESS, "NoAccess", "No access", "Used for restricting granted access", |_| false),
    role(
        -6,
        "NoCryptoAdmin",
        "No cryptography administrator",
        "Full access without Cryptographic operations and Trusted Infrastructure privileges",
        |id| !is_cryptographic(id) && !is_trusted(id),
    ),
    role(
        -7,
        "TrustedAdmin",
        "Trusted Infrastructure administrator",
        "Setup and monitoring of Trusted Infrastructure",
        |id| is_trusted(id) || [ANONYMOUS, READ, VIEW].contains(&id),
    ),
    role(
        -8,
        "NoTrustedAdmin",
        "No Trusted Infrastructure administrator",
        "Full access without Trusted Infrastructure privileges",
        |id| !is_trusted(id),
    ),
];

static PRIVILEGES: LazyLock<Vec<(i64, Vec<&'static str>)>> = LazyLock::new(|| {
    let allowed = |role: &SystemRole| ALL.iter().copied().filter(|id| (role.allows)(id)).collect();
    SYSTEM_ROLES.iter().map(|role| (role.id, allowed(role))).collect()
});

/// The system role of this number.
#[must_use]
pub fn system(id: i64) -> Option<&'static SystemRole> {
    SYSTEM_ROLES.iter().find(|role| role.id == id)
}

impl Privileges {
    /// Those of a role: of a system role the program's own, otherwise none yet.
    #[must_use]
    pub fn of(role_id: i64) -> Self {
        let system = PRIVILEGES.iter().find(|(id, _)| *id == role_id);
        system.map_or_else(|| Self::Made(Vec::new()), |(_, privileges)| Self::System(privileges))
    }

    /// One privilege more for a role that people made; a system role stays what it is.
    pub fn add(&mut self, privilege: String) {
        if let Self::Made(made) = self
            && let Err(place) = made.binary_search(&privilege)
        {
            made.insert(place, privilege);
        }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (system, made): (&[&str], &[String]) = match self {
            Self::System(privileges) => (privileges, &[]),
            Self::Made(privileges) => (&[], privileges),
        };
        system.iter().copied().chain(made.iter().map(String::as_str))
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn contain(&self, privilege: &str) -> bool {
        match self {
            Self::System(privileges) => privileges.binary_search(&privilege).is_ok(),
            Self::Made(privileges) => privileges.binary_search_by(|id| id.as_str().cmp(privilege)).is_ok(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_roles_have_as_many_privileges_as_a_real_servers() {
        let counts: Vec<usize> =
            SYSTEM_ROLES.iter().map(|role| Privileges::of(role.id).iter().count()).collect();
        assert_eq!(counts, [482, 3, 2, 1, 0, 449, 17, 468]);
    }

    #[test]
    fn what_is_about_sessions_is_an_administrators() {
        for (id, allowed) in [(ADMIN, true), (-6, true), (-8, true), (READ_ONLY, false), (-7, false)] {
            assert_eq!(Privileges::of(id).contain("Sessions.TerminateSession"), allowed, "{id}");
        }
    }

    #[test]
    fn only_a_role_made_by_people_grows() {
        let mut made = Privileges::of(1);
        assert!(made.is_empty());
        for id in ["b", "a", "b"] {
            made.add(id.to_owned());
        }
        assert_eq!(made, Privileges::Made(vec!["a".into(), "b".into()]));
        assert!(made.contain("b") && !made.contain("c"));
        let mut system = Privileges::of(NO_ACCESS);
        system.add("a".into());
        assert!(system.is_empty());
    }
}
