//! Where the time of a request goes: what can be measured alone is taken off the whole, step by step.

use std::path::Path;

use vcsso::config::key_files::read_signers;
use vcsso::pki::Anchors;
use vcsso::soap::Envelope;
use vcsso::verifier::{Door, Embedded, Policy, judge, judge_embedded};

use super::STUBBED;
use super::client::Request;
use super::measure::{Measured, Raw, Server, middle};
use super::messages::now;

/// The requests that are measured.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Issue, bearer, the password remembered.
    IssueByPassword,
    /// Issue, Holder-of-Key.
    IssueByCertificate,
    /// Issue with `ActAs`, Holder-of-Key.
    ActAs,
    /// Renew, Holder-of-Key.
    Renew,
    /// Validate of a bearer token.
    Validate,
    /// `LoginByToken`, bearer.
    LoginBearer,
    /// `LoginByToken`, Holder-of-Key.
    LoginHolderOfKey,
}

/// How many there are.
pub const KINDS: usize = 7;

impl Kind {
    const ALL: [Self; KINDS] = [
        Self::IssueByPassword,
        Self::IssueByCertificate,
        Self::ActAs,
        Self::Renew,
        Self::Validate,
        Self::LoginBearer,
        Self::LoginHolderOfKey,
    ];

    /// As the tables name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IssueByPassword => "Issue by password",
            Self::IssueByCertificate => "Issue by certificate",
            Self::ActAs => "ActAs",
            Self::Renew => "Renew",
            Self::Validate => "Validate",
            Self::LoginBearer => "LoginByToken bearer",
            Self::LoginHolderOfKey => "LoginByToken HoK",
        }
    }

    /// Its place in every table.
    pub const fn index(self) -> usize {
        match self {
            Self::IssueByPassword => 0,
            Self::IssueByCertificate => 1,
            Self::ActAs => 2,
            Self::Renew => 3,
            Self::Validate => 4,
            Self::LoginBearer => 5,
            Self::LoginHolderOfKey => 6,
        }
    }

    const fn door(self) -> Door {
        match self {
            Self::IssueByPassword | Self::IssueByCertificate | Self::ActAs => Door::Sts,
            Self::Renew => Door::StsRenew,
            Self::Validate => Door::StsValidate,
            Self::LoginBearer | Self::LoginHolderOfKey => Door::Sdk,
        }
    }

    /// The token that is judged by itself, beside the message.
    const fn beside(self) -> Option<Embedded> {
        match self {
            Self::ActAs => Some(Embedded::ActAs),
            Self::Validate => Some(Embedded::ValidateTarget),
            _ => None,
        }
    }

    /// How many signatures it makes and how many it checks.
    const fn raw(self) -> (f64, f64) {
        match self {
            Self::IssueByPassword => (1.0, 0.0),
            Self::IssueByCertificate => (1.0, 1.0),
            Self::ActAs | Self::Renew => (1.0, 2.0),
            Self::Validate | Self::LoginBearer => (0.0, 1.0),
            Self::LoginHolderOfKey => (0.0, 2.0),
        }
    }
}

/// The table. Everything in it is at the speed of the machine at which one raw signature takes what it says.
pub fn print(
    raw: &Raw,
    samples: [&Request; KINDS],
    keys: &Path,
    servers: &[Server],
    costs: &[Vec<Measured>; KINDS],
    floor: &Measured,
) {
    let sign = middle(costs.iter().flatten().map(Measured::sign).collect());
    let verify = raw.verify(sign);
    println!("\n{:<58}{}", "µs by stage", Kind::ALL.map(|kind| format!("{:>22}", kind.name())).concat());
    let line = |name: &str, each: [f64; KINDS]| {
        println!("{name:<58}{}", each.map(|figure| format!("{figure:>22.1}")).concat());
    };
    let rsa = Kind::ALL.map(|kind| kind.raw().0 * sign + kind.raw().1 * verify);
    let judge = |kind: Kind| judging(raw, sign, kind, samples[kind.index()], keys) - kind.raw().1 * verify;
    let (judged, get) = (Kind::ALL.map(judge), sign / floor.ratio());
    line(&format!("raw RSA: sign {sign:.1}, verify {verify:.1}"), rsa);
    line("parse and judge the message, beside raw RSA", judged);
    line("a GET over TLS with its log line", [get; KINDS]);
    let whole = |server: usize| Kind::ALL.map(|kind| sign / costs[kind.index()][server].ratio());
    let Some(stub) = servers.iter().position(|server| server.name == STUBBED) else { return };
    let act = |kind: Kind| whole(stub)[kind.index()] - rsa[kind.index()] - judged[kind.index()] - get;
    line("the rest without commit: body, act, log line, answer", Kind::ALL.map(act));
    for (place, server) in servers.iter().enumerate().filter(|(place, _)| *place != stub) {
        let commit = |kind: Kind| whole(place)[kind.index()] - whole(stub)[kind.index()];
        line(&format!("commit, {}", server.name), Kind::ALL.map(commit));
    }
}

/// From bytes to the proof, in this process.
fn judging(raw: &Raw, sign: f64, kind: Kind, message: &Request, keys: &Path) -> f64 {
    let signers = read_signers(keys).unwrap();
    let anchors = Anchors::new(signers.iter().map(|signer| (None, signer.certificate().clone())));
    let now = now();
    let work = || {
        let envelope = Envelope::parse(message.body.clone().into_bytes()).unwrap();
        let judgement = judge(&envelope, kind.door(), &anchors, &Policy::default(), now);
        assert!(judgement.proven.is_some(), "{}", judgement.report.to_json(true));
        if let Some(place) = kind.beside() {
            assert!(judge_embedded(&envelope, place, &anchors, &Policy::default(), now).proven.is_some());
        }
    };
    raw.compare(sign, work)
}
