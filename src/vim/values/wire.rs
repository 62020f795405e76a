//! Values as XML (`session-manager.md` §3.2): in a place of known type, or of any type with `xsi:type`.
//!
//! Text is escaped, and what no document can hold is dropped: a client's own `User-Agent` must not break the
//! answer for all others. The prefixes `xsi` and `xsd` are declared by the envelope, the default namespace by
//! the answer.

use std::fmt::Write as _;

use crate::vim::ApiVersion;
use crate::vim::values::{Array, Record, Value};
use crate::xml::write;

/// Whether the reader knows the type already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Typed,
    Any,
}

/// Writes `<name>value</name>`, an array as one such element for each of its values.
pub fn element(out: &mut String, name: &str, value: &Value, version: ApiVersion) {
    put(out, name, value, Place::Typed, version);
}

/// Writes the fields of a data object, without an element around them.
pub fn fields(out: &mut String, record: &Record, version: ApiVersion) {
    for field in record.fields.iter().filter(|field| field.since <= version) {
        if let Some(value) = &field.value {
            element(out, field.name, value, version);
        }
    }
}

/// Writes text, without the characters that no document can hold.
pub fn text(out: &mut String, text: &str) {
    if write::is_writable(text) { write::text(out, text) } else { write::text(out, &write::printable(text)) }
}

fn put(out: &mut String, name: &str, value: &Value, place: Place, version: ApiVersion) {
    match (value, place) {
        (Value::Any(inner), _) => put(out, name, inner, Place::Any, version),
        (Value::Array(array), Place::Typed) => {
            array.values.iter().for_each(|value| put(out, name, value, Place::Typed, version));
        }
        _ => {
            let _ = write!(out, "<{name}");
            attributes(out, value, place);
            out.push('>');
            content(out, value, version);
            let _ = write!(out, "</{name}>");
        }
    }
}

fn attributes(out: &mut String, value: &Value, place: Place) {
    if let Value::Reference(reference) = value {
        out.push_str(" type=\"");
        write::attribute(out, &write::printable(&reference.kind));
        out.push('"');
    }
    if place == Place::Any {
        out.push_str(" xsi:type=\"");
        type_name(out, value);
        out.push('"');
    }
}

fn type_name(out: &mut String, value: &Value) {
    match value {
        Value::Text(_) => out.push_str("xsd:string"),
        Value::Boolean(_) => out.push_str("xsd:boolean"),
        Value::Int(_) => out.push_str("xsd:int"),
        Value::Long(_) => out.push_str("xsd:long"),
        Value::DateTime(_) => out.push_str("xsd:dateTime"),
        Value::Reference(_) => out.push_str("ManagedObjectReference"),
        Value::Record(record) => out.push_str(record.type_name),
        Value::Array(array) => {
            let mut letters = array.item.chars();
            out.push_str("ArrayOf");
            out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            out.push_str(letters.as_str());
        }
        Value::Any(inner) => type_name(out, inner),
    }
}

fn content(out: &mut String, value: &Value, version: ApiVersion) {
    match value {
        Value::Text(value) => text(out, value),
        Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => put_number(out, i64::from(*value)),
        Value::Long(value) => put_number(out, *value),
        Value::DateTime(at) => out.push_str(at.micros_text().as_str()),
        Value::Reference(reference) => text(out, &reference.value),
        Value::Record(record) => fields(out, record, version),
        Value::Array(array) => items(out, array, version),
        Value::Any(inner) => content(out, inner, version),
    }
}

/// The inside of an `ArrayOf…`: scalars plain, the rest naming its type, as real servers do.
fn items(out: &mut String, array: &Array, version: ApiVersion) {
    for value in &array.values {
        let structured = matches!(value, Value::Record(_) | Value::Reference(_));
        put(out, array.item, value, if structured { Place::Any } else { Place::Typed }, version);
    }
}

fn put_number(out: &mut String, number: i64) {
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::vim::Reference;
    use crate::vim::values::Field;

    fn typed(value: impl Into<Value>) -> String {
        let mut out = String::new();
        element(&mut out, "v", &value.into(), ApiVersion::NEWEST);
        out
    }

    fn any(value: impl Into<Value>) -> String {
        typed(value.into().any())
    }

    #[test]
    fn a_scalar_names_its_type_only_where_it_must() {
        assert_eq!(typed("t"), "<v>t</v>");
        assert_eq!(any("t"), "<v xsi:type=\"xsd:string\">t</v>");
        assert_eq!(any(true), "<v xsi:type=\"xsd:boolean\">true</v>");
        assert_eq!(any(-1), "<v xsi:type=\"xsd:int\">-1</v>");
        assert_eq!(any(i64::MAX), "<v xsi:type=\"xsd:long\">9223372036854775807</v>");
        let epoch = "1970-01-01T00:00:00.000000Z";
        assert_eq!(typed(Moment::EPOCH), format!("<v>{epoch}</v>"));
        assert_eq!(any(Moment::EPOCH), format!("<v xsi:type=\"xsd:dateTime\">{epoch}</v>"));
    }

    #[test]
    fn a_reference_names_the_type_of_its_object_everywhere() {
        assert_eq!(typed(Reference::root()), "<v type=\"Folder\">group-d1</v>");
        assert_eq!(
            any(Reference::root()),
            "<v type=\"Folder\" xsi:type=\"ManagedObjectReference\">group-d1</v>"
        );
    }

    #[test]
    fn an_array_is_repeated_where_its_type_is_known_and_wrapped_where_not() {
        let texts = Value::texts(["a", "b"]);
        assert_eq!(typed(texts.clone()), "<v>a</v><v>b</v>");
        assert_eq!(any(texts), "<v xsi:type=\"ArrayOfString\"><string>a</string><string>b</string></v>");
        assert_eq!(typed(Value::texts::<String>([])), "");
        assert_eq!(any(Value::texts::<String>([])), "<v xsi:type=\"ArrayOfString\"></v>");
        let records = Value::records("Thing", [Record::new("Thing", vec![Field::new("name", "n")])]);
        let thing = "<Thing xsi:type=\"Thing\"><name>n</name></Thing>";
        assert_eq!(any(records), format!("<v xsi:type=\"ArrayOfThing\">{thing}</v>"));
        assert!(
            any(Value::references([Reference::root()]))
                .starts_with("<v xsi:type=\"ArrayOfManagedObjectReference\">")
        );
    }

    #[test]
    fn text_is_escaped_and_what_cannot_be_written_is_dropped() {
        assert_eq!(typed("a<b>&\"\r\n"), "<v>a&lt;b&gt;&amp;\"&#xD;\n</v>");
        assert_eq!(typed("a\u{0}\u{1b}[31m\u{fffe}b"), "<v>a[31mb</v>");
        assert_eq!(typed(Reference::new("F\"<\u{1}", "x&y")), "<v type=\"F&quot;&lt;\">x&amp;y</v>");
    }
}
