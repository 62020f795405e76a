//! The attack table at the real listener: the rows of `tests/attacks`, each posted to its door. The same step must
//! refuse it, the client must learn no more than at any other time, and nothing may be left behind.
//!
//! The database does not matter to a message that is refused before it is asked: these run on `SQLite` alone.

use vcsso::app::users::{Machine, add_machine};
use vcsso::app::{Peer, ReplayMode};
use vcsso::identity::password::Hasher;
use vcsso::saml::names::PREVIOUS_SESSION_CLASS;
use vcsso::secret::Secret;
use vcsso::verifier::StepId;

use crate::harness::exchange::{exchanged, of_saml, parts, request, said};
use crate::harness::people::{id_of, name};
use crate::harness::requests::STS;
use crate::harness::{Answer, House, Place, Plan, Request, Wire};
pub use crate::judge_table::{
    Expect, Good, MessageRow, Only, TokenRow, good, good_message, refused, token_row,
};
use crate::world::{Base, Confirms, KEYS, Shape, now};

const WITH_TOKEN: [Base; 3] = [Base::SdkBearer, Base::SdkHolder, Base::StsHolder];

/// Rows whose message is judged as in the table, and refused by what the judge does not know: this house has one issuer,
/// and its STS reads the request.
const ELSEWHERE: [(&str, &str, StepId); 2] = [
    ("T08", "in the name of another issuer", StepId::AssertionIssuer),
    ("H02", "a Security element in the Body, where it is only content", StepId::RequestShape),
];

/// The house whose people the messages speak of, and what its door was seen to do.
struct Listener {
    house: House,
    wire: Wire,
    posted: usize,
    opened: i64,
    issued: i64,
    wrong: Vec<String>,
}

pub fn run_tokens(rows: &[TokenRow]) {
    run(|listener| {
        for row in rows {
            for shape in [Shape::Own, Shape::Foreign] {
                listener.exchange(row, shape);
                for base in WITH_TOKEN {
                    match (row.only, base.confirms()) {
                        (Only::Bearer, Confirms::Holder)
                        | (Only::Holder, Confirms::Bearer)
                        | (Only::Alone, _) => {
                            continue;
                        }
                        _ => {}
                    }
                    let good = good(shape, base.confirms());
                    let hostile = good_message(base, shape).0.replace(&good.token, &(row.change)(good));
                    let expect = if shape == Shape::Own { row.own } else { row.foreign };
                    let expect = elsewhere(row.id, row.what, base, expect);
                    listener.post(
                        &format!("{} {} ({base:?}, {shape:?})", row.id, row.what),
                        base,
                        expect,
                        hostile,
                    );
                }
            }
        }
    });
}

pub fn run_messages(rows: &[MessageRow]) {
    run(|listener| {
        for row in rows {
            for base in row.bases {
                for shape in [Shape::Own, Shape::Foreign] {
                    let hostile = (row.change)(&good_message(*base, shape).0, *base);
                    let name = format!("{} {} ({base:?}, {shape:?})", row.id, row.what);
                    let expect = elsewhere(row.id, row.what, *base, row.expect);
                    listener.post(&name, *base, expect, hostile);
                }
            }
        }
    });
}

fn elsewhere(id: &str, what: &str, base: Base, expect: Expect) -> Expect {
    let other = ELSEWHERE.iter().find(|(other, whats, _)| (*other, *whats) == (id, what));
    match other {
        Some((.., StepId::RequestShape)) if base != Base::StsPassword => expect,
        Some((.., step)) => Expect::Refused(*step),
        None => expect,
    }
}

fn run(rows: impl FnOnce(&mut Listener)) {
    let place = Place::sqlite();
    let house = House::built(&place, Plan::with(|policies| policies.replay = ReplayMode::Off));
    assert_eq!(now(), crate::harness::now());
    house.also_trust(KEYS.sts.certificate());
    house.run(|app| async move {
        let certificate = KEYS.robot.certificate.clone();
        let machine = Machine { name: name("agent"), certificate, groups: Vec::new() };
        add_machine(&app, machine, &Peer::default()).await.unwrap();
        let hash = Hasher::default().hash(&Secret::new("secret"), &*app.entropy).unwrap();
        let id = id_of(&app, "alice").await;
        let mut unit = app.store.begin().await.unwrap();
        unit.set_password_hash(&id, &hash, now()).await.unwrap();
        unit.commit().await.unwrap();
    });
    let before = place.rows();
    let wire = house.wire();
    let mut listener = Listener { house, wire, posted: 0, opened: 0, issued: 0, wrong: Vec::new() };
    rows(&mut listener);
    // The good twins, after everything that was done to the door.
    for base in [Base::SdkBearer, Base::SdkHolder, Base::StsHolder, Base::StsCertificate, Base::StsPassword] {
        for shape in [Shape::Own, Shape::Foreign] {
            let text = good_message(base, shape).0.clone();
            listener.post(&format!("the good twin ({base:?}, {shape:?})"), base, Expect::Same, text);
        }
    }
    for shape in [Shape::Own, Shape::Foreign] {
        let answer = listener.wire.send(&request(&of_saml(&good(shape, Confirms::Bearer).token)));
        assert_eq!(parts(&exchanged(&answer)).1["sub"], "alice@VSPHERE.LOCAL");
        listener.issued += 1;
    }
    assert!(listener.wrong.is_empty(), "\n{}", listener.wrong.join("\n"));
    assert!(listener.posted > 30, "only {} messages were posted", listener.posted);
    let after = place.rows();
    let written = (after.sessions - before.sessions, after.issued - before.issued);
    assert_eq!((written, after.claims), ((listener.opened, listener.issued), before.claims));
}

