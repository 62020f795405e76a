//! Sentences about calls in JSON: the bodies are those that govmomi writes.

use serde_json::{Value as Json, json};

use super::*;
use crate::secret::Secret;
use crate::vim::method::table::{Occurs, Parameter};
use crate::vim::method::{PropertyCall, ServiceRequest, SessionCall};
use crate::vim::property::spec::{Selection, Traversal};
use crate::vim::schema::{self, Simple};
use crate::vim::{Call, Method, Owner};

fn session_manager() -> Reference {
    Reference::new("SessionManager", "SessionManager")
}

fn envelope(method: &str, body: &str) -> Result<Envelope, JsonError> {
    call(&session_manager(), method, body.as_bytes())
}

fn read(method: &str, body: &Json) -> Method {
    Call::read(&envelope(method, &body.to_string()).unwrap()).unwrap().method
}

fn problem(method: &str, body: &Json) -> Problem {
    match envelope(method, &body.to_string()) {
        Err(JsonError::Problem(problem)) => problem,
        other => panic!("{body}: {other:?}"),
    }
}

fn login(password: &str) -> Method {
    let (user_name, locale) = ("u".into(), Some("en_US".into()));
    Method::Session(SessionCall::Login { user_name, password: Secret::new(password), locale })
}

#[test]
fn govmomis_login_is_read_and_its_root_may_be_called_anything() {
    for named in [json!("Login"), json!("LoginRequestType"), json!("x"), json!(1), Json::Null] {
        let body = json!({ "_typeName": named, "userName": "u", "password": "p", "locale": "en_US" });
        assert_eq!(read("Login", &body), login("p"));
    }
    let call = Call::read(&envelope("Logout", "").unwrap()).unwrap();
    assert_eq!(call, Call { this: session_manager(), method: Method::Session(SessionCall::Logout) });
    assert_eq!(Call::read(&envelope("Logout", " \n{} ").unwrap()).unwrap(), call);
}

#[test]
fn a_text_is_verbatim_and_nothing_in_it_becomes_markup() {
    let password = "</password><locale>x</locale>&amp; \t\r\n\"'é]]>";
    let body = json!({ "userName": "u", "password": password, "locale": "en_US" });
    assert_eq!(read("Login", &body), login(password));
    let this = Reference::new("Session\"Manager<", "a</_this>&");
    let call = Call::read(&call(&this, "Logout", b"").unwrap()).unwrap();
    assert_eq!(call.this, this);
}

#[test]
fn govmomis_specification_is_read_with_types_references_and_arrays() {
    let traversal = json!({ "_typeName": "TraversalSpec", "name": "t", "type": "Folder", "path": "childEntity",
        "skip": false, "selectSet": [{ "_typeName": "SelectionSpec", "name": "t" }] });
    let object = json!({ "_typeName": "ManagedObjectReference", "type": "Folder", "value": "group-d1" });
    let body = json!({ "_typeName": "RetrievePropertiesEx",
        "specSet": [{ "_typeName": "PropertyFilterSpec",
            "propSet": [{ "_typeName": "PropertySpec", "type": "Folder", "all": null, "pathSet": ["name", "parent"] }],
            "objectSet": [{ "_typeName": "ObjectSpec", "obj": object, "skip": true, "selectSet": [traversal] }] }],
        "options": { "_typeName": "RetrieveOptions", "maxObjects": 2 } });
    let Method::Properties(PropertyCall::RetrieveEx { specs, max_objects }) =
        read("RetrievePropertiesEx", &body)
    else {
        panic!("{body}");
    };
    assert_eq!(max_objects, Some(2));
    assert_eq!(specs[0].properties[0].paths, ["name", "parent"]);
    assert_eq!((&specs[0].objects[0].object, specs[0].objects[0].skip), (&Reference::root(), true));
    let select = vec![Selection::Named("t".into())];
    let (kind, path) = ("Folder".to_owned(), "childEntity".to_owned());
    let wanted = Selection::Traversal(Traversal { name: Some("t".into()), kind, path, skip: false, select });
    assert_eq!(specs[0].objects[0].select, [wanted]);
}

#[test]
fn a_type_that_is_named_decides_between_those_that_extend_another() {
    let spec = |spec: Json| read("AcquireGenericServiceTicket", &json!({ "spec": spec }));
    let asked = |spec| Method::Session(SessionCall::AcquireGenericServiceTicket { spec });
    let vmomi = json!({ "_typeName": "SessionManagerVmomiServiceRequestSpec", "method": "cloneSession" });
    assert_eq!(spec(vmomi), asked(ServiceRequest::Vmomi { method: "cloneSession".into() }));
    let http =
        json!({ "method": "httpGet", "url": "/x?a&b", "_typeName": "SessionManagerHttpServiceRequestSpec" });
    assert_eq!(
        spec(http),
        asked(ServiceRequest::Http { method: Some("httpGet".into()), url: "/x?a&b".into() })
    );
    assert_eq!(spec(json!({})), asked(ServiceRequest::Unspecified));
    // Without its name it is the type they extend, which has no such field.
    let unnamed = problem("AcquireGenericServiceTicket", &json!({ "spec": { "method": "cloneSession" } }));
    let owner = Owner::Data("SessionManagerServiceRequestSpec");
    assert_eq!(unnamed, Problem::Unknown { name: "method".into(), owner });
}

