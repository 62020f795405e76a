//! Sentences about what clients get to read.

use super::*;
use crate::vim::object::PUBLISHED;
use crate::vim::values::data::tests::session;
use crate::vim::values::{AboutInfo, ServiceContent};

/// The published objects as somebody sees them.
struct House {
    logged_in: bool,
}

const STRANGER: House = House { logged_in: false };
const GUEST: House = House { logged_in: true };

impl Objects for House {
    fn exists(&self, object: &Reference) -> bool {
        PUBLISHED.iter().any(|published| published.reference() == *object)
    }

    fn read(&self, object: &Reference, property: &str) -> Reading {
        let value = match (object.kind.as_str(), property) {
            ("ServiceInstance", "content") => ServiceContent { about: AboutInfo::of_this_house("u") }.into(),
            ("SessionManager", "defaultLocale") => "en".into(),
            ("SessionManager", "messageLocaleList") => Value::texts(["en"]),
            ("SessionManager", "supportedLocaleList") => Value::texts::<String>([]),
            ("SessionManager", "currentSession") if self.logged_in => session().into(),
            ("SessionManager", "message" | "sessionList") if !self.logged_in => {
                return Reading::Denied(Fault::not_authenticated());
            }
            ("SessionManager", "sessionList") => {
                return Reading::Denied(Fault::no_permission("Sessions.TerminateSession"));
            }
            ("Folder", "name") => "Datacenters".into(),
            // A circle: the root folder holds itself, and something that is gone.
            ("Folder", "childEntity") => {
                Value::references([Reference::root(), Reference::new("Folder", "group-d2")])
            }
            _ => return Reading::Unset,
        };
        Reading::Value(value)
    }
}

fn property_spec(kind: &str, paths: &[&str]) -> PropertySpec {
    let all = paths.is_empty();
    PropertySpec { kind: kind.into(), all, paths: paths.iter().map(|path| (*path).to_owned()).collect() }
}

fn start(kind: &str, value: &str) -> ObjectSpec {
    ObjectSpec { object: Reference::new(kind, value), skip: false, select: vec![] }
}

fn spec(properties: Vec<PropertySpec>, objects: Vec<ObjectSpec>) -> FilterSpec {
    FilterSpec { properties, objects, report_missing: false }
}

fn of_sessions(paths: &[&str]) -> FilterSpec {
    spec(vec![property_spec("SessionManager", paths)], vec![start("SessionManager", "SessionManager")])
}

fn read_by(house: &House, spec: FilterSpec) -> Result<Vec<ObjectContent>, Fault> {
    retrieve(&[spec], house, ApiVersion::NEWEST)
}

fn names<T>(list: &[(String, T)]) -> Vec<&str> {
    list.iter().map(|(path, _)| path.as_str()).collect()
}

#[test]
fn a_stranger_who_reads_all_of_the_session_manager_gets_what_is_open_and_no_fault() {
    let read = read_by(&STRANGER, of_sessions(&[])).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(names(&read[0].properties), ["messageLocaleList", "defaultLocale"]);
    assert_eq!(names(&read[0].missing), ["sessionList", "message"]);
    assert!(read[0].missing.iter().all(|(_, fault)| *fault == Fault::not_authenticated()));
}

#[test]
fn the_own_session_is_there_for_who_has_one_and_simply_absent_for_who_has_not() {
    let path = &["currentSession"];
    let own = read_by(&GUEST, of_sessions(path)).unwrap();
    assert_eq!(own[0].properties, [("currentSession".to_owned(), session().into())]);
    let none = read_by(&STRANGER, of_sessions(path)).unwrap();
    assert_eq!((none.len(), &none[0].properties[..], &none[0].missing[..]), (1, &[][..], &[][..]));
}

#[test]
fn a_privilege_that_lacks_is_told_property_by_property() {
    let read = read_by(&GUEST, of_sessions(&["sessionList", "currentSession.userName", "message"])).unwrap();
    assert_eq!(
        read[0].missing,
        [("sessionList".to_owned(), Fault::no_permission("Sessions.TerminateSession"))]
    );
    let name = Value::from("VSPHERE.LOCAL\\lab");
    assert_eq!(read[0].properties, [("currentSession.userName".to_owned(), name)]);
}

#[test]
fn a_path_that_leads_nowhere_is_a_fault_that_names_it() {
    for path in [
        "nothing",
        "",
        "currentSession.nothing",
        "defaultLocale.deeper",
        "sessionlist",
        "messageLocaleList.x",
    ] {
        let fault = Fault::InvalidProperty { name: path.into() };
        assert_eq!(read_by(&GUEST, of_sessions(&[path])), Err(fault.clone()), "{path}");
        let this = Reference::new("SessionManager", "SessionManager");
        assert_eq!(fetch(&this, path, &GUEST, ApiVersion::NEWEST), Err(fault), "{path}");
    }
}

