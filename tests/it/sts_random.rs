//! A thousand requests that nobody would write: valid pieces in any order, twice or not at all, with hostile values, and
//! valid messages damaged at any byte. Each is answered rightly, or by a fault of the table of `sts.md` §2.6.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use vcsso::app::Peer;
use vcsso::app::users::{Machine, add_machine};
use vcsso::client::{self, Style};
use vcsso::wstrust::Operation;
use vcsso::xml::names::{SAML2, SOAP, WSA, WSSE, WST, WST14, WSU};

use crate::harness::people::name;
use crate::harness::requests::STS;
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Place, ROBOT, Request, STRANGER, Wire, now};

/// `PROPTEST_CASES` asks for more, or fewer.
const CASES: u32 = 1_000;

/// The tokens that requests are about and come with.
struct Tokens {
    bearer: String,
    held: String,
    tampered: String,
    /// To be cancelled: a bearer and a Holder-of-Key token that nothing else needs.
    spare: [String; 2],
}

/// Who sends it. The last five prove nothing.
const SENDERS: [&str; 10] = [
    "password",
    "certificate",
    "both",
    "token",
    "nothing at all",
    "wrong password",
    "strange certificate",
    "token by another key",
    "bearer token",
    "tampered token",
];

#[derive(Clone, Debug)]
struct Plan {
    sender: usize,
    pyvmomi: bool,
    operation: Operation,
    action: usize,
    context: usize,
    /// Which piece, and which of its values, if not the first. Beside them stands the type of the request, or another.
    pieces: Vec<(Index, Option<Index>)>,
    typed: usize,
    damage: Option<(Index, usize, usize)>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let operation = prop_oneof![5 => Just(Operation::Issue), 2 => Just(Operation::Renew), 2 => Just(Operation::Validate), 1 => Just(Operation::Cancel)];
    let pieces = prop::collection::vec((any::<Index>(), prop::option::weighted(0.4, any::<Index>())), 0..6);
    let damage = prop::option::weighted(0.2, (any::<Index>(), 0..DAMAGE.len(), 0_usize..3));
    let rest = (0_usize..20, 0_usize..12, 0_usize..20);
    (0..SENDERS.len(), any::<bool>(), operation, pieces, damage, rest).prop_map(
        |(sender, pyvmomi, operation, pieces, damage, (action, context, typed))| Plan {
            sender,
            pyvmomi,
            operation,
            action,
            context,
            pieces,
            typed,
            damage,
        },
    )
}

/// What is put in the place of some bytes.
const DAMAGE: [&str; 14] =
    ["", " ", "\n", "<", ">", "\"", "&", "&#0;", "<!-- -->", "<![CDATA[x]]>", "<a/>", "\0", "\u{e9}", "A"];

