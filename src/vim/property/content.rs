//! What was read, object by object, and the pages it is handed out in (`session-manager.md` §2.3).

use crate::vim::values::{Field, Record, Value};
use crate::vim::{Fault, Reference};

/// What was read of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectContent {
    /// The object.
    pub object: Reference,
    /// The properties that have a value, by path.
    pub properties: Vec<(String, Value)>,
    /// The properties that may not be read, by path.
    pub missing: Vec<(String, Fault)>,
}

/// A page, and the name of the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrieveResult {
    /// Names the next page; nothing on the last one.
    pub token: Option<String>,
    /// The page.
    pub objects: Vec<ObjectContent>,
}

/// Splits what was read into the next page and the rest. An empty rest means that this is the last page;
/// keeping the rest, and naming it, is the door's.
#[must_use]
pub fn page(
    mut objects: Vec<ObjectContent>,
    max_objects: Option<usize>,
) -> (Vec<ObjectContent>, Vec<ObjectContent>) {
    let length = max_objects.unwrap_or(objects.len()).min(objects.len());
    let rest = objects.split_off(length);
    (objects, rest)
}

impl From<ObjectContent> for Record {
    fn from(content: ObjectContent) -> Self {
        let property = |(path, value): (String, Value)| {
            Self::new("DynamicProperty", vec![Field::new("name", path), Field::new("val", value.any())])
        };
        let missing = |(path, fault): (String, Fault)| {
            Self::new(
                "MissingProperty",
                vec![Field::new("path", path), Field::new("fault", fault.localized())],
            )
        };
        let fields = vec![
            Field::new("obj", content.object),
            Field::new(
                "propSet",
                Value::records("DynamicProperty", content.properties.into_iter().map(property)),
            ),
            Field::new(
                "missingSet",
                Value::records("MissingProperty", content.missing.into_iter().map(missing)),
            ),
        ];
        Self::new("ObjectContent", fields)
    }
}

impl From<RetrieveResult> for Record {
    fn from(result: RetrieveResult) -> Self {
        let objects = Value::records("ObjectContent", result.objects);
        Self::new(
            "RetrieveResult",
            vec![Field::optional("token", result.token), Field::new("objects", objects)],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::ApiVersion;
    use crate::vim::values::wire;

    fn content(value: &str) -> ObjectContent {
        ObjectContent { object: Reference::new("SessionManager", value), properties: vec![], missing: vec![] }
    }

    fn written(value: impl Into<Value>) -> String {
        let mut out = String::new();
        wire::element(&mut out, "returnval", &value.into(), ApiVersion::new([7, 0, 3, 1]));
        out
    }

    #[test]
    fn an_object_without_anything_to_say_is_only_named() {
        let result = RetrieveResult { token: None, objects: vec![content("SessionManager")] };
        let wanted =
            "<returnval><objects><obj type=\"SessionManager\">SessionManager</obj></objects></returnval>";
        assert_eq!(written(result), wanted);
    }

    #[test]
    fn a_value_is_typed_and_a_missing_one_has_a_fault_with_a_text() {
        let mut content = content("SessionManager");
        content.properties.push(("defaultLocale".into(), "en".into()));
        content.missing.push(("sessionList".into(), Fault::no_permission("Sessions.TerminateSession")));
        assert_eq!(
            written(content),
            "<returnval><obj type=\"SessionManager\">SessionManager</obj>\
             <propSet><name>defaultLocale</name><val xsi:type=\"xsd:string\">en</val></propSet>\
             <missingSet><path>sessionList</path><fault><fault xsi:type=\"NoPermission\">\
             <object type=\"Folder\">group-d1</object><privilegeId>Sessions.TerminateSession</privilegeId></fault>\
             <localizedMessage>Permission to perform this operation was denied.</localizedMessage></fault></missingSet>\
             </returnval>"
        );
    }

    #[test]
    fn pages_are_full_until_the_last_and_nothing_is_lost() {
        let all = vec![content("a"), content("b"), content("c")];
        let (first, rest) = page(all.clone(), Some(2));
        assert_eq!((first.len(), rest.len()), (2, 1));
        let (last, rest) = page(rest, Some(2));
        assert_eq!((last, rest.len()), (vec![content("c")], 0));
        assert_eq!(page(all.clone(), Some(3)), (all.clone(), vec![]));
        assert_eq!(page(all.clone(), None), (all, vec![]));
    }

    #[test]
    fn a_page_names_the_next_one_before_its_objects() {
        let result = RetrieveResult { token: Some("7".into()), objects: vec![content("a")] };
        assert!(written(result).starts_with("<returnval><token>7</token><objects>"));
    }
}
