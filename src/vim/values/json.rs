//! Values as VI JSON (`session-manager.md` §4.1), beside [`super::wire`]: a data object and a reference name their
//! types always, before anything else; a scalar or an array does where the schema leaves the type open.
//!
//! Fields that are not set, or younger than the client, or arrays without items, are left out.

use std::fmt::Write as _;

use crate::vim::schema::{REFERENCE, array_of};
use crate::vim::values::{Array, Record, Value};
use crate::vim::{ApiVersion, Fault, Reference};

/// What a call or a property gives; nothing is `null`. Its type is known from the path, so it is not said of a scalar
/// or an array.
#[must_use]
pub fn answer(returned: Option<&Value>, version: ApiVersion) -> String {
    let mut out = String::with_capacity(512);
    match returned {
        None => out.push_str("null"),
        Some(Value::Any(inner)) => put(&mut out, inner, version),
        Some(value) => put(&mut out, value, version),
    }
    out
}

/// A fault, with its text behind its fields.
#[must_use]
pub fn fault(fault: &Fault, version: ApiVersion) -> String {
    let mut out = String::with_capacity(256);
    object(&mut out, fault.type_name(), |out| {
        fields(out, &fault.record(), version);
        member(out, "faultstring");
        text(out, &fault.text());
    });
    out
}

fn put(out: &mut String, value: &Value, version: ApiVersion) {
    match value {
        Value::Text(value) => text(out, value),
        Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(number) => put_number(out, i64::from(*number)),
        Value::Long(number) => put_number(out, *number),
        Value::DateTime(at) => text(out, at.micros_text().as_str()),
        Value::Reference(reference) => put_reference(out, reference),
        Value::Record(record) => object(out, record.type_name, |out| fields(out, record, version)),
        Value::Array(array) => items(out, array, version),
        Value::Any(inner) => any(out, inner, version),
    }
}

/// A value that names its own type.
fn any(out: &mut String, value: &Value, version: ApiVersion) {
    let mut wrapped = |kind: &str| {
        object(out, kind, |out| {
            member(out, "_value");
            put(out, value, version);
        });
    };
    match value {
        Value::Text(_) => wrapped("string"),
        Value::Boolean(_) => wrapped("boolean"),
        Value::Int(_) => wrapped("int"),
        Value::Long(_) => wrapped("long"),
        Value::DateTime(_) => wrapped("dateTime"),
        Value::Array(array) => wrapped(&array_of(array.item)),
        Value::Reference(_) | Value::Record(_) => put(out, value, version),
        Value::Any(inner) => any(out, inner, version),
    }
}

fn put_reference(out: &mut String, reference: &Reference) {
    object(out, REFERENCE, |out| {
        for (name, value) in [("type", &reference.kind), ("value", &reference.value)] {
            member(out, name);
            text(out, value);
        }
    });
}

fn fields(out: &mut String, record: &Record, version: ApiVersion) {
    for field in record.fields.iter().filter(|field| field.since <= version) {
        let Some(value) = &field.value else { continue };
        if !matches!(value, Value::Array(array) if array.values.is_empty()) {
            member(out, field.name);
            put(out, value, version);
        }
    }
}

fn items(out: &mut String, array: &Array, version: ApiVersion) {
    out.push('[');
    for (place, value) in array.values.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        put(out, value, version);
    }
    out.push(']');
}

/// `{"_typeName":"…"` and what `content` adds, each member with a comma before it.
fn object(out: &mut String, type_name: &str, content: impl FnOnce(&mut String)) {
    out.push_str("{\"_typeName\":");
    text(out, type_name);
    content(out);
    out.push('}');
}

fn member(out: &mut String, name: &str) {
    out.push(',');
    text(out, name);
    out.push(':');
}

fn text(out: &mut String, text: &str) {
    let _ = write!(out, "{}", serde_json::Value::from(text));
}