#[test]
fn what_the_schema_does_not_know_is_refused_by_its_name() {
    let body = json!({ "userName": "u", "password": "p" });
    read("Login", &body);
    for stranger in ["realm", "_this", "Password", "a><b", "_value", ""] {
        let mut body = body.clone();
        body[stranger] = json!("x");
        let wanted = Problem::Unknown { name: stranger.into(), owner: Owner::Call("Login") };
        assert_eq!(problem("Login", &body), wanted);
    }
    assert!(
        matches!(problem("PowerOnVM_Task", &json!({})), Problem::UnknownMethod { name, .. } if name == "PowerOnVM_Task")
    );
    let fault = envelope("PowerOnVM_Task", "").unwrap_err().fault();
    assert_eq!(fault.text(), "Unable to resolve WSDL method name PowerOnVM_Task for namespace urn:vim25");
}

#[test]
fn a_value_of_another_form_than_its_type_is_refused_and_not_repeated() {
    for password in [json!(1), json!(true), json!(["geheim"]), json!({ "geheim": 1 }), json!("geheim\u{0}")] {
        let body = json!({ "userName": "u", "password": password });
        let problem = problem("Login", &body);
        assert!(matches!(problem, Problem::Malformed { name: "password", .. }), "{problem:?}");
        assert!(!format!("{problem} {problem:?}").contains("geheim"));
    }
    let spec = |spec: Json| json!({ "specSet": spec, "options": {} });
    let wrong = [
        (spec(json!({})), "specSet"),
        (spec(json!([null])), "specSet"),
        (spec(json!([{ "_typeName": "UserSession" }])), "specSet"),
        (spec(json!([{ "_typeName": "Nothing" }])), "specSet"),
        (spec(json!([{ "_typeName": 1 }])), "specSet"),
        (spec(json!([{ "propSet": [{ "type": "Folder", "all": "true" }] }])), "all"),
        (spec(json!([{ "objectSet": [{ "obj": "group-d1" }] }])), "obj"),
        (spec(json!([{ "objectSet": [{ "obj": { "value": "group-d1" } }] }])), "obj"),
        (
            spec(json!([{ "objectSet": [{ "obj": { "type": "Folder", "value": "group-d1", "x": "" } }] }])),
            "obj",
        ),
        (
            spec(
                json!([{ "objectSet": [{ "obj": { "_typeName": "Folder", "type": "Folder", "value": "x" } }] }]),
            ),
            "obj",
        ),
        (json!({ "specSet": [], "options": { "maxObjects": "1" } }), "maxObjects"),
    ];
    for (body, wanted) in wrong {
        assert!(
            matches!(problem("RetrievePropertiesEx", &body), Problem::Malformed { name, .. } if name == wanted),
            "{body}"
        );
    }
}

#[test]
fn a_message_that_is_no_object_is_none() {
    for body in ["[]", "1", "null", "\"{}\""] {
        assert!(matches!(envelope("Logout", body), Err(JsonError::NotAnObject)), "{body}");
    }
    for body in ["{", "{\"a\":1,\"a\":1}", "<Logout/>"] {
        assert!(matches!(envelope("Logout", body), Err(JsonError::Syntax(_))), "{body}");
    }
}

#[test]
fn a_missing_parameter_is_named_without_lines_and_columns() {
    let error = Call::read(&envelope("Login", "{\"userName\":\"u\"}").unwrap()).unwrap_err();
    assert_eq!(error.problem.fault().text(), "Required parameter password is missing");
}

#[test]
fn what_comes_out_is_measured() {
    let spec = |items: usize| {
        let items = vec!["{}"; items].join(",");
        envelope("RetrieveProperties", &format!("{{\"specSet\":[{items}]}}"))
    };
    assert!(spec(30_000).is_ok());
    let long = "\r".repeat(300_000);
    let body = json!({ "userName": long, "password": "p" }).to_string();
    assert!(matches!(envelope("Login", &body), Err(JsonError::Size(1_048_576))));
    let deep =
        (0..30).fold(json!({}), |inside, _| json!({ "_typeName": "TraversalSpec", "selectSet": [inside] }));
    let body = json!({ "specSet": [{ "objectSet": [{ "selectSet": [deep] }] }] });
    assert!(matches!(envelope("RetrieveProperties", &body.to_string()), Err(JsonError::Syntax(_))));
}

