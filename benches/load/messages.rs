//! The requests, written and signed before anything is measured; no two are equal.

use std::time::Duration;

use vcsso::client::sign::{Ids, Message, Style};
use vcsso::client::{Credential, sdk, sts};
use vcsso::clock::{Clock as _, Moment};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::SystemEntropy;
use vcsso::lab::LabClock;
use vcsso::pki::make::Made;
use vcsso::wstrust::Operation;
use vcsso::wstrust::{IssueRequest, KeyType, Lifetime};

use super::client::Request;

/// The person who logs in, and her password.
pub const ALICE: (&str, &str) = ("alice", "Secret!23");
/// The domain of everything here.
pub const DOMAIN: &str = "vsphere.local";

/// Issue of a bearer token to a name and a password, as govmomi asks.
pub fn issue_by_password(now: Moment) -> Request {
    let (ids, user_name) = (ids(), [ALICE.0, "@", DOMAIN].concat());
    let message = Message::new(Style::Govmomi, &ids).timestamp(now, end(now)).login(&user_name, ALICE.1);
    // To be acted with afterwards.
    let request = IssueRequest { delegatable: true, ..request(now, KeyType::Bearer, None) };
    to_sts(Operation::Issue, message.write(&sts::issue(&request)).unwrap())
}

/// Issue of a Holder-of-Key token to a certificate that signs.
pub fn issue_by_certificate(robot: &Made, now: Moment) -> Request {
    by_certificate(Operation::Issue, robot, now, sts::issue)
}

/// Issue to the robot in the name of a token's subject.
pub fn act_as(robot: &Made, token: &str, now: Moment) -> Request {
    by_certificate(Operation::Issue, robot, now, |request| sts::act_as(request, token))
}

/// Renew of the robot's own token.
pub fn renew(robot: &Made, token: &str, now: Moment) -> Request {
    by_certificate(Operation::Renew, robot, now, |request| sts::renew(request, token))
}

/// Validate of any token, by nobody in particular.
pub fn validate(token: &str, now: Moment) -> Request {
    let body = sts::validate(&IssueRequest::default(), token);
    let written = Credential::Nothing.write(Style::Govmomi, &ids(), (now, end(now)), &body);
    to_sts(Operation::Validate, written.unwrap())
}

fn by_certificate(
    operation: Operation,
    robot: &Made,
    now: Moment,
    body: impl Fn(&IssueRequest) -> String,
) -> Request {
    let ids = ids();
    let body = body(&request(now, KeyType::PublicKey, Some(&ids)));
    let written = Credential::Certificate(robot).write(Style::Govmomi, &ids, (now, end(now)), &body);
    to_sts(operation, written.unwrap())
}

/// `LoginByToken` with a bearer token.
pub fn login_bearer(token: &str) -> Request {
    let ids = ids();
    let message = Message::new(Style::Govmomi, &ids).assertion(token);
    to_sdk(message.write(&sdk::login_by_token(Some("en_US"))).unwrap())
}

/// `LoginByToken` with a Holder-of-Key token, its message signed by the holder.
pub fn login_holder_of_key(robot: &Made, token: &str, now: Moment) -> Request {
    let ids = ids();
    let message = Message::new(Style::Govmomi, &ids)
        .timestamp(now, end(now))
        .assertion(token)
        .signed(&robot.key, SignatureAlgorithm::RSA_SHA256);
    to_sdk(message.write(&sdk::login_by_token_without_namespace(Some("en_US"))).unwrap())
}

/// The assertion in the answer to Issue, verbatim.
pub fn token_of(answer: &str) -> &str {
    let begin = answer.find("<saml2:Assertion").unwrap();
    let end = answer.rfind("</saml2:Assertion>").unwrap() + "</saml2:Assertion>".len();
    &answer[begin..end]
}

/// Now, by the system's clock: the servers live by it.
pub fn now() -> Moment {
    LabClock::default().now()
}

fn request(now: Moment, kind: KeyType, signed: Option<&Ids>) -> IssueRequest {
    IssueRequest {
        lifetime: Lifetime { created: Some(now), expires: Some(end(now)) },
        key_type: Some(kind),
        renewable: Some(false),
        use_key: signed.map(|ids| ids.signature.clone()),
        ..IssueRequest::default()
    }
}

fn ids() -> Ids {
    Ids::random(&SystemEntropy).unwrap()
}

/// Longer than the bench runs.
fn end(now: Moment) -> Moment {
    now.plus(Duration::from_mins(30))
}

fn to_sts(operation: Operation, body: String) -> Request {
    Request { path: "/sts/STSService/vsphere.local", action: operation.action(), body }
}

fn to_sdk(body: String) -> Request {
    Request { path: "/sdk", action: "\"urn:vim25/8.0.1.0\"", body }
}
