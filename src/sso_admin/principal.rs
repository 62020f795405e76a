//! Principals by name and domain, as they are named in calls and answers.

use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::vim::values::{Field, Record, Value};
use crate::xml::Element;

/// A name in a domain. Not yet known to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalId {
    /// The name.
    pub name: String,
    /// The domain; empty = the one that is asked.
    pub domain: String,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criteria {
    /// A part of the name.
    pub search: String,
    /// The domain; nothing, or empty = the one that is asked.
    pub domain: Option<String>,
}

impl PrincipalId {
    pub(super) fn read(element: Element<'_>) -> Result<Self, Problem> {
        let fields = Arguments::of(element, Owner::Data("PrincipalId"), &["name", "domain"])?;
        let domain = fields.optional_owned("domain")?.unwrap_or_default();
        Ok(Self { name: fields.owned("name")?, domain })
    }

    pub(super) fn of(arguments: &Arguments<'_>, name: &'static str) -> Result<Self, Problem> {
        Self::read(arguments.required(name)?)
    }

    pub(super) fn all_of(arguments: &Arguments<'_>, name: &'static str) -> Result<Vec<Self>, Problem> {
        arguments.data(name, Self::read)
    }
}

impl Criteria {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let kind = "AdminPrincipalDiscoveryServiceSearchCriteria";
        let fields =
            Arguments::of(arguments.required("criteria")?, Owner::Data(kind), &["searchString", "domain"])?;
        let search = fields.optional_owned("searchString")?.unwrap_or_default();
        Ok(Self { search, domain: fields.optional_owned("domain")? })
    }
}

impl From<&PrincipalId> for Record {
    fn from(id: &PrincipalId) -> Self {
        let PrincipalId { name, domain } = id;
        Self::new(
            "PrincipalId",
            vec![Field::new("name", name.as_str()), Field::new("domain", domain.as_str())],
        )
    }
}

/// Several, for an answer.
#[must_use]
pub fn list(ids: &[PrincipalId]) -> Value {
    Value::records("PrincipalId", ids)
}
