//! The STS says no: for every reason that a client can give, the code and text of `VMware`'s server, two text nodes, a
//! report that the operator finds by the trace, and nothing left behind.

use std::time::Duration;

use vcsso::client::{Message, Part, Style, sts};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::wstrust::Operation;
use vcsso::xml::names::{SOAP, WSSE, WST, WSU};

use crate::edit::{after, before, inside, replaced, swap, with_content, without};
use crate::harness::people::RETIRED;
use crate::harness::requests::STS;
use crate::harness::{Act, Credential, House, PASSWORD, Place, Plan, ROBOT, Request, STRANGER, now};

struct Case {
    what: &'static str,
    message: String,
    action: &'static str,
    code: (&'static str, &'static str),
    text: String,
    step: &'static str,
}

fn case(
    what: &'static str,
    code: (&'static str, &'static str),
    text: &str,
    step: &'static str,
    message: String,
) -> Case {
    Case { what, message, action: "", code, text: text.to_owned(), step }
}

const ALICE: Credential<'static> = Credential::Password("alice", PASSWORD);
const INVALID_SECURITY: (&str, &str) = (WSSE, "InvalidSecurity");
const UNSUPPORTED: (&str, &str) = (WSSE, "UnsupportedSecurityToken");
const UNAVAILABLE: (&str, &str) = (WSSE, "SecurityTokenUnavailable");
const FAILED_CHECK: (&str, &str) = (WSSE, "FailedCheck");
const EXPIRED: (&str, &str) = (WSSE, "MessageExpired");
const INVALID_REQUEST: (&str, &str) = (WST, "InvalidRequest");
const FAILED_AUTHENTICATION: (&str, &str) = (WST, "FailedAuthentication");
const TIME_RANGE: (&str, &str) = (WST, "InvalidTimeRange");
const MALFORMED: &str = "The request was invalid or malformed.";
const CREDENTIALS: &str = "Invalid credentials";
const NOT_SOAP: &str = "The request is not a SOAP message.";
const HEADER: &str = "message.security-header";

/// Posts every case on one connection; then a good request must still be served.
fn refused(place: &Place, cases: impl FnOnce(&House) -> Vec<Case>) {
    let house = House::open(place);
    let cases = cases(&house);
    let mut wire = house.wire();
    let before = place.rows();
    for case in cases {
        let answer = wire.send(&Request::post(STS, case.message).header("SOAPAction", case.action));
        let fault = answer.fault();
        let seen = (fault.namespace.as_str(), fault.code.as_str(), fault.text.as_str());
        assert_eq!(seen, (case.code.0, case.code.1, case.text.as_str()), "{}", case.what);
        assert_eq!(fault.kind, "", "{}: a fault of the STS has no detail", case.what);
        assert_eq!(answer.texts(), 2, "{}: {}", case.what, answer.body);
        assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(house.refusal(&answer), case.step, "{}: {:?}", case.what, house.explain(&answer));
    }
    assert_eq!(place.rows(), before);
    let good = Request::post(STS, Act::new(ALICE).write()).header("SOAPAction", Operation::Issue.action());
    assert_eq!(wire.send(&good).status, 200);
}

fn plain() -> String {
    Act::new(ALICE).write()
}

fn signed() -> String {
    Act::new(Credential::Certificate(&ROBOT)).write()
}

fn asking(change: impl FnOnce(&mut vcsso::wstrust::request::IssueRequest)) -> String {
    Act::new(ALICE).asking(change).write()
}

/// Signed over these parts alone.
fn covering(parts: &[Part]) -> String {
    let act = Act::new(Credential::Certificate(&ROBOT));
    let message = Message::new(Style::Govmomi, &act.ids).timestamp(now(), now().plus(Duration::from_mins(5)));
    let message = message.certificate(&ROBOT.certificate).signed(&ROBOT.key, SignatureAlgorithm::RSA_SHA256);
    message.covering(parts).write(&sts::issue(&act.request)).unwrap()
}

