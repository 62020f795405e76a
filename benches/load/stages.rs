//! Where the time of a request goes: what can be measured alone is taken off the whole, step by step.

use std::path::Path;

use vcsso::config::key_files::read_signers;
use vcsso::pki::Anchors;
use vcsso::soap::Envelope;
use vcsso::verifier::{Door, Policy, judge};

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
    /// `LoginByToken`, bearer.
    LoginBearer,
    /// `LoginByToken`, Holder-of-Key.
    LoginHolderOfKey,
}

impl Kind {
    const ALL: [Self; 4] =
        [Self::IssueByPassword, Self::IssueByCertificate, Self::LoginBearer, Self::LoginHolderOfKey];

    /// As the tables name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IssueByPassword => "Issue by password",
            Self::IssueByCertificate => "Issue by certificate",
            Self::LoginBearer => "LoginByToken bearer",
            Self::LoginHolderOfKey => "LoginByToken HoK",
        }
    }

    /// Its place in every table.
    pub const fn index(self) -> usize {
        match self {
            Self::IssueByPassword => 0,
            Self::IssueByCertificate => 1,
            Self::LoginBearer => 2,
            Self::LoginHolderOfKey => 3,
        }
    }

    const fn door(self) -> Door {
        match self {
            Self::IssueByPassword | Self::IssueByCertificate => Door::Sts,
            Self::LoginBearer | Self::LoginHolderOfKey => Door::Sdk,
        }
    }

    /// How many signatures it makes and how many it checks.
    const fn raw(self) -> (f64, f64) {
        match self {
            Self::IssueByPassword => (1.0, 0.0),
            Self::IssueByCertificate => (1.0, 1.0),
            Self::LoginBearer => (0.0, 1.0),
            Self::LoginHolderOfKey => (0.0, 2.0),
        }
    }
}

/// The table. Everything in it is at the speed of the machine at which one raw signature takes what it says.
pub fn print(
    raw: &Raw,
    samples: [&Request; 4],
    keys: &Path,
    servers: &[Server],
    costs: &[Vec<Measured>; 4],
    floor: &Measured,
) {
    let sign = middle(costs.iter().flatten().map(Measured::sign).collect());
    let verify = raw.verify(sign);
    println!("\n{:<58}{}", "µs by stage", Kind::ALL.map(|kind| format!("{:>22}", kind.name())).concat());
    let line = |name: &str, each: [f64; 4]| {
        println!("{name:<58}{}", each.map(|figure| format!("{figure:>22.1}")).concat());
    };
    let rsa = Kind::ALL.map(|kind| kind.raw().0 * sign + kind.raw().1 * verify);
    let judge = |kind: Kind| judging(raw, sign, kind, samples[kind.index()], keys) - kind.raw().1 * verify;
    let (judged, get) = (Kind::ALL.map(judge), sign / floor.ratio());
    line(&format!("raw RSA: sign {sign:.1}, verify {verify:.1}"), rsa);
    line("parse and judge the message, beside raw RSA", judged);
    line("a GET over TLS with its log line", [get; 4]);
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
    };
    raw.compare(sign, work)
}
