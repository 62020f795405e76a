//! What a client that is somebody may ask for, and what it gets: kinds of tokens, lifetimes, names, addresses. Rows of
//! `attacks.md` that no table of tokens or messages can hold.

use std::collections::HashSet;
use std::net::TcpListener;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use vcsso::app::Peer;
use vcsso::app::users::{Machine, add_machine};
use vcsso::client::sts;
use vcsso::pki::make::{Made, self_signed};
use vcsso::saml::names::{GROUPS, USER_PRINCIPAL_NAME};
use vcsso::sts::{Authenticated, Case, MessageSignature, TokenPolicy, decide};
use vcsso::wstrust::{IssueRequest, KeyType, Lifetime};
use vcsso::xml::names::{SAML2, WSA};

use crate::edit::{after, before, inside, swap, with_content, without};
use crate::harness::people::name;
use crate::harness::requests::{STS, assertion, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Place, Plan, ROBOT, Request, STRANGER, now};
use crate::judge_table::good;
use crate::world::{Confirms, KEYS, Shape};

const ALICE: Credential<'static> = Credential::Password("alice", PASSWORD);

fn plain() -> String {
    Act::new(ALICE).write()
}

fn refused(house: &House, answer: &Answer, code: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), house.refusal(answer).as_str()), (code, step), "{}", answer.body);
    assert_eq!(answer.texts(), 2, "{}", answer.body);
}

