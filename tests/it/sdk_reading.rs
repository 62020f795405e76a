//! `/sdk`: what may be read, by whom, in which version, and in how many pages.

use crate::edit::content;
use crate::harness::requests::{call, envelope};
use crate::harness::{Answer, House, PASSWORD, Request};

/// The value of a property in a retrieval.
fn property<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let at = answer.body.find(&format!("<propSet><name>{name}</name>"))?;
    Some(content(&answer.body[at..], "val"))
}

fn missing<'a>(answer: &'a Answer, path: &str) -> Option<&'a str> {
    let at = answer.body.find(&format!("<missingSet><path>{path}</path>"))?;
    Some(content(&answer.body[at..], "missingSet"))
}

const SESSION_MANAGER: (&str, &str, &[&str]) = ("SessionManager", "SessionManager", &[]);

on_both! {
    fn everybody_may_ask_what_there_is(place) {
        let house = House::open(place);
        let answer = house.client().call("RetrieveServiceContent", "ServiceInstance", "");
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("<RetrieveServiceContentResponse xmlns=\"urn:vim25\"><returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"), "{}", answer.body);
        assert!(answer.body.contains("<sessionManager type=\"SessionManager\">SessionManager</sessionManager>"));
        assert_eq!((answer.inside("apiType"), answer.inside("productLineId"), answer.inside("apiVersion")), (Some("VirtualCenter"), Some("vpx"), Some("8.0.2.0")));
        let again = House::open(place).client().call("RetrieveServiceContent", "ServiceInstance", "");
        assert_eq!(again.inside("instanceUuid"), answer.inside("instanceUuid"), "the same house after every start");
        let versions = house.send(&Request::get("/sdk/vimServiceVersions.xml"));
        assert_eq!((versions.status, versions.inside("version")), (200, Some("8.0.2.0")));
        let authority = house.send(&Request::get("/ca.pem"));
        assert!(authority.body.starts_with("-----BEGIN CERTIFICATE-----"));
    }

    fn a_stranger_has_no_session_and_is_not_refused_for_asking(place) {
        let house = House::open(place);
        let answer = house.client().current_session();
        assert_eq!((answer.status, answer.inside("FetchResponse")), (200, Some("")));
        let all = house.client().retrieve(&[SESSION_MANAGER], None);
        assert_eq!((all.status, property(&all, "defaultLocale"), property(&all, "currentSession")), (200, Some("en"), None));
        for path in ["sessionList", "message"] {
            let fault = missing(&all, path).unwrap_or_else(|| panic!("{path}: {}", all.body));
            assert!(fault.contains("xsi:type=\"NotAuthenticated\"") && fault.contains(">group-d1<"), "{fault}");
        }
        let fault = house.client().call("Fetch", "SessionManager", "<prop>sessionList</prop>").fault();
        assert_eq!((fault.kind.as_str(), fault.text.as_str()), ("NotAuthenticated", "The session is not authenticated."));
    }

    /// `attacks.md` S03, S08.
    fn the_list_of_sessions_is_for_whoever_may_end_them_and_shows_no_cookie(place) {
        let house = House::open(place);
        let (mut alice, mut carol) = (house.logged_in("alice"), house.logged_in("carol"));
        let list = alice.retrieve(&[SESSION_MANAGER], None);
        let sessions = property(&list, "sessionList").unwrap();
        assert_eq!(sessions.matches("<UserSession").count(), 2, "{sessions}");
        assert!(sessions.contains("VSPHERE.LOCAL\\alice") && sessions.contains("VSPHERE.LOCAL\\carol"));
        for client in [&alice, &carol] {
            let cookie = client.cookie.as_ref().unwrap().split('"').nth(1).unwrap();
            assert!(cookie.len() == 64 && !list.body.contains(cookie));
        }
        let denied = carol.retrieve(&[SESSION_MANAGER], None);
        assert_eq!((denied.status, property(&denied, "sessionList")), (200, None));
        assert!(property(&denied, "currentSession").unwrap().contains("VSPHERE.LOCAL\\carol"));
        let fault = missing(&denied, "sessionList").unwrap();
        assert!(fault.contains("xsi:type=\"NoPermission\"") && fault.contains("<privilegeId>Sessions.TerminateSession</privilegeId>"), "{fault}");
        let fault = carol.call("Fetch", "SessionManager", "<prop>sessionList</prop>").fault();
        assert_eq!((fault.kind.as_str(), fault.text.as_str()), ("NoPermission", "Permission to perform this operation was denied."));
        let key = content(&list.body, "key").to_owned();
        let one = alice.call("Fetch", "SessionManager", &format!("<prop>sessionList[\"{key}\"].userName</prop>"));
        assert!(one.status == 200 || one.fault().kind == "InvalidProperty", "{}", one.body);
    }

    fn pages_are_handed_out_once_and_to_their_own_session(place) {
        let house = House::open(place);
        let objects: [(&str, &str, &[&str]); 3] =
            [SESSION_MANAGER, ("Folder", "group-d1", &["name"]), ("ServiceInstance", "ServiceInstance", &["serverClock"])];
        let mut client = house.logged_in("alice");
        let whole = client.retrieve(&objects, None);
        assert_eq!((whole.inside("token"), whole.body.matches("<objects>").count()), (None, 3));
        let first = client.retrieve(&objects, Some(1));
        assert_eq!(first.body.matches("<objects>").count(), 1, "{}", first.body);
        let token = format!("<token>{}</token>", first.inside("token").unwrap());
        let mut other = house.logged_in("alice");
        let of = |client: &mut crate::harness::requests::Client| client.call("ContinueRetrievePropertiesEx", "propertyCollector", &token);
        let stolen = of(&mut other).fault();
        assert_eq!((stolen.kind.as_str(), stolen.text.as_str()), ("InvalidArgument", "A specified parameter was not correct: token"));
        let rest = of(&mut client);
        assert_eq!((rest.status, rest.inside("token"), rest.body.matches("<objects>").count()), (200, None, 2));
        assert!(rest.inside("ContinueRetrievePropertiesExResponse").is_some());
        assert_eq!(of(&mut client).fault().kind, "InvalidArgument");
        let first = client.retrieve(&objects, Some(2));
        let token = format!("<token>{}</token>", first.inside("token").unwrap());
        assert_eq!(client.call("CancelRetrievePropertiesEx", "propertyCollector", &token).status, 200);
        assert_eq!(client.call("ContinueRetrievePropertiesEx", "propertyCollector", &token).fault().kind, "InvalidArgument");
        // A stranger could not come back, so everything is handed out at once.
        let all = house.client().retrieve(&objects, Some(1));
        assert_eq!((all.inside("token"), all.body.matches("<objects>").count()), (None, 3));
        assert_eq!(client.retrieve(&objects, Some(0)).status, 500);
    }

    fn strangers_find_the_sts_among_the_settings_and_nothing_else(place) {
        let house = House::open(place);
        let option = |name: &str| format!("<name>{name}</name>");
        let mut stranger = house.client();
        let mut ask = |name: &str| stranger.call("QueryOptions", "VpxSettings", &option(name));
        let answer = ask("config.vpxd.sso.sts.uri");
        assert_eq!(answer.inside("key"), Some("config.vpxd.sso.sts.uri"));
        assert!(answer.body.contains(">https://localhost/sts/STSService/vsphere.local</value>"), "{}", answer.body);
        assert_eq!(ask("config.vpxd.sso.").body.matches("<returnval").count(), 6);
        for hidden in ["config.vmacore.soap.sessionTimeout", "config.", "config.vpxd.sso", "VirtualCenter.FQDN", ""] {
            assert_eq!(ask(hidden).fault().kind, "NotAuthenticated", "{hidden}");
        }
        assert_eq!(house.client().call("QueryOptions", "VpxSettings", "").fault().kind, "NotAuthenticated");
        assert_eq!(ask("config.vpxd.sso.nothing").fault().kind, "InvalidName");
        let mut alice = house.logged_in("alice");
        assert!(alice.call("QueryOptions", "VpxSettings", "").body.matches("<returnval").count() >= 10);
        let timeout = alice.call("QueryOptions", "VpxSettings", &option("config.vmacore.soap.sessionTimeout"));
        assert!(timeout.body.contains(">30</value>"), "{}", timeout.body);
        assert_eq!(alice.call("QueryOptions", "VpxSettings", &option("nothing")).fault().kind, "InvalidName");
    }

    fn a_client_is_not_shown_what_its_version_does_not_know(place) {
        let house = House::open(place);
        let fields = ["extensionSession", "ipAddress", "userAgent", "callCount"];
        for (version, known) in [
            ("urn:vim25/4.1", 0), ("urn:vim25/5.0", 1), ("\"urn:vim25/5.1\"", 4), ("urn:vim25/5.5", 4), ("urn:vim25", 4), ("\"\"", 4),
            ("urn:vim25/8.0.2.0", 4), ("\"urn:vim25/9.1.0.0\"", 4), ("urn:vim25/99.0", 4),
        ] {
            let mut client = house.client();
            client.version = version.into();
            let answer = client.login("alice", PASSWORD);
            let shown = fields.iter().filter(|field| answer.inside(field).is_some()).count();
            assert_eq!((answer.status, shown), (200, known), "{version}: {}", answer.body);
            let list = client.retrieve(&[("SessionManager", "SessionManager", &["currentSession"])], None);
            assert_eq!(fields.iter().filter(|field| list.inside(field).is_some()).count(), known, "{version}");
        }
        // The same in a fault: who is missing what is told to the newest only.
        for (version, told) in [("urn:vim25/7.0.3.1", false), ("urn:vim25/7.0.3.2", true)] {
            let mut client = house.client();
            client.version = version.into();
            let answer = client.login("bob", PASSWORD);
            assert_eq!((answer.fault().kind.as_str(), answer.inside("missingPrivileges").is_some()), ("NoPermission", told), "{version}");
        }
        // And without any SOAPAction at all.
        let message = envelope(&call("RetrieveServiceContent", "ServiceInstance", ""));
        assert_eq!(house.send(&Request::post("/sdk", message)).status, 200);
    }

    /// `attacks.md` S17.
    fn a_call_that_is_none_is_named_and_changes_nothing(place) {
        let house = House::open(place);
        let mut client = house.logged_in("alice");
        let before = place.rows();
        let deep = ["<a>".repeat(1_000), "</a>".repeat(1_000)].concat();
        let many: String = (0..60_000).map(|n| format!(" a{n}=\"\"")).collect();
        let good = envelope(&call("CurrentTime", "ServiceInstance", ""));
        let in_body = |inside: &str| envelope(&call("CurrentTime", "ServiceInstance", inside));
        let fault = |kind: &'static str, step: &'static str, message: String| (kind, step, message);
        for (kind, step, message) in [
            fault("InvalidRequest", "xml.doctype", format!("<!DOCTYPE a>{good}")),
            fault("InvalidRequest", "xml.depth", in_body(&deep)),
            fault("InvalidRequest", "xml.attributes", in_body(&format!("<a{many}/>"))),
            fault("InvalidRequest", "xml.syntax", good.replace("</soapenv:Envelope>", "")),
            fault("InvalidRequest", "xml.syntax", String::new()),
            fault("InvalidRequest", "request.parameters", envelope("<Nothing xmlns=\"urn:vim25\"/>")),
            fault("InvalidRequest", "request.parameters", envelope("<CurrentTime xmlns=\"urn:other\"><_this type=\"ServiceInstance\">ServiceInstance</_this></CurrentTime>")),
            fault("InvalidRequest", "request.parameters", envelope("<CurrentTime xmlns=\"urn:vim25\"/>")),
            fault("InvalidRequest", "request.parameters", envelope(&call("Login", "SessionManager", "<userName>alice</userName>"))),
            fault("InvalidRequest", "request.parameters", in_body("<unknown/>")),
            fault("InvalidRequest", "request.parameters", envelope("")),
        ] {
            let answer = client.send(message);
            let seen = answer.fault();
            assert_eq!((seen.code.as_str(), seen.kind.as_str()), ("ServerFaultCode", kind), "{}", answer.body);
            assert!(!seen.text.is_empty());
            assert_eq!(house.refusal(&answer), step, "{}", answer.body);
        }
        let unknown = client.send(envelope("<Nothing xmlns=\"urn:vim25\"/>")).fault();
        assert!(unknown.text.starts_with("Unable to resolve WSDL method name Nothing for namespace urn:vim25"), "{}", unknown.text);
        let gone = client.send(envelope("<CurrentTime xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">nope</_this></CurrentTime>")).fault();
        assert_eq!((gone.kind.as_str(), gone.text.as_str()), ("ManagedObjectNotFound", "The object 'vim.ServiceInstance:nope' has already been deleted or has not been completely created"));
        assert_eq!(client.send(envelope(&call("CurrentTime", "SessionManager", ""))).fault().kind, "MethodNotFound");
        assert_eq!(place.rows(), before);
        assert_eq!(client.current_time().status, 200);
    }
}
