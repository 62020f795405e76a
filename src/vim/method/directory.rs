//! What is asked of the user directory (`session-manager.md` §2.6).

use super::table::DirectoryMethod;
use crate::vim::values::arguments::{Arguments, Problem};

/// A call of `UserDirectory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryCall {
    /// Users and groups.
    RetrieveUserGroups(PrincipalQuery),
}

/// Which users and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalQuery {
    /// Their domain; absent or empty = ours.
    pub domain: Option<String>,
    /// Their name, or a part of it; empty = all.
    pub search: String,
    /// Only direct members of this group.
    pub belongs_to_group: Option<String>,
    /// Only groups of which this user is a direct member.
    pub belongs_to_user: Option<String>,
    /// The name is whole.
    pub exact_match: bool,
    /// Users are wanted.
    pub find_users: bool,
    /// Groups are wanted.
    pub find_groups: bool,
}

impl DirectoryCall {
    pub(super) const fn name(&self) -> DirectoryMethod {
        match self {
            Self::RetrieveUserGroups(_) => DirectoryMethod::RetrieveUserGroups,
        }
    }

    pub(super) fn read(name: DirectoryMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        // A client that has nothing to say may send an empty text for nothing.
        let optional = |name| Ok(arguments.optional_owned(name)?.filter(|text| !text.is_empty()));
        match name {
            DirectoryMethod::RetrieveUserGroups => Ok(Self::RetrieveUserGroups(PrincipalQuery {
                domain: optional("domain")?,
                search: arguments.owned("searchStr")?,
                belongs_to_group: optional("belongsToGroup")?,
                belongs_to_user: optional("belongsToUser")?,
                exact_match: arguments.required_boolean("exactMatch")?,
                find_users: arguments.required_boolean("findUsers")?,
                find_groups: arguments.required_boolean("findGroups")?,
            })),
        }
    }
}