fn timestamp(created: &str, expires: &str) -> String {
    let text = with_content(&plain(), "wsu:Created", created);
    with_content(&text, "wsu:Expires", expires)
}

/// Beside the login, a token.
fn presenting(token: &str, key: Option<&vcsso::pki::SigningKey>) -> String {
    let act = Act::new(Credential::Nothing);
    let message = Message::new(Style::PyVmomi, &act.ids).timestamp(now(), now().plus(Duration::from_mins(5)));
    let message = message.assertion(token);
    let message = match key {
        Some(key) => message.signed(key, SignatureAlgorithm::RSA_SHA256),
        None => message,
    };
    message.write(&sts::issue(&act.request)).unwrap()
}

on_both! {
    /// sts.md §10: 209, 219; `attacks.md` W28.
    fn what_is_no_message_is_a_fault_of_soap(place) {
        refused(place, |_| {
            let soap = |code| (SOAP, code);
            let many: String = (0..60_000).map(|n| format!(" a{n}=\"\"")).collect();
            let deep = ["<a>".repeat(1_000), "</a>".repeat(1_000)].concat();
            let understand = "<x:X xmlns:x=\"urn:x\" xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:mustUnderstand=\"1\"/>";
            vec![
                case("nothing", soap("Client"), NOT_SOAP, "xml.syntax", String::new()),
                case("a tag too few", soap("Client"), NOT_SOAP, "xml.syntax", plain().replace("</Envelope>", "")),
                case("a DOCTYPE", soap("Client"), NOT_SOAP, "xml.doctype", swap(&plain(), "<Envelope", "<!DOCTYPE a><Envelope")),
                case("nested too deep", soap("Client"), NOT_SOAP, "xml.depth", before(&plain(), "wsse:Security", &deep)),
                case("60,000 attributes", soap("Client"), NOT_SOAP, "xml.attributes", before(&plain(), "wsse:Security", &format!("<a{many}/>"))),
                case("one Id twice", soap("Client"), NOT_SOAP, "xml.identifiers", before(&plain(), "wsse:Security", "<a Id=\"_1\"/><a ID=\"_1\"/>")),
                case("two bodies", soap("Client"), NOT_SOAP, "soap.structure", after(&plain(), "Body", "<Body></Body>")),
                case("SOAP 1.2", soap("VersionMismatch"), "The request is not a SOAP 1.1 message.", "soap.version", plain().replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")),
                case("a header to be understood", soap("MustUnderstand"), "A header that must be understood is not understood.", "soap.must-understand", before(&plain(), "wsse:Security", understand)),
            ]
        });
    }

    fn a_security_header_out_of_form_is_named(place) {
        refused(place, |_| {
            let again = format!("<x:Security xmlns:x=\"{WSSE}\"></x:Security>");
            let other_time = format!("<x:Timestamp xmlns:x=\"{WSU}\"></x:Timestamp>");
            vec![
                case("none", INVALID_SECURITY, "There is no Security element in the soap header", HEADER, without(&plain(), "wsse:Security")),
                case("two", INVALID_REQUEST, "There are 2 elements(Security) in the soap header. It should be only one", HEADER, after(&plain(), "wsse:Security", &again)),
                case("two Timestamps", INVALID_SECURITY, "more than one Timestamp in the Security header", HEADER, inside(&plain(), "wsse:Security", &other_time)),
                case("a stranger", INVALID_SECURITY, "x:X does not belong in the Security header", HEADER, inside(&plain(), "wsse:Security", "<x:X xmlns:x=\"urn:x\"/>")),
                case("no password", UNSUPPORTED, "No credential is provided in UNT.", HEADER, without(&plain(), "wsse:Password")),
                case("no name", UNSUPPORTED, "No user name found in UNT", HEADER, without(&plain(), "wsse:Username")),
                case("an empty name", UNSUPPORTED, "No user name found in UNT", HEADER, with_content(&plain(), "wsse:Username", "")),
                case("two passwords", UNSUPPORTED, "Multiple credentails are provided in UNT.", HEADER, after(&plain(), "wsse:Password", "<wsse:Password>x</wsse:Password>")),
                case("no certificate", (WSSE, "InvalidSecurityToken"), "An invalid security token was provided", HEADER, with_content(&signed(), "wsse:BinarySecurityToken", "AAAA")),
            ]
        });
    }

    /// sts.md §10: 105, 106, 115.
    fn a_timestamp_that_does_not_contain_now_is_expired_and_one_that_is_none_is_named(place) {
        refused(place, |_| {
            let past = timestamp("2026-11-24T07:45:00.000Z", "2026-11-24T07:50:00.000Z");
            let future = timestamp("2026-11-24T08:10:00.001Z", "2026-11-24T08:20:00.000Z");
            let said = |period: &str| format!(
                "The time now Tue Nov 24 08:00:00 UTC 2026 does not fall in the request lifetime interval extended with \
                 clock tolerance of 600000 ms: [ {period}). This might be due to a clock skew problem."
            );
            let step = "message.timestamp";
            vec![
                case("none", INVALID_SECURITY, "no Timestamp", step, without(&plain(), "wsu:Timestamp")),
                case("over", EXPIRED, &said("Tue Nov 24 07:45:00 UTC 2026; Tue Nov 24 07:50:00 UTC 2026"), step, past),
                case("to come", EXPIRED, &said("Tue Nov 24 08:10:00 UTC 2026; Tue Nov 24 08:20:00 UTC 2026"), step, future),
                case("backwards", INVALID_SECURITY, "Invalid request lifetime [2026-11-24T08:01:00.000Z; 2026-11-24T08:00:00.000Z)", step,
                    timestamp("2026-11-24T08:01:00Z", "2026-11-24T08:00:00Z")),
                case("no time", INVALID_SECURITY, "not a UTC time of the form YYYY-MM-DDThh:mm:ss[.fraction]Z", step, timestamp("yesterday", "2026-11-24T08:00:00Z")),
            ]
        });
    }

    fn a_message_signature_that_does_not_hold_or_cover_is_a_failed_check(place) {
        refused(place, |_| {
            let covered = "Signature must include <wsu:Timestamp> and either SoapBody, or the WSTrust element within it.";
            let bst = signed();
            let id = bst.split("<wsse:Reference URI=\"#").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let key_info = |new: &str| with_content(&bst, "ds:KeyInfo", new);
            let elsewhere = "<wsse:SecurityTokenReference><wsse:Embedded></wsse:Embedded></wsse:SecurityTokenReference>";
            let by_name = "<wsse:SecurityTokenReference></wsse:SecurityTokenReference>";
            vec![
                case("the value", FAILED_CHECK, "Signature is invalid.", "message.signature", with_content(&bst, "ds:SignatureValue", "AAAA")),
                case("the body", FAILED_CHECK, "Signature is invalid.", "message.digest", swap(&bst, "<Delegatable>true", "<Delegatable>false")),
                case("the time", FAILED_CHECK, "Signature is invalid.", "message.digest", swap(&bst, "08:05:00.000Z</wsu:Expires>", "08:05:00.001Z</wsu:Expires>")),
                case("SHA-1", FAILED_CHECK, "Signature is invalid.", "message.signature-shape", swap(&bst, "xmldsig-more#rsa-sha256", "xmldsig-more#rsa-md5")),
                case("Body alone", FAILED_CHECK, covered, "message.coverage", covering(&[Part::Body])),
                case("Timestamp alone", FAILED_CHECK, covered, "message.coverage", covering(&[Part::Timestamp])),
                case("no such token", UNAVAILABLE, "BST ID mismatch: _none", "message.key-reference", swap(&bst, &format!("<wsse:Reference URI=\"#{id}\""), "<wsse:Reference URI=\"#_none\"")),
                case("an unknown reference", UNSUPPORTED, "Unknown SecurityTokenReference content", "message.key-reference", key_info(elsewhere)),
                case("an empty reference", INVALID_SECURITY, "SecurityTokenReference is empty", "message.key-reference", key_info(by_name)),
                case("no reference", INVALID_SECURITY, "SecurityTokenReference not found", "message.key-reference", key_info("")),
                case("no signature", FAILED_AUTHENTICATION, CREDENTIALS, "possession.signature", without(&bst, "ds:Signature")),
            ]
        });
    }

    /// sts.md §10: 36, 75, 76, 77, 78, 79, 95, 96, 97, 98; `attacks.md` H20, H30.
    fn whoever_cannot_be_authenticated_gets_one_text(place) {
        refused(place, |house| {
            let bearer = house.bearer("alice");
            let hok = house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
            let other = house.token(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key());
            let failed = |what, step, credential| case(what, FAILED_AUTHENTICATION, CREDENTIALS, step, Act::new(credential).write());
            let unparsed = swap(&presenting(&bearer, None), "</saml2:Issuer>", "</saml2:Issuer><saml2:Issuer></saml2:Issuer>");
            vec![
                failed("nothing", "credential.present", Credential::Nothing),
                failed("a stranger's certificate", "credential.certificate", Credential::Certificate(&STRANGER)),
                failed("a disabled machine", "credential.certificate", Credential::Certificate(&RETIRED)),
                failed("two principals", "credential.agreement", Credential::Both("alice", PASSWORD, &ROBOT)),
                failed("a wrong password beside a good certificate", "credential.password", Credential::Both("alice", "wrong", &ROBOT)),
                case("a token with a changed name", FAILED_AUTHENTICATION, CREDENTIALS, "assertion.digest", presenting(&swap(&hok, "robot@", "alice@"), Some(&ROBOT.key))),
                case("a token of another key", FAILED_CHECK, "Signature is invalid.", "message.signature", presenting(&other, Some(&ROBOT.key))),
                case("a bearer token", UNSUPPORTED, "Only HoK tokens are supported for authentication!", "possession.confirmation", presenting(&bearer, None)),
                case("a Holder-of-Key token unsigned", FAILED_AUTHENTICATION, CREDENTIALS, "possession.signature", presenting(&hok, None)),
                case("a token that is none", INVALID_SECURITY, "The given assertion cannot be parsed.", "assertion.shape", unparsed),
            ]
        });
    }

    /// sts.md §10: 114; `attacks.md` W01, H27.
    fn a_request_that_is_none_is_malformed(place) {
        refused(place, |_| {
            let shape = "request.shape";
            let act_as = "<ActAs xmlns=\"http://docs.oasis-open.org/ws-sx/ws-trust/200802\"></ActAs>";
            let renew = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Renew";
            let action = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Renew";
            let said = format!(
                "The passed-in wsa:Action '{action}' does not match the expected SOAP action '{}' of the current wsdl operation.",
                Operation::Issue.action()
            );
            let addressed = format!("<a:Action xmlns:a=\"http://www.w3.org/2005/08/addressing\">{action}</a:Action>");
            vec![
                case("nothing in it", INVALID_REQUEST, MALFORMED, shape, without(&plain(), "RequestSecurityToken")),
                Case { action: Operation::Issue.action(), ..case("another operation", INVALID_REQUEST, "RequestType is different than operation executed.", shape, with_content(&plain(), "RequestType", renew)) },
                case("no operation", INVALID_REQUEST, "RequestType is different than operation executed.", shape, without(&plain(), "RequestType")),
                Case { action: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Renew", ..case("another action", INVALID_REQUEST, "RequestType is different than operation executed.", shape, plain()) },
                Case { action: "urn:x", ..case("an unknown action", INVALID_REQUEST, &said.replace(action, "urn:x"), shape, plain()) },
                case("another address", INVALID_REQUEST, &said, shape, before(&plain(), "wsse:Security", &addressed)),
                case("ActAs without a token", INVALID_REQUEST, MALFORMED, shape, inside(&plain(), "RequestSecurityToken", act_as)),
                case("a stranger", INVALID_REQUEST, MALFORMED, shape, inside(&plain(), "RequestSecurityToken", "<x:X xmlns:x=\"urn:x\"/>")),
                case("another key type", INVALID_REQUEST, MALFORMED, shape, with_content(&plain(), "KeyType", "http://docs.oasis-open.org/ws-sx/ws-trust/200512/SymmetricKey")),
                case("no lifetime that is one", INVALID_REQUEST, "Cannot parse the requested Lifetime: not a UTC time of the form YYYY-MM-DDThh:mm:ss[.fraction]Z", shape,
                    swap(&plain(), ">2026-11-24T08:05:00.000Z</Expires>", ">soon</Expires>")),
                case("a lifetime backwards", TIME_RANGE, "Invalid token lifetime", shape, asking(|r| r.lifetime.expires = r.lifetime.created)),
            ]
        });
    }

    /// sts.md §10: 31, 125, 130, 167, 186; `attacks.md` W03.
    fn a_wish_that_cannot_be_granted_is_answered_with_the_reason(place) {
        refused(place, |_| {
            let signed_by = Act::new(Credential::Certificate(&ROBOT)).holder_of_key();
            let another = signed_by.clone().asking(|request| request.use_key = Some("_another".into())).write();
            let unsigned = Act::new(ALICE).asking(|request| request.key_type = Some(vcsso::wstrust::request::KeyType::PublicKey)).write();
            let early = asking(|r| (r.lifetime.created, r.lifetime.expires) = (Some(now().minus(Duration::from_millis(600_001))), None));
            let said = "The token authority rejected an issue request for TimePeriod [startTime=Tue Nov 24 07:49:59 UTC 2026, endTime=null] :: \
                The requested token start time differs from the issue instant more than the acceptable deviation (clock tolerance) of 600000 ms. \
                Requested token start time=Tue Nov 24 07:49:59 UTC 2026, issue instant time=Tue Nov 24 08:00:00 UTC 2026. This might be due to a \
                clock skew problem.";
            let over = asking(|r| (r.lifetime.created, r.lifetime.expires) = (None, Some(now().minus(Duration::from_secs(1)))));
            vec![
                case("another signature", INVALID_SECURITY, "SignatureId from UseKey doesn't match signature from the SecurityHeader", "request.confirmation", another),
                case("no signature", INVALID_SECURITY, "Cannot find certificate to use.", "request.confirmation", unsigned),
                case("too early", TIME_RANGE, said, "request.lifetime", early),
                case("over already", (WST, "RequestFailed"), "EndTime: Tue Nov 24 07:59:59 UTC 2026 is not after startTime: Tue Nov 24 08:00:00 UTC 2026", "request.lifetime", over),
            ]
        });
    }

    /// sts.md §10: 169; `attacks.md` W27.
    fn a_signer_that_is_over_signs_nothing(place) {
        // Alice's password would be over by then, too.
        let house = House::built(place, Plan::with(|policies| policies.password.expire_days = 0));
        let later = now().plus(Duration::from_hours(24 * 366 * 10));
        house.clock.set(later);
        let before = place.rows();
        let answer = house.issue(&Act::new(ALICE).at(later));
        let fault = answer.fault();
        assert_eq!((fault.namespace.as_str(), fault.code.as_str()), TIME_RANGE);
        assert!(fault.text.contains(" :: Signing certificate is not valid at "), "{}", fault.text);
        assert_eq!((house.refusal(&answer).as_str(), place.rows()), ("request.lifetime", before));
    }

    /// sts.md §10: 32; `attacks.md` H15, O05, U04.
    fn a_wrong_an_unknown_a_disabled_and_a_locked_user_look_the_same_and_cost_the_same(place) {
        let house = House::open(place);
        let before = place.rows();
        let mut wire = house.wire();
        let mut seen = Vec::new();
        let too_long = "x".repeat(5_000);
        for (who, password) in [
            ("alice", "wrong"), ("alice", ""), ("nobody", "wrong"), ("nobody", PASSWORD), ("alice@elsewhere", PASSWORD),
            ("dora", "wrong"), ("dora", PASSWORD), ("lukas", "wrong"), ("robot", "wrong"), ("a\\b\\c", "wrong"),
        ] {
            let hashes = house.app.password_hashes();
            let answer = wire.send(&Request::post(STS, Act::new(Credential::Password(who, password)).write()));
            assert_eq!(house.refusal(&answer), "credential.password", "{who}");
            assert_eq!(house.app.password_hashes(), hashes + 1, "{who} {password}");
            seen.push((answer.status, answer.body.clone(), answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()));
        }
        // No password is this long, so nothing is computed, for anybody.
        for who in ["alice", "nobody", "robot", "dora", "lukas"] {
            let hashes = house.app.password_hashes();
            let answer = wire.send(&Request::post(STS, Act::new(Credential::Password(who, &too_long)).write()));
            assert_eq!((answer.status, house.refusal(&answer).as_str()), (500, "credential.password"), "{who}: {}", answer.body);
            assert_eq!(house.app.password_hashes(), hashes, "{who}");
            seen.push((answer.status, answer.body.clone(), answer.headers.iter().map(|(name, _)| name.clone()).collect()));
        }
        assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
        assert_eq!(place.rows(), before);
        // Only who knows the password learns that the account is locked.
        let answer = wire.send(&Request::post(STS, Act::new(Credential::Password("lukas", PASSWORD)).write()));
        let locked = "The account of the user trying to authenticate is locked. :: User account locked: {Name: lukas, Domain: vsphere.local}";
        assert_eq!((answer.fault().text.as_str(), answer.fault().code.as_str()), (locked, "FailedAuthentication"));
        assert_eq!((house.refusal(&answer).as_str(), answer.texts()), ("credential.password", 2));
    }

    /// sts.md §10: 31; `attacks.md` W21.
    fn nothing_that_a_client_writes_comes_back_as_markup(place) {
        let house = House::open(place);
        let hostile = "</faultstring><evil/>&\"'\u{202e}";
        let answer = house.issue(&Act::new(Credential::Password(hostile, PASSWORD)));
        assert_eq!((answer.fault().text.as_str(), house.refusal(&answer).as_str()), (CREDENTIALS, "credential.password"));
        let header = replaced(&plain(), "wsse:Security", "<wsse:Security xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\"><\u{e9}vil/></wsse:Security>");
        let answer = house.send(&Request::post(STS, header));
        assert_eq!(answer.fault().text, "\u{e9}vil does not belong in the Security header");
        assert_eq!(answer.texts(), 2);
    }

    /// sts.md §10: 49, 50. What is broken here is nobody's wrong password.
    fn where_the_directory_does_not_answer_nobody_is_told_that_he_is_wrong(place) {
        let house = House::open(place);
        assert_eq!(house.issue(&Act::new(ALICE)).status, 200);
        house.run(|app| async move { app.store.close().await.unwrap() });
        for credential in [Credential::Password("carol", PASSWORD), Credential::Certificate(&ROBOT)] {
            let answer = house.issue(&Act::new(credential));
            assert_eq!(answer.status, 503, "{}", answer.body);
            assert!(answer.body.contains(&format!("xmlns:ns0=\"{WST}\"><faultcode>ns0:RequestFailed<")), "{}", answer.body);
        }
    }
}
