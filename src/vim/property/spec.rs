//! What a client wants to read: `PropertyFilterSpec` and what it is made of (`session-manager.md` §2.3,
//! §3.1).

use crate::vim::Reference;
use crate::vim::object::is_a;
use crate::vim::reference::unprefixed;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::xml::Element;
use crate::xml::names::XSI;

/// Properties of certain types, and where to begin to look for objects of these types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterSpec {
    /// Which properties, type by type.
    pub properties: Vec<PropertySpec>,
    /// Which objects.
    pub objects: Vec<ObjectSpec>,
    /// An object that does not exist is left out instead of failing the call.
    pub report_missing: bool,
}

/// Which properties of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertySpec {
    /// The type; its subtypes are meant too.
    pub kind: String,
    /// All of them.
    pub all: bool,
    /// These, or paths into them.
    pub paths: Vec<String>,
}

/// An object to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSpec {
    /// The object.
    pub object: Reference,
    /// It is not wanted itself.
    pub skip: bool,
    /// Where to go from it.
    pub select: Vec<Selection>,
}

/// Where to go from an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// As the traversal of this name says, anywhere in the same specification.
    Named(String),
    /// As said here.
    Traversal(Traversal),
}

/// From an object of a type along a property to the objects it refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traversal {
    /// For [`Selection::Named`].
    pub name: Option<String>,
    /// The type of object to go from.
    pub kind: String,
    /// The property, or a path into it, that holds references.
    pub path: String,
    /// The objects found are not wanted themselves.
    pub skip: bool,
    /// Where to go from them.
    pub select: Vec<Selection>,
}

/// Whether the property of this type may be asked for, so that a door need not look up what nobody wants.
#[must_use]
pub fn mentions(specs: &[FilterSpec], kind: &str, property: &str) -> bool {
    let head = |path: &String| path.split('.').next() == Some(property);
    let mut wanted = specs.iter().flat_map(|spec| &spec.properties).filter(|wanted| is_a(kind, &wanted.kind));
    wanted.any(|wanted| wanted.all || wanted.paths.iter().any(head))
}

impl FilterSpec {
    pub(in crate::vim) fn read(element: Element<'_>) -> Result<Self, Problem> {
        let known = ["propSet", "objectSet", "reportMissingObjectsInResults"];
        let fields = Arguments::of(element, Owner::Data("PropertyFilterSpec"), &known)?;
        Ok(Self {
            properties: fields.all("propSet").map(PropertySpec::read).collect::<Result<_, _>>()?,
            objects: fields.all("objectSet").map(ObjectSpec::read).collect::<Result<_, _>>()?,
            report_missing: fields.boolean("reportMissingObjectsInResults")?,
        })
    }
}

impl PropertySpec {
    fn read(element: Element<'_>) -> Result<Self, Problem> {
        let fields = Arguments::of(element, Owner::Data("PropertySpec"), &["type", "all", "pathSet"])?;
        Ok(Self { kind: type_name(&fields)?, all: fields.boolean("all")?, paths: fields.texts("pathSet")? })
    }
}

impl ObjectSpec {
    fn read(element: Element<'_>) -> Result<Self, Problem> {
        let fields = Arguments::of(element, Owner::Data("ObjectSpec"), &["obj", "skip", "selectSet"])?;
        let select = fields.all("selectSet").map(Selection::read).collect::<Result<_, _>>()?;
        Ok(Self { object: fields.reference("obj")?, skip: fields.boolean("skip")?, select })
    }
}

impl Selection {
    /// `xsi:type` says which of the two it is; its prefix differs by client, and it is absent on the base
    /// type.
    fn read(element: Element<'_>) -> Result<Self, Problem> {
        let owner = Owner::Data("SelectionSpec");
        match element.attribute_in(XSI, "type").map(unprefixed) {
            Some("TraversalSpec") => Traversal::read(element).map(Self::Traversal),
            Some("SelectionSpec") | None => {
                Ok(Self::Named(Arguments::of(element, owner, &["name"])?.text("name")?.to_owned()))
            }
            Some(_) => Err(Problem::Malformed { name: "selectSet", owner, wanted: "a SelectionSpec" }),
        }
    }
}

