//! The header and the signature of a request, each changed in one thing: the code that `VMware`'s server answers, and the
//! step. Where the two sheets differ the comment says which one counts.

use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, PKCS_RSA_SHA256};
use vcsso::client::{Message, Style, sts};
use vcsso::clock::Moment;
use vcsso::dsig::SignatureAlgorithm;
use vcsso::pki::Hash;
use vcsso::pki::make::{Made, self_signed};
use vcsso::xml::names::{WSSE, WST};

use crate::edit::{after, before, content, element, inside, swap, with_content, without};
use crate::harness::requests::{STS, assertion};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Place, ROBOT, Request, STRANGER, now};
use crate::world::{in_signature, resign, resign_info};

type Code = (&'static str, &'static str);

const UNAVAILABLE: Code = (WSSE, "SecurityTokenUnavailable");
const INVALID_SECURITY: Code = (WSSE, "InvalidSecurity");
const INVALID_TOKEN: Code = (WSSE, "InvalidSecurityToken");
const UNSUPPORTED: Code = (WSSE, "UnsupportedSecurityToken");
const FAILED_CHECK: Code = (WSSE, "FailedCheck");
const INVALID_REQUEST: Code = (WST, "InvalidRequest");
const FAILED_AUTHENTICATION: Code = (WST, "FailedAuthentication");
const SOAP_CLIENT: Code = ("http://schemas.xmlsoap.org/soap/envelope/", "Client");

fn by_robot() -> String {
    Act::new(Credential::Certificate(&ROBOT)).holder_of_key().write()
}

fn held(house: &House) -> String {
    house.token(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key())
}

/// Each is refused with its code by its step, and leaves nothing; the good one goes through before and after.
fn refused(house: &House, place: &Place, cases: Vec<(&str, Code, &str, String)>) {
    let good = || assert_eq!(house.sts(by_robot()).status, 200);
    good();
    let rows = place.rows();
    let mut wire = house.wire();
    for (what, code, step, message) in cases {
        let answer = wire.send(&Request::post(STS, message));
        let fault = answer.fault();
        assert_eq!((fault.namespace.as_str(), fault.code.as_str()), code, "{what}: {}", answer.body);
        assert_eq!((answer.texts(), house.refusal(&answer).as_str()), (2, step), "{what}: {}", answer.body);
    }
    assert_eq!(place.rows(), rows);
    good();
}

fn key_info(message: &str, edit: impl Fn(&str) -> String) -> String {
    in_signature(message, |signature| {
        let old = content(signature, "ds:KeyInfo").to_owned();
        with_content(signature, "ds:KeyInfo", &edit(&old))
    })
}

fn subject(house: &House, answer: &Answer) -> String {
    house.claims(&assertion(answer)).subject.name
}

