//! The STS: tokens for whom Kerberos or NTLM proves, in one message or in two. The numbers are those of `sts.md` §10.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vcsso::app::ReplayMode;
use vcsso::client::sts;
use vcsso::pki::make::Made;
use vcsso::saml::Confirmation;
use vcsso::saml::names::{KERBEROS_CLASS, PASSWORD_CLASS};
use vcsso::secret::Secret;
use vcsso::wstrust::{BinaryExchange, Challenge, Operation};

use crate::edit::{swap, without};
use crate::harness::people::id_of;
use crate::harness::requests::{STS, assertion};
use crate::harness::wire::Wire;
use crate::harness::{Act, Answer, Credential, House, PASSWORD, RETIRED, ROBOT, Request, STRANGER};
use crate::ntlm_client::Client;
use crate::sdk_sspi::{failures, kerberos, nina, open, plan, seen, with_nina};

const NOBODY: Credential<'static> = Credential::Nothing;

fn exchange(token: &[u8]) -> BinaryExchange {
    BinaryExchange { token: Secret::new(STANDARD.encode(token)) }
}

/// An Issue with a token of an exchange.
fn asking<'a>(credential: Credential<'a>, context: Option<&str>, token: &[u8]) -> Act<'a> {
    Act::new(credential).asking(|request| {
        request.context = context.map(str::to_owned);
        request.exchange = Some(exchange(token));
    })
}

fn issue(house: &House, context: Option<&str>, token: &[u8]) -> Answer {
    house.issue(&asking(NOBODY, context, token))
}

fn answer_of(credential: Credential<'_>, context: &str, token: &[u8]) -> String {
    let challenge = Challenge { context: context.to_owned(), exchange: exchange(token) };
    Act::new(credential).around(&sts::challenge(&challenge))
}

/// The second leg, as the Java client sends it.
fn go_on(house: &House, context: &str, token: &[u8]) -> Answer {
    send_on(house, answer_of(NOBODY, context, token))
}

fn send_on(house: &House, message: impl Into<Vec<u8>>) -> Answer {
    house.send(&Request::post(STS, message).header("SOAPAction", Operation::Challenge.action()))
}

/// The token and the Context of an unfinished exchange.
fn challenged(answer: &Answer) -> (Vec<u8>, String) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!answer.body.contains("Assertion") && !answer.body.contains("Lifetime"), "{}", answer.body);
    let context = answer.body.split(" Context=\"").nth(1).unwrap().split('"').next().unwrap();
    (STANDARD.decode(answer.inside("wst:BinaryExchange").unwrap()).unwrap(), context.to_owned())
}

fn is_refused(house: &House, answer: &Answer, (code, text): (&str, &str), step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.text.as_str()), (code, text), "{}", answer.body);
    assert_eq!((answer.texts(), house.refusal(answer).as_str()), (2, step));
}

const FAILED: (&str, &str) = ("FailedAuthentication", "Invalid credentials");

/// The subject and the class of an issued token.
fn is_issued(house: &House, answer: &Answer, subject: &str) -> vcsso::saml::Assertion {
    let claims = house.claims(&assertion(answer));
    assert_eq!(claims.subject.name, format!("{subject}@VSPHERE.LOCAL"));
    let row = &house.explain(answer)[0];
    assert_eq!((&row["outcome"], &row["action"]), (&"accepted".into(), &"sts.issue".into()));
    assert_eq!(row["principal"], claims.subject.name.as_str());
    claims
}

fn on(wire: &mut Wire, act: &Act<'_>) -> Answer {
    wire.send(&Request::post(STS, act.write()))
}