#[test]
fn a_value_of_any_type_becomes_an_element_that_names_it() {
    let written = |value: Json| {
        let mut writer = Writer::new(&Limits::MESSAGE);
        let parameter = &[Parameter { name: "val", occurs: Occurs::One, kind: "anyType" }];
        let facts = Box::leak(Box::new(crate::vim::method::table::Facts {
            parameters: parameter,
            ..*MethodName::ALL[0].facts()
        }));
        let text = json!({ "val": value }).to_string();
        let Ok(Node::Object(members)) = Node::read(text.as_bytes()) else { panic!("{text}") };
        writer.call(&session_manager(), facts, members).map(|()| {
            let text = writer.finish();
            let (start, end) = (text.find("<val").unwrap(), text.rfind("</RetrieveServiceContent>").unwrap());
            text[start..end].to_owned()
        })
    };
    for (value, wanted) in [
        (json!({ "_typeName": "string", "_value": "a<" }), "<val xsi:type=\"xsd:string\">a&lt;</val>"),
        (json!({ "_typeName": "int", "_value": -1 }), "<val xsi:type=\"xsd:int\">-1</val>"),
        (json!({ "_value": true, "_typeName": "boolean" }), "<val xsi:type=\"xsd:boolean\">true</val>"),
        (
            json!({ "_typeName": "ArrayOfString", "_value": ["a", "b"] }),
            "<val xsi:type=\"ArrayOfString\"><string>a</string><string>b</string></val>",
        ),
        (
            json!({ "_typeName": "OptionValue", "key": "k", "value": { "_typeName": "long", "_value": 1 } }),
            "<val xsi:type=\"OptionValue\"><key>k</key><value xsi:type=\"xsd:long\">1</value></val>",
        ),
        (
            json!({ "_typeName": "ManagedObjectReference", "type": "Folder", "value": "x" }),
            "<val type=\"Folder\" xsi:type=\"ManagedObjectReference\">x</val>",
        ),
    ] {
        assert_eq!(written(value).unwrap(), wanted);
    }
    for value in [
        json!("x"),
        json!({ "_value": "x" }),
        json!({ "_typeName": "string" }),
        json!({ "_typeName": "int", "_value": "1" }),
        json!({ "_typeName": "string", "_value": "x", "more": 1 }),
        json!({ "_typeName": "ArrayOfNothing", "_value": [] }),
        json!({ "_typeName": "ArrayOfString", "_value": "x" }),
        json!({ "_typeName": "Nothing" }),
    ] {
        assert!(
            matches!(written(value.clone()), Err(JsonError::Problem(Problem::Malformed { .. }))),
            "{value}"
        );
    }
}

#[test]
fn a_property_is_read_by_its_name() {
    let call = Call::read(&fetch(&session_manager(), "currentSession.key").unwrap()).unwrap();
    assert_eq!(call.method, Method::Fetch { property: "currentSession.key".into() });
    let hostile = Call::read(&fetch(&session_manager(), "a\"},<b>").unwrap()).unwrap();
    assert_eq!(hostile.method, Method::Fetch { property: "a\"},<b>".into() });
}

/// A value of this type with all of its fields, to a depth.
fn sample(kind: &str, depth: usize) -> Json {
    let named = |mut object: Json| {
        object["_typeName"] = json!(kind);
        object
    };
    match (kind, schema::simple(kind)) {
        ("dateTime", _) => json!("2025-01-01T00:00:00Z"),
        (_, Some(Simple::Text)) => json!("1"),
        (_, Some(Simple::Boolean)) => json!(true),
        (_, Some(Simple::Number)) => json!(1),
        ("anyType", _) => json!({ "_typeName": "string", "_value": "x" }),
        ("ManagedObjectReference", _) => named(json!({ "type": "Folder", "value": "group-d1" })),
        _ => {
            let mut object = named(json!({}));
            for field in schema::fields(kind) {
                let deep = schema::data_type(field.kind).is_some();
                if depth > 0 || (!deep && field.occurs == Occurs::One) {
                    object[field.name] = sample_field(field, depth.saturating_sub(1));
                }
            }
            object
        }
    }
}

fn sample_field(field: &Parameter, depth: usize) -> Json {
    // The only enumeration that a call reads.
    let value = if field.name == "recursion" { json!("all") } else { sample(field.kind, depth) };
    if field.occurs == Occurs::Many { json!([value]) } else { value }
}

#[test]
fn every_method_can_be_called_with_every_parameter_that_the_schema_knows() {
    for name in MethodName::ALL {
        let facts = name.facts();
        let mut body = json!({ "_typeName": facts.wire });
        for parameter in facts.parameters {
            body[parameter.name] = sample_field(parameter, 4);
        }
        let call = Call::read(&envelope(facts.wire, &body.to_string()).unwrap());
        assert_eq!(call.map(|call| call.method.name()), Ok(*name), "{body}");
    }
}