/// Every piece of a request with its values: good ones first.
fn pieces(tokens: &Tokens, signature: &str) -> Vec<(&'static str, Vec<String>)> {
    let lifetime = |inner: &str| format!("<Lifetime xmlns:u=\"{WSU}\">{inner}</Lifetime>");
    let time = |local: &str, text: &str| format!("<u:{local}>{text}</u:{local}>");
    let of = |name: &str, values: &[&str]| -> Vec<String> {
        values.iter().map(|value| format!("<{name}>{value}</{name}>")).collect()
    };
    let holding = |name: &str| -> Vec<String> {
        let Tokens { bearer, held, tampered, spare } = tokens;
        let (bearer, held) = if name == "CancelTarget" { (&spare[0], &spare[1]) } else { (bearer, held) };
        let two = [bearer.as_str(), held].concat();
        let inside = [bearer, held, held, tampered, "", "text", "<x/>", &two];
        inside.iter().map(|inside| format!("<{name}>{inside}</{name}>")).collect()
    };
    let many = |count: usize| {
        let one = format!(
            "<Participant><w:EndpointReference xmlns:w=\"{WSA}\"><w:Address>urn:a&lt;&quot;</w:Address></w:EndpointReference></Participant>"
        );
        format!("<Participants>{}</Participants>", one.repeat(count))
    };
    let claims = |dialect: &str, count: usize| {
        let one = "<a:ClaimType xmlns:a=\"http://docs.oasis-open.org/wsfed/authorization/200706\" Uri=\"http://schemas.xmlsoap.org/claims/UPN\"/>";
        format!("<Claims Dialect=\"{dialect}\">{}</Claims>", one.repeat(count))
    };
    let fedclaims = "http://schemas.xmlsoap.org/ws/2005/05/fedclaims";
    let delegate = |name: &str| {
        format!(
            "<DelegateTo><w:UsernameToken xmlns:w=\"{WSSE}\"><w:Username>{name}</w:Username></w:UsernameToken></DelegateTo>"
        )
    };
    let algorithm = |name: &str| format!("http://www.w3.org/2001/04/xmldsig-more#{name}");
    vec![
        ("TokenType", of("TokenType", &[SAML2, "urn:x", "", "<x/>", &"x".repeat(20_000)])),
        (
            "Lifetime",
            vec![
                lifetime(
                    &(time("Created", "2026-11-24T08:00:00.000Z")
                        + &time("Expires", "2026-11-24T08:05:00.000Z")),
                ),
                lifetime(&time("Expires", "2026-11-24T09:00:00Z")),
                lifetime(""),
                lifetime(&time("Expires", "2126-11-24T08:00:00.123456789Z")),
                lifetime(
                    &(time("Created", "2026-11-24T08:05:00Z") + &time("Expires", "2026-11-24T08:00:00Z")),
                ),
                lifetime(&time("Created", "2026-11-24T07:00:00Z")),
                lifetime(&time("Expires", "2026-11-24T07:59:59Z")),
                lifetime(&time("Expires", "99999-13-45T25:61:61Z")),
                lifetime(&time("Created", "-9223372036854775808")),
            ],
        ),
        (
            "KeyType",
            of(
                "KeyType",
                &[
                    &[WST, "/Bearer"].concat(),
                    &[WST, "/PublicKey"].concat(),
                    &[WST, "/PUBLICKEY"].concat(),
                    &[WST, "/SymmetricKey"].concat(),
                    "",
                ],
            ),
        ),
        (
            "SignatureAlgorithm",
            of(
                "SignatureAlgorithm",
                &[
                    &algorithm("rsa-sha256"),
                    &algorithm("rsa-sha512"),
                    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                    &algorithm("hmac-sha256"),
                    "",
                    "&lt;",
                ],
            ),
        ),
        (
            "Renewing",
            ["Allow=\"true\"", "Allow=\"false\" OK=\"true\"", "", "Allow=\"maybe\""]
                .map(|with| format!("<Renewing {with}/>"))
                .to_vec(),
        ),
        ("Delegatable", of("Delegatable", &["true", "false", "1", "yes", ""])),
        (
            "UseKey",
            vec![
                format!("<UseKey Sig=\"{signature}\"/>"),
                "<UseKey Sig=\"_other\"/>".into(),
                "<UseKey/>".into(),
                "<UseKey Sig=\"\"/>".into(),
            ],
        ),
        (
            "ActAs",
            holding("t:ActAs")
                .iter()
                .map(|piece| piece.replacen("<t:ActAs", &format!("<t:ActAs xmlns:t=\"{WST14}\""), 1))
                .collect(),
        ),
        ("OnBehalfOf", holding("OnBehalfOf")),
        (
            "DelegateTo",
            ["agent", "nobody", "alice", "Administrators", "", "a\\b@c", "&lt;x&gt;"].map(delegate).to_vec(),
        ),
        (
            "Claims",
            vec![claims(fedclaims, 1), claims("urn:x", 1), claims(fedclaims, 0), claims(fedclaims, 65)],
        ),
        ("Participants", [1, 3, 0, 500].map(many).to_vec()),
        ("RenewTarget", holding("RenewTarget")),
        ("ValidateTarget", holding("ValidateTarget")),
        ("CancelTarget", holding("CancelTarget")),
        (
            "unknown",
            [
                "<x/>",
                "<AppliesTo/>",
                "<Entropy/>",
                "text",
                "<!-- -->",
                "<?a b?>",
                "<![CDATA[x]]>",
                "<y xmlns=\"urn:y\"/>",
                "&undefined;",
                "<RequestSecurityToken/>",
                "</RequestSecurityToken><RequestSecurityToken>",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
    ]
}

struct Street {
    house: House,
    tokens: Tokens,
    /// What was answered: how often.
    seen: RefCell<BTreeMap<String, u32>>,
    wire: RefCell<Wire>,
}

impl Street {
    fn open(place: &Place) -> Self {
        let house = House::open(place);
        house.run(|app| async move {
            let certificate = crate::world::KEYS.stranger.certificate.clone();
            add_machine(
                &app,
                Machine { name: name("agent"), certificate, groups: Vec::new() },
                &Peer::default(),
            )
            .await
            .unwrap();
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member("ActAsUsers", "robot").await.unwrap();
            unit.commit().await.unwrap();
        });
        let both = || Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key();
        let held = house.token(&both());
        let spare = [house.bearer("alice"), house.token(&both())];
        let tampered = held.replace("alice@", "robot@");
        let tokens = Tokens { bearer: house.bearer("alice"), held, tampered, spare };
        let wire = RefCell::new(house.wire());
        Self { house, tokens, seen: RefCell::default(), wire }
    }

    fn message(&self, plan: &Plan) -> (String, String) {
        let Tokens { bearer, held, tampered, .. } = &self.tokens;
        let credential = match SENDERS[plan.sender] {
            "password" => Credential::Password("alice", PASSWORD),
            "certificate" => Credential::Certificate(&ROBOT),
            "both" => Credential::Both("alice", PASSWORD, &STRANGER),
            "token" => Credential::Token(held, &STRANGER),
            "nothing at all" => Credential::Nothing,
            "wrong password" => Credential::Password("nobody", "wrong"),
            "strange certificate" => Credential::Certificate(&crate::world::KEYS.eve),
            "token by another key" => Credential::Token(held, &ROBOT),
            "bearer token" => Credential::Token(bearer, &STRANGER),
            _ => Credential::Token(tampered, &STRANGER),
        };
        let style = if plan.pyvmomi { Style::PyVmomi } else { Style::Govmomi };
        let act = Act::new(credential).style(style);
        let known = pieces(&self.tokens, &act.ids.signature);
        let kind = match plan.typed {
            0 => String::new(),
            1 => "<RequestType>urn:x</RequestType>".into(),
            2 => format!("<RequestType>{}</RequestType>", Operation::Cancel.uri()),
            _ => format!("<RequestType>{}</RequestType>", plan.operation.uri()),
        };
        // What an operation is about is there more often than not.
        let about = plan.operation.target().filter(|_| !plan.typed.is_multiple_of(4));
        let about = about.and_then(|target| known.iter().find(|(name, _)| *name == target));
        let chosen = |(piece, value): &(Index, Option<Index>)| {
            let values = &piece.get(&known).1;
            values[value.map_or(0, |value| value.index(values.len()))].as_str()
        };
        let mut body: Vec<&str> = plan.pieces.iter().map(chosen).collect();
        body.push(&kind);
        body.extend(about.map(|(_, values)| values[plan.typed % 4].as_str()));
        if plan.typed.is_multiple_of(2) {
            body.reverse();
        }
        let context = ["", " Context=\"c\"", " Context=\"&lt;&#x202e;&quot;\"", " y=\"\"", " Context=\"\""];
        let context = context.get(plan.context).copied().unwrap_or_default();
        let body = format!(
            "<RequestSecurityToken xmlns=\"{WST}\"{context}>{}</RequestSecurityToken>",
            body.concat()
        );
        let period = (act.at, act.at.plus(Duration::from_mins(5)));
        // What cannot be signed, because it is no document, is sent unsigned.
        let message = act.credential.write(style, &act.ids, period, &body);
        let message =
            message.unwrap_or_else(|_| Act { credential: Credential::Nothing, ..act }.around(&body));
        let action = match plan.action {
            0 => "urn:x".to_owned(),
            1 => Operation::Renew.action().to_owned(),
            2 => String::new(),
            3 => plan.operation.action().to_owned(),
            _ => format!("\"{}\"", plan.operation.action()),
        };
        (message, action)
    }

    fn check(&self, plan: &Plan) -> Result<(), TestCaseError> {
        let (message, action) = self.message(plan);
        let bytes = match &plan.damage {
            None => message.clone().into_bytes(),
            Some((place, what, gone)) => {
                let (place, bytes) = (place.index(message.len()), message.as_bytes());
                [&bytes[..place], DAMAGE[*what].as_bytes(), &bytes[(place + gone).min(bytes.len())..]]
                    .concat()
            }
        };
        let answer = self.wire.borrow_mut().send(&Request::post(STS, bytes).header("SOAPAction", &action));
        let kind = match answer.status {
            200 => self.check_answer(plan, &message, &answer)?,
            500 => self.check_fault(&answer)?,
            other => return Err(TestCaseError::fail(format!("{other}: {}", answer.body))),
        };
        *self.seen.borrow_mut().entry(kind).or_default() += 1;
        Ok(())
    }

    /// A token is for who showed to be somebody, and says no more than it may.
    fn check_answer(&self, plan: &Plan, message: &str, answer: &Answer) -> Result<String, TestCaseError> {
        let sender = SENDERS[plan.sender];
        match client::Answer::read(answer.body.clone().into_bytes()) {
            Ok(client::Answer::Token(token)) => {
                let claims = self.house.claims(&token);
                let subject = claims.subject.name.as_str();
                // A renewal by a password beside the signature or by the key alone is the token's own.
                let proves = match sender {
                    "password" | "both" | "token" => subject == "alice@VSPHERE.LOCAL",
                    "certificate" => {
                        subject == "robot@VSPHERE.LOCAL"
                            || claims.subject.presenter.as_deref() == Some("robot@VSPHERE.LOCAL")
                    }
                    _ => false,
                };
                prop_assert!(proves, "{sender} got a token of {subject}");
                let hours = if claims.is_holder_of_key() { 24 * 30 } else { 1 };
                prop_assert!(claims.conditions.not_on_or_after <= now().plus(Duration::from_hours(hours)));
                Ok("token".into())
            }
            Ok(client::Answer::Status(valid)) => {
                let good = message.contains(&self.tokens.bearer) || message.contains(&self.tokens.held);
                prop_assert!(!valid || good || plan.damage.is_some(), "valid: {message}");
                Ok(format!("status {valid}"))
            }
            Ok(client::Answer::Cancelled) => Ok("cancelled".into()),
            other => Err(TestCaseError::fail(format!("{other:?}: {}", answer.body))),
        }
    }

    /// Code, namespace and shape of the table, and the code that belongs to the step that refused.
    fn check_fault(&self, answer: &Answer) -> Result<String, TestCaseError> {
        let fault = answer.fault();
        let known = match fault.namespace.as_str() {
            WST => [
                "InvalidRequest",
                "FailedAuthentication",
                "RequestFailed",
                "InvalidTimeRange",
                "UnableToRenew",
            ]
            .contains(&fault.code.as_str()),
            WSSE => [
                "UnsupportedSecurityToken",
                "InvalidSecurity",
                "InvalidSecurityToken",
                "FailedCheck",
                "SecurityTokenUnavailable",
                "MessageExpired",
            ]
            .contains(&fault.code.as_str()),
            SOAP => ["Client", "VersionMismatch", "MustUnderstand"].contains(&fault.code.as_str()),
            _ => false,
        };
        prop_assert!(known && !fault.text.is_empty() && fault.kind.is_empty(), "{}", answer.body);
        prop_assert_eq!(answer.texts(), 2, "{}", answer.body);
        let mut lines = answer.body.lines();
        prop_assert!(
            lines.next().is_some() && lines.next().is_none() && !answer.body.contains("<detail"),
            "{}",
            answer.body
        );
        prop_assert!(
            answer.body.contains(&format!("<faultcode>ns0:{}</faultcode>", fault.code)),
            "{}",
            answer.body
        );
        let step = self.house.refusal(answer);
        prop_assert!(codes(&step).contains(&fault.code.as_str()), "{step}: {}", answer.body);
        Ok(fault.code)
    }
}

/// The codes of `sts.md` §2.6 for a step; a step that is not of these may have any of the table.
fn codes(step: &str) -> Vec<&'static str> {
    match step {
        "soap.version" => vec!["VersionMismatch"],
        "soap.must-understand" => vec!["MustUnderstand"],
        "message.security-header" => {
            vec!["InvalidSecurity", "InvalidRequest", "UnsupportedSecurityToken", "InvalidSecurityToken"]
        }
        "message.timestamp" => vec!["MessageExpired", "InvalidSecurity"],
        "message.key-reference" => {
            vec!["SecurityTokenUnavailable", "UnsupportedSecurityToken", "InvalidSecurity"]
        }
        "message.signature-shape"
        | "message.signature"
        | "message.references"
        | "message.digest"
        | "message.coverage" => vec!["FailedCheck"],
        "assertion.shape" | "assertion.claims" | "request.confirmation" => vec!["InvalidSecurity"],
        "possession.confirmation" => vec!["UnsupportedSecurityToken"],
        "request.shape" => vec!["InvalidRequest", "InvalidTimeRange"],
        "request.target" => vec!["RequestFailed", "InvalidRequest"],
        "request.act-as" => vec!["InvalidRequest"],
        "request.delegation" => vec!["InvalidRequest", "InvalidSecurity", "RequestFailed"],
        "request.lifetime" => vec!["InvalidTimeRange", "RequestFailed"],
        "request.renewal" => vec!["UnableToRenew"],
        "admission.replay" => vec!["MessageExpired"],
        step if step.starts_with("xml.") || step.starts_with("soap.") => vec!["Client"],
        step if step.starts_with("assertion.")
            || step.starts_with("possession.")
            || step.starts_with("credential.")
            || step.starts_with("admission.") =>
        {
            vec!["FailedAuthentication"]
        }
        _ => vec![
            "InvalidRequest",
            "FailedAuthentication",
            "RequestFailed",
            "InvalidSecurity",
            "UnsupportedSecurityToken",
        ],
    }
}

/// sts.md §10: 31; `attacks.md` O04, W05. Every fault is one of the table of `sts.md` §2.6.
#[test]
fn a_thousand_random_requests_are_answered_rightly_or_by_a_fault_of_the_table() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let place = Place::sqlite();
    let street = Street::open(&place);
    let before = place.rows();
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    });
    let result = runner.run(&plans(), |plan| street.check(&plan));
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let seen = street.seen.borrow();
    let count = |kind: &str| seen.get(kind).copied().unwrap_or_default();
    assert_eq!(
        i64::from(count("token")),
        place.rows().issued - before.issued,
        "a token without its row: {seen:?}"
    );
    let kinds: HashSet<&str> = seen.keys().map(String::as_str).collect();
    for kind in [
        "token",
        "InvalidRequest",
        "FailedAuthentication",
        "Client",
        "UnsupportedSecurityToken",
        "FailedCheck",
    ] {
        assert!(cases < CASES || kinds.contains(kind), "no {kind} among {seen:?}");
    }
    // And after all of it, one like any other.
    let after = street.house.issue(&Act::new(Credential::Password("alice", PASSWORD)));
    assert_eq!(after.status, 200, "{}", after.body);
}