#[test]
fn a_field_younger_than_the_client_is_no_path() {
    let old = ApiVersion::new([4, 1, 0, 0]);
    let specs = [of_sessions(&["currentSession.callCount"])];
    assert!(retrieve(&specs, &GUEST, ApiVersion::NEWEST).is_ok());
    assert!(matches!(retrieve(&specs, &GUEST, old), Err(Fault::InvalidProperty { .. })));
}

#[test]
fn an_object_that_does_not_exist_is_a_fault_or_left_out_as_the_client_wants() {
    let object = Reference::new("SessionManager", "ha-sessionmgr");
    let mut gone =
        spec(vec![property_spec("SessionManager", &[])], vec![start("SessionManager", "ha-sessionmgr")]);
    assert_eq!(read_by(&GUEST, gone.clone()), Err(Fault::ManagedObjectNotFound { object: object.clone() }));
    gone.report_missing = true;
    assert_eq!(read_by(&GUEST, gone), Ok(vec![]));
    let fetched = fetch(&object, "defaultLocale", &GUEST, ApiVersion::NEWEST);
    assert_eq!(fetched, Err(Fault::ManagedObjectNotFound { object }));
}

#[test]
fn an_object_of_a_type_nobody_asked_for_is_not_reported_and_a_subtype_is() {
    let folder = || vec![start("Folder", "group-d1")];
    assert_eq!(read_by(&GUEST, spec(vec![property_spec("VirtualMachine", &["name"])], folder())), Ok(vec![]));
    let read = read_by(&GUEST, spec(vec![property_spec("ManagedEntity", &["name"])], folder())).unwrap();
    assert_eq!(read[0].properties, [("name".to_owned(), "Datacenters".into())]);
}

#[test]
fn an_object_named_often_is_reported_once_with_every_path_once() {
    let twice = || {
        spec(
            vec![
                property_spec("SessionManager", &["defaultLocale", "defaultLocale"]),
                property_spec("SessionManager", &["currentSession"]),
            ],
            vec![start("SessionManager", "SessionManager"), start("SessionManager", "SessionManager")],
        )
    };
    let read = retrieve(&[twice(), twice()], &GUEST, ApiVersion::NEWEST).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(names(&read[0].properties), ["defaultLocale", "currentSession"]);
}

fn from_service(path: &str, skip: bool, select: Vec<Selection>) -> ObjectSpec {
    let traversal = Traversal { name: None, kind: "ServiceInstance".into(), path: path.into(), skip, select };
    ObjectSpec {
        skip: true,
        select: vec![Selection::Traversal(traversal)],
        ..start("ServiceInstance", "ServiceInstance")
    }
}

#[test]
fn a_traversal_leads_to_the_objects_a_property_refers_to() {
    let wanted = || {
        vec![
            property_spec("SessionManager", &["defaultLocale"]),
            property_spec("ServiceInstance", &["content"]),
        ]
    };
    let read =
        read_by(&GUEST, spec(wanted(), vec![from_service("content.sessionManager", false, vec![])])).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].object, Reference::new("SessionManager", "SessionManager"));
    let skipped = read_by(&GUEST, spec(wanted(), vec![from_service("content.sessionManager", true, vec![])]));
    assert_eq!(skipped, Ok(vec![]));
    let nowhere = read_by(&GUEST, spec(wanted(), vec![from_service("content.nothing", false, vec![])]));
    assert_eq!(nowhere, Err(Fault::InvalidProperty { name: "content.nothing".into() }));
}

#[test]
fn a_traversal_that_goes_in_a_circle_ends_and_passes_over_what_is_gone() {
    let children = Traversal {
        name: Some("visit".into()),
        kind: "Folder".into(),
        path: "childEntity".into(),
        skip: false,
        select: vec![Selection::Named("visit".into())],
    };
    let begin = from_service("content.rootFolder", false, vec![Selection::Traversal(children)]);
    let read = read_by(&GUEST, spec(vec![property_spec("Folder", &["name"])], vec![begin])).unwrap();
    assert_eq!(read.iter().map(|content| &content.object).collect::<Vec<_>>(), [&Reference::root()]);
}

#[test]
fn a_selection_by_a_name_that_nothing_has_is_refused() {
    let begin = from_service("content.rootFolder", false, vec![Selection::Named("nobody".into())]);
    let refused = read_by(&GUEST, spec(vec![property_spec("Folder", &["name"])], vec![begin]));
    assert!(
        matches!(refused, Err(Fault::InvalidArgument { property: Some(path) }) if path.ends_with("selectSet.name"))
    );
}

#[test]
fn one_property_is_read_or_unset_or_refused() {
    let this = Reference::new("SessionManager", "SessionManager");
    let read = |house, path| fetch(&this, path, house, ApiVersion::NEWEST);
    assert_eq!(read(&GUEST, "currentSession"), Ok(Some(session().into())));
    assert_eq!(read(&STRANGER, "currentSession"), Ok(None));
    assert_eq!(read(&STRANGER, "currentSession.userName"), Ok(None));
    assert_eq!(read(&STRANGER, "supportedLocaleList"), Ok(None));
    assert_eq!(read(&STRANGER, "sessionList"), Err(Fault::not_authenticated()));
}
