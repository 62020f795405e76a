//! Who there is, and what somebody belongs to.

use super::super::principal::{Criteria, PrincipalId};
use super::Method;
use crate::vim::values::arguments::{Arguments, Problem};

/// Of the discovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryCall {
    /// One, by name.
    One {
        /// Which sort.
        wanted: Wanted,
        /// Who.
        who: PrincipalId,
    },
    /// Those whose name holds a text.
    Matching {
        /// Which sort.
        wanted: Wanted,
        /// Of those.
        only: Only,
        /// The text, and the domain.
        criteria: Criteria,
        /// At most so many; a negative number = all.
        limit: i32,
    },
    /// Members of a group.
    Inside {
        /// Which sort.
        wanted: Wanted,
        /// The group.
        group: PrincipalId,
        /// A part of their names.
        search: String,
        /// At most so many.
        limit: i32,
    },
    /// The groups somebody is a member of.
    Parents {
        /// Who.
        of: PrincipalId,
        /// Those too that contain one of them.
        nested: bool,
    },
}

/// Sorts of principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// People.
    People,
    /// Solution users.
    Machines,
    /// Both, in few words.
    Users,
    /// Groups.
    Groups,
    /// People, solution users and groups.
    Everything,
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// All.
    Any,
    /// Those whom wrong passwords have locked.
    Locked,
    /// Those who are switched off.
    Disabled,
}

/// Of the group check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupCheckCall {
    /// Whether somebody belongs to a group, directly or through another.
    IsMember {
        /// Who.
        user: PrincipalId,
        /// Which group.
        group: PrincipalId,
    },
    /// The groups somebody belongs to.
    Parents {
        /// Who.
        user: PrincipalId,
        /// Only these are asked for; nothing = all.
        among: Option<Vec<PrincipalId>>,
    },
}

type Read = Result<Method, Problem>;

pub(super) fn one(wanted: Wanted, name: &'static str, arguments: &Arguments<'_>) -> Read {
    Ok(Method::Discovery(DiscoveryCall::One { wanted, who: PrincipalId::of(arguments, name)? }))
}

pub(super) fn machine(arguments: &Arguments<'_>) -> Read {
    let who = PrincipalId { name: arguments.owned("userName")?, domain: String::new() };
    Ok(Method::Discovery(DiscoveryCall::One { wanted: Wanted::Machines, who }))
}

pub(super) fn matching(wanted: Wanted, arguments: &Arguments<'_>) -> Read {
    let (criteria, limit) = (Criteria::of(arguments)?, arguments.required_integer("limit")?);
    Ok(Method::Discovery(DiscoveryCall::Matching { wanted, only: Only::Any, criteria, limit }))
}

/// Without criteria: the text alone, in the domain that is asked.
pub(super) fn text(wanted: Wanted, only: Only, name: &'static str, arguments: &Arguments<'_>) -> Read {
    let search = arguments.optional_owned(name)?.unwrap_or_default();
    let criteria = Criteria { search, domain: None };
    let limit = arguments.integer("limit")?.unwrap_or(-1);
    Ok(Method::Discovery(DiscoveryCall::Matching { wanted, only, criteria, limit }))
}

pub(super) fn inside(wanted: Wanted, arguments: &Arguments<'_>) -> Read {
    inside_of(wanted, PrincipalId::of(arguments, "groupId")?, arguments)
}

pub(super) fn machines_inside(arguments: &Arguments<'_>) -> Read {
    let group = PrincipalId { name: arguments.owned("groupName")?, domain: String::new() };
    inside_of(Wanted::Machines, group, arguments)
}

fn inside_of(wanted: Wanted, group: PrincipalId, arguments: &Arguments<'_>) -> Read {
    let search = arguments.optional_owned("searchString")?.unwrap_or_default();
    let limit = arguments.required_integer("limit")?;
    Ok(Method::Discovery(DiscoveryCall::Inside { wanted, group, search, limit }))
}

pub(super) fn parents(name: &'static str, nested: bool, arguments: &Arguments<'_>) -> Read {
    Ok(Method::Discovery(DiscoveryCall::Parents { of: PrincipalId::of(arguments, name)?, nested }))
}

pub(super) fn is_member(arguments: &Arguments<'_>) -> Read {
    let (user, group) = (PrincipalId::of(arguments, "userId")?, PrincipalId::of(arguments, "groupId")?);
    Ok(Method::GroupCheck(GroupCheckCall::IsMember { user, group }))
}

pub(super) fn all_parents(arguments: &Arguments<'_>) -> Read {
    let user = PrincipalId::of(arguments, "userId")?;
    Ok(Method::GroupCheck(GroupCheckCall::Parents { user, among: None }))
}

pub(super) fn parents_among(arguments: &Arguments<'_>) -> Read {
    let user = PrincipalId::of(arguments, "userId")?;
    let among = Some(PrincipalId::all_of(arguments, "groupList")?);
    Ok(Method::GroupCheck(GroupCheckCall::Parents { user, among }))
}