fn put_number(out: &mut String, number: i64) {
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::vim::values::data::tests::session;
    use crate::vim::values::{Field, OptionValue};

    fn plain(value: impl Into<Value>) -> String {
        answer(Some(&value.into()), ApiVersion::NEWEST)
    }

    /// A value in a place of any type, inside a data object.
    fn open(value: impl Into<Value>) -> String {
        let option = OptionValue { key: "k".into(), value: value.into() };
        let text = plain(option);
        let inside = text.strip_prefix("{\"_typeName\":\"OptionValue\",\"key\":\"k\",\"value\":").unwrap();
        inside.strip_suffix('}').unwrap().to_owned()
    }

    #[test]
    fn a_scalar_names_its_type_only_where_it_must() {
        assert_eq!(
            (plain("t"), open("t")),
            ("\"t\"".into(), "{\"_typeName\":\"string\",\"_value\":\"t\"}".into())
        );
        assert_eq!(
            (plain(true), open(false)),
            ("true".into(), "{\"_typeName\":\"boolean\",\"_value\":false}".into())
        );
        assert_eq!((plain(-1), open(7)), ("-1".into(), "{\"_typeName\":\"int\",\"_value\":7}".into()));
        let long = "9223372036854775807";
        assert_eq!(open(i64::MAX), format!("{{\"_typeName\":\"long\",\"_value\":{long}}}"));
        let epoch = "\"1970-01-01T00:00:00.000000Z\"";
        assert_eq!(plain(Moment::EPOCH), epoch);
        assert_eq!(open(Moment::EPOCH), format!("{{\"_typeName\":\"dateTime\",\"_value\":{epoch}}}"));
    }

    #[test]
    fn a_reference_and_a_data_object_name_their_types_everywhere_and_once() {
        let reference =
            "{\"_typeName\":\"ManagedObjectReference\",\"type\":\"Folder\",\"value\":\"group-d1\"}";
        assert_eq!(
            (plain(Reference::root()).as_str(), open(Reference::root()).as_str()),
            (reference, reference)
        );
        let thing =
            Record::new("Thing", vec![Field::new("name", "n"), Field::optional("other", None::<&str>)]);
        let written = "{\"_typeName\":\"Thing\",\"name\":\"n\"}";
        assert_eq!((plain(thing.clone()).as_str(), open(thing).as_str()), (written, written));
    }

    #[test]
    fn an_array_names_its_type_where_it_must_and_is_left_out_where_it_is_empty() {
        let texts = Value::texts(["a", "b"]);
        assert_eq!(plain(texts.clone()), "[\"a\",\"b\"]");
        assert_eq!(open(texts), "{\"_typeName\":\"ArrayOfString\",\"_value\":[\"a\",\"b\"]}");
        let things = || Value::records("Thing", [Record::new("Thing", vec![])]);
        assert_eq!(open(things()), "{\"_typeName\":\"ArrayOfThing\",\"_value\":[{\"_typeName\":\"Thing\"}]}");
        let none = Value::texts::<String>([]);
        assert_eq!(plain(none.clone()), "[]");
        assert_eq!(plain(Record::new("Thing", vec![Field::new("names", none)])), "{\"_typeName\":\"Thing\"}");
        assert_eq!(
            plain(Record::new("Thing", vec![Field::new("things", things())])).matches("Thing").count(),
            2
        );
    }

    #[test]
    fn what_fetch_read_is_as_plain_as_what_a_method_returns_and_nothing_is_null() {
        assert_eq!(plain(Value::from("t").any()), "\"t\"");
        assert_eq!(answer(None, ApiVersion::NEWEST), "null");
    }

    #[test]
    fn an_old_client_does_not_see_young_fields() {
        let value = Value::from(session());
        let old = answer(Some(&value), ApiVersion::new([4, 1, 0, 0]));
        assert!(
            old.starts_with(
                "{\"_typeName\":\"UserSession\",\"key\":\"52aa\",\"userName\":\"VSPHERE.LOCAL\\\\lab\""
            ),
            "{old}"
        );
        assert!(old.ends_with("\"messageLocale\":\"en\"}"), "{old}");
        assert!(
            answer(Some(&value), ApiVersion::NEWEST).ends_with("\"userAgent\":\"agent\",\"callCount\":0}")
        );
    }

    #[test]
    fn a_fault_is_its_fields_and_its_text() {
        assert_eq!(
            fault(&Fault::InvalidLogin, ApiVersion::NEWEST),
            "{\"_typeName\":\"InvalidLogin\",\"faultstring\":\"Cannot complete login due to an incorrect user name or password.\"}"
        );
        assert_eq!(
            fault(&Fault::no_permission("System.View"), ApiVersion::new([7, 0, 0, 0])),
            "{\"_typeName\":\"NoPermission\",\"object\":{\"_typeName\":\"ManagedObjectReference\",\"type\":\"Folder\",\"value\":\"group-d1\"},\
             \"privilegeId\":\"System.View\",\"faultstring\":\"Permission to perform this operation was denied.\"}"
        );
    }

    #[test]
    fn every_fault_is_json_whatever_a_client_has_put_into_it() {
        let hostile = Fault::InvalidProperty { name: "\"}\\\u{0}\n".into() };
        for fault in crate::vim::fault::tests::all().iter().chain([&hostile]) {
            let read: serde_json::Value =
                serde_json::from_str(&self::fault(fault, ApiVersion::NEWEST)).unwrap();
            assert_eq!(read["_typeName"], fault.type_name());
            assert_eq!(read["faultstring"], fault.text());
        }
    }
}
