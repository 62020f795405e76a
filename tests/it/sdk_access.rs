//! S16: every method of `/sdk` against the table of who may call it, without a session and with one that is over.
//!
//! The bodies are made by an exhaustive match: a method that is added and not called here does not compile.

use std::time::Duration;

use vcsso::vim::access::Access;
use vcsso::vim::method::{
    MethodName, ObjectMethod, OptionMethod, PropertyMethod, ServiceMethod, SessionMethod,
};

use crate::harness::requests::{Client, call, envelope, login_parameters, retrieval};
use crate::harness::{Answer, House, PASSWORD};

/// A call that is complete, so that only its access can be against it.
fn complete(method: MethodName) -> String {
    let on = |object: &str, parameters: &str| call(method.facts().wire, object, parameters);
    let session_manager: [(&str, &str, &[&str]); 1] =
        [("SessionManager", "SessionManager", &["currentSession"])];
    let spec = retrieval(&session_manager, None);
    match method {
        MethodName::Service(ServiceMethod::RetrieveServiceContent | ServiceMethod::CurrentTime) => {
            on("ServiceInstance", "")
        }
        MethodName::Object(ObjectMethod::Fetch) => on("SessionManager", "<prop>currentSession</prop>"),
        MethodName::Properties(method) => on(
            "propertyCollector",
            match method {
                PropertyMethod::RetrieveProperties => spec.split("<options>").next().unwrap(),
                PropertyMethod::RetrievePropertiesEx => &spec,
                PropertyMethod::ContinueRetrievePropertiesEx | PropertyMethod::CancelRetrievePropertiesEx => {
                    "<token>nothing</token>"
                }
            },
        ),
        MethodName::Options(OptionMethod::QueryOptions) => {
            on("VpxSettings", "<name>config.vpxd.sso.sts.uri</name>")
        }
        MethodName::Session(method) => on(
            "SessionManager",
            &match method {
                SessionMethod::Login => login_parameters("alice", PASSWORD),
                SessionMethod::LoginByToken | SessionMethod::Logout => String::new(),
            },
        ),
    }
}

fn is_turned_away(answer: &Answer) -> bool {
    answer.status == 500 && answer.fault().kind == "NotAuthenticated"
}

fn agrees_with_the_table(mut client: impl FnMut() -> Client) {
    for method in MethodName::ALL.iter().copied() {
        let answer = client().send(envelope(&complete(method)));
        let open = match method.facts().access {
            Access::Anonymous => true,
            Access::Privilege(_) => false,
        };
        assert_eq!(!is_turned_away(&answer), open, "{}: {}", method.facts().wire, answer.body);
        if open && method != MethodName::Session(SessionMethod::LoginByToken) {
            assert_eq!(answer.status, 200, "{}: {}", method.facts().wire, answer.body);
        }
    }
}

on_both! {
    fn without_a_session_every_method_answers_as_the_table_says(place) {
        let house = House::open(place);
        agrees_with_the_table(|| house.client());
    }

    fn with_a_session_that_is_over_every_method_answers_as_without_one(place) {
        let house = House::open(place);
        let ended = house.logged_in("alice").cookie;
        house.clock.advance(Duration::from_mins(30));
        agrees_with_the_table(|| {
            let mut client = house.client();
            client.cookie.clone_from(&ended);
            client
        });
    }

    fn with_a_session_nothing_is_turned_away(place) {
        let house = House::open(place);
        for method in MethodName::ALL.iter().copied() {
            let answer = house.logged_in("carol").send(envelope(&complete(method)));
            assert!(!is_turned_away(&answer), "{}: {}", method.facts().wire, answer.body);
        }
    }
}
