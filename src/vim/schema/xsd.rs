//! The XML Schema documents of the API, written from the tables: `core-types.xsd` for what everything is made of,
//! `vim-types.xsd` for the data objects, `vim-messagetypes.xsd` for the calls. The names are the vendor's.

use std::fmt::Write as _;

use super::{ANY, DataType, REFERENCE, array_of, is_a, simple, table};
use crate::vim::MethodName;
use crate::vim::method::table::{Occurs, Parameter};
use crate::xml::names::{VIM, XSD};

/// `core-types.xsd`: references, and arrays of what is not a data object.
#[must_use]
pub fn core_types() -> String {
    document(&[], |out| {
        out.push_str(REFERENCE_TYPE);
        let simple = table::SIMPLE.iter().map(|(name, _)| *name);
        for name in simple.chain([ANY, REFERENCE]) {
            array(out, name);
        }
    })
}

/// `vim-types.xsd`: every data object, an array of each, and an element for each fault.
#[must_use]
pub fn data_types() -> String {
    document(&["core-types.xsd"], |out| {
        for data_type in table::types() {
            put_data_type(out, data_type);
            array(out, data_type.name);
        }
        for fault in faults() {
            let _ = writeln!(out, "<element name=\"{fault}Fault\" type=\"vim25:{fault}\"/>");
        }
    })
}

/// `vim-messagetypes.xsd`: for each method the type of its request, and the elements of both messages.
#[must_use]
pub fn message_types() -> String {
    document(&["vim-types.xsd"], |out| {
        for facts in MethodName::ALL.iter().map(|name| name.facts()) {
            let wire = facts.wire;
            let _ = write!(out, "<complexType name=\"{wire}RequestType\"><sequence>");
            element(out, "_this", Occurs::One, REFERENCE);
            facts.parameters.iter().for_each(|parameter| field(out, parameter));
            let _ = write!(
                out,
                "</sequence></complexType>\n<element name=\"{wire}\" type=\"vim25:{wire}RequestType\"/>\n\
                 <element name=\"{wire}Response\"><complexType><sequence>"
            );
            if let Some(returns) = facts.returns {
                element(out, "returnval", returns.occurs, returns.kind);
            }
            out.push_str("</sequence></complexType></element>\n");
        }
    })
}

/// The types of all faults.
pub fn faults() -> impl Iterator<Item = &'static str> {
    table::types().map(|data_type| data_type.name).filter(|name| is_a(name, "MethodFault"))
}

fn document(includes: &[&str], content: impl FnOnce(&mut String)) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<schema targetNamespace=\"{VIM}\" xmlns=\"{XSD}\" \
         xmlns:vim25=\"{VIM}\" xmlns:xsd=\"{XSD}\" elementFormDefault=\"qualified\">\n"
    );
    for include in includes {
        let _ = writeln!(out, "<include schemaLocation=\"{include}\"/>");
    }
    content(&mut out);
    out.push_str("</schema>\n");
    out
}

fn put_data_type(out: &mut String, data_type: &DataType) {
    let _ = write!(out, "<complexType name=\"{}\">", data_type.name);
    if let Some(base) = data_type.base {
        let _ = write!(out, "<complexContent><extension base=\"vim25:{base}\">");
    }
    out.push_str("<sequence>");
    data_type.fields.iter().for_each(|parameter| field(out, parameter));
    out.push_str("</sequence>");
    if data_type.base.is_some() {
        out.push_str("</extension></complexContent>");
    }
    out.push_str("</complexType>\n");
}

fn array(out: &mut String, item: &str) {
    let _ = write!(out, "<complexType name=\"{}\"><sequence>", array_of(item));
    element(out, item, Occurs::Many, item);
    out.push_str("</sequence></complexType>\n");
}

fn field(out: &mut String, field: &Parameter) {
    element(out, field.name, field.occurs, field.kind);
}

fn element(out: &mut String, name: &str, occurs: Occurs, kind: &str) {
    let prefix = if kind == ANY || simple(kind).is_some() { "xsd" } else { "vim25" };
    let occurs = match occurs {
        Occurs::One => "",
        Occurs::Maybe => " minOccurs=\"0\"",
        Occurs::Many => " minOccurs=\"0\" maxOccurs=\"unbounded\"",
    };
    let _ = write!(out, "<element name=\"{name}\" type=\"{prefix}:{kind}\"{occurs}/>");
}

const REFERENCE_TYPE: &str = "<complexType name=\"ManagedObjectReference\"><simpleContent><extension base=\"xsd:string\">\
     <attribute name=\"type\" type=\"xsd:string\"/><attribute name=\"serverGuid\" type=\"xsd:string\"/>\
     </extension></simpleContent></complexType>\n";
