//! What the house knows of one subject at one moment: who it is, whether it may act, what it belongs to.
//!
//! Read whole by `store`, judged here and in `sts`. A standing is a value: it grows old, it never changes.

use std::collections::BTreeSet;

use super::password_policy::PasswordPolicy;
use super::principal::{AccountName, Domain, Principal, fold};
use super::privilege::{ROOT, VIEW};
use super::role::{ADMIN, NO_ACCESS, Privileges};
use super::well_known::ADMINISTRATORS;
use crate::clock::Moment;

/// A subject with everything a decision about it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The row's identifier.
    pub id: String,
    /// The name as registered, without domain.
    pub name: String,
    /// A person or a machine.
    pub kind: Kind,
    /// An administrator switched the account off.
    pub disabled: bool,
    /// Failed logins lock the account until then.
    pub locked_until: Option<Moment>,
    /// Every group it belongs to, nested ones included, sorted by name, without domain.
    pub groups: Vec<String>,
    /// Every permission that names it or one of its groups, on any object.
    pub grants: Vec<Grant>,
}

/// What sort of account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    User {
        /// `given_name` of the seed.
        given_name: Option<String>,
        /// `surname` of the seed.
        surname: Option<String>,
        /// Mail address.
        email: Option<String>,
        /// The argon2id hash in PHC form; none = no password can be right.
        password_hash: Option<String>,
        /// When that password was set.
        password_changed_at: Option<Moment>,
    },
    /// A machine that signs with a registered certificate.
    Solution {
        /// SHA-256 of the registered certificate, lower-case hexadecimal.
        certificate_sha256: String,
    },
    /// The subject of another issuer.
    External {
        /// Its domain.
        domain: Domain,
        /// The groups of this domain that it was mapped to; those they are members of are not among them.
        mapped: Vec<String>,
    },
    /// An extension, by its own certificate.
    Extension {
        /// It is still registered; otherwise it has only the sessions it had.
        registered: bool,
    },
}

/// One permission that applies to the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Identifier of the managed object, `group-d1` for the root folder.
    pub entity: String,
    /// Granted to a group of the subject, not to the subject itself.
    pub by_group: bool,
    /// Which role.
    pub role_id: i64,
    /// Whether objects below inherit it.
    pub propagate: bool,
    /// The role's privileges.
    pub privileges: Privileges,
}

impl Standing {
    /// The account may act now.
    #[must_use]
    pub fn is_active(&self, now: Moment) -> bool {
        !self.disabled && !self.is_locked(now)
    }

    /// Failed logins hold the account locked now.
    #[must_use]
    pub fn is_locked(&self, now: Moment) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// The password is older than the policy allows. Administrator's never is (`sts.md` §7.4).
    #[must_use]
    pub fn has_expired(&self, policy: &PasswordPolicy, now: Moment) -> bool {
        let Kind::User { password_changed_at: Some(since), .. } = &self.kind else { return false };
        !self.is_built_in_administrator() && policy.has_expired(*since, now)
    }

    /// The account that every system has.
    #[must_use]
    pub fn is_built_in_administrator(&self) -> bool {
        !self.is_external() && super::well_known::is_administrator(&self.name)
    }

    /// A machine, not a person.
    #[must_use]
    pub const fn is_solution(&self) -> bool {
        matches!(self.kind, Kind::Solution { .. })
    }

    /// An extension, neither person nor machine.
    #[must_use]
    pub const fn is_extension(&self) -> bool {
        matches!(self.kind, Kind::Extension { .. })
    }

    /// The subject of another issuer, of which there is no row.
    #[must_use]
    pub const fn is_external(&self) -> bool {
        matches!(self.kind, Kind::External { .. })
    }

    /// Its full name, where `domain` is that of this house; an extension has none.
    #[must_use]
    pub fn principal(&self, domain: &Domain) -> Option<Principal> {
        let domain = match &self.kind {
            Kind::Extension { .. } => return None,
            Kind::External { domain, .. } => domain,
            Kind::User { .. } | Kind::Solution { .. } => domain,
        };
        Some(Principal { name: AccountName::new(&self.name).ok()?, domain: domain.clone() })
    }

