//! Data objects that clients bring along and get back: read from a message by the table of types, strictly, and kept in
//! the notation of VI JSON (`session-manager.md` §3.1, §4.1).
//!
//! What was read once is a [`Record`] like every other, and is written as one.

use serde_json::{Map, Value as Json, json};

use crate::clock::Moment;
use crate::vim::method::table::{Occurs, Parameter};
use crate::vim::reference::unprefixed;
use crate::vim::schema::{self, DataType, REFERENCE};
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::vim::values::{Array, Field, Record, Value};
use crate::vim::{ApiVersion, Reference};
use crate::xml::Element;
use crate::xml::names::XSI;

/// Reads a data object of this very type: every field once and known, every required one there.
pub(in crate::vim) fn read(data_type: &'static DataType, element: Element<'_>) -> Result<Record, Problem> {
    let (name, owner) = (data_type.name, Owner::Data(data_type.name));
    if element.attribute_in(XSI, "type").is_some_and(|kind| unprefixed(kind) != name) {
        // A subtype has fields that would be lost.
        return Err(Problem::Malformed { name, owner, wanted: "of this very type" });
    }
    let fields = schema::fields(name);
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let arguments = Arguments::of(element, owner, &names)?;
    let field = |member: &'static Parameter| Ok(field(data_type, member, read_field(member, &arguments)?));
    Ok(Record::new(name, fields.into_iter().map(field).collect::<Result<_, Problem>>()?))
}

/// Reads what [`to_json`] wrote. Nothing when it is of another type; what is not of this type is passed over.
#[must_use]
pub fn of_json(data_type: &'static DataType, kept: &Json) -> Option<Record> {
    let name = data_type.name;
    let kept = kept.as_object().filter(|kept| kept.get(TYPE).and_then(Json::as_str) == Some(name))?;
    let read = |member: &'static Parameter| match kept.get(member.name) {
        // A field that is kept and cannot be read makes the whole unreadable.
        Some(kept) => Some(field(data_type, member, Some(kept_field(member, kept)?))),
        None => Some(field(data_type, member, None)),
    };
    Some(Record::new(name, schema::fields(name).into_iter().map(read).collect::<Option<_>>()?))
}

fn field(data_type: &DataType, member: &'static Parameter, value: Option<Value>) -> Field {
    Field::optional(member.name, value).since(since(data_type.name, member.name))
}

fn read_field(member: &'static Parameter, arguments: &Arguments<'_>) -> Result<Option<Value>, Problem> {
    let one = |element: Element<'_>| read_one(member, arguments, element);
    match member.occurs {
        Occurs::One => one(arguments.required(member.name)?).map(Some),
        Occurs::Maybe => arguments.optional(member.name)?.map(one).transpose(),
        Occurs::Many => {
            let values = arguments.all(member.name).map(one).collect::<Result<Vec<_>, _>>()?;
            Ok((!values.is_empty()).then_some(Value::Array(Array { item: member.kind, values })))
        }
    }
}

fn read_one(
    member: &'static Parameter,
    arguments: &Arguments<'_>,
    element: Element<'_>,
) -> Result<Value, Problem> {
    let malformed = || arguments.malformed(member.name, member.kind);
    if let Some(data_type) = schema::data_type(member.kind) {
        return read(data_type, element).map(Value::Record);
    }
    if member.kind == REFERENCE {
        return Reference::read(element).map(Value::Reference).ok_or_else(malformed);
    }
    let text = element.text().ok_or_else(malformed)?;
    match (member.kind, text.trim()) {
        ("dateTime", trimmed) => date_time(trimmed).map(Value::DateTime).ok_or_else(malformed),
        ("boolean", "true" | "1") => Ok(Value::Boolean(true)),
        ("boolean", "false" | "0") => Ok(Value::Boolean(false)),
        ("string", _) => Ok(Value::Text(text.to_owned())),
        _ => Err(malformed()),
    }
}

fn kept_field(member: &'static Parameter, kept: &Json) -> Option<Value> {
    match member.occurs {
        Occurs::One | Occurs::Maybe => kept_one(member.kind, kept),
        Occurs::Many => {
            let values = kept.as_array()?.iter().map(|kept| kept_one(member.kind, kept));
            Some(Value::Array(Array { item: member.kind, values: values.collect::<Option<Vec<_>>>()? }))
        }
    }
}

