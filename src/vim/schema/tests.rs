//! The table of types against everything that stands beside it: the methods, the values we send, the faults.

use super::*;
use crate::clock::Moment;
use crate::pki::Thumbprints;
use crate::secret::Secret;
use crate::vim::fault::tests::all as all_faults;
use crate::vim::method::table::Occurs;
use crate::vim::property::{ObjectContent, RetrieveResult};
use crate::vim::values::data::tests::session;
use crate::vim::values::event;
use crate::vim::values::event_filter::{Recursion, UserFilter};
use crate::vim::values::update::UpdateKind;
use crate::vim::values::{AboutInfo, GenericServiceTicket, LocalTicket, OptionValue, Record, ServiceContent};
use crate::vim::values::{EventFilterSpec, FilterUpdate, ObjectUpdate, UpdateSet};
use crate::vim::{ApiVersion, Fault, MethodName, Reference, Value};

/// One data object of every type that is sent, as full as can be.
fn sent() -> Vec<Record> {
    let about = AboutInfo { patch_level: Some("00100".into()), ..AboutInfo::of_this_house("u") };
    let properties = vec![("currentSession".into(), session().into()), ("a".into(), Value::texts(["b"]))];
    let missing = vec![("b".into(), Fault::no_permission("System.Read"))];
    let objects = vec![ObjectContent { object: Reference::root(), properties, missing }];
    let mut sent = vec![
        ServiceContent { about }.into(),
        OptionValue { key: "a".into(), value: Value::DateTime(Moment::EPOCH) }.into(),
        RetrieveResult { token: Some("t".into()), objects }.into(),
    ];
    let (id, host_name, certificate) = (Secret::new("x"), "vc".into(), Thumbprints::default());
    sent.push(GenericServiceTicket { id, host_name, certificate }.into());
    sent.push(LocalTicket { user_name: "u".into(), password_file_path: "p".into() }.into());
    sent.extend(updates().into_iter().chain(events()));
    sent.extend(all_faults().iter().map(Fault::record));
    sent
}

fn updates() -> Vec<Record> {
    let object = ObjectUpdate {
        kind: UpdateKind::Enter,
        object: Reference::root(),
        changes: vec![("a".into(), Some("b".into()))],
        missing: vec![("c".into(), Fault::not_authenticated())],
    };
    let filter = FilterUpdate { filter: Reference::new("PropertyFilter", "f"), objects: vec![object] };
    vec![UpdateSet { version: "1".into(), filters: vec![filter], truncated: true }.into()]
}

fn events() -> Vec<Record> {
    let filter = EventFilterSpec {
        entity: Some((Reference::root(), Recursion::All)),
        begin_time: Some(Moment::EPOCH),
        users: Some(UserFilter { system_user: true, user_list: vec!["u".into()] }),
        event_type_ids: vec!["SessionEvent".into()],
        ..EventFilterSpec::default()
    };
    let mut records = vec![event::description(), filter.into()];
    records
        .extend(event::tests::every().into_iter().map(|kind| event::tests::event(1, "u", kind).record(true)));
    records
}

/// A value is of the type that the schema says, as deep as it goes.
fn check(value: &Value, kind: &str) {
    match value {
        Value::Any(inner) if kind == ANY => check_any(inner),
        Value::Any(inner) => check(inner, kind),
        Value::Text(_) => assert_eq!(simple(kind), Some(Simple::Text), "{kind}"),
        Value::Boolean(_) => assert_eq!(kind, "boolean"),
        Value::Int(_) => assert_eq!(kind, "int"),
        Value::Long(_) => assert_eq!(kind, "long"),
        Value::DateTime(_) => assert_eq!(kind, "dateTime"),
        Value::Reference(_) => assert_eq!(kind, REFERENCE),
        Value::Array(array) => {
            assert_eq!(array.item, kind);
            array.values.iter().for_each(|value| check(value, kind));
        }
        Value::Record(record) => {
            assert!(is_a(record.type_name, kind), "a {} where a {kind} is wanted", record.type_name);
            check_record(record);
        }
    }
}

fn check_any(value: &Value) {
    match value {
        Value::Record(record) => check_record(record),
        Value::Array(array) => check(value, array.item),
        _ => {}
    }
}

fn check_record(record: &Record) {
    let name = record.type_name;
    let known = fields(name);
    let places: Vec<_> = record
        .fields
        .iter()
        .map(|field| {
            let place = known.iter().position(|known| known.name == field.name);
            place.unwrap_or_else(|| panic!("{name} has no {}", field.name))
        })
        .collect();
    assert!(places.is_sorted_by(|a, b| a < b), "{name} is not in the order of the schema: {record:?}");
    for known in known.iter().filter(|known| known.occurs == Occurs::One) {
        let set = record.fields.iter().any(|field| field.name == known.name && field.value.is_some());
        assert!(set, "{name} lacks {}", known.name);
    }
    for (field, place) in record.fields.iter().zip(places) {
        assert!(field.since <= ApiVersion::NEWEST, "{name}.{} is of no version of ours", field.name);
        if let Some(value) = &field.value {
            assert_eq!(
                matches!(value, Value::Array(_)),
                known[place].occurs == Occurs::Many,
                "{name}.{}",
                field.name
            );
            check(value, known[place].kind);
        }
    }
}

#[test]
fn every_type_stands_once_extends_a_known_one_and_has_fields_of_known_types() {
    assert!(table::TYPES.is_sorted_by(|a, b| a.name < b.name), "in the order of the alphabet");
    for data_type in table::TYPES {
        assert!(data_type.base.is_none_or(|base| super::data_type(base).is_some()), "{}", data_type.name);
        for field in data_type.fields {
            assert!(is_known(field.kind), "{}.{}: {}", data_type.name, field.name, field.kind);
        }
    }
}

#[test]
fn every_type_that_a_method_takes_or_returns_is_known() {
    for facts in MethodName::ALL.iter().map(|name| name.facts()) {
        let taken = facts.parameters.iter().map(|parameter| parameter.kind);
        for kind in taken.chain(facts.returns.map(|returns| returns.kind)) {
            assert!(is_known(kind), "{}: {kind}", facts.wire);
        }
    }
}

#[test]
fn what_is_sent_has_the_fields_of_its_type_in_their_order() {
    sent().iter().for_each(check_record);
}

#[test]
fn every_fault_is_one() {
    for fault in all_faults() {
        assert!(is_a(fault.type_name(), "MethodFault"), "{}", fault.type_name());
    }
}

#[test]
fn inherited_fields_come_first() {
    let names: Vec<_> = fields("TraversalSpec").iter().map(|field| field.name).collect();
    assert_eq!(names, ["name", "type", "path", "skip", "selectSet"]);
    assert!(is_a("NotAuthenticated", "RuntimeFault") && !is_a("RuntimeFault", "NotAuthenticated"));
    assert_eq!(
        (array_of("string"), array_of("UserSession")),
        ("ArrayOfString".into(), "ArrayOfUserSession".into())
    );
}
