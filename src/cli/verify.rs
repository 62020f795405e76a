//! `vcsso verify`: the judge of the service, offline, on a message or a token in a file.

use std::io::Read;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::output::{Output, print, print_json};
use super::{Exit, Problem, World};
use crate::clock::Moment;
use crate::pki::{Anchors, pem};
use crate::soap::Envelope;
use crate::telemetry::one_line;
use crate::verifier::{Door, Finding, Policy, Proven, Report, StepId, judge, judge_token, unreadable};

/// Judge a message or a token offline, as the service would.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// A SOAP message; `-` reads stdin
    #[arg(long, value_name = "FILE", required_unless_present = "token", conflicts_with = "token")]
    pub message: Option<String>,
    /// An assertion by itself; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub token: Option<String>,
    /// The certificates that may sign tokens, PEM: each is trusted as it is, none signs for another
    #[arg(long, value_name = "PEM")]
    pub anchors: String,
    /// The issuer they sign for [default: any]
    #[arg(long, value_name = "ID")]
    pub issuer: Option<String>,
    /// Where the message would arrive; a token by itself arrives nowhere
    #[arg(long, value_enum, default_value_t = DoorName::Sdk)]
    pub door: DoorName,
    /// The time to judge at, YYYY-MM-DDThh:mm:ssZ [default: now]
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub at: Option<Moment>,
    /// How far clocks may differ, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub tolerance: u64,
}

/// The doors by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DoorName {
    /// `LoginByToken` on `/sdk`.
    Sdk,
    /// The Security Token Service.
    Sts,
    /// `Login` of the SSO administration service.
    SsoAdmin,
}

impl Verify {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let report = self.judge(self.at.unwrap_or_else(|| world.clock.now()))?;
        let json = report.to_json(true);
        match world.output {
            Output::Text => print(&as_text(&json))?,
            Output::Json => print_json(&json)?,
        }
        Ok(if report.refusal().is_some() { Exit::Refused } else { Exit::Ok })
    }

    fn judge(&self, now: Moment) -> Result<Report, Problem> {
        let anchors = anchors(&read(&self.anchors)?, &self.anchors, self.issuer.as_ref())?;
        let policy = Policy { tolerance: Duration::from_secs(self.tolerance), ..Policy::default() };
        match (&self.message, &self.token) {
            (Some(message), _) => Ok(judge_message(read(message)?, self.door.door(), &anchors, &policy, now)),
            (None, Some(token)) => Ok(judge_one_token(read(token)?, &anchors, &policy, now)),
            (None, None) => Err(Problem::Usage("neither --message nor --token".into())),
        }
    }
}

impl DoorName {
    const fn door(self) -> Door {
        match self {
            Self::Sdk => Door::Sdk,
            Self::Sts => Door::Sts,
            Self::SsoAdmin => Door::SsoAdmin,
        }
    }
}

fn judge_message(message: Vec<u8>, door: Door, anchors: &Anchors, policy: &Policy, now: Moment) -> Report {
    let envelope = match Envelope::parse(message) {
        Ok(envelope) => envelope,
        Err(error) => return unreadable(&error, door.demands().name, now),
    };
    let judgement = judge(&envelope, door, anchors, policy, now);
    let mut report = judgement.report;
    if judgement.proven.as_ref().is_some_and(proves_nothing) {
        report.fail(
            StepId::CredentialPresent,
            Finding::seen("nothing").but("a name and password, a certificate or a token"),
        );
    }
    for step in store_steps(judgement.proven.as_ref(), door) {
        report.skip(step, OFFLINE);
    }
    report
}

fn judge_one_token(token: Vec<u8>, anchors: &Anchors, policy: &Policy, now: Moment) -> Report {
    let mut report = judge_token(token, anchors, policy, now).report;
    for step in [StepId::AdmissionSubject, StepId::AdmissionRevoked] {
        report.skip(step, OFFLINE);
    }
    report
}

const fn proves_nothing(proven: &Proven) -> bool {
    proven.login.is_none() && proven.certificate.is_none() && proven.token.is_none()
}

/// The steps that the service would go on with; of a refused message, all that might have come.
fn store_steps(proven: Option<&Proven>, door: Door) -> Vec<StepId> {
    let comes = |found: fn(&Proven) -> bool| proven.is_none_or(found);
    let steps = [
        (StepId::CredentialPassword, door == Door::Sts && comes(|proven| proven.login.is_some())),
        (StepId::CredentialCertificate, door == Door::Sts && comes(|proven| proven.certificate.is_some())),
        (StepId::AdmissionSubject, comes(|proven| proven.token.is_some())),
        (StepId::AdmissionRevoked, comes(|proven| proven.token.is_some())),
        (StepId::AdmissionReplay, comes(|proven| proven.signed.is_some())),
        (StepId::AdmissionPermission, door == Door::Sdk),
    ];
    steps.into_iter().filter(|(_, comes)| *comes).map(|(step, _)| step).collect()
}

/// The certificates of a PEM text as anchors: for one issuer, or for any.
pub(super) fn anchors(pem: &[u8], file: &str, issuer: Option<&String>) -> Result<Anchors, Problem> {
    let certificates = pem::certificates(&String::from_utf8_lossy(pem))
        .map_err(|why| Problem::Usage(format!("--anchors {file}: {why}")))?;
    Ok(Anchors::new(certificates.into_iter().map(|certificate| (issuer.cloned(), certificate))))
}

/// A file, or stdin.
pub(super) fn read(file: &str) -> Result<Vec<u8>, Problem> {
    let unreadable = |why: std::io::Error| Problem::Usage(format!("cannot read {file}: {why}"));
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = match file {
        "-" => Box::new(std::io::stdin().lock()),
        file => Box::new(std::fs::File::open(file).map_err(unreadable)?),
    };
    source.take(MOST_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The report for people: the verdict first, then every step.
fn as_text(report: &Value) -> String {
    let mut text = one_line(&field(report, "verdict").to_uppercase());
    for (before, name) in [(" at ", "refusal"), ("\ndoor ", "door"), (", judged at ", "at")] {
        push(&mut text, report, before, name);
    }
    text.push('\n');
    for step in report.get("steps").and_then(Value::as_array).into_iter().flatten() {
        text.push_str(&step_text(step));
    }
    for name in ["subject", "token_id", "confirmation", "signer_sha256"] {
        push(&mut text, report, &format!("{name}: "), name);
        if report.get(name).is_some() {
            text.push('\n');
        }
    }
    text
}

fn step_text(step: &Value) -> String {
    let mut text = format!("  {:<15} {}", field(step, "outcome"), field(step, "id"));
    for name in ["seen", "wanted", "clause", "hint"] {
        let is_worth_it = name != "clause" || step.get("hint").is_some();
        let label =
            if name == "wanted" && field(step, "outcome") == "not-checked" { "because" } else { name };
        if is_worth_it {
            push(&mut text, step, &format!("\n{:18}{label:<8}", ""), name);
        }
    }
    if let Some(evidence) = step.get("evidence") {
        for name in ["reference", "canonical_sha256", "canonical_base64"] {
            push(&mut text, evidence, &format!("\n{:18}{name}: ", ""), name);
        }
    }
    text.push('\n');
    text
}

/// What a message says about itself is printed so that it cannot say more than that.
fn push(text: &mut String, object: &Value, before: &str, name: &str) {
    if object.get(name).is_some() {
        text.extend([before, &one_line(field(object, name))]);
    }
}

fn field<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Why the steps of the store are left out.
const OFFLINE: &str = "needs the store: only the running service can say";
/// More than any message may have: the parser refuses what is longer than its own limit, and says so.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
