//! Values of vim25: scalars, references, data objects, arrays; and what a path into one of them finds.
//!
//! A data object is a list of its type's fields in the order of the schema, each with the version since which
//! it exists. [`data`] makes them from plain structs, [`wire`] and [`json`] write them for a client's
//! version (`session-manager.md` §1.2, §3.2, §4.1).

pub mod arguments;
pub mod authorization;
pub mod brought;
pub mod data;
pub mod directory;
pub mod event;
pub mod event_filter;
pub mod extension;
pub mod json;
pub mod message;
pub mod ticket;
pub mod update;
pub mod wire;

pub use authorization::{
    AuthorizationDescription, AuthorizationPrivilege, AuthorizationRole, EntityPrivilege, Permission,
    UserPrivilegeResult,
};
pub use data::{AboutInfo, OptionValue, ServiceContent, UserSession};
pub use directory::UserSearchResult;
pub use event::{Event, EventKind};
pub use event_filter::EventFilterSpec;
pub use extension::Extension;
pub use ticket::{GenericServiceTicket, LocalTicket};
pub use update::{FilterUpdate, ObjectUpdate, UpdateSet};

use crate::clock::Moment;
pub use crate::vim::{ApiVersion, Reference};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `xsd:string`.
    Text(String),
    /// `xsd:boolean`.
    Boolean(bool),
    /// `xsd:int`.
    Int(i32),
    /// `xsd:long`.
    Long(i64),
    /// `xsd:dateTime`, in UTC with microseconds.
    DateTime(Moment),
    /// `ManagedObjectReference`.
    Reference(Reference),
    /// A data object.
    Record(Record),
    /// Several values of one type.
    Array(Array),
    /// A value where the schema leaves the type open: it names its own type when it is written.
    Any(Box<Value>),
}

/// A data object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its type on the wire.
    pub type_name: &'static str,
    /// All fields of the type, in the order of the schema.
    pub fields: Vec<Field>,
}

/// A field of a data object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Clients older than this do not know it.
    pub since: ApiVersion,
    /// Nothing when it is not set.
    pub value: Option<Value>,
}

/// Several values of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// The type of each, as the element inside an `ArrayOf…` is called.
    pub item: &'static str,
    /// The values.
    pub values: Vec<Value>,
}

/// What a path into a value leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'v> {
    /// A value.
    Value(&'v Value),
    /// A field that is not set.
    Unset,
    /// No field of this name, for this version.
    NoSuchField,
}

impl Value {
    /// An array of texts.
    #[must_use]
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::Array(Array {
            item: "string",
            values: texts.into_iter().map(|text| Self::Text(text.into())).collect(),
        })
    }

    /// An array of numbers.
    #[must_use]
    pub fn integers(numbers: impl IntoIterator<Item = i32>) -> Self {
        Self::Array(Array { item: "int", values: numbers.into_iter().map(Self::Int).collect() })
    }

    /// An array of booleans.
    #[must_use]
    pub fn booleans(truths: impl IntoIterator<Item = bool>) -> Self {
        Self::Array(Array { item: "boolean", values: truths.into_iter().map(Self::Boolean).collect() })
    }

    /// An array of references.
    #[must_use]
    pub fn references(references: impl IntoIterator<Item = Reference>) -> Self {
        let values = references.into_iter().map(Self::Reference).collect();
        Self::Array(Array { item: "ManagedObjectReference", values })
    }

    /// An array of data objects of the type `item`.
    #[must_use]
    pub fn records<R: Into<Record>>(item: &'static str, records: impl IntoIterator<Item = R>) -> Self {
        let values = records.into_iter().map(|record| Self::Record(record.into())).collect();
        Self::Array(Array { item, values })
    }

    /// This value, naming its own type.
    #[must_use]
    pub fn any(self) -> Self {
        Self::Any(Box::new(self))
    }

    /// Follows a path such as `about.apiVersion`. There is no path into an array (§2.3 names none that
    /// clients use).
    #[must_use]
    pub fn at(&self, path: &str, version: ApiVersion) -> Found<'_> {
        let mut found = Found::Value(self);
        for name in path.split('.') {
            found = match found {
                Found::Value(value) => value.field(name, version),
                ended => return ended,
            };
        }
        found
    }

    fn field(&self, name: &str, version: ApiVersion) -> Found<'_> {
        match self {
            Self::Any(value) => value.field(name, version),
            Self::Record(record) => record.field(name, version),
            Self::Text(_)
            | Self::Boolean(_)
            | Self::Int(_)
            | Self::Long(_)
            | Self::DateTime(_)
            | Self::Reference(_)
            | Self::Array(_) => Found::NoSuchField,
        }
    }
}

impl Record {
    /// A data object of this type.
    #[must_use]
    pub const fn new(type_name: &'static str, fields: Vec<Field>) -> Self {
        Self { type_name, fields }
    }

    fn field(&self, name: &str, version: ApiVersion) -> Found<'_> {
        let known = self.fields.iter().find(|field| field.name == name && field.since <= version);
        known.map_or(Found::NoSuchField, |field| field.value.as_ref().map_or(Found::Unset, Found::Value))
    }
}

impl Field {
    /// A field that was always there.
    #[must_use]
    pub fn new(name: &'static str, value: impl Into<Value>) -> Self {
        Self::optional(name, Some(value))
    }

    /// A field that was always there and need not be set.
    #[must_use]
    pub fn optional(name: &'static str, value: Option<impl Into<Value>>) -> Self {
        Self { name, since: ApiVersion::FIRST, value: value.map(Into::into) }
    }

    /// The same field, younger.
    #[must_use]
    pub const fn since(mut self, since: ApiVersion) -> Self {
        self.since = since;
        self
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<Moment> for Value {
    fn from(at: Moment) -> Self {
        Self::DateTime(at)
    }
}

impl From<Reference> for Value {
    fn from(reference: Reference) -> Self {
        Self::Reference(reference)
    }
}

impl<R: Into<Record>> From<R> for Value {
    fn from(record: R) -> Self {
        Self::Record(record.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested() -> Value {
        let inner =
            Record::new("Inner", vec![Field::new("name", "n"), Field::optional("other", None::<&str>)]);
        let young = Field::new("young", 1).since(ApiVersion::new([5, 1, 0, 0]));
        Value::from(Record::new("Outer", vec![Field::new("inner", inner), young]))
    }

    #[test]
    fn a_path_leads_to_a_field_of_a_field() {
        let value = nested();
        assert_eq!(value.at("inner.name", ApiVersion::NEWEST), Found::Value(&Value::from("n")));
        assert_eq!(value.at("inner.other", ApiVersion::NEWEST), Found::Unset);
        assert_eq!(value.at("inner.other.deeper", ApiVersion::NEWEST), Found::Unset);
        for path in ["inner.none", "none", "", "inner.", "inner.name.deeper", "Inner"] {
            assert_eq!(value.at(path, ApiVersion::NEWEST), Found::NoSuchField, "{path}");
        }
    }

    #[test]
    fn a_field_is_not_there_for_a_client_older_than_it() {
        assert_eq!(nested().at("young", ApiVersion::new([5, 1, 0, 0])), Found::Value(&Value::Int(1)));
        assert_eq!(nested().at("young", ApiVersion::new([5, 0, 0, 0])), Found::NoSuchField);
    }
}