impl Listener {
    fn post(&mut self, name: &str, base: Base, expect: Expect, message: String) {
        self.posted += 1;
        let path = if is_sdk(base) { "/sdk" } else { STS };
        let long = message.len() > vcsso::http::limits::MAX_BODY;
        let answer = self.wire.send(&Request::post(path, message));
        if long {
            self.compare(name, &answer, answer.status == 413);
            return;
        }
        let fits = match expect {
            Expect::Refused(step) => self.is_refused(base, step, &answer),
            Expect::Same => self.is_good(base, &answer),
        };
        self.compare(name, &answer, fits);
    }

    /// `attacks.md` J17: the token of a row to be exchanged. A Holder-of-Key one needs a session that it opened, which a token
    /// that is refused never did.
    fn exchange(&mut self, row: &TokenRow, shape: Shape) {
        for confirms in [Confirms::Bearer, Confirms::Holder] {
            match (row.only, confirms) {
                (Only::Bearer, Confirms::Holder) | (Only::Holder, Confirms::Bearer) => continue,
                _ => {}
            }
            let expect = if shape == Shape::Own { row.own } else { row.foreign };
            let token = (row.change)(good(shape, confirms));
            let expect = match elsewhere(row.id, row.what, Base::SdkBearer, expect) {
                Expect::Same if confirms == Confirms::Holder => Expect::Refused(StepId::PossessionSignature),
                expect => expect,
            };
            let answer = self.wire.send(&request(&of_saml(&token)));
            self.posted += 1;
            let fits = match expect {
                Expect::Refused(_) if answer.status == 413 => {
                    request(&of_saml(&token)).body.len() > vcsso::http::limits::MAX_BODY
                }
                Expect::Refused(step) => {
                    answer.status == 400
                        && said(&answer)["error"] == "invalid_grant"
                        && self.house.refusal(&answer) == step.as_str()
                }
                Expect::Same => {
                    self.issued += i64::from(answer.status == 200);
                    parts(&exchanged(&answer)).1["sub"] == "alice@VSPHERE.LOCAL"
                }
            };
            let name = format!("{} {} (exchange, {confirms:?}, {shape:?})", row.id, row.what);
            self.compare(&name, &answer, fits);
        }
    }

    fn compare(&mut self, name: &str, answer: &Answer, fits: bool) {
        if !fits {
            let rows: String = format!("{:?}", self.house.explain(answer)).chars().take(1_200).collect();
            self.wrong.push(format!("{name}: {} {} {rows}", answer.status, answer.body));
        }
    }

    fn is_refused(&self, base: Base, step: StepId, answer: &Answer) -> bool {
        if answer.status != 500 || answer.cookie().is_some() {
            return false;
        }
        let (fault, seen) = (answer.fault(), self.house.refusal(answer));
        if is_sdk(base) {
            // Who calls nothing that is known has not come as far as its header.
            let unread = seen == StepId::RequestParameters.as_str() && step.as_str().starts_with("message.");
            let malformed = unread || step.as_str().starts_with("xml.") || step.as_str().starts_with("soap.");
            let kind = if malformed { "InvalidRequest" } else { "InvalidLogin" };
            return fault.kind == kind && (unread || seen == step.as_str());
        }
        fault.kind.is_empty()
            && answer.texts() == 2
            && seen == step.as_str()
            && codes(step).contains(&fault.code.as_str())
    }

    /// What a good message of this kind leads to.
    fn is_good(&mut self, base: Base, answer: &Answer) -> bool {
        match base {
            Base::SdkBearer | Base::SdkHolder => {
                self.opened += i64::from(answer.status == 200);
                answer.inside("userName") == Some("VSPHERE.LOCAL\\alice") && answer.cookie().is_some()
            }
            Base::StsCertificate => {
                self.issued += i64::from(answer.status == 200);
                answer.body.contains(">agent@VSPHERE.LOCAL</saml2:NameID>")
            }
            Base::StsHolder => {
                self.issued += i64::from(answer.status == 200);
                answer.body.contains(">alice@VSPHERE.LOCAL</saml2:NameID>")
                    && answer.body.contains(PREVIOUS_SESSION_CLASS)
            }
            // Proven, and then: nothing is signed that a token could confirm.
            Base::StsPassword => self.is_refused(base, StepId::RequestConfirmation, answer),
        }
    }
}

fn is_sdk(base: Base) -> bool {
    matches!(base, Base::SdkBearer | Base::SdkHolder)
}

/// The codes that the STS may answer with when this step refuses (`sts.md` §2.6).
fn codes(step: StepId) -> &'static [&'static str] {
    match step.as_str() {
        "soap.version" => &["VersionMismatch"],
        "soap.must-understand" => &["MustUnderstand"],
        "message.security-header" => {
            &["InvalidSecurity", "InvalidRequest", "UnsupportedSecurityToken", "InvalidSecurityToken"]
        }
        "message.timestamp" => &["MessageExpired", "InvalidSecurity"],
        "message.key-reference" => {
            &["SecurityTokenUnavailable", "UnsupportedSecurityToken", "InvalidSecurity"]
        }
        "assertion.shape" | "assertion.claims" | "request.confirmation" => &["InvalidSecurity"],
        "request.shape" => &["InvalidRequest"],
        "possession.confirmation" => &["UnsupportedSecurityToken"],
        step if step.starts_with("xml.") || step.starts_with("soap.") => &["Client"],
        step if step.starts_with("message.") => &["FailedCheck"],
        _ => &["FailedAuthentication"],
    }
}
