//! The lookup service: what is here, as it is found by everybody, under the name by which it was asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Answer, House, Plan, Request};

fn ask(house: &House, host: Option<&str>, method: &str, this: (&str, &str), parameters: &str) -> Answer {
    let (kind, id) = this;
    let message = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><{method} xmlns=\"urn:lookup\">\
         <_this type=\"{kind}\">{id}</_this>{parameters}</{method}></s:Body></s:Envelope>"
    );
    let request = Request::post("/lookupservice/sdk", message).header("SOAPAction", "urn:lookup/2.0");
    house.send(&match host {
        Some(host) => request.header("Host", host),
        None => request,
    })
}

const INSTANCE: (&str, &str) = ("LookupServiceInstance", "ServiceInstance");
const REGISTRATION: (&str, &str) = ("LookupServiceRegistration", "ServiceRegistration");
const L10N: (&str, &str) = ("LookupL10n", "l10n");

fn list(house: &House, filter: &str) -> Answer {
    let answer =
        ask(house, None, "List", REGISTRATION, &format!("<filterCriteria>{filter}</filterCriteria>"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Everything between `<name>` and `</name>`, wherever it stands.
fn all(answer: &Answer, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    answer.body.split(&open).skip(1).filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned())).collect()
}

fn service(kind: &str) -> String {
    format!("<serviceType><product>com.vmware.cis</product><type>{kind}</type></serviceType>")
}

fn endpoint(protocol: &str, kind: &str) -> String {
    format!("<endpointType><protocol>{protocol}</protocol><type>{kind}</type></endpointType>")
}

on_both! {
    fn govmomi_finds_the_sts_by_the_first_endpoint_of_the_first_service(place) {
        let house = House::open(place);
        let content = ask(&house, None, "RetrieveServiceContent", INSTANCE, "");
        assert_eq!(content.status, 200, "{}", content.body);
        assert!(content.body.contains("<serviceRegistration type=\"LookupServiceRegistration\">ServiceRegistration</"), "{}", content.body);
        let answer = list(&house, &(service("cs.identity") + &endpoint("wsTrust", "com.vmware.cis.cs.identity.sso")));
        let urls = all(&answer, "url");
        assert!(urls[0].starts_with("https://") && urls[0].ends_with("/sts/STSService/vsphere.local"), "{urls:?}");
        let issued = house.send(&Request { path: "/sts/STSService/vsphere.local".into(), ..Request::post("/", "<no/>") });
        assert_eq!(issued.status, 500, "the address it names is served");
    }

    fn a_service_is_found_by_each_of_its_names_and_an_unknown_one_is_no_fault(place) {
        let house = House::open(place);
        for (filter, found) in [
            (String::new(), &["cs.identity", "sso:sts", "sso:admin", "cs.vapi", "vcenterserver"][..]),
            (service("cs.identity"), &["cs.identity"]),
            (service("sso:sts"), &["sso:sts"]),
            (service("sso:admin"), &["sso:admin"]),
            (service("cs.identity") + &endpoint("vmomi", "com.vmware.cis.cs.identity.admin"), &["cs.identity"]),
            (service("vcenterserver") + &endpoint("vmomi", "com.vmware.vim"), &["vcenterserver"]),
            (service("cs.vapi") + &endpoint("vapi.json.https.public", "com.vmware.vapi.endpoint"), &["cs.vapi"]),
            (endpoint("wsTrust", ""), &["cs.identity", "sso:sts"]),
            ("<siteId>default-first-site</siteId>".to_owned() + &service("cs.identity"), &["cs.identity"]),
            ("<siteId>elsewhere</siteId>".to_owned(), &[]),
            ("<nodeId>elsewhere</nodeId>".to_owned(), &[]),
            (service("nothing"), &[]),
            (service("cs.identity") + &endpoint("vmomi", "com.vmware.vim"), &[]),
        ] {
            let answer = list(&house, &filter);
            let kinds: Vec<String> = all(&answer, "serviceType").iter().map(|kind| kind.rsplit("<type>").next().unwrap().replace("</type>", "")).collect();
            assert_eq!(kinds, found, "{filter}");
        }
    }

    fn every_endpoint_shows_the_certificate_that_the_listener_shows(place) {
        let house = House::open(place);
        let answer = list(&house, "");
        let trusted = all(&answer, "sslTrust");
        assert_eq!(trusted.len(), 6);
        for certificate in trusted {
            assert_eq!(STANDARD.decode(certificate).unwrap(), house.tls_certificate());
        }
    }

    fn addresses_have_the_name_by_which_it_was_asked_or_the_advertised_one(place) {
        let filter = format!("<filterCriteria>{}</filterCriteria>", service("cs.identity"));
        let house = House::open(place);
        for host in ["vc.lab.example", "10.0.0.9:8443", "[::1]:8443"] {
            let answer = ask(&house, Some(host), "List", REGISTRATION, &filter);
            let admin = format!("https://{host}/sso-adminserver/sdk/vsphere.local");
            assert_eq!(all(&answer, "url"), [format!("https://{host}/sts/STSService/vsphere.local"), admin]);
        }
        let advertised = House::built(place, Plan { advertise: Some("vc.example".into()), ..Plan::default() });
        let answer = ask(&advertised, Some("vc.example"), "List", REGISTRATION, &filter);
        let urls = ["https://vc.example/sts/STSService/vsphere.local", "https://vc.example/sso-adminserver/sdk/vsphere.local"];
        assert_eq!(all(&answer, "url"), urls);
    }

    fn a_service_keeps_its_identifier_and_is_found_by_it(place) {
        let house = House::open(place);
        let ids = all(&list(&house, ""), "serviceId");
        assert_eq!(ids, all(&list(&house, ""), "serviceId"));
        assert_eq!(ids.len(), 5);
        for id in &ids {
            let answer = ask(&house, None, "Get", REGISTRATION, &format!("<serviceId>{id}</serviceId>"));
            assert_eq!(all(&answer, "serviceId"), std::slice::from_ref(id), "{}", answer.body);
        }
        let answer = ask(&house, None, "Get", REGISTRATION, "<serviceId>nobody</serviceId>");
        assert_eq!((answer.status, answer.fault().kind.as_str()), (500, "LookupFaultEntryNotFoundFault"));
        assert_eq!(answer.inside("name"), Some("nobody"));
    }

    fn the_small_questions_have_answers(place) {
        let house = House::open(place);
        assert_eq!(ask(&house, None, "GetSiteId", REGISTRATION, "").inside("returnval"), Some("default-first-site"));
        assert_eq!(ask(&house, None, "GetLocale", L10N, "").inside("returnval"), Some("en_US"));
        assert_eq!(ask(&house, None, "SetLocale", L10N, "<locale>de</locale>").inside("returnval"), Some("en_US"));
        for (method, parameters) in [("Delete", "<serviceId>x</serviceId>"), ("Create", "<serviceId>x</serviceId><createSpec/>")] {
            assert_eq!(ask(&house, None, method, REGISTRATION, parameters).fault().kind, "NotSupported", "{method}");
        }
    }

    fn what_is_no_call_is_refused_and_written_down(place) {
        let house = House::open(place);
        let good = ask(&house, None, "GetSiteId", REGISTRATION, "");
        assert_eq!(good.status, 200);
        let broken = house.send(&Request::post("/lookupservice/sdk", "<a"));
        assert_eq!((broken.fault().kind.as_str(), house.refusal(&broken).as_str()), ("InvalidRequest", "xml.syntax"));
        for (method, this, parameters) in [("List", REGISTRATION, "<unknown/>"), ("Nothing", REGISTRATION, ""), ("Get", REGISTRATION, "")] {
            let answer = ask(&house, None, method, this, parameters);
            assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidRequest", "request.parameters"), "{method}");
        }
        let answer = ask(&house, None, "List", INSTANCE, "");
        assert_eq!(answer.fault().kind, "ManagedObjectNotFound");
    }
}
