//! Data objects that clients bring along: a table of a type's fields, by which one is read from a message, strictly, and
//! kept in the notation of VI JSON (`session-manager.md` §3.1, §4.1).
//!
//! What was read once is a [`Record`] like every other, and is written as one.

use serde_json::{Map, Value as Json, json};

use crate::clock::Moment;
use crate::vim::arguments::{Arguments, Owner, Problem};
use crate::vim::method::table::Occurs;
use crate::vim::reference::unprefixed;
use crate::vim::values::{Array, Field, Record, Value};
use crate::vim::{ApiVersion, Reference};
use crate::xml::Element;
use crate::xml::names::XSI;

/// A type of data object.
#[derive(Debug)]
pub struct Schema {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its fields, in the order of the API.
    pub members: &'static [Member],
}

/// A field of a data object.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// How often it stands.
    pub occurs: Occurs,
    /// What it holds.
    pub kind: Kind,
    /// Clients older than this do not know it.
    pub since: ApiVersion,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `xsd:string`.
    Text,
    /// `xsd:boolean`.
    Boolean,
    /// `xsd:dateTime`.
    DateTime,
    /// `ManagedObjectReference`.
    Reference,
    /// Another data object.
    Data(&'static Schema),
}

impl Schema {
    /// Reads a data object of this very type: every field once and known, every required one there.
    pub(in crate::vim) fn read(&'static self, element: Element<'_>) -> Result<Record, Problem> {
        let owner = Owner::Data(self.name);
        let own = element.attribute_in(XSI, "type").is_none_or(|kind| unprefixed(kind) == self.name);
        if !own {
            // A subtype has fields that would be lost.
            return Err(Problem::Malformed { name: self.name, owner, wanted: "of this very type" });
        }
        let names: Vec<&str> = self.members.iter().map(|member| member.name).collect();
        let arguments = Arguments::of(element, owner, &names)?;
        let field = |member: &'static Member| Ok(member.field(member.read(&arguments)?));
        Ok(Record::new(self.name, self.members.iter().map(field).collect::<Result<_, Problem>>()?))
    }

    /// Reads what [`to_json`] wrote. Nothing when it is of another type; what is not of this table is passed over.
    #[must_use]
    pub fn of_json(&'static self, kept: &Json) -> Option<Record> {
        let kept =
            kept.as_object().filter(|kept| kept.get(TYPE).and_then(Json::as_str) == Some(self.name))?;
        let field = |member: &'static Member| {
            let value = kept.get(member.name).map(|kept| member.of_json(kept));
            // A field that is kept and cannot be read makes the whole unreadable.
            value.map_or(Some(member.field(None)), |value| value.map(|value| member.field(Some(value))))
        };
        Some(Record::new(self.name, self.members.iter().map(field).collect::<Option<_>>()?))
    }
}

impl Member {
    fn field(&'static self, value: Option<Value>) -> Field {
        Field::optional(self.name, value).since(self.since)
    }

    fn read(&'static self, arguments: &Arguments<'_>) -> Result<Option<Value>, Problem> {
        let one = |element: Element<'_>| self.one(arguments, element);
        match self.occurs {
            Occurs::One => one(arguments.required(self.name)?).map(Some),
            Occurs::Maybe => arguments.optional(self.name)?.map(one).transpose(),
            Occurs::Many => {
                let values = arguments.all(self.name).map(one).collect::<Result<Vec<_>, _>>()?;
                let array = Array { item: self.kind.type_name(), values };
                Ok((!array.values.is_empty()).then_some(Value::Array(array)))
            }
        }
    }

    fn one(&'static self, arguments: &Arguments<'_>, element: Element<'_>) -> Result<Value, Problem> {
        let malformed = || arguments.malformed(self.name, self.kind.type_name());
        let text = || element.text().ok_or_else(malformed);
        Ok(match self.kind {
            Kind::Text => Value::Text(text()?.to_owned()),
            Kind::Boolean => match text()?.trim() {
                "true" | "1" => Value::Boolean(true),
                "false" | "0" => Value::Boolean(false),
                _ => return Err(malformed()),
            },
            Kind::DateTime => Value::DateTime(date_time(text()?.trim()).ok_or_else(malformed)?),
            Kind::Reference => Value::Reference(Reference::read(element).ok_or_else(malformed)?),
            Kind::Data(schema) => Value::Record(schema.read(element)?),
        })
    }

    fn of_json(&'static self, kept: &Json) -> Option<Value> {
        match self.occurs {
            Occurs::One | Occurs::Maybe => self.kind.of_json(kept),
            Occurs::Many => {
                let values = kept.as_array()?.iter().map(|kept| self.kind.of_json(kept));
                let values = values.collect::<Option<Vec<_>>>()?;
                Some(Value::Array(Array { item: self.kind.type_name(), values }))
            }
        }
    }
}

impl Kind {
    const fn type_name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Boolean => "boolean",
            Self::DateTime => "dateTime",
            Self::Reference => "ManagedObjectReference",
            Self::Data(schema) => schema.name,
        }
    }

    fn of_json(self, kept: &Json) -> Option<Value> {
        Some(match self {
            Self::Text => Value::Text(kept.as_str()?.to_owned()),
            Self::Boolean => Value::Boolean(kept.as_bool()?),
            Self::DateTime => Value::DateTime(Moment::parse(kept.as_str()?).ok()?),
            Self::Reference => {
                Value::Reference(Reference::new(kept.get("type")?.as_str()?, kept.get("value")?.as_str()?))
            }
            Self::Data(schema) => Value::Record(schema.of_json(kept)?),
        })
    }
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
            json!({ TYPE: "ManagedObjectReference", "type": reference.kind, "value": reference.value })
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