on_both! {
    /// `attacks.md` W02: another kind of token is nobody's to have.
    fn whatever_type_is_asked_for_the_token_is_one_of_saml_2(place) {
        let house = House::open(place);
        for kind in ["urn:oasis:names:tc:SAML:1.0:assertion", "urn:ietf:params:oauth:token-type:jwt", "urn:x"] {
            let answer = house.sts(with_content(&plain(), "TokenType", kind));
            assert!(answer.body.contains(&format!("<wst:TokenType>{SAML2}</wst:TokenType>")), "{}", answer.body);
            assert_eq!(house.claims(&assertion(&answer)).subject.name, "alice@VSPHERE.LOCAL");
        }
        assert_eq!(house.sts(without(&plain(), "TokenType")).status, 200);
        refused(&house, &house.sts(after(&plain(), "TokenType", "<TokenType>urn:x</TokenType>")), "InvalidRequest", "request.shape");
    }

    /// sts.md §10: 182, 183, 184, 185, 186; `attacks.md` W05: the last moment that is granted and the first that is not.
    fn a_wish_for_time_is_cut_or_refused(place) {
        let house = House::open(place);
        let (hour, tolerance) = (Duration::from_hours(1), Duration::from_mins(10));
        let asking = |created, expires| house.issue(&Act::new(ALICE).asking(|r| r.lifetime = Lifetime { created, expires }));
        let granted = |created, expires| {
            let claims = house.claims(&assertion(&asking(created, expires)));
            (claims.conditions.not_before, claims.conditions.not_on_or_after)
        };
        let at = |minutes| now().plus(Duration::from_mins(minutes));
        assert_eq!(granted(None, None), (now(), now().plus(hour)));
        assert_eq!(granted(None, Some(at(7))), (now(), at(7)));
        assert_eq!(granted(Some(now()), None), (now(), now().plus(hour)));
        assert_eq!(granted(Some(now()), Some(at(60 * 24 * 36_500))), (now(), now().plus(hour)));
        assert_eq!(granted(Some(now()), Some(now().plus(Duration::from_millis(1)))), (now(), now().plus(Duration::from_millis(1))));
        // The beginning is as asked, as far as the tolerance goes; nobody's clock is read out of a token that is to come.
        let first = now().minus(tolerance);
        let early = asking(Some(first), None);
        assert!(early.body.contains(&format!("NotBefore=\"{}\"", first.millis_text().as_str())), "{}", early.body);
        let late = asking(Some(now().plus(tolerance)), None);
        assert!(late.body.contains(&format!("NotOnOrAfter=\"{}\"", now().plus(tolerance + hour).millis_text().as_str())), "{}", late.body);
        for created in [first.minus(Duration::from_millis(1)), now().plus(tolerance + Duration::from_millis(1))] {
            refused(&house, &asking(Some(created), None), "InvalidTimeRange", "request.lifetime");
        }
        refused(&house, &asking(None, Some(now())), "RequestFailed", "request.lifetime");
        refused(&house, &asking(Some(now()), Some(now())), "InvalidTimeRange", "request.shape");
        for text in ["soon", "", "2026-11-24T08:05:00", "99999-01-01T00:00:00Z", "9223372036854775807", "2026-13-01T00:00:00Z"] {
            let message = swap(&plain(), ">2026-11-24T08:05:00.000Z</Expires>", &format!(">{text}</Expires>"));
            refused(&house, &house.sts(message), "InvalidRequest", "request.shape");
        }
        // Not even by a delegate's key, or one that signs: its certificate is the end of the token.
        let soon = self_signed("own", now().minus(Duration::from_hours(24 * 365)).plus(hour)).unwrap();
        let act = Act::new(Credential::Both("alice", PASSWORD, &soon)).holder_of_key();
        let claims = house.claims(&house.token(&act.asking(|r| r.lifetime.expires = None)));
        assert_eq!(claims.conditions.not_on_or_after, soon.certificate.not_after().plus(Duration::from_millis(1)));
    }

    /// sts.md §10: 193, 196: a house that renews nothing says so in every token, and a wish for less is a wish.
    fn renewals_are_counted_from_the_policy(place) {
        let none = House::built(place, Plan::with(|policies| policies.token.renew_count = 0));
        let asks = || Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key().asking(|r| r.renewable = Some(true));
        assert_eq!(none.claims(&none.token(&asks())).conditions.renew_count, None);
        drop(none);
        let house = House::open(place);
        assert_eq!(house.claims(&house.token(&asks())).conditions.renew_count, Some(10));
        let unwanted = asks().asking(|r| r.renewable = Some(false));
        assert_eq!(house.claims(&house.token(&unwanted)).conditions.renew_count, None);
        let absent = asks().asking(|r| r.renewable = None);
        assert_eq!(house.claims(&house.token(&absent)).conditions.renew_count, Some(10));
    }

    /// sts.md §10: 114, 180, 181; `attacks.md` W16, W17, W21: as much as a token may hold, and no more.
    fn what_is_asked_for_is_bounded(place) {
        let house = House::open(place);
        let many = |count: usize| {
            let act = Act::new(ALICE).asking(|r| {
                r.participants.primary = Some("urn:p".into());
                r.participants.others = (1..count).map(|n| format!("urn:{n}")).collect();
            });
            house.issue(&act)
        };
        assert_eq!(house.claims(&assertion(&many(64))).conditions.audiences.concat().len(), 64);
        refused(&house, &many(65), "InvalidRequest", "request.shape");
        refused(&house, &many(4_000), "InvalidRequest", "request.shape");
        let applies = "<wsp:AppliesTo xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2004/09/policy\"></wsp:AppliesTo>";
        refused(&house, &house.sts(inside(&plain(), "RequestSecurityToken", applies)), "InvalidRequest", "request.shape");
        let claims = |names: Vec<String>| house.issue(&Act::new(ALICE).asking(|r| r.claims = Some(names)));
        let known = house.claims(&assertion(&claims(vec![USER_PRINCIPAL_NAME.into(), GROUPS.into()])));
        assert_eq!(known.values(USER_PRINCIPAL_NAME), [known.subject.name.as_str()]);
        assert_eq!(claims((0..64).map(|n| format!("urn:{n}")).collect()).status, 200);
        refused(&house, &claims((0..65).map(|n| format!("urn:{n}")).collect()), "InvalidRequest", "request.shape");
        // What is echoed is written as text, and no more of it than a client needs.
        let context = |text: String| house.issue(&Act::new(ALICE).asking(|r| r.context = Some(text)));
        let hostile = "\"><evil a='&\r\n";
        let echoed = vcsso::soap::Envelope::parse(context(hostile.into()).body.into_bytes()).unwrap();
        let response = echoed.request().unwrap().first_child().unwrap();
        assert_eq!(response.attribute("Context"), Some(hostile));
        assert!(context("c".repeat(4_096)).body.contains(" Context=\"c"));
        assert!(!context("c".repeat(4_097)).body.contains(" Context=\"c"));
    }

    /// `attacks.md` A21: a subject is one name and one domain, whoever signed it.
    fn a_signed_token_about_a_name_that_is_none_admits_nobody(place) {
        let house = House::open(place);
        house.also_trust(KEYS.sts.certificate());
        let login = |name: &str| {
            let token = good(Shape::Own, Confirms::Bearer);
            let named = token.signed(|plain| swap(plain, "alice@VSPHERE.LOCAL", name));
            house.client().send(token_login(vcsso::client::Style::Govmomi, &named, None, now()))
        };
        let twin = &good(Shape::Own, Confirms::Bearer).token;
        assert_eq!(house.client().send(token_login(vcsso::client::Style::Govmomi, twin, None, now())).status, 200);
        for name in ["alice@x@VSPHERE.LOCAL", "@VSPHERE.LOCAL", "alice@", "alice", "VSPHERE.LOCAL\\alice@VSPHERE.LOCAL", "alice@other.local", "@"] {
            let answer = login(name);
            assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidLogin", "admission.subject"), "{name}");
        }
    }

    /// `attacks.md` H19: Nonce and Created say nothing about a password in plain text, and are ignored.
    fn a_nonce_beside_a_password_changes_nothing(place) {
        let house = House::open(place);
        let beside = "<wsse:Nonce>AAAA</wsse:Nonce><wsu:Created>2001-01-01T00:00:00Z</wsu:Created>";
        let message = after(&plain(), "wsse:Password", beside);
        for _ in 0..2 {
            assert_eq!(house.sts(message.clone()).status, 200);
        }
    }

    /// `attacks.md` H28: an answer goes back on its connection, whatever address a message names.
    fn no_address_in_a_message_is_called(place) {
        let house = House::open(place);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let header = |name: &str| format!("<a:{name} xmlns:a=\"{WSA}\"><a:Address>{url}</a:Address></a:{name}>");
        let addressed = ["ReplyTo", "FaultTo", "From"].map(header).concat() + &format!("<a:To xmlns:a=\"{WSA}\">{url}</a:To>");
        let message = before(&plain(), "wsse:Security", &addressed);
        assert_eq!(house.sts(message.clone()).status, 200);
        refused(&house, &house.sts(with_content(&message, "wsse:Password", "wrong")), "FailedAuthentication", "credential.password");
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }

    /// `attacks.md` T16: a certificate that names places to ask about it is judged by its bytes alone.
    fn a_certificate_sends_nobody_anywhere(place) {
        let house = House::open(place);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let made = with_places_to_ask(&format!("http://{}/", listener.local_addr().unwrap()));
        let by_it = || house.issue(&Act::new(Credential::Certificate(&made)));
        refused(&house, &by_it(), "FailedAuthentication", "credential.certificate");
        let certificate = made.certificate.clone();
        house.run(|app| async move {
            let machine = Machine { name: name("asker"), certificate, groups: Vec::new() };
            add_machine(&app, machine, &Peer::default()).await.unwrap();
        });
        assert_eq!(by_it().status, 200);
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }

    /// `attacks.md` O02, K16: a token's name is its own, and an `NCName`.
    fn no_two_tokens_have_one_name(place) {
        let house = House::open(place);
        let mut names = HashSet::new();
        for _ in 0..200 {
            let id = house.claims(&house.bearer("alice")).id;
            assert!(id.len() == 37 && id.starts_with('_') && id[1..].bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'), "{id}");
            assert!(names.insert(id));
        }
    }

    /// `attacks.md` W14, O05: whoever asks learns that a token is not good, and nothing else.
    fn an_invalid_token_is_invalid_in_one_way(place) {
        let house = House::open(place);
        let token = house.bearer("alice");
        let asks = |token: &str| house.sts(Act::new(Credential::Nothing).around(&sts::validate(&IssueRequest::default(), token)));
        let good = asks(&token);
        assert!(good.body.contains("status/valid<"), "{}", good.body);
        let forged = swap(&token, "alice@", "carol@");
        let unsigned = without(&token, "ds:SignatureValue");
        let foreign = good_of_another();
        let answers: Vec<Answer> = [forged.as_str(), &foreign].iter().map(|token| asks(token)).collect();
        let bodies: HashSet<&str> = answers.iter().map(|answer| answer.body.as_str()).collect();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        refused(&house, &asks(&unsigned), "RequestFailed", "request.target");
    }
}

/// `attacks.md` O06: a key cannot be copied, which compiles only while that is so, and shows nothing of itself.
#[test]
fn a_signing_key_is_not_copied_and_not_shown() {
    trait Copied<A> {
        const IS: bool = false;
    }
    impl<T: ?Sized> Copied<()> for T {}
    impl<T: Clone> Copied<u8> for T {}
    // With Clone there would be two implementations to choose from.
    let is = <vcsso::pki::SigningKey as Copied<_>>::IS || <vcsso::pki::TokenSigner as Copied<_>>::IS;
    assert!(!is);
    assert_eq!(format!("{:?}", ROBOT.key), "SigningKey(…)");
}

/// Well signed, by nobody this house knows.
fn good_of_another() -> String {
    good(Shape::Own, Confirms::Bearer).token.clone()
}

/// sts.md §10: 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160;
/// `attacks.md` O03: whatever period is asked for, whatever certificates take part, the end is the earliest of all.
#[test]
fn a_token_ends_at_the_earliest_of_everything_that_bounds_it() {
    let year = Duration::from_hours(24 * 365);
    let certificates: Vec<_> = [Duration::from_mins(3), Duration::from_hours(5), year]
        .map(|rest| self_signed("one", now().minus(year).plus(rest)).unwrap().certificate)
        .into();
    let policy = TokenPolicy::default();
    let millisecond = Duration::from_millis(1);
    let strategy = (
        proptest::option::of(-700_000_i64..700_000),
        proptest::option::of(-1_000_000_i64..100_000_000),
        0_usize..3,
        proptest::option::of(0_usize..3),
    );
    let moment = |millis: i64| vcsso::clock::Moment::from_micros(now().micros() + millis * 1_000);
    let granted = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |(created, expires, signer, holder)| {
        let lifetime = Lifetime { created: created.map(moment), expires: expires.map(moment) };
        let key_type = Some(if holder.is_some() { KeyType::PublicKey } else { KeyType::Bearer });
        let request = IssueRequest { lifetime, key_type, ..IssueRequest::default() };
        let signature =
            holder.map(|holder| MessageSignature { id: "_s", certificate: &certificates[holder] });
        let case = Case::plain(&request, signature, Authenticated::ByPassword);
        let signer = &certificates[signer];
        let start = lifetime.created.unwrap_or(now());
        let longest = if holder.is_some() { policy.max_hok_lifetime } else { policy.max_bearer_lifetime };
        let mut end = start.plus(longest).min(signer.not_after().plus(millisecond));
        if let Some(holder) = holder {
            end = end.min(certificates[holder].not_after().plus(millisecond));
        }
        if let Some(expires) = lifetime.expires {
            end = end.min(expires);
        }
        let near = start.since(now()).max(now().since(start)) <= policy.clock_tolerance;
        match decide(&case, signer, &policy, now()) {
            Ok(grant) => {
                prop_assert!(near && start < end);
                prop_assert_eq!((grant.not_before, grant.not_on_or_after), (start, end));
                granted.set(granted.get() + 1);
            }
            Err(_) => prop_assert!(!near || end <= start),
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(granted.get() > 500, "only {} of 2,000 wishes were granted", granted.get());
}

/// sts.md §10: 170: a period holds its first moment and not its last.
#[test]
fn a_period_is_half_open() {
    let place = Place::sqlite();
    let house = House::open(&place);
    let token = house.token(&Act::new(Credential::Certificate(&ROBOT)));
    let tolerance = Duration::from_mins(10);
    let (start, end) = (now().minus(tolerance), now().plus(Duration::from_mins(5)).plus(tolerance));
    let valid = |at: vcsso::clock::Moment| {
        house.clock.set(at);
        let message =
            Act::new(Credential::Nothing).at(at).around(&sts::validate(&IssueRequest::default(), &token));
        house.send(&Request::post(STS, message)).body.contains("status/valid<")
    };
    let millisecond = Duration::from_millis(1);
    assert_eq!(
        [start.minus(millisecond), start, end.minus(millisecond), end].map(valid),
        [false, true, true, false]
    );
}

/// A certificate that names this URL for its status, its list of revoked ones and its issuer.
fn with_places_to_ask(url: &str) -> Made {
    use rcgen::{CertificateParams, CrlDistributionPoint, CustomExtension, DnType, KeyPair, PKCS_RSA_SHA256};
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "asker");
    params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![url.to_owned()] }];
    let tagged = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let access = |method: u8| {
        let method = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, method];
        tagged(0x30, &[&method[..], &tagged(0x86, url.as_bytes())].concat())
    };
    let places = tagged(0x30, &[access(1), access(2)].concat());
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], places)];
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = vcsso::pki::Certificate::from_der(params.self_signed(&key).unwrap().der()).unwrap();
    Made { certificate, key: vcsso::pki::SigningKey::from_pkcs8(key.serialized_der()).unwrap() }
}