on_both! {
    /// sts.md §10: 1, 2, 21.
    fn a_certificate_is_read_as_clients_write_it(place) {
        let house = House::open(place);
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let act = Act::new(Credential::Nothing);
            let message = Message::new(Style::Govmomi, &act.ids).timestamp(now(), now().plus(Duration::from_mins(5)));
            let message = message.certificate(&ROBOT.certificate).signed(&ROBOT.key, SignatureAlgorithm::rsa(hash));
            let text = message.write(&sts::issue(&act.request)).unwrap();
            // As the Java client writes it: lines, with carriage returns that are references.
            let base64 = content(&text, "wsse:BinarySecurityToken").to_owned();
            let lines: Vec<&str> = base64.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let text = with_content(&text, "wsse:BinarySecurityToken", &lines.join("&#xd;\n"));
            assert_eq!(subject(&house, &house.sts(text)), "robot@VSPHERE.LOCAL");
        }
        let token = held(&house);
        let by_token = Act::new(Credential::Token(&token, &STRANGER)).holder_of_key().write();
        assert_eq!(subject(&house, &house.sts(by_token)), "alice@VSPHERE.LOCAL");
    }

    /// sts.md §10: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. A signature that refers to a bearer assertion (5) is no
    /// use of a key: the assertion is refused as a bearer one, like any that stands there (`attacks.md` A18).
    fn the_key_of_a_signature_is_named_in_one_way(place) {
        let house = House::open(place);
        let (token, bearer) = (held(&house), house.bearer("alice"));
        let by_token = Act::new(Credential::Token(&token, &STRANGER)).holder_of_key().write();
        let by_bearer = {
            let act = Act::new(Credential::Nothing);
            let message = Message::new(Style::Govmomi, &act.ids).timestamp(now(), now().plus(Duration::from_mins(5)));
            let message = message.assertion(&bearer).signed(&STRANGER.key, SignatureAlgorithm::RSA_SHA256);
            message.write(&sts::issue(&act.request)).unwrap()
        };
        let bst = by_robot();
        let id = house.claims(&token).id;
        let named = element(&bst, "wsse:SecurityTokenReference").to_owned();
        let reference = format!("<wsse:SecurityTokenReference><wsse:KeyIdentifier ValueType=\"http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLID\">{id}</wsse:KeyIdentifier></wsse:SecurityTokenReference>");
        let step = "message.key-reference";
        refused(&house, place, vec![
            ("another assertion", UNAVAILABLE, step, in_signature(&by_token, |s| s.replace(&id, "_other"))),
            ("no assertion", UNAVAILABLE, step, key_info(&bst, |_| reference.clone())),
            ("a bearer assertion", UNSUPPORTED, "possession.confirmation", by_bearer),
            ("a certificate that is none", INVALID_TOKEN, "message.security-header", with_content(&bst, "wsse:BinarySecurityToken", "AAAA")),
            ("another certificate", UNAVAILABLE, step, key_info(&bst, |old| old.replace("URI=\"#", "URI=\"#_"))),
            ("another value type", UNAVAILABLE, step, key_info(&bst, |old| old.replace("#X509v3", "#X509PKIPathv1"))),
            ("another encoding", UNAVAILABLE, step, swap(&bst, "#Base64Binary", "#HexBinary")),
            ("no certificate", UNAVAILABLE, step, without(&bst, "wsse:BinarySecurityToken")),
            ("no KeyInfo", INVALID_SECURITY, step, in_signature(&bst, |s| without(s, "ds:KeyInfo"))),
            ("an empty KeyInfo", INVALID_SECURITY, step, key_info(&bst, |_| String::new())),
            ("a certificate in KeyInfo", INVALID_SECURITY, step, key_info(&bst, |_| element(&bst, "wsse:BinarySecurityToken").replace(" wsu:Id=\"", " wsu:Id=\"_k"))),
            ("two references", INVALID_SECURITY, step, key_info(&bst, |_| named.repeat(2))),
            ("an empty reference", INVALID_SECURITY, step, key_info(&bst, |_| "<wsse:SecurityTokenReference></wsse:SecurityTokenReference>".into())),
        ]);
    }

    /// sts.md §10: 16, 17, 18, 19, 19+1, 19+2, 19+3, 19+4, 19+5, 19+6, 19+7, 19+8, 19+9.
    fn a_signature_holds_covers_and_is_of_the_profile(place) {
        let house = House::open(place);
        let bst = by_robot();
        let signed = |edit: &dyn Fn(&str) -> String| resign(&by_robot(), &ROBOT.key, edit);
        let info = |edit: &dyn Fn(&str) -> String| resign_info(&by_robot(), &ROBOT.key, edit);
        let less = |second: bool| info(&|info| {
            let references = info.split_inclusive("</ds:Reference>");
            if second { references.take(1).collect() } else { without(info, "ds:Reference") }
        });
        let digests = || content(&bst, "ds:SignedInfo").to_owned();
        let uri = |new: &str| info(&|info| {
            let old = info.split("URI=\"").nth(2).unwrap().split('"').next().unwrap();
            info.replace(&format!("URI=\"{old}\""), &format!("URI=\"{new}\""))
        });
        assert!(digests().contains("xml-exc-c14n#"));
        let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
        let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
        let shape = "message.signature-shape";
        let moved = {
            let body = element(&bst, "soap:Body").to_owned();
            let wrapped = before(&bst, "wsse:Security", &format!("<w:W xmlns:w=\"urn:w\">{body}</w:W>"));
            let at = wrapped.rfind(&body).unwrap();
            [&wrapped[..at], &body.replace("wsu:Id=\"", "wsu:Id=\"_new"), &wrapped[at + body.len()..]].concat()
        };
        refused(&house, place, vec![
            ("without TokenType", FAILED_CHECK, "message.digest", without(&bst, "TokenType")),
            ("another time", FAILED_CHECK, "message.digest", swap(&bst, "08:05:00.000Z</wsu:Expires>", "08:05:00.001Z</wsu:Expires>")),
            ("not over the Body", FAILED_CHECK, "message.coverage", less(true)),
            ("not over the Timestamp", FAILED_CHECK, "message.coverage", less(false)),
            ("white space before the request", FAILED_CHECK, "message.coverage", signed(&|text| before(text, "RequestSecurityToken", "\n"))),
            ("inclusive", FAILED_CHECK, shape, info(&|info| info.replacen("http://www.w3.org/2001/10/xml-exc-c14n#", inclusive, 1))),
            ("two transforms", FAILED_CHECK, "message.references", info(&|info| info.replacen(exclusive, &exclusive.repeat(2), 1))),
            ("an external document", FAILED_CHECK, "message.references", uri("http://127.0.0.1:9/")),
            ("the whole document", FAILED_CHECK, "message.references", uri("")),
            ("one Id twice", SOAP_CLIENT, "xml.identifiers", before(&bst, "wsse:Security", &format!("<x xmlns=\"\" Id=\"{}\"/>", bst.split("wsu:Id=\"").last().unwrap().split('"').next().unwrap()))),
            ("the Body moved", FAILED_CHECK, "message.coverage", moved),
            ("a comment before the request", FAILED_CHECK, "message.coverage", signed(&|text| before(text, "RequestSecurityToken", "<!-- -->"))),
            ("SHA-1", FAILED_CHECK, shape, info(&|info| info.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"))),
        ]);
        // A comment that is not the first thing in the Body hides nothing: what is read was signed without it.
        let commented = signed(&|text| inside(text, "RequestSecurityToken", "<!-- -->"));
        assert_eq!(subject(&house, &house.sts(commented)), "robot@VSPHERE.LOCAL");
    }

    /// sts.md §10: 19+10, 19+11. That a good signature of a short key counts for nothing, `pki::key` shows.
    fn a_key_that_is_too_short_or_over_confirms_nothing(place) {
        let house = House::open(place);
        let rows = place.rows();
        let short = crate::trust::certificate_with_modulus_and_exponent(&[0xc3; 128], 3);
        let text = with_content(&by_robot(), "wsse:BinarySecurityToken", &base64(&short));
        let answer = house.sts(text);
        assert_eq!((answer.fault().code.as_str(), house.refusal(&answer).as_str()), ("FailedCheck", "message.signature"));
        let made = |years: u64| self_signed("own", now().minus(Duration::from_hours(24 * 366 * years))).unwrap();
        let by = |made: &Made| house.issue(&Act::new(Credential::Both("alice", PASSWORD, made)).holder_of_key());
        let answer = by(&made(11));
        assert_eq!((answer.fault().code.as_str(), house.refusal(&answer).as_str()), ("RequestFailed", "request.lifetime"));
        assert!(answer.fault().text.contains(" is not after startTime: "), "{}", answer.body);
        assert_eq!(place.rows(), rows);
        assert_eq!(by(&made(0)).status, 200);
    }

    /// sts.md §10: 20, 22, 23, 24, 25, 27+1, 27+2, 27+3, 27+4, 27+5, 27+6; `attacks.md` H29.
    fn a_header_has_one_of_each_and_nothing_else(place) {
        let house = House::open(place);
        let plain = Act::new(Credential::Password("alice", PASSWORD)).write();
        let (bst, token) = (by_robot(), held(&house));
        let with_token = Act::new(Credential::Token(&token, &STRANGER)).holder_of_key().write();
        let action = |text: &str| format!("<a:Action xmlns:a=\"http://www.w3.org/2005/08/addressing\">{text}</a:Action>");
        let issue = action(vcsso::wstrust::Operation::Issue.action());
        let twice = |text: &str, name: &str| after(text, name, &element(text, name).replace("Id=\"", "Id=\"_2"));
        let header = "message.security-header";
        refused(&house, place, vec![
            ("no Security", INVALID_SECURITY, header, without(&plain, "wsse:Security")),
            ("two Security", INVALID_REQUEST, header, after(&plain, "wsse:Security", &format!("<w:Security xmlns:w=\"{WSSE}\"/>"))),
            ("two Action", INVALID_REQUEST, "request.shape", before(&plain, "wsse:Security", &issue.repeat(2))),
            ("an Id of another namespace", INVALID_SECURITY, header,
                swap(&bst, &format!("wsu:Id=\"{}\"", bst.split("<wsse:Reference URI=\"#").nth(1).unwrap().split('"').next().unwrap()),
                    &format!("xmlns:x=\"urn:x\" x:Id=\"{}\"", bst.split("<wsse:Reference URI=\"#").nth(1).unwrap().split('"').next().unwrap()))),
            ("no Timestamp", INVALID_SECURITY, "message.timestamp", without(&plain, "wsu:Timestamp")),
            ("two Timestamps", INVALID_SECURITY, header, twice(&plain, "wsu:Timestamp")),
            ("no Expires", INVALID_SECURITY, "message.timestamp", without(&plain, "wsu:Expires")),
            ("two logins", INVALID_SECURITY, header, twice(&plain, "wsse:UsernameToken")),
            ("two certificates", INVALID_SECURITY, header, twice(&bst, "wsse:BinarySecurityToken")),
            ("two signatures", INVALID_SECURITY, header, twice(&bst, "ds:Signature")),
            ("two assertions", INVALID_SECURITY, header, after(&with_token, "saml2:Assertion", &token.replace(&house.claims(&token).id, "_2"))),
            ("two passwords", UNSUPPORTED, header, twice(&plain, "wsse:Password")),
            ("a stranger", INVALID_SECURITY, header, inside(&plain, "wsse:Security", "<x:X xmlns:x=\"urn:x\"/>")),
        ]);
        assert_eq!(subject(&house, &house.sts(before(&plain, "wsse:Security", &issue))), "alice@VSPHERE.LOCAL");
    }

    /// sts.md §10: 54, 55, 56, 57, 59, 61, 62, 63, 64, 65. `attacks.md` T12, T13.
    fn a_solution_user_is_known_by_its_whole_certificate_while_it_is_in_force(place) {
        let house = House::open(place);
        let (token, later) = (held(&house), now().plus(Duration::from_hours(24 * 366 * 10)));
        let nameless = nameless();
        let namesake = self_signed("robot", now()).unwrap();
        let respelled = respelled("robot");
        let young = self_signed("young", later).unwrap();
        let certificate = young.certificate.clone();
        house.run(|app| async move {
            let name = crate::harness::people::name("young");
            let machine = vcsso::app::users::Machine { name, certificate, groups: Vec::new() };
            vcsso::app::users::add_machine(&app, machine, &vcsso::app::Peer::default()).await.unwrap();
        });
        let by = |made: &Made| Act::new(Credential::Certificate(made)).write();
        let bst = by_robot();
        let beside = before(&Act::new(Credential::Token(&token, &STRANGER)).holder_of_key().write(), "saml2:Assertion", element(&bst, "wsse:BinarySecurityToken"));
        let step = "credential.certificate";
        refused(&house, place, vec![
            ("an empty certificate", INVALID_TOKEN, "message.security-header", with_content(&bst, "wsse:BinarySecurityToken", "")),
            ("nothing signed", FAILED_AUTHENTICATION, "possession.signature", without(&bst, "ds:Signature")),
            ("signed by something else", UNAVAILABLE, "message.key-reference", beside),
            ("no subject", FAILED_AUTHENTICATION, step, by(&nameless)),
            ("not registered", FAILED_AUTHENTICATION, step, by(&STRANGER)),
            ("disabled", FAILED_AUTHENTICATION, step, by(&crate::harness::people::RETIRED)),
            ("not in force yet", FAILED_AUTHENTICATION, step, by(&young)),
            ("of the same name", FAILED_AUTHENTICATION, step, by(&namesake)),
            ("of the same name in other letters", FAILED_AUTHENTICATION, step, by(&respelled)),
        ]);
        // In force from its first moment, and to the last one that its certificate names.
        let at = |moment: Moment, made: &Made| {
            house.clock.set(moment);
            let answer = house.issue(&Act::new(Credential::Certificate(made)).at(moment));
            (answer.status, if answer.status == 200 { String::new() } else { house.refusal(&answer) })
        };
        let end = ROBOT.certificate.not_after();
        let over = at(end.plus(Duration::from_secs(1)), &ROBOT);
        assert_eq!(over, (500, step.to_owned()));
        assert_eq!(at(now().plus(Duration::from_secs(1)), &ROBOT).0, 200);
    }
}

/// A certificate whose subject is empty.
fn nameless() -> Made {
    let made = of_subject(DistinguishedName::new());
    assert_eq!(made.certificate.subject(), "");
    made
}

/// A certificate for this name, as text of another type.
fn respelled(name: &str) -> Made {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, DnValue::BmpString(name.try_into().unwrap()));
    of_subject(subject)
}

fn of_subject(subject: DistinguishedName) -> Made {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = vcsso::pki::Certificate::from_der(params.self_signed(&key).unwrap().der()).unwrap();
    Made { certificate, key: vcsso::pki::SigningKey::from_pkcs8(key.serialized_der()).unwrap() }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
