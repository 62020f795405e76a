//! `vcsso token inspect`: what a token says, offline. It is only verified where anchors are given.

use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use super::super::verify::{anchors, read};
use super::whose;
use crate::cli::output::{Output, print, print_json};
use crate::cli::{Exit, Problem, World};
use crate::client::UnverifiedToken;
use crate::clock::Moment;
use crate::pki::Certificate;
use crate::telemetry::one_line;
use crate::verifier::{Policy, Report, judge_token};

/// Print what a token says.
#[derive(Clone, Debug, Args)]
pub struct Inspect {
    /// The token; `-` reads stdin
    #[arg(value_name = "FILE")]
    pub token: String,
    /// Verify it too, by these certificates, PEM; exit code 3 says that it is refused
    #[arg(long, value_name = "PEM")]
    pub anchors: Option<String>,
    /// The issuer they sign for [default: any]
    #[arg(long, value_name = "ID", requires = "anchors")]
    pub issuer: Option<String>,
    /// The time to look at it, YYYY-MM-DDThh:mm:ssZ [default: now]
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub at: Option<Moment>,
    /// How far clocks may differ when it is verified, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub tolerance: u64,
}

impl Inspect {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let now = self.at.unwrap_or_else(|| world.clock.now());
        let assertion = whose::token(&self.token)?;
        let token = UnverifiedToken::read(&assertion)?;
        let report = self.judge(&assertion, now)?;
        match world.output {
            Output::Text => print(&as_text(&token, report.as_ref(), now))?,
            Output::Json => print_json(&Value::Object(as_json(&token, report.as_ref(), now)))?,
        }
        let refused = report.is_some_and(|report| report.refusal().is_some());
        Ok(if refused { Exit::Refused } else { Exit::Ok })
    }

    fn judge(&self, assertion: &str, now: Moment) -> Result<Option<Report>, Problem> {
        let Some(file) = &self.anchors else { return Ok(None) };
        let anchors = anchors(&read(file)?, file, self.issuer.as_ref())?;
        let policy = Policy { tolerance: Duration::from_secs(self.tolerance), ..Policy::default() };
        Ok(Some(judge_token(assertion.as_bytes().to_vec(), &anchors, &policy, now).report))
    }
}

fn as_json(token: &UnverifiedToken, report: Option<&Report>, now: Moment) -> Map<String, Value> {
    let mut facts = token.to_json();
    facts.insert("in_force".into(), json!(in_force(token, now)));
    facts.insert("verified".into(), json!(report.map(|report| report.refusal().is_none())));
    facts.insert("refusal".into(), json!(refusal(report)));
    facts
}

/// What the token itself says of this moment; no clock is forgiven here.
fn in_force(token: &UnverifiedToken, now: Moment) -> Option<bool> {
    let start = Moment::parse(&token.not_before).ok()?;
    let end = Moment::parse(&token.not_on_or_after).ok()?;
    Some(start <= now && now < end)
}

fn refusal(report: Option<&Report>) -> Option<&'static str> {
    report.and_then(Report::refusal).map(|step| step.id.as_str())
}

/// One line for a fact; what a token says of itself cannot print more than that.
fn as_text(token: &UnverifiedToken, report: Option<&Report>, now: Moment) -> String {
    let mut text = match (report, refusal(report)) {
        (None, _) => "NOT VERIFIED: no anchors were given\n".to_owned(),
        (Some(_), None) => "VERIFIED\n".to_owned(),
        (Some(_), Some(step)) => format!("REFUSED at {step}\n"),
    };
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            text.extend([format!("{name:<14} "), one_line(value), "\n".to_owned()]);
        }
    };
    line("subject", &token.subject);
    line("confirmation", &token.confirmation);
    line("confirmed key", &shown(token.confirmed.as_ref()));
    line("presented by", token.presenter.as_deref().unwrap_or_default());
    for (name, instant) in &token.delegates {
        line("delegate", &format!("{name} since {instant}"));
    }
    line("issuer", &token.issuer);
    line("signer", &shown(token.signer.as_ref()));
    line("signed with", token.signature_algorithm.as_deref().unwrap_or_default());
    line("id", &token.id);
    line("issued", &token.issue_instant);
    let state = match in_force(token, now) {
        Some(true) => ", in force",
        Some(false) => ", not in force now",
        None => "",
    };
    line("holds", &format!("{} to {}{state}", token.not_before, token.not_on_or_after));
    for audience in &token.audiences {
        line("audience", audience);
    }
    line("recipient", token.recipient.as_deref().unwrap_or_default());
    line("delegations", token.proxy_count.as_deref().unwrap_or("no limit is stated"));
    line("renewals", token.renew_count.as_deref().unwrap_or("0"));
    if let Some((class, instant)) = &token.authentication {
        line("authenticated", &format!("{class} at {instant}"));
    }
    for (name, values) in &token.attributes {
        line(name.rsplit('/').next().unwrap_or(name), &values.join(", "));
    }
    text
}

fn shown(certificate: Option<&Certificate>) -> String {
    certificate.map_or_else(String::new, |certificate| {
        format!("{}, SHA-256 {}", certificate.subject(), certificate.fingerprint())
    })
}
