//! The data objects of the user directory (`session-manager.md` §2.6).

use crate::vim::values::{Field, Record};

/// A user or group that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSearchResult {
    /// `DOMAIN\name`.
    pub principal: String,
    /// What else is told of it.
    pub full_name: Option<String>,
    /// It is a group.
    pub group: bool,
}

impl From<UserSearchResult> for Record {
    fn from(found: UserSearchResult) -> Self {
        let fields = vec![
            Field::new("principal", found.principal),
            Field::optional("fullName", found.full_name),
            Field::new("group", found.group),
        ];
        Self::new("UserSearchResult", fields)
    }
}