fn kept_one(kind: &'static str, kept: &Json) -> Option<Value> {
    if let Some(data_type) = schema::data_type(kind) {
        return of_json(data_type, kept).map(Value::Record);
    }
    Some(match kind {
        REFERENCE => {
            Value::Reference(Reference::new(kept.get("type")?.as_str()?, kept.get("value")?.as_str()?))
        }
        "dateTime" => Value::DateTime(Moment::parse(kept.as_str()?).ok()?),
        "boolean" => Value::Boolean(kept.as_bool()?),
        "string" => Value::Text(kept.as_str()?.to_owned()),
        _ => return None,
    })
}

/// Since when a field exists, by the API's type tables; what is not named was always there.
fn since(data_type: &str, field: &str) -> ApiVersion {
    let young = YOUNG.iter().find(|(of, fields, _)| *of == data_type && fields.contains(&field));
    young.map_or(ApiVersion::FIRST, |(_, _, version)| ApiVersion::new(*version))
}

/// A data object in the notation of VI JSON: what is not set is not there, and every object names its type.
#[must_use]
pub fn to_json(record: &Record) -> Json {
    let mut object = Map::new();
    object.insert(TYPE.into(), record.type_name.into());
    let set = record.fields.iter().filter_map(|field| Some((field.name.to_owned(), field.value.as_ref()?)));
    object.extend(set.map(|(name, value)| (name, value_to_json(value))));
    Json::Object(object)
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Boolean(truth) => json!(truth),
        Value::Int(number) => json!(number),
        Value::Long(number) => json!(number),
        Value::DateTime(at) => json!(at.micros_text().as_str()),
        Value::Reference(reference) => {
            json!({ TYPE: REFERENCE, "type": reference.kind, "value": reference.value })
        }
        Value::Record(record) => to_json(record),
        Value::Array(array) => array.values.iter().map(value_to_json).collect(),
        Value::Any(inner) => value_to_json(inner),
    }
}

/// `xsd:dateTime`: in UTC, with an offset, or without either, which is read as UTC.
fn date_time(text: &str) -> Option<Moment> {
    let utc = |text: &str| Moment::parse(&format!("{text}Z")).ok();
    if text.ends_with('Z') {
        return Moment::parse(text).ok();
    }
    let Some((local, sign, offset)) = text
        .len()
        .checked_sub(OFFSET)
        .and_then(|at| text.split_at_checked(at))
        .and_then(|(local, offset)| Some((local, offset.chars().next()?, offset.get(1..)?)))
        .filter(|(_, sign, _)| matches!(sign, '+' | '-'))
    else {
        return utc(text);
    };
    let (hours, minutes) = offset.split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let ahead = std::time::Duration::from_secs((hours * 60 + minutes) * 60);
    utc(local).map(|local| if sign == '+' { local.minus(ahead) } else { local.plus(ahead) })
}

type Young = (&'static str, &'static [&'static str], [u16; 4]);

const YOUNG: &[Young] = &[
    ("Extension", &["company", "type", "healthInfo"], [4, 0, 0, 0]),
    (
        "Extension",
        &[
            "ovfConsumerInfo",
            "extendedProductInfo",
            "managedEntityInfo",
            "shownInSolutionManager",
            "solutionManagerInfo",
        ],
        [5, 0, 0, 0],
    ),
    ("ExtensionServerInfo", &["serverThumbprint"], [4, 1, 0, 0]),
    ("ExtensionServerInfo", &["serverCertificate"], [8, 0, 2, 0]),
    ("ExtensionEventTypeInfo", &["eventTypeSchema"], [4, 0, 0, 0]),
    ("ExtManagedEntityInfo", &["iconUrl"], [5, 1, 0, 0]),
];
const TYPE: &str = "_typeName";
/// `+01:00`.
const OFFSET: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_an_offset_and_without() {
        let at = |text| date_time(text).map(|at| at.micros_text().as_str().to_owned());
        let eight = Some("2026-11-24T08:00:00.500000Z".to_owned());
        for text in [
            "2026-11-24T08:00:00.5Z",
            "2026-11-24T08:00:00.5",
            "2026-11-24T08:00:00.5+00:00",
            "2026-11-24T09:30:00.5+01:30",
            "2026-11-23T22:00:00.5-10:00",
        ] {
            assert_eq!(at(text), eight, "{text}");
        }
        for text in
            ["", "08:00", "2026-11-24", "2026-11-24T08:00:00+15:00", "2026-11-24T08:00:00+0100", "é+01:00"]
        {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
