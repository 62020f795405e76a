//! S16: every method of `/sdk` against the table of who may call it, without a session and with one that is over.
//!
//! The bodies are made by an exhaustive match: a method that is added and not called here does not compile.

use std::time::Duration;

use vcsso::vim::MethodName;
use vcsso::vim::access::{Access, table};

use crate::harness::requests::{Client, call, envelope, login_parameters, retrieval};
use crate::harness::{Answer, House, PASSWORD};

/// A call that is complete, so that only its access can be against it.
fn complete(method: MethodName) -> String {
    let name = method.wire();
    let session_manager: [(&str, &str, &[&str]); 1] =
        [("SessionManager", "SessionManager", &["currentSession"])];
    let spec = retrieval(&session_manager, None);
    match method {
        MethodName::RetrieveServiceContent | MethodName::CurrentTime => call(name, "ServiceInstance", ""),
        MethodName::Fetch => call(name, "SessionManager", "<prop>currentSession</prop>"),
        MethodName::RetrieveProperties => {
            call(name, "propertyCollector", spec.split("<options>").next().unwrap())
        }
        MethodName::RetrievePropertiesEx => call(name, "propertyCollector", &spec),
        MethodName::ContinueRetrievePropertiesEx | MethodName::CancelRetrievePropertiesEx => {
            call(name, "propertyCollector", "<token>nothing</token>")
        }
        MethodName::QueryOptions => call(name, "VpxSettings", "<name>config.vpxd.sso.sts.uri</name>"),
        MethodName::Login => call(name, "SessionManager", &login_parameters("alice", PASSWORD)),
        MethodName::LoginByToken | MethodName::Logout => call(name, "SessionManager", ""),
    }
}

fn is_turned_away(answer: &Answer) -> bool {
    answer.status == 500 && answer.fault().kind == "NotAuthenticated"
}

fn agrees_with_the_table(mut client: impl FnMut() -> Client) {
    for (method, access) in table() {
        let answer = client().send(envelope(&complete(method)));
        let open = match access {
            Access::Anonymous => true,
            Access::Privilege(_) => false,
        };
        assert_eq!(!is_turned_away(&answer), open, "{}: {}", method.wire(), answer.body);
        if open && method != MethodName::LoginByToken {
            assert_eq!(answer.status, 200, "{}: {}", method.wire(), answer.body);
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
        for (method, _) in table() {
            let answer = house.logged_in("carol").send(envelope(&complete(method)));
            assert!(!is_turned_away(&answer), "{}: {}", method.wire(), answer.body);
        }
    }
}
