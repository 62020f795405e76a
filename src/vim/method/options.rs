//! What is asked of the option manager (`session-manager.md` §2.6).

use super::table::OptionMethod;
use crate::vim::arguments::{Arguments, Problem};

/// A call of `OptionManager`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionCall {
    /// Settings.
    Query {
        /// One name, or with a dot at the end all names below; absent = all.
        name: Option<String>,
    },
}

impl OptionCall {
    pub(super) const fn name(&self) -> OptionMethod {
        match self {
            Self::Query { .. } => OptionMethod::QueryOptions,
        }
    }

    pub(super) fn read(name: OptionMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        match name {
            OptionMethod::QueryOptions => Ok(Self::Query { name: arguments.optional_owned("name")? }),
        }
    }
}