impl Traversal {
    fn read(element: Element<'_>) -> Result<Self, Problem> {
        let known = ["name", "type", "path", "skip", "selectSet"];
        let fields = Arguments::of(element, Owner::Data("TraversalSpec"), &known)?;
        Ok(Self {
            name: fields.optional_text("name")?.map(str::to_owned),
            kind: type_name(&fields)?,
            path: fields.text("path")?.to_owned(),
            skip: fields.boolean("skip")?,
            select: fields.all("selectSet").map(Selection::read).collect::<Result<_, _>>()?,
        })
    }
}

fn type_name(fields: &Arguments<'_>) -> Result<String, Problem> {
    Ok(unprefixed(fields.text("type")?.trim()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn read(inner: &str) -> Result<FilterSpec, Problem> {
        let text =
            format!("<specSet xmlns='urn:vim25' xmlns:v='urn:vim25' xmlns:i='{XSI}'>{inner}</specSet>");
        FilterSpec::read(Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap().root())
    }

    fn traversal(attribute: &str) -> String {
        format!(
            "<objectSet><obj type='ServiceInstance'>ServiceInstance</obj><skip>1</skip><selectSet {attribute}>\
             <name>t</name><type>ServiceInstance</type><path>content.rootFolder</path>\
             <selectSet><name>t</name></selectSet></selectSet></objectSet>"
        )
    }

    #[test]
    fn types_objects_and_traversals_are_read() {
        let wanted = Traversal {
            name: Some("t".into()),
            kind: "ServiceInstance".into(),
            path: "content.rootFolder".into(),
            skip: false,
            select: vec![Selection::Named("t".into())],
        };
        for attribute in ["i:type='TraversalSpec'", "i:type='v:TraversalSpec'", "i:type='ns1:TraversalSpec'"]
        {
            let spec = read(&format!(
                "<propSet><type>Folder</type><all>true</all></propSet>{}",
                traversal(attribute)
            ));
            let spec = spec.unwrap();
            assert_eq!(spec.properties, [PropertySpec { kind: "Folder".into(), all: true, paths: vec![] }]);
            assert!(spec.objects[0].skip);
            assert_eq!(spec.objects[0].select, [Selection::Traversal(wanted.clone())], "{attribute}");
        }
    }

    #[test]
    fn a_traversal_that_does_not_say_it_is_one_is_refused() {
        for attribute in ["", "i:type='SelectionSpec'", "i:type='ObjectSpec'", "type='TraversalSpec'"] {
            assert!(read(&traversal(attribute)).is_err(), "{attribute}");
        }
    }

    #[test]
    fn a_missing_property_says_of_which_object() {
        let missing = |name, kind| Err(Problem::Missing { name, owner: Owner::Data(kind) });
        assert_eq!(read("<objectSet><skip>false</skip></objectSet>"), missing("obj", "ObjectSpec"));
        assert_eq!(read("<propSet><all>true</all></propSet>"), missing("type", "PropertySpec"));
        assert!(read("<propSet><type>Folder</type></propSet>").is_ok());
    }

    #[test]
    fn a_property_is_mentioned_by_name_by_path_by_all_and_by_a_base_type() {
        let spec = |inner: &str| vec![read(&format!("<propSet>{inner}</propSet>")).unwrap()];
        let sessions = |inner: &str| mentions(&spec(inner), "SessionManager", "sessionList");
        assert!(sessions("<type>SessionManager</type><all>true</all>"));
        assert!(sessions("<type>SessionManager</type><pathSet>sessionList</pathSet>"));
        assert!(sessions("<type>SessionManager</type><pathSet>sessionList.key</pathSet>"));
        assert!(!sessions("<type>SessionManager</type><pathSet>currentSession</pathSet>"));
        assert!(!sessions("<type>Folder</type><all>true</all>"));
        assert!(mentions(&spec("<type>ManagedEntity</type><all>1</all>"), "Folder", "name"));
    }
}