    /// Somebody who may change everything: the built-in account, a member of Administrators, or whoever has the role
    /// Admin anywhere.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.is_built_in_administrator()
            || self.groups.iter().any(|group| fold(group) == fold(ADMINISTRATORS))
            || self.grants.iter().any(|grant| grant.role_id == ADMIN)
    }

    /// The grants that count on `entity`: those of the nearest object upward that has any for this subject. There a grant
    /// to the subject hides those to its groups, which otherwise add up; `NoAccess` there leaves nothing.
    ///
    /// The inventory is flat: everything hangs below the root folder.
    #[must_use]
    pub fn grants_on(&self, entity: &str) -> Vec<&Grant> {
        let near = self.grants.iter().any(|grant| grant.entity == entity);
        let nearest = if near { entity } else { ROOT };
        let counts = |grant: &&Grant| grant.entity == nearest && (nearest == entity || grant.propagate);
        let mut grants: Vec<&Grant> = self.grants.iter().filter(counts).collect();
        let own = grants.iter().any(|grant| !grant.by_group);
        grants.retain(|grant| grant.by_group != own);
        grants
    }

    /// Privileges on `entity`: see [`Self::grants_on`].
    #[must_use]
    pub fn privileges_on(&self, entity: &str) -> BTreeSet<&str> {
        self.grants_on(entity).into_iter().flat_map(|grant| grant.privileges.iter()).collect()
    }

    /// Whether it holds a privilege on `entity`. Who is let in sees the root folder: it is on the way to everything.
    #[must_use]
    pub fn holds_on(&self, entity: &str, privilege: &str) -> bool {
        if entity == ROOT && privilege == VIEW {
            return self.is_let_in();
        }
        self.grants_on(entity).iter().any(|grant| grant.privileges.contain(privilege))
    }

    /// Whether it holds a privilege on the root folder.
    #[must_use]
    pub fn holds(&self, privilege: &str) -> bool {
        self.holds_on(ROOT, privilege)
    }

    /// Any permission anywhere lets a principal in, but an explicit `NoAccess` on the root shuts the door
    /// (`decisions.md` §18).
    #[must_use]
    pub fn may_log_in(&self) -> bool {
        self.is_let_in() && !matches!(self.kind, Kind::Extension { registered: false })
    }

    /// As [`Self::may_log_in`], for a session that is open: that of an extension outlives its registration.
    fn is_let_in(&self) -> bool {
        let on_root = self.grants.iter().filter(|grant| grant.entity == ROOT);
        let nothing = || self.grants_on(ROOT).iter().all(|grant| grant.privileges.is_empty());
        let shut = on_root.clone().any(|grant| grant.role_id == NO_ACCESS) && nothing();
        !shut && self.grants.iter().any(|grant| !grant.privileges.is_empty())
    }

    /// "Given Surname" where both or one is known, else nothing.
    #[must_use]
    pub fn display_name(&self) -> Option<String> {
        let Kind::User { given_name, surname, .. } = &self.kind else { return None };
        let parts: Vec<&str> = [given_name, surname].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::role::READ_ONLY;
    use super::*;

    fn standing(grants: Vec<Grant>) -> Standing {
        Standing {
            id: "1".into(),
            name: "alice".into(),
            kind: Kind::Solution { certificate_sha256: String::new() },
            disabled: false,
            locked_until: None,
            groups: Vec::new(),
            grants,
        }
    }

    fn grant(entity: &str, by_group: bool, role_id: i64, privileges: &[&str]) -> Grant {
        let privileges = Privileges::Made(privileges.iter().map(ToString::to_string).collect());
        Grant { entity: entity.into(), by_group, role_id, propagate: true, privileges }
    }

    #[test]
    fn without_any_permission_nobody_logs_in() {
        assert!(!standing(vec![]).may_log_in());
    }

    #[test]
    fn a_permission_deep_in_the_tree_is_enough_to_log_in() {
        let deep = standing(vec![grant("datacenter-2", false, ADMIN, &["System.View"])]);
        assert!(deep.may_log_in());
        assert!(deep.privileges_on(ROOT).is_empty());
    }

    #[test]
    fn explicit_no_access_on_the_root_shuts_the_door() {
        let deep = grant("datacenter-2", false, ADMIN, &["System.View"]);
        assert!(!standing(vec![grant(ROOT, false, NO_ACCESS, &[]), deep]).may_log_in());
    }

    #[test]
    fn a_grant_to_the_user_hides_those_to_its_groups() {
        let both =
            standing(vec![grant(ROOT, true, ADMIN, &["A", "B"]), grant(ROOT, false, READ_ONLY, &["C"])]);
        assert_eq!(both.privileges_on(ROOT), BTreeSet::from(["C"]));
        let groups = standing(vec![grant(ROOT, true, ADMIN, &["A"]), grant(ROOT, true, READ_ONLY, &["C"])]);
        assert_eq!(groups.privileges_on(ROOT), BTreeSet::from(["A", "C"]));
    }

    #[test]
    fn what_propagates_from_the_root_holds_below_it_until_something_nearer_does() {
        let mut root = grant(ROOT, false, ADMIN, &["A"]);
        let near = grant("datacenter-2", true, READ_ONLY, &["B"]);
        let both = standing(vec![root.clone(), near]);
        assert_eq!(
            both.privileges_on("datacenter-2"),
            BTreeSet::from(["B"]),
            "the nearer one, though to a group"
        );
        assert_eq!(both.privileges_on("datacenter-3"), BTreeSet::from(["A"]));
        assert!(both.holds_on("datacenter-3", "A") && !both.holds_on("datacenter-2", "A"));
        let cut = standing(vec![root.clone(), grant("datacenter-2", false, NO_ACCESS, &[])]);
        assert!(cut.privileges_on("datacenter-2").is_empty());
        root.propagate = false;
        let alone = standing(vec![root]);
        assert_eq!(alone.privileges_on(ROOT), BTreeSet::from(["A"]));
        assert!(alone.privileges_on("datacenter-2").is_empty());
    }

    #[test]
    fn whoever_may_log_in_sees_the_root_and_nobody_else_does() {
        let deep = standing(vec![grant("datacenter-2", false, ADMIN, &[VIEW])]);
        assert!(deep.holds(VIEW) && !deep.holds("System.Read"));
        assert!(!standing(vec![]).holds(VIEW));
        assert!(!standing(vec![grant(ROOT, false, NO_ACCESS, &[])]).holds(VIEW));
    }

    #[test]
    fn an_administrator_is_one_by_name_by_group_or_by_role() {
        assert!(!standing(vec![grant(ROOT, false, READ_ONLY, &["System.View"])]).is_administrator());
        assert!(standing(vec![grant("datacenter-2", true, ADMIN, &["System.View"])]).is_administrator());
        assert!(Standing { groups: vec!["administrators".into()], ..standing(vec![]) }.is_administrator());
        let named = Standing { name: "ADMINISTRATOR".into(), ..standing(vec![]) };
        assert!(named.is_administrator());
        // The Administrator of another house is nobody here.
        let kind = Kind::External { domain: Domain::new("vc2.lab").unwrap(), mapped: Vec::new() };
        assert!(!Standing { kind, ..named }.is_administrator());
    }

    #[test]
    fn a_lock_holds_until_its_moment_and_not_longer() {
        let mut locked = standing(vec![]);
        locked.locked_until = Some(Moment::from_micros(1_000));
        assert!(!locked.is_active(Moment::from_micros(999)));
        assert!(locked.is_active(Moment::from_micros(1_000)));
    }
}
