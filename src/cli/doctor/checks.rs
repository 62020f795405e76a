//! What can be seen without an account: the clock, TLS, and the way from the lookup service to the STS.

use std::time::{Duration, SystemTime};

use actix_web::http::header::HttpDate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Patient;
use super::finding::Findings;
use crate::cli::Problem;
use crate::cli::https::{Place, Received, Trust};
use crate::client::call::{self, About, Endpoint};
use crate::client::{Answer, Credential, Fault, Ids, Style, lookup, sdk, sts};
use crate::clock::{Clock, Moment};
use crate::entropy::{SystemEntropy, uuid};
use crate::pki::Certificate;
use crate::wstrust::{IssueRequest, KeyType, Lifetime, Operation};

/// A server that has answered, and what was found at it.
pub(super) struct Visit<'v> {
    pub(super) patient: &'v Patient,
    pub(super) clock: &'v dyn Clock,
    pub(super) findings: &'v mut Findings,
    /// The server's own certificate.
    leaf: Option<Certificate>,
}

impl<'v> Visit<'v> {
    /// The first contact: without it there is nothing to look at.
    pub(super) fn begin(
        patient: &'v Patient,
        clock: &'v dyn Clock,
        findings: &'v mut Findings,
    ) -> Result<Self, Problem> {
        let content = sdk::retrieve_service_content();
        let received = patient.server.post(&Patient::LOOKING, VIM_VERSION, &content)?;
        let mut visit = Self { patient, clock, findings, leaf: received.shown.first().cloned() };
        visit.clock(&received);
        visit.tls(&content);
        visit.sdk(received);
        Ok(visit)
    }

