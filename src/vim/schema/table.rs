//! The types of all data objects that a method takes, returns or faults with, one line or paragraph each, by kind and in the
//! order of the alphabet; fields in the order of the API (govmomi's generated `types.go`, which follows the vendor's schema).
//! Fields younger than our newest version are absent.

mod data;
mod events;
mod extensions;
mod faults;

use super::{ANY, DataType, REFERENCE, Simple};
use crate::vim::method::table::{Occurs, Parameter};

/// The simple types.
pub const SIMPLE: &[(&str, Simple)] = &[
    ("string", Simple::Text),
    ("anyURI", Simple::Text),
    ("base64Binary", Simple::Text),
    ("dateTime", Simple::Text),
    ("boolean", Simple::Boolean),
    ("byte", Simple::Number),
    ("short", Simple::Number),
    ("int", Simple::Number),
    ("long", Simple::Number),
    ("float", Simple::Number),
    ("double", Simple::Number),
];

/// The data objects, by kind.
pub const GROUPS: [&[DataType]; 4] = [data::TYPES, events::TYPES, extensions::TYPES, faults::TYPES];

/// Every data object.
pub fn types() -> impl Iterator<Item = &'static DataType> {
    GROUPS.into_iter().flatten()
}

const METHOD_FAULT: &str = "MethodFault";
const RUNTIME_FAULT: &str = "RuntimeFault";
const VIM_FAULT: &str = "VimFault";

/// A type that extends nothing.
const fn root(name: &'static str, fields: &'static [Parameter]) -> DataType {
    DataType { name, base: None, fields }
}

/// A data object as nearly all are.
const fn data(name: &'static str, fields: &'static [Parameter]) -> DataType {
    extends(name, "DynamicData", fields)
}

/// A type that extends another one.
const fn extends(name: &'static str, base: &'static str, fields: &'static [Parameter]) -> DataType {
    DataType { name, base: Some(base), fields }
}

const fn one(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, occurs: Occurs::One, kind }
}

const fn maybe(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, occurs: Occurs::Maybe, kind }
}

const fn many(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, occurs: Occurs::Many, kind }
}
