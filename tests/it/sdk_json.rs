//! `/sdk/vim25`: the same objects and sessions as `/sdk`, in VI JSON.

use serde_json::{Value, json};

use crate::harness::{Answer, House, PASSWORD, Request};

const SESSION: &str = "vmware-api-session-id";
const SESSION_MANAGER: &str = "SessionManager/SessionManager";
const SERVICE: &str = "ServiceInstance/ServiceInstance";

/// A client of VI JSON with its session.
struct Json<'h> {
    house: &'h House,
    release: &'static str,
    session: Option<String>,
}

impl<'h> Json<'h> {
    fn new(house: &'h House) -> Self {
        Self { house, release: "8.0.2.0", session: None }
    }

    fn logged_in(house: &'h House, name: &str) -> Self {
        let mut client = Self::new(house);
        let answer = client.login(name, PASSWORD);
        assert_eq!(answer.status, 200, "{}", answer.body);
        client
    }

    fn send(&mut self, request: Request) -> Answer {
        let request = match &self.session {
            Some(session) => request.header(SESSION, session),
            None => request,
        };
        let answer = self.house.send(&request);
        assert_eq!(answer.cookie(), None);
        if let Some(session) = answer.header(SESSION) {
            self.session = Some(session.to_owned());
        }
        answer
    }

    fn post(&mut self, what: &str, body: impl Into<Vec<u8>>) -> Answer {
        let mut request = Request::post(&format!("/sdk/vim25/{}/{what}", self.release), body);
        // govmomi sends none.
        request.headers.retain(|(name, _)| name != "Content-Type");
        self.send(request)
    }

    fn call(&mut self, object: &str, method: &str, body: &Value) -> Answer {
        self.post(&format!("{object}/{method}"), body.to_string())
    }

    fn get(&mut self, what: &str) -> Answer {
        self.send(Request::get(&format!("/sdk/vim25/{}/{what}", self.release)))
    }

    fn login(&mut self, name: &str, password: &str) -> Answer {
        self.call(
            SESSION_MANAGER,
            "Login",
            &json!({ "_typeName": "Login", "userName": name, "password": password }),
        )
    }

    fn current_session(&mut self) -> Value {
        said(&self.get(&format!("{SESSION_MANAGER}/currentSession")))
    }
}

/// What a good answer says.
fn said(answer: &Answer) -> Value {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/json")),
        "{}",
        answer.body
    );
    serde_json::from_str(&answer.body).unwrap()
}

fn is_refused(answer: &Answer, kind: &str, text: &str) -> Value {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (500, Some("application/json")),
        "{}",
        answer.body
    );
    assert!(answer.body.starts_with(&format!("{{\"_typeName\":\"{kind}\"")), "{}", answer.body);
    assert_eq!(answer.header(SESSION), None);
    let fault: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(fault["faultstring"], text);
    fault
}

const NOT_AUTHENTICATED: &str = "The session is not authenticated.";
const WRONG: &str = "Cannot complete login due to an incorrect user name or password.";