    pub(super) fn go_on(mut self) -> anyhow::Result<()> {
        let endpoint = self.lookup();
        let sts = self.sts_place(endpoint.as_ref());
        let received = self.wrong_password(&sts)?;
        if let Some(endpoint) = endpoint {
            self.trusted_by_lookup(&endpoint, received.as_ref());
        }
        self.strangers_token()?;
        let given = self.login(&sts)?;
        let any = received.and_then(|received| token_in(received.body));
        match (given, any) {
            (Some((token, trust)), _) => {
                self.token(&token, true);
                self.session(&trust, &token)
            }
            (None, Some(token)) => {
                self.token(&token, false);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Everything signed has a time in it.
    fn clock(&mut self, received: &Received) {
        const CHECK: &str = "clock";
        let Some(theirs) = received.date.as_deref().and_then(moment_of) else {
            return self.findings.skipped(CHECK, "the server does not say what time it is", "");
        };
        let ours = self.clock.now();
        let (apart, side) =
            if theirs > ours { (theirs.since(ours), "ahead of") } else { (ours.since(theirs), "behind") };
        let seen = format!("the server is {} s {side} this machine", apart.as_secs());
        if apart > TOLERANCE {
            self.findings.wrong(
                CHECK,
                seen,
                "set both clocks by one source: every signed message is refused as expired",
            );
        } else if apart > NOTABLE {
            self.findings.warning(
                CHECK,
                seen,
                "set both clocks by one source before the difference reaches 600 s",
            );
        } else {
            self.findings.good(CHECK, seen);
        }
    }

    /// The chain and the name, as a client checks them.
    fn tls(&mut self, content: &str) {
        const CHECK: &str = "tls";
        let shown = self.leaf.as_ref().map_or_else(|| "no certificate".to_owned(), described);
        let now = self.clock.now();
        let Some(authorities) = &self.patient.authorities else {
            let is_over = self.leaf.as_ref().is_some_and(|leaf| leaf.not_after() < now);
            if is_over {
                self.findings.wrong(CHECK, format!("{shown}: it is over"), "renew the certificate");
            } else {
                self.findings.skipped(CHECK, shown, "give --ca FILE to have chain and name checked");
            }
            return;
        };
        let trust = Trust::Authorities(authorities.clone());
        match self.patient.server.post(&trust, VIM_VERSION, content) {
            Ok(_) => self.soon_over(CHECK, shown, self.leaf.as_ref().map(Certificate::not_after)),
            Err(why) => {
                let names = self.leaf.as_ref().map(Certificate::host_names).unwrap_or_default().join(", ");
                let advice = format!(
                    "trust who signed it (--ca), and call the server by a name of its certificate: {names}"
                );
                self.findings.wrong(CHECK, format!("{shown}: {why}"), &advice);
            }
        }
    }

    fn sdk(&mut self, received: Received) {
        const CHECK: &str = "sdk";
        let advice = "nothing can log in here: is it the address of a vCenter, and is its service running?";
        match About::read(received.body) {
            Ok(About { full_name, api_type, api_version, has_sessions: true }) => {
                self.findings.good(CHECK, format!("{full_name}, {api_type}, API {api_version}"));
            }
            Ok(About { full_name, .. }) => {
                self.findings.wrong(CHECK, format!("{full_name} has no SessionManager"), advice);
            }
            Err(why) => self.findings.wrong(CHECK, format!("status {}: {why}", received.status), advice),
        }
    }

    /// Where the STS is said to be.
    fn lookup(&mut self) -> Option<Endpoint> {
        const CHECK: &str = "lookup";
        let advice = "clients that ask it find no STS; govc then takes /sts/STSService of this server";
        let place = self.patient.server.at(LOOKUP);
        let found = match place.post(&Patient::LOOKING, LOOKUP_VERSION, &lookup::list_sts()) {
            Ok(received) => {
                call::endpoints(received.body).map_err(|why| format!("status {}: {why}", received.status))
            }
            Err(why) => Err(why.to_string()),
        };
        match found {
            Ok(endpoints) => {
                let first = endpoints.into_iter().next();
                match &first {
                    Some(endpoint) => self.findings.good(CHECK, format!("the STS is {}", endpoint.url)),
                    None => self.findings.wrong(CHECK, "no STS is registered", advice),
                }
                first
            }
            Err(why) => {
                self.findings.wrong(CHECK, why, advice);
                None
            }
        }
    }

    /// As clients go on: by the lookup service, else by the path that every vCenter has.
    fn sts_place(&self, endpoint: Option<&Endpoint>) -> Place {
        let default = format!("/sts/STSService/{}", self.patient.domain);
        let named = endpoint.and_then(|endpoint| Place::parse(&endpoint.url, &default).ok());
        named.unwrap_or_else(|| self.patient.server.at(&default))
    }

    /// The STS is there, and knows a wrong password. Nobody has this name, so that nobody is locked.
    fn wrong_password(&mut self, sts: &Place) -> anyhow::Result<Option<Received>> {
        const CHECK: &str = "sts";
        let name = format!("vcsso-doctor-{}@{}", uuid(&SystemEntropy)?, self.patient.domain);
        let message = self.issue(&name, &uuid(&SystemEntropy)?)?;
        let received = match sts.post(&Patient::LOOKING, Operation::Issue.action(), &message) {
            Ok(received) => received,
            Err(why) => {
                self.findings.wrong(CHECK, why.to_string(), "nobody gets a token: is the STS running there?");
                return Ok(None);
            }
        };
        match Answer::read(received.body.clone()) {
            Ok(Answer::Fault(Fault { code, .. })) if code == "FailedAuthentication" => {
                self.findings.good(CHECK, format!("{}: a wrong password is refused", sts.url()));
            }
            Ok(Answer::Fault(Fault { code, text, .. })) => {
                let seen = format!("{}: a wrong password is refused as {code}: {text}", sts.url());
                self.findings.warning(
                    CHECK,
                    seen,
                    "the STS refuses the request before the password; compare the clocks",
                );
            }
            Ok(Answer::Token(_)) => {
                let seen = format!("{}: any name and any password get a token", sts.url());
                self.findings.wrong(
                    CHECK,
                    seen,
                    "this STS authenticates nobody: a simulator, good for no test of a login",
                );
            }
            Ok(Answer::Status(_) | Answer::Cancelled) => {
                self.findings.wrong(CHECK, "the answer is to another question", "is this an STS?");
            }
            Err(why) => {
                let seen = format!("{}: status {}: {why}", sts.url(), received.status);
                self.findings.wrong(CHECK, seen, "is this an STS?");
            }
        }
        Ok(Some(received))
    }

    /// Clients that compare take the certificate of the registration for the only good one.
    fn trusted_by_lookup(&mut self, endpoint: &Endpoint, received: Option<&Received>) {
        const CHECK: &str = "lookup.trust";
        let Some(leaf) = received.and_then(|received| received.shown.first()) else {
            return self.findings.skipped(CHECK, "the STS shows no certificate", "");
        };
        let shown = STANDARD.encode(leaf.der());
        if endpoint.ssl_trust.contains(&shown) {
            self.findings.good(CHECK, "the registered certificate is the one that is shown");
        } else if endpoint.ssl_trust.iter().all(String::is_empty) {
            let advice = "PowerCLI and the SDKs want one; register the certificate";
            self.findings.warning(CHECK, "no certificate is registered", advice);
        } else {
            let seen = format!("another certificate is registered than {}", described(leaf));
            let advice =
                "register the new certificate (on a vCenter: lsdoctor --trustfix), or clients refuse the STS";
            self.findings.wrong(CHECK, seen, advice);
        }
    }

    /// An Issue request of a bearer token, by password.
    pub(super) fn issue(&self, name: &str, password: &str) -> anyhow::Result<String> {
        let (ids, now) = (Ids::random(&SystemEntropy)?, self.clock.now());
        let lifetime = Lifetime { created: Some(now), expires: Some(now.plus(TIMESTAMP)) };
        let request = IssueRequest { lifetime, key_type: Some(KeyType::Bearer), ..IssueRequest::default() };
        let period = (now, now.plus(TIMESTAMP));
        let credential = Credential::Password(name, password);
        Ok(credential.write(Style::Govmomi, &ids, period, &sts::issue(&request))?)
    }

    pub(super) fn soon_over(&mut self, check: &'static str, seen: String, not_after: Option<Moment>) {
        let now = self.clock.now();
        match not_after {
            Some(end) if end < now => {
                self.findings.wrong(check, format!("{seen}: it is over"), "renew the certificate");
            }
            Some(end) if end < now.plus(SOON) => {
                self.findings.warning(check, seen, "renew the certificate: it ends within thirty days");
            }
            Some(_) | None => self.findings.good(check, seen),
        }
    }
}

fn token_in(body: Vec<u8>) -> Option<String> {
    match Answer::read(body) {
        Ok(Answer::Token(token)) => Some(token),
        _ => None,
    }
}

pub(super) fn described(certificate: &Certificate) -> String {
    let end = certificate.not_after();
    format!(
        "{}, until {}, SHA-256 {}",
        certificate.subject(),
        end.millis_text().as_str(),
        certificate.fingerprint()
    )
}

/// The time of an HTTP header, in whole seconds.
fn moment_of(date: &str) -> Option<Moment> {
    let date: HttpDate = date.parse().ok()?;
    let since = SystemTime::from(date).duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Moment::EPOCH.plus(since))
}

/// What every vSphere service forgives between two clocks.
pub(super) const TOLERANCE: Duration = Duration::from_mins(10);
/// Two machines that are set by one source are closer than this.
const NOTABLE: Duration = Duration::from_secs(30);
/// Time enough to renew a certificate.
const SOON: Duration = Duration::from_hours(30 * 24);
/// Longer than a question takes.
pub(super) const TIMESTAMP: Duration = Duration::from_mins(5);
pub(super) const VIM_VERSION: &str = "urn:vim25/8.0.2.0";
const LOOKUP: &str = "/lookupservice/sdk";
const LOOKUP_VERSION: &str = "urn:lookup/2.0";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Frozen;

    fn found(by: impl Fn(&mut Visit<'_>)) -> serde_json::Value {
        let server = Place::parse("https://vc.example", "/sdk").unwrap();
        let domain = "vsphere.local".to_owned();
        let patient = Patient { server, domain, authorities: None, is_insecure: false, login: None };
        let clock = Frozen::new(Moment::parse("2026-11-24T08:00:00Z").unwrap());
        let mut findings = Findings::default();
        by(&mut Visit { patient: &patient, clock: &clock, findings: &mut findings, leaf: None });
        findings.json("u")["checks"][0]["outcome"].clone()
    }

    #[test]
    fn clocks_may_differ_a_little() {
        for (date, outcome) in [
            ("Tue, 24 Nov 2026 08:00:00 GMT", "ok"),
            ("Tue, 24 Nov 2026 08:00:30 GMT", "ok"),
            ("Tue, 24 Nov 2026 07:59:29 GMT", "warning"),
            ("Tue, 24 Nov 2026 08:10:00 GMT", "warning"),
            ("Tue, 24 Nov 2026 08:10:01 GMT", "no"),
            ("Sun, 04 Mar 2018 00:22:01 GMT", "no"),
            ("today", "skipped"),
        ] {
            let received = Received { date: Some(date.to_owned()), ..Received::default() };
            assert_eq!(found(|visit| visit.clock(&received)), outcome, "{date}");
        }
    }

    #[test]
    fn a_certificate_is_renewed_before_it_is_over() {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let day = Duration::from_hours(24);
        for (end, outcome) in
            [(now.plus(SOON), "ok"), (now.plus(day), "warning"), (now, "warning"), (now.minus(day), "no")]
        {
            assert_eq!(found(|visit| visit.soon_over("x", String::new(), Some(end))), outcome, "{end}");
        }
    }

    #[test]
    fn only_a_vcenter_is_one() {
        for body in [
            "<html/>",
            "",
            "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body/></S:Envelope>",
        ] {
            let received = || Received { status: 200, body: body.as_bytes().to_vec(), ..Received::default() };
            assert_eq!(found(|visit| visit.sdk(received())), "no", "{body}");
        }
    }
}
