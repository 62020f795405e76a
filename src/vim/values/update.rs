//! What `WaitForUpdatesEx` answers: `UpdateSet` and what it is made of, in the order of the schema
//! (`session-manager.md` §2.3).

use crate::vim::values::{Field, Record, Value};
use crate::vim::{ApiVersion, Fault, Reference};

/// Everything that changed since a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateSet {
    /// Names what the client knows with this answer.
    pub version: String,
    /// The changes, by filter.
    pub filters: Vec<FilterUpdate>,
    /// There is more, which the next call brings.
    pub truncated: bool,
}

/// What changed for one filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterUpdate {
    /// The filter.
    pub filter: Reference,
    /// The changes, by object.
    pub objects: Vec<ObjectUpdate>,
}

/// What changed of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectUpdate {
    /// Whether it came, changed or went.
    pub kind: UpdateKind,
    /// The object.
    pub object: Reference,
    /// The properties with their new values, by path; without one it has none any more.
    pub changes: Vec<(String, Option<Value>)>,
    /// The properties that may not be read, by path.
    pub missing: Vec<(String, Fault)>,
}

/// What happened to an object, as a filter sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// It is selected now.
    Enter,
    /// It is other than before.
    Modify,
    /// It is selected no more.
    Leave,
}

impl UpdateKind {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::Modify => "modify",
            Self::Leave => "leave",
        }
    }
}

impl From<UpdateSet> for Record {
    fn from(set: UpdateSet) -> Self {
        let truncated = Field::optional("truncated", set.truncated.then_some(true)).since(V4_1);
        let fields = vec![
            Field::new("version", set.version),
            Field::new("filterSet", Value::records("PropertyFilterUpdate", set.filters)),
            truncated,
        ];
        Self::new("UpdateSet", fields)
    }
}

impl From<FilterUpdate> for Record {
    fn from(update: FilterUpdate) -> Self {
        let objects = Value::records("ObjectUpdate", update.objects);
        let fields = vec![Field::new("filter", update.filter), Field::new("objectSet", objects)];
        Self::new("PropertyFilterUpdate", fields)
    }
}

impl From<ObjectUpdate> for Record {
    fn from(update: ObjectUpdate) -> Self {
        let change = |(path, value): (String, Option<Value>)| {
            let fields = vec![
                Field::new("name", path),
                Field::new("op", "assign"),
                Field::optional("val", value.map(Value::any)),
            ];
            Self::new("PropertyChange", fields)
        };
        let fields = vec![
            Field::new("kind", update.kind.as_str()),
            Field::new("obj", update.object),
            Field::new("changeSet", Value::records("PropertyChange", update.changes.into_iter().map(change))),
            Field::new("missingSet", missing_set(update.missing)),
        ];
        Self::new("ObjectUpdate", fields)
    }
}

fn missing_set(missing: Vec<(String, Fault)>) -> Value {
    let one = |(path, fault): (String, Fault)| {
        let fields = vec![Field::new("path", path), Field::new("fault", fault.localized())];
        Record::new("MissingProperty", fields)
    };
    Value::records("MissingProperty", missing.into_iter().map(one))
}

const V4_1: ApiVersion = ApiVersion::new([4, 1, 0, 0]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::values::wire;

    fn written(value: impl Into<Value>) -> String {
        let mut out = String::new();
        wire::element(&mut out, "returnval", &value.into(), ApiVersion::new([7, 0, 3, 1]));
        out
    }

    #[test]
    fn a_set_is_written_in_the_order_of_the_schema() {
        let object = ObjectUpdate {
            kind: UpdateKind::Modify,
            object: Reference::new("SessionManager", "SessionManager"),
            changes: vec![("message".into(), Some("hello".into())), ("currentSession".into(), None)],
            missing: vec![("sessionList".into(), Fault::not_authenticated())],
        };
        let filter = FilterUpdate { filter: Reference::new("PropertyFilter", "f"), objects: vec![object] };
        let set = UpdateSet { version: "2".into(), filters: vec![filter], truncated: true };
        let fault = "<fault><fault xsi:type=\"NotAuthenticated\"><object type=\"Folder\">group-d1</object>\
                     <privilegeId>System.View</privilegeId></fault>\
                     <localizedMessage>The session is not authenticated.</localizedMessage></fault>";
        assert_eq!(
            written(set),
            format!(
                "<returnval><version>2</version><filterSet><filter type=\"PropertyFilter\">f</filter>\
                 <objectSet><kind>modify</kind><obj type=\"SessionManager\">SessionManager</obj>\
                 <changeSet><name>message</name><op>assign</op><val xsi:type=\"xsd:string\">hello</val></changeSet>\
                 <changeSet><name>currentSession</name><op>assign</op></changeSet>\
                 <missingSet><path>sessionList</path>{fault}</missingSet></objectSet></filterSet>\
                 <truncated>true</truncated></returnval>"
            )
        );
    }
}