on_both! {
    /// sts.md §10: 66, 71. A ticket is enough, and the answer has the proof of this end between the token's type and the rest.
    fn a_kerberos_ticket_is_worth_a_token_in_one_message(place) {
        let house = open(place);
        for context in [None, Some("http://example.com/1<\"")] {
            let client = kerberos("alice");
            let answer = issue(&house, context, &client.token());
            let claims = is_issued(&house, &answer, "alice");
            assert_eq!(claims.authn_statements[0].class, KERBEROS_CLASS);
            let row = &house.explain(&answer)[0]["detail"];
            assert_eq!((row["mechanism"].as_str(), row["proven"].as_str()), (Some("kerberos"), Some("alice@LAB.TEST")));
            let tail = answer.body.split("</wst:Lifetime>").nth(1).unwrap();
            assert!(tail.starts_with("<wst:TokenType>") && tail.contains("</wst:TokenType><wst:BinaryExchange "), "{tail}");
            client.accepts(&STANDARD.decode(answer.inside("wst:BinaryExchange").unwrap()).unwrap());
            assert_eq!(answer.body.contains("Context=\"http://example.com/1&lt;&quot;\""), context.is_some());
        }
        // The token is one like any other.
        let token = assertion(&issue(&house, None, &kerberos("alice").token()));
        let login = crate::harness::requests::token_login(vcsso::client::Style::PyVmomi, &token, None, house.app.now());
        assert_eq!(house.client().send(login).inside("userName"), Some("VSPHERE.LOCAL\\alice"));
        assert_eq!(place.rows().claims, 3, "each proof once");
        // 66: without one nothing changes.
        assert_eq!(house.refusal(&house.issue(&Act::new(NOBODY))), "credential.present");
    }

    /// sts.md §10: 72. Two messages, the second a Challenge with the Context of the first, whatever connection it comes by.
    fn ntlm_goes_on_by_a_challenge_with_its_context(place) {
        let house = with_nina(place);
        for action in [Operation::Challenge.action(), ""] {
            let first = asking(NOBODY, Some("urn:_1"), &nina().negotiate()).asking(|request| {
                request.lifetime.expires = request.lifetime.created.map(|at| at.plus(Duration::from_mins(7)));
                request.delegatable = false;
            });
            let answer = house.issue(&first);
            let (challenge, context) = challenged(&answer);
            assert_eq!(context, "urn:_1");
            assert!(house.explain(&answer).is_empty() && answer.cookie().is_none());
            let message = answer_of(NOBODY, "urn:_1", &nina().answer(&challenge).token);
            let answer = house.send(&Request::post(STS, message).header("SOAPAction", action));
            let claims = is_issued(&house, &answer, "nina");
            assert_eq!((claims.authn_statements[0].class.as_ref(), claims.conditions.proxy_count), (KERBEROS_CLASS, Some(0)));
            assert_eq!(claims.conditions.not_on_or_after, house.app.now().plus(Duration::from_mins(7)), "as the first message asked");
            assert!(answer.body.contains(" Context=\"urn:_1\""), "{}", answer.body);
            assert_eq!(house.explain(&answer)[0]["detail"]["mechanism"], "ntlm");
        }
    }

    /// `clients.md` §2.9: the same request again, with the next token; by its Context, or over the same connection.
    fn ntlm_goes_on_by_the_same_request_again(place) {
        let house = with_nina(place);
        let (challenge, _) = challenged(&issue(&house, Some("c"), &nina().negotiate()));
        is_issued(&house, &issue(&house, Some("c"), &nina().answer(&challenge).token), "nina");
        let mut wire = house.wire();
        let (challenge, ours) = challenged(&on(&mut wire, &asking(NOBODY, None, &nina().negotiate())));
        assert!(ours.starts_with("sspi-") && ours.len() == 69, "{ours}");
        let act = asking(NOBODY, None, &nina().answer(&challenge).token);
        let strange = house.issue(&act);
        is_refused(&house, &strange, FAILED, "negotiate.proof");
        assert!(seen(&house, &strange).ends_with("no exchange of this client is pending"));
        let answer = on(&mut wire, &act);
        is_issued(&house, &answer, "nina");
        assert!(!answer.body.contains(" Context="), "{}", answer.body);
        // Once; and the same connection begins another one, for as often as it likes.
        is_refused(&house, &on(&mut wire, &act), FAILED, "negotiate.proof");
        let (first, _) = challenged(&on(&mut wire, &asking(NOBODY, None, &nina().negotiate())));
        let (second, _) = challenged(&on(&mut wire, &asking(NOBODY, None, &nina().negotiate())));
        is_refused(&house, &on(&mut wire, &asking(NOBODY, None, &nina().answer(&first).token)), FAILED, "negotiate.proof");
        is_refused(&house, &on(&mut wire, &asking(NOBODY, None, &nina().answer(&second).token)), FAILED, "negotiate.proof");
        // Who has lost the connection has the Context of the answer.
        let (challenge, ours) = challenged(&issue(&house, None, &nina().negotiate()));
        let answer = go_on(&house, &ours, &nina().answer(&challenge).token);
        is_issued(&house, &answer, "nina");
        let (challenge, ours) = challenged(&issue(&house, None, &nina().negotiate()));
        is_issued(&house, &issue(&house, Some(&ours), &nina().answer(&challenge).token), "nina");
    }

    /// `attacks.md` W22: nothing is guessed, used twice or late, and no exchange becomes another's.
    fn an_exchange_is_its_clients_for_a_minute_and_once(place) {
        let house = with_nina(place);
        let begin = |context: &str| challenged(&issue(&house, Some(context), &nina().negotiate())).0;
        let answer = |challenge: &[u8]| nina().answer(challenge).token;
        let unknown = go_on(&house, "urn:_2", &answer(&begin("urn:_1")));
        is_refused(&house, &unknown, FAILED, "negotiate.exchange");
        assert_eq!(seen(&house, &unknown), "Unknown session for challenge request!");
        assert_eq!(house.explain(&unknown)[0]["action"], "sts.issue");
        // Two at once, and each one's answer sent to the other: both are over.
        let (one, other) = (begin("one"), begin("other"));
        for (context, challenge) in [("one", &other), ("other", &one)] {
            is_refused(&house, &go_on(&house, context, &answer(challenge)), FAILED, "negotiate.proof");
            is_refused(&house, &go_on(&house, context, &answer(challenge)), FAILED, "negotiate.exchange");
        }
        let (one, other) = (begin("one"), begin("other"));
        is_issued(&house, &go_on(&house, "other", &answer(&other)), "nina");
        is_issued(&house, &go_on(&house, "one", &answer(&one)), "nina");
        is_refused(&house, &go_on(&house, "one", &answer(&one)), FAILED, "negotiate.exchange");
        // The same Context begins anew, and what was is over.
        let (old, new) = (begin("one"), begin("one"));
        is_refused(&house, &go_on(&house, "one", &answer(&old)), FAILED, "negotiate.proof");
        is_refused(&house, &go_on(&house, "one", &answer(&new)), FAILED, "negotiate.exchange");
        // A first token does not go on with anything.
        begin("one");
        is_refused(&house, &go_on(&house, "one", &nina().negotiate()), FAILED, "negotiate.proof");
        // The last moment, and the first one after it.
        let minute = Duration::from_mins(1);
        let late = |house: &House, wait: Duration| {
            let challenge = begin("late");
            house.clock.advance(wait);
            let act = Act::new(NOBODY).at(house.app.now());
            let challenge = Challenge { context: "late".into(), exchange: exchange(&answer(&challenge)) };
            send_on(house, act.around(&sts::challenge(&challenge)))
        };
        is_issued(&house, &late(&house, minute - Duration::from_millis(1)), "nina");
        is_refused(&house, &late(&house, minute), FAILED, "negotiate.exchange");
        // What began on `/sdk` asked for no token.
        let mut client = house.client();
        let say = format!("<base64Token>{}</base64Token>", STANDARD.encode(nina().negotiate()));
        let asked = client.call("LoginBySSPI", "SessionManager", &say);
        let challenge = STANDARD.decode(asked.inside("base64Token").unwrap()).unwrap();
        let name = client.cookie.unwrap().replace("vmware_soap_session=", "").replace('"', "");
        is_refused(&house, &go_on(&house, &name, &answer(&challenge)), FAILED, "negotiate.exchange");
    }

    /// sts.md §10: 67-70, 73; `attacks.md` W26. Each with the message that is accepted.
    fn what_is_no_token_or_proves_nothing_is_refused(place) {
        let house = with_nina(place);
        let unsupported = |text| ("UnsupportedSecurityToken", text);
        let good = || asking(NOBODY, Some("c"), &kerberos("alice").token()).write();
        let (value, encoding) = ("Missing or unsupported BET value type", "Missing or unsupported BET encoding type");
        let spnego = " ValueType=\"http://schemas.xmlsoap.org/ws/2005/02/trust/spnego\"";
        let base64 = " EncodingType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary\"";
        for (message, text) in [
            (swap(&good(), spnego, ""), value),
            (swap(&good(), spnego, " ValueType=\"http://schemas.xmlsoap.org/ws/2005/02/trust/tlsnego\""), value),
            (swap(&good(), base64, ""), encoding),
            (swap(&good(), base64, " EncodingType=\"urn:x\""), encoding),
        ] {
            is_refused(&house, &house.sts(message), unsupported(text), "request.shape");
        }
        for text in ["!", &"A".repeat(80_000)] {
            let act = Act::new(NOBODY).asking(|request| request.exchange = Some(BinaryExchange { token: Secret::new(text) }));
            let answer = house.issue(&act);
            is_refused(&house, &answer, unsupported("An unsupported token was provided"), "negotiate.token");
        }
        is_refused(&house, &issue(&house, None, b"NTLM"), FAILED, "negotiate.proof");
        assert_eq!(house.sts(good()).status, 200);
        // 73: a wrong password is a guess like any other.
        for count in 1..3 {
            let wrong = Client { password: "Secret!24", ..nina() };
            let (challenge, _) = challenged(&issue(&house, Some("c"), &wrong.negotiate()));
            let answer = go_on(&house, "c", &wrong.answer(&challenge).token);
            is_refused(&house, &answer, FAILED, "negotiate.proof");
            assert_eq!((failures(&house, "nina"), &house.explain(&answer)[0]["principal"]), (count, &"nina".into()));
        }
        let (challenge, _) = challenged(&issue(&house, Some("c"), &nina().negotiate()));
        is_issued(&house, &go_on(&house, "c", &nina().answer(&challenge).token), "nina");
        assert_eq!(failures(&house, "nina"), 0);
        for who in ["dora", "lukas", "nobody", "robot"] {
            is_refused(&house, &issue(&house, None, &kerberos(who).token()), FAILED, "negotiate.account");
        }
    }

    fn where_it_is_off_nobody_is_known_by_it(place) {
        let house = House::open(place);
        let before = place.rows();
        is_refused(&house, &issue(&house, Some("c"), &nina().negotiate()), FAILED, "negotiate.enabled");
        is_refused(&house, &issue(&house, None, &kerberos("alice").token()), FAILED, "negotiate.enabled");
        is_refused(&house, &go_on(&house, "c", b"x"), FAILED, "negotiate.enabled");
        assert_eq!(place.rows(), before);
    }

    /// `sts.md` §2.5: a Challenge says which exchange, and brings a token; and the door is that of Issue.
    fn a_challenge_that_is_none_is_named(place) {
        let house = with_nina(place);
        let good = answer_of(NOBODY, "c", b"x");
        let send = |message: String| send_on(&house, message);
        let none = swap(&good, " Context=\"c\"", "");
        is_refused(&house, &send(none), ("RequestFailed", "Bad request! Missing context value!"), "request.shape");
        let missing = ("InvalidSecurity", "Bad request! Missing binary exchange!");
        is_refused(&house, &send(without(&good, "BinaryExchange")), missing, "request.shape");
        let by_password = without(&answer_of(Credential::Password("alice", PASSWORD), "c", b"x"), "BinaryExchange");
        let code = ("UnsupportedSecurityToken", "Unsupported security token in challenge operation.");
        is_refused(&house, &send(by_password), code, "request.shape");
        let request = Act::new(NOBODY).write();
        is_refused(&house, &send(request), ("InvalidRequest", "The request was invalid or malformed."), "request.shape");
        is_refused(&house, &send(without(&good, "wsu:Timestamp")), ("InvalidSecurity", "no Timestamp"), "message.timestamp");
        house.clock.advance(Duration::from_mins(16));
        let late = send(good);
        assert_eq!((late.fault().code.as_str(), house.refusal(&late).as_str()), ("MessageExpired", "message.timestamp"));
    }

    /// A Holder-of-Key token for the key that signs every message of the exchange.
    fn the_key_of_the_first_message_signs_the_second(place) {
        let house = with_nina(place);
        let begin = |made: &'static Made| {
            let act = asking(Credential::Certificate(made), Some("c"), &nina().negotiate()).holder_of_key();
            challenged(&house.issue(&act)).0
        };
        let by = |credential| send_on(&house, answer_of(credential, "c", &nina().answer(&begin(&STRANGER)).token));
        let is_for = |answer: &Answer, made: &Made| {
            let claims = is_issued(&house, answer, "nina");
            assert!(matches!(&claims.subject.confirmation, Confirmation::HolderOfKey { certificate } if *certificate == made.certificate));
        };
        is_for(&by(Credential::Certificate(&STRANGER)), &STRANGER);
        is_refused(&house, &by(NOBODY), FAILED, "credential.agreement");
        is_refused(&house, &by(Credential::Certificate(&ROBOT)), FAILED, "credential.agreement");
        // A key more than at first.
        let challenge = challenged(&issue(&house, Some("c"), &nina().negotiate())).0;
        let more = answer_of(Credential::Certificate(&STRANGER), "c", &nina().answer(&challenge).token);
        is_refused(&house, &send_on(&house, more), FAILED, "credential.agreement");
        // In one message, and in the same one again.
        let act = asking(Credential::Certificate(&STRANGER), None, &kerberos("alice").token()).holder_of_key();
        let answer = house.issue(&act);
        assert!(matches!(house.claims(&assertion(&answer)).subject.confirmation, Confirmation::HolderOfKey { .. }));
        let again = asking(Credential::Certificate(&STRANGER), Some("c"), &nina().answer(&begin(&STRANGER)).token).holder_of_key();
        is_for(&house.issue(&again), &STRANGER);
        // `UseKey` of another signature is found at once.
        let act = asking(Credential::Certificate(&STRANGER), Some("c"), &nina().negotiate()).holder_of_key();
        let other = act.asking(|request| request.use_key = Some("_other".into()));
        let text = "SignatureId from UseKey doesn't match signature from the SecurityHeader";
        is_refused(&house, &house.issue(&other), ("InvalidSecurity", text), "request.confirmation");
    }

    /// sts.md §10: 94, 95, 97, 99. With another credential beside it.
    fn everything_that_authenticates_is_the_same_principal(place) {
        let house = with_nina(place);
        let both = |name, password, token: &[u8]| house.issue(&asking(Credential::Password(name, password), None, token));
        is_issued(&house, &both("alice", PASSWORD, &kerberos("alice").token()), "alice");
        is_refused(&house, &both("carol", PASSWORD, &kerberos("alice").token()), FAILED, "credential.agreement");
        is_refused(&house, &both("carol", "wrong", &kerberos("carol").token()), FAILED, "credential.password");
        let refused = both("carol", PASSWORD, b"NTLM");
        is_refused(&house, &refused, FAILED, "negotiate.proof");
        let robot = asking(Credential::Certificate(&ROBOT), None, &kerberos("alice").token());
        is_refused(&house, &house.issue(&robot), FAILED, "credential.agreement");
        let retired = asking(Credential::Certificate(&RETIRED), None, &kerberos("alice").token());
        is_refused(&house, &house.issue(&retired), FAILED, "credential.certificate");
        // 99: what is complete beats what is not, and leaves nothing waiting.
        for _ in 0..9 {
            let answer = both("carol", PASSWORD, &nina().negotiate());
            assert_eq!(is_issued(&house, &answer, "carol").authn_statements[0].class, PASSWORD_CLASS);
        }
        challenged(&issue(&house, None, &nina().negotiate()));
    }

    fn the_same_proof_is_worth_one_token_whatever_is_configured_for_messages(place) {
        let mut plan = plan();
        plan.policies.replay = ReplayMode::Log;
        let (house, replica) = (House::built(place, plan.clone()), House::built(place, plan));
        let token = kerberos("alice").token();
        for credential in [NOBODY, Credential::Certificate(&STRANGER)] {
            let token = kerberos("carol").token();
            let message = asking(credential, None, &token).write();
            assert_eq!(house.sts(message.clone()).status, 200);
            for house in [&house, &replica] {
                is_refused(house, &house.sts(message.clone()), FAILED, "negotiate.replay");
            }
        }
        assert_eq!(issue(&house, None, &token).status, 200);
        let say = format!("<base64Token>{}</base64Token>", STANDARD.encode(&token));
        let answer = house.client().call("LoginBySSPI", "SessionManager", &say);
        assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidLogin", "negotiate.replay"));
    }

    /// The directory changed on another replica: the proof is looked at again, and not judged twice.
    fn a_proof_outlives_a_change_of_the_directory_and_not_the_account(place) {
        let (house, replica) = (House::built(place, plan()), House::built(place, plan()));
        let change = |who: &'static str, disabled| replica.run(move |app| async move {
            let id = id_of(&app, who).await;
            let mut unit = app.store.begin().await.unwrap();
            unit.set_disabled(&id, disabled).await.unwrap();
            unit.commit().await.unwrap();
        });
        assert_eq!(issue(&house, None, &kerberos("alice").token()).status, 200);
        change("carol", true);
        is_issued(&house, &issue(&house, None, &kerberos("alice").token()), "alice");
        assert_eq!(issue(&house, None, &kerberos("alice").token()).status, 200);
        change("alice", true);
        is_refused(&house, &issue(&house, None, &kerberos("alice").token()), FAILED, "negotiate.account");
        change("alice", false);
    }

    /// `attacks.md` W23: nobody's exchange is pushed out.
    fn one_address_has_eight_exchanges_here_too(place) {
        let house = with_nina(place);
        let contexts: Vec<String> = (0..8).map(|number| format!("urn:{number}")).collect();
        let begin = |context: &str| issue(&house, Some(context), &nina().negotiate());
        let challenges: Vec<Vec<u8>> = contexts.iter().map(|context| challenged(&begin(context)).0).collect();
        let ninth = begin("urn:8");
        is_refused(&house, &ninth, FAILED, "negotiate.exchange");
        assert_eq!(seen(&house, &ninth), "8 exchanges of this address are pending");
        assert_eq!(issue(&house, None, &kerberos("alice").token()).status, 200, "one message needs no seat");
        for (context, challenge) in contexts.iter().zip(&challenges) {
            is_issued(&house, &go_on(&house, context, &nina().answer(challenge).token), "nina");
        }
        challenged(&begin("urn:8"));
    }

    fn another_subjects_token_cannot_wait_for_an_exchange(place) {
        let house = with_nina(place);
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member("ActAsUsers", "nina").await.unwrap();
            unit.commit().await.unwrap();
        });
        let subject = house.bearer("alice");
        let acting = |token: &[u8]| {
            let act = asking(Credential::Certificate(&STRANGER), Some("c"), token).holder_of_key();
            house.sts(act.around(&sts::act_as(&act.request, &subject)))
        };
        let (challenge, _) = challenged(&acting(&nina().negotiate()));
        let answer = answer_of(Credential::Certificate(&STRANGER), "c", &nina().answer(&challenge).token);
        is_refused(&house, &send_on(&house, answer), ("InvalidRequest", "The request was invalid or malformed."), "request.shape");
        // It comes again with the request.
        let (challenge, _) = challenged(&acting(&nina().negotiate()));
        let answer = acting(&nina().answer(&challenge).token);
        let claims = house.claims(&assertion(&answer));
        assert_eq!((claims.subject.name.as_str(), claims.subject.presenter.as_deref()), ("alice@VSPHERE.LOCAL", Some("nina@VSPHERE.LOCAL")));
    }
}
