//! The data objects of the API: which fields a type has, in which order, and what it extends. The description for
//! clients ([`xsd`]) is written from it, and JSON ([`super::json`]) is read by it; the types stand in [`table`].
//!
//! It says what a message may look like, not what is answered: which fields this house fills stands in
//! [`super::values`], which ones it reads in the readers of the calls. Tests hold them together.

pub mod table;
pub mod xsd;

use crate::vim::method::table::Parameter;

/// A type of data object.
#[derive(Clone, Copy, Debug)]
pub struct DataType {
    /// Its name on the wire.
    pub name: &'static str,
    /// The type it extends.
    pub base: Option<&'static str>,
    /// Its own fields, in the order of the API.
    pub fields: &'static [Parameter],
}

/// A simple type of XML Schema, by the form that its values have in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simple {
    /// A JSON string.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A JSON number.
    Number,
}

/// A reference to a managed object: an identifier with a type.
pub const REFERENCE: &str = "ManagedObjectReference";
/// A value that names its own type.
pub const ANY: &str = "anyType";

/// The data objects' type of this name.
#[must_use]
pub fn data_type(name: &str) -> Option<&'static DataType> {
    table::types().find(|data_type| data_type.name == name)
}

/// The simple type of this name.
#[must_use]
pub fn simple(name: &str) -> Option<Simple> {
    table::SIMPLE.iter().find(|(known, _)| *known == name).map(|(_, simple)| *simple)
}

/// Whether the API knows a type of this name, whatever kind of type it is.
#[must_use]
pub fn is_known(name: &str) -> bool {
    name == ANY || name == REFERENCE || simple(name).is_some() || data_type(name).is_some()
}

/// The type and the ones it extends, nearest first.
pub fn lineage(name: &str) -> impl Iterator<Item = &'static DataType> {
    std::iter::successors(data_type(name), |data_type| self::data_type(data_type.base?))
}

/// Whether a data object of type `name` may stand where one of type `wanted` is expected.
#[must_use]
pub fn is_a(name: &str, wanted: &str) -> bool {
    lineage(name).any(|data_type| data_type.name == wanted)
}

/// Every field of a type in the order of the wire: inherited ones first.
#[must_use]
pub fn fields(name: &str) -> Vec<&'static Parameter> {
    let mut lineage: Vec<_> = lineage(name).collect();
    lineage.reverse();
    lineage.into_iter().flat_map(|data_type| data_type.fields).collect()
}

/// The type of the items of an array of this name.
#[must_use]
pub fn item_of(array: &str) -> Option<&'static str> {
    let simple = table::SIMPLE.iter().map(|(name, _)| *name);
    let all = simple.chain([ANY, REFERENCE]).chain(table::types().map(|data_type| data_type.name));
    let rest = array.strip_prefix("ArrayOf")?;
    all.into_iter().find(|item| item.get(1..) == rest.get(1..) && array_of(item) == array)
}

/// What an array of this type is called.
#[must_use]
pub fn array_of(item: &str) -> String {
    let mut letters = item.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    "ArrayOf".chars().chain(first).chain(letters).collect()
}

#[cfg(test)]
mod tests;