on_both! {
    fn a_password_opens_a_session_and_a_logout_ends_it_once_in_json(place) {
        let house = House::open(place);
        let mut client = Json::new(&house);
        assert_eq!(client.current_session(), Value::Null);
        let answer = client.login("alice", PASSWORD);
        let session = said(&answer);
        assert!(answer.body.starts_with("{\"_typeName\":\"UserSession\",\"key\":\""), "{}", answer.body);
        assert_eq!((&session["userName"], &session["fullName"]), (&json!("VSPHERE.LOCAL\\alice"), &json!("Ada Lab")));
        assert_eq!((&session["loginTime"], &session["extensionSession"], &session["callCount"]), (&json!("2026-11-24T08:00:00.000000Z"), &json!(false), &json!(0)));
        assert_eq!(house.explain(&answer)[0]["action"], "session.login");
        assert_ne!(answer.header(SESSION), session["key"].as_str());
        let current = client.current_session();
        assert_eq!((&current["key"], &current["callCount"]), (&session["key"], &json!(1)));
        let again = client.login("alice", PASSWORD);
        is_refused(&again, "InvalidLogin", WRONG);
        let ended = client.post(&format!("{SESSION_MANAGER}/Logout"), "");
        assert_eq!((ended.status, ended.body.as_str(), ended.header("content-type")), (204, "", None));
        assert_eq!(house.explain(&ended)[0]["action"], "session.logout");
        let twice = client.post(&format!("{SESSION_MANAGER}/Logout"), "{}");
        let fault = is_refused(&twice, "NotAuthenticated", NOT_AUTHENTICATED);
        assert_eq!(fault["object"], json!({ "_typeName": "ManagedObjectReference", "type": "Folder", "value": "group-d1" }));
        assert_eq!(fault["privilegeId"], "System.View");
        assert_eq!((client.current_session(), place.rows().sessions), (Value::Null, 0));
    }

    fn a_session_opened_by_soap_is_used_by_json_and_the_other_way_round(place) {
        let house = House::open(place);
        let mut soap = house.logged_in("alice");
        let cookie = soap.cookie.clone().unwrap();
        let value = cookie.trim_start_matches("vmware_soap_session=").trim_matches('"').to_owned();
        let mut json = Json { session: Some(value), ..Json::new(&house) };
        let key = json.current_session()["key"].as_str().unwrap().to_owned();
        assert_eq!(soap.current_session().inside("key"), Some(key.as_str()));
        assert_eq!(json.post(&format!("{SESSION_MANAGER}/Logout"), "").status, 204);
        assert!(!soap.current_session().body.contains("<key>"));

        let mut json = Json::logged_in(&house, "carol");
        let mut soap = house.client();
        soap.cookie = Some(format!("vmware_soap_session=\"{}\"", json.session.clone().unwrap()));
        assert_eq!(soap.current_session().inside("userName"), Some("VSPHERE.LOCAL\\carol"));
        assert_eq!(soap.logout().status, 200);
        assert_eq!(json.current_session(), Value::Null);
    }

    /// `attacks.md` S03, S20.
    fn a_cookie_is_no_session_of_json_and_the_public_key_is_none_at_all(place) {
        let house = House::open(place);
        let soap = house.logged_in("alice");
        let mut json = Json::logged_in(&house, "alice");
        let key = json.current_session()["key"].as_str().unwrap().to_owned();
        let path = format!("/sdk/vim25/8.0.2.0/{SESSION_MANAGER}/currentSession");
        let by_cookie = house.send(&Request::get(&path).header("Cookie", &soap.cookie.unwrap()));
        assert_eq!((by_cookie.status, by_cookie.body.as_str()), (200, "null"));
        for value in [key.as_str(), "", "\"\"", "x"] {
            let answer = house.send(&Request::get(&path).header(SESSION, value));
            assert_eq!((answer.status, answer.body.as_str()), (200, "null"), "{value}");
        }
    }

    fn properties_are_read_one_by_one_with_their_own_types(place) {
        let house = House::open(place);
        let mut client = Json::new(&house);
        let content = client.get(&format!("{SERVICE}/content"));
        assert!(content.body.starts_with("{\"_typeName\":\"ServiceContent\",\"rootFolder\":{\"_typeName\":\"ManagedObjectReference\",\"type\":\"Folder\",\"value\":\"group-d1\"}"), "{}", content.body);
        assert_eq!(said(&content)["about"]["apiVersion"], "8.0.2.0");
        assert_eq!(said(&content), said(&client.post(&format!("{SERVICE}/RetrieveServiceContent"), "{\"_typeName\":\"RetrieveServiceContent\"}")));
        assert_eq!(said(&client.get(&format!("{SESSION_MANAGER}/defaultLocale"))), "en");
        assert!(said(&client.get(&format!("{SESSION_MANAGER}/messageLocaleList"))).as_array().unwrap().contains(&json!("de")));
        is_refused(&client.get(&format!("{SESSION_MANAGER}/sessionList")), "NotAuthenticated", NOT_AUTHENTICATED);
        is_refused(&client.post(&format!("{SERVICE}/CurrentTime"), ""), "NotAuthenticated", NOT_AUTHENTICATED);
        let mut client = Json::logged_in(&house, "alice");
        assert_eq!(said(&client.post(&format!("{SERVICE}/CurrentTime"), "")), "2026-11-24T08:00:00.000000Z");
        let sessions = said(&client.get(&format!("{SESSION_MANAGER}/sessionList")));
        assert_eq!((sessions.as_array().unwrap().len(), &sessions[0]["_typeName"]), (1, &json!("UserSession")));
        assert_eq!(said(&client.get(&format!("{SESSION_MANAGER}/currentSession.userName"))), "VSPHERE.LOCAL\\alice");
        assert_eq!(said(&client.get(&format!("{SESSION_MANAGER}/message"))), Value::Null);
        let fault = is_refused(&client.get(&format!("{SESSION_MANAGER}/nothing")), "InvalidProperty", "InvalidProperty");
        assert_eq!(fault["name"], "nothing");
    }

    fn the_collector_reads_and_reports_in_json_as_govmomi_asks(place) {
        let house = House::open(place);
        let spec = json!({ "_typeName": "RetrievePropertiesEx", "options": { "_typeName": "RetrieveOptions" }, "specSet": [{ "_typeName": "PropertyFilterSpec",
            "propSet": [{ "_typeName": "PropertySpec", "type": "SessionManager", "pathSet": ["currentSession", "sessionList", "defaultLocale"] }],
            "objectSet": [{ "_typeName": "ObjectSpec", "obj": { "_typeName": "ManagedObjectReference", "type": "SessionManager", "value": "SessionManager" }, "skip": false }] }] });
        let read = |client: &mut Json<'_>| said(&client.call("PropertyCollector/propertyCollector", "RetrievePropertiesEx", &spec))["objects"][0].clone();
        let stranger = read(&mut Json::new(&house));
        assert_eq!(stranger["propSet"], json!([{ "_typeName": "DynamicProperty", "name": "defaultLocale", "val": { "_typeName": "string", "_value": "en" } }]));
        assert_eq!((&stranger["missingSet"][0]["path"], &stranger["missingSet"][0]["fault"]["fault"]["_typeName"]), (&json!("sessionList"), &json!("NotAuthenticated")));
        let found = read(&mut Json::logged_in(&house, "alice"));
        assert_eq!((&found["propSet"][0]["val"]["_typeName"], &found["propSet"][1]["val"]["_typeName"]), (&json!("UserSession"), &json!("ArrayOfUserSession")));
        assert_eq!(found["propSet"][1]["val"]["_value"][0]["userName"], "VSPHERE.LOCAL\\alice");
        assert_eq!(found["missingSet"], Value::Null);
        let options = said(&Json::new(&house).call("OptionManager/VpxSettings", "QueryOptions", &json!({ "name": "config.vpxd.sso.enabled" })));
        assert_eq!(options, json!([{ "_typeName": "OptionValue", "key": "config.vpxd.sso.enabled", "value": { "_typeName": "boolean", "_value": true } }]));
    }

    fn every_form_of_a_result_is_written_as_json_has_it(place) {
        let house = House::open(place);
        let mut client = Json::logged_in(&house, "alice");
        let key = client.current_session()["key"].clone();
        let active = |client: &mut Json<'_>, key: &Value| said(&client.call(SESSION_MANAGER, "SessionIsActive", &json!({ "sessionID": key, "userName": "VSPHERE.LOCAL\\alice" })));
        assert_eq!(active(&mut client, &key), true);
        assert_eq!(active(&mut client, &json!("nobody's")), false);
        assert_eq!(client.call(SESSION_MANAGER, "SetLocale", &json!({ "locale": "de" })).status, 204);
        assert_eq!(client.current_session()["locale"], "de");
        let ticket = said(&client.post(&format!("{SESSION_MANAGER}/AcquireCloneTicket"), ""));
        let mut clone = Json::new(&house);
        let cloned = said(&clone.call(SESSION_MANAGER, "CloneSession", &json!({ "cloneTicket": ticket })));
        assert_ne!(cloned["key"], key);
        assert_eq!(clone.current_session()["key"], cloned["key"]);
        let spec = json!({ "_typeName": "SessionManagerVmomiServiceRequestSpec", "method": "cloneSession" });
        let service = said(&client.call(SESSION_MANAGER, "AcquireGenericServiceTicket", &json!({ "spec": spec })));
        assert_eq!((&service["_typeName"], &service["hostName"]), (&json!("SessionManagerGenericServiceTicket"), &json!("localhost")));
        assert_eq!(service["certThumbprintList"][0]["_typeName"], "VirtualMachineCertThumbprint");
        let gone = client.call(SESSION_MANAGER, "TerminateSession", &json!({ "sessionId": [cloned["key"]] }));
        assert_eq!((gone.status, clone.current_session()), (204, Value::Null));
        let own = client.call(SESSION_MANAGER, "TerminateSession", &json!({ "sessionId": [key] }));
        let fault = is_refused(&own, "InvalidArgument", "A specified parameter was not correct: sessionId");
        assert_eq!(fault["invalidProperty"], "sessionId");
    }

    fn a_refused_login_is_the_fault_of_soap_and_leaves_the_same_trace(place) {
        let house = House::open(place);
        let before = place.rows();
        let wrong = Json::new(&house).login("alice", "wrong");
        is_refused(&wrong, "InvalidLogin", WRONG);
        assert_eq!(house.refusal(&wrong), "credential.password");
        let denied = Json::new(&house).login("bob", PASSWORD);
        let fault = is_refused(&denied, "NoPermission", "Permission to perform this operation was denied.");
        assert_eq!((&fault["object"]["value"], &fault["missingPrivileges"][0]["privilegeIds"]), (&json!("group-d1"), &json!(["System.View"])));
        assert_eq!(house.refusal(&denied), "admission.permission");
        let body = json!({ "userName": "alice", "password": PASSWORD, "locale": "tlh" });
        let locale = Json::new(&house).call(SESSION_MANAGER, "Login", &body);
        is_refused(&locale, "InvalidLocale", "Invalid or unknown locale provided");
        // There is no header for a token to stand in.
        let token = Json::new(&house).call(SESSION_MANAGER, "LoginByToken", &json!({ "locale": "en" }));
        is_refused(&token, "InvalidLogin", WRONG);
        assert_eq!(house.refusal(&token), "message.security-header");
        assert_eq!(place.rows(), before);
    }

    fn a_message_that_is_no_call_is_told_what_is_wrong_and_written_down(place) {
        let house = House::open(place);
        let login = format!("{SESSION_MANAGER}/Login");
        for (what, body, text) in [
            (login.as_str(), "{\"userName\":\"alice\"}", "Required parameter password is missing"),
            (&login, "{\"userName\":\"alice\",\"realm\":1}", "Unexpected element tag \"realm\" seen"),
            (&login, "{\"userName\":\"alice\",\"password\":1}", "The value of password is not a text"),
            (&login, "[]", "the message is not a JSON object"),
            ("SessionManager/SessionManager/PowerOnVM_Task", "", "Unable to resolve WSDL method name PowerOnVM_Task for namespace urn:vim25"),
        ] {
            let answer = Json::new(&house).post(what, body);
            is_refused(&answer, "InvalidRequest", text);
            assert_eq!(house.refusal(&answer), "request.parameters", "{body}");
        }
        let deep = format!("{{\"userName\":{}", "[".repeat(100_000));
        for body in ["{\"userName\":\"alice\",\"userName\":\"bob\",\"password\":\"x\"}", &deep, "{", "<Logout/>"] {
            let answer = Json::new(&house).post(&login, body);
            assert_eq!(answer.status, 500);
            assert!(answer.body.starts_with("{\"_typeName\":\"InvalidRequest\",\"faultstring\":\"not JSON that is read here: "), "{}", answer.body);
        }
        let gone = Json::new(&house).get("SessionManager/nobody/currentSession");
        let fault = is_refused(&gone, "ManagedObjectNotFound", "The object 'vim.SessionManager:nobody' has already been deleted or has not been completely created");
        assert_eq!((&fault["obj"]["type"], &fault["obj"]["value"]), (&json!("SessionManager"), &json!("nobody")));
        let stranger = Json::new(&house).post("Folder/group-d1/Logout", "");
        assert!(stranger.body.starts_with("{\"_typeName\":\"MethodNotFound\""), "{}", stranger.body);
    }

    fn a_release_is_a_version_and_an_old_one_hides_what_is_younger(place) {
        let house = House::open(place);
        for release in ["8.0.2.0", "9.1.0.0", "8.0.3.1", "7.0.0.0"] {
            let mut client = Json { release, ..Json::new(&house) };
            assert_eq!(client.get(&format!("{SESSION_MANAGER}/defaultLocale")).body, "\"en\"", "{release}");
            let fault: Value = serde_json::from_str(&client.login("bob", PASSWORD).body).unwrap();
            assert_eq!(fault.get("missingPrivileges").is_some(), release != "7.0.0.0", "{release}");
        }
        for release in ["release", "uA046D008", "8.0.2.0.1", ""] {
            let mut client = Json { release, ..Json::new(&house) };
            let answer = client.get(&format!("{SESSION_MANAGER}/defaultLocale"));
            assert_eq!((answer.status, answer.body.as_str()), (404, ""), "{release}");
        }
        for path in ["", "/", "/8.0.2.0", "/8.0.2.0/SessionManager/SessionManager", "/8.0.2.0/SessionManager/SessionManager/Login/x"] {
            assert_eq!(house.send(&Request::post(&format!("/sdk/vim25{path}"), "{}")).status, 404, "{path}");
        }
        let put = Request { method: "PUT", ..Request::post(&format!("/sdk/vim25/8.0.2.0/{SESSION_MANAGER}/Login"), "{}") };
        let answer = house.send(&put);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")));
        assert_eq!(house.send(&Request::get("/sdk")).status, 405);
    }

    fn the_description_names_this_server_as_the_client_does(place) {
        let house = House::open(place);
        for file in ["vimService.wsdl", "vim.wsdl", "vim-messagetypes.xsd", "vim-types.xsd", "core-types.xsd"] {
            let answer = house.send(&Request::get(&format!("/sdk/{file}")));
            assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/xml; charset=utf-8")), "{file}");
        }
        let asked = Request::get("/sdk/vimService.wsdl").header("Host", "vc.lab:444");
        assert!(house.send(&asked).body.contains("<soap:address location=\"https://vc.lab:444/sdk\"/>"));
        assert_eq!(house.send(&Request::get("/sdk/other.wsdl")).status, 404);
        assert_eq!(house.send(&Request::post("/sdk/vim.wsdl", "")).status, 405);
    }
}
