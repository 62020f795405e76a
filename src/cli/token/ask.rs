//! The four operations: one way to ask and to print for all; what differs is the body and who signs it.

use std::time::Duration;

use serde_json::{Value, json};

use super::whose::{self, Who};
use super::{Cancel, Confirmation, Issue, LifetimeFlag, Renew, StsFlags, Validate};
use crate::cli::https::{Place, Received, Trust};
use crate::cli::output::{Output, print, print_json};
use crate::cli::verify::read;
use crate::cli::{Exit, Problem, World, eprint};
use crate::client::{Answer, Credential, Fault, Ids, Style, UnverifiedToken, sts};
use crate::clock::Moment;
use crate::config::{StateFolder, load_settings};
use crate::entropy::SystemEntropy;
use crate::pki::pem;
use crate::wstrust::{IssueRequest, KeyType, Lifetime, Operation, Participants};

/// A request, before its body is written.
struct Asking<'a, 'w> {
    sts: &'a StsFlags,
    world: &'a World<'w>,
    credential: Credential<'a>,
    ids: Ids,
    now: Moment,
}

impl Issue {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let act_as = self.act_as.as_deref().map(whose::token).transpose()?;
        let who = Who::of(&self.who, world)?;
        let asking = Asking::new(&self.sts, world, who.credential())?;
        let request = IssueRequest {
            lifetime: asking.lifetime(self.lifetime),
            key_type: Some(self.key_type(asking.credential)),
            renewable: Some(self.renewable),
            delegatable: self.delegatable,
            use_key: asking.use_key().filter(|_| self.wants_key(asking.credential)),
            delegate_to: self.delegate_to.clone(),
            claims: Some(self.claims.clone()).filter(|claims| !claims.is_empty()),
            participants: Participants { primary: None, others: self.audiences.clone() },
            ..IssueRequest::default()
        };
        let body = match &act_as {
            Some(token) => sts::act_as(&request, token),
            None => sts::issue(&request),
        };
        asking.ask(Operation::Issue, &body)
    }

    /// A delegate's key is the one it registered, so the key that signs is not named then.
    fn wants_key(&self, credential: Credential<'_>) -> bool {
        self.delegate_to.is_none() && self.key_type(credential) == KeyType::PublicKey
    }

    fn key_type(&self, credential: Credential<'_>) -> KeyType {
        let asked = self.confirmation.map(|asked| asked == Confirmation::HolderOfKey);
        let holder = asked.unwrap_or_else(|| credential.signs() || self.delegate_to.is_some());
        if holder { KeyType::PublicKey } else { KeyType::Bearer }
    }
}

impl Renew {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let token = whose::token(&self.token)?;
        let Some(key) = whose::key(&self.key)? else {
            let hint = "who renews a token signs with its key: give --certificate and --key";
            return Err(Problem::Usage(hint.into()).into());
        };
        let asking = Asking::new(&self.sts, world, Credential::Certificate(&key))?;
        let (lifetime, use_key) = (asking.lifetime(self.lifetime), asking.use_key());
        let request = IssueRequest { lifetime, use_key, ..IssueRequest::default() };
        asking.ask(Operation::Renew, &sts::renew(&request, &token))
    }
}

impl Validate {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let token = whose::token(&self.token)?;
        let asking = Asking::new(&self.sts, world, Credential::Nothing)?;
        asking.ask(Operation::Validate, &sts::validate(&IssueRequest::default(), &token))
    }
}

impl Cancel {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let token = whose::token(&self.token)?;
        let key = whose::key(&self.key)?;
        let credential = key.as_ref().map_or(Credential::Nothing, Credential::Certificate);
        let asking = Asking::new(&self.sts, world, credential)?;
        asking.ask(Operation::Cancel, &sts::cancel(&IssueRequest::default(), &token))
    }
}

impl<'a, 'w> Asking<'a, 'w> {
    fn new(sts: &'a StsFlags, world: &'a World<'w>, credential: Credential<'a>) -> anyhow::Result<Self> {
        Ok(Self { sts, world, credential, ids: Ids::random(&SystemEntropy)?, now: world.clock.now() })
    }

    fn lifetime(&self, flag: LifetimeFlag) -> Lifetime {
        let expires = self.now.plus(Duration::from_secs(flag.seconds));
        Lifetime { created: Some(self.now), expires: Some(expires) }
    }

    /// govmomi names the signature whose key it means; pyVmomi's signature has no name.
    fn use_key(&self) -> Option<String> {
        let named = self.sts.style.style() == Style::Govmomi && self.credential.signs();
        named.then(|| self.ids.signature.clone())
    }

    fn ask(&self, operation: Operation, body: &str) -> anyhow::Result<Exit> {
        let (place, trust) = self.sts.place(self.world)?;
        let period = (self.now, self.now.plus(TIMESTAMP));
        let message = self.credential.write(self.sts.style.style(), &self.ids, period, body)?;
        let Received { status, trace, body, .. } = place.post(&trust, operation.action(), &message)?;
        let answer = Answer::read(body)
            .map_err(|why| Problem::Unreachable(format!("{} answered {status}: {why}", place.url())))?;
        let output = self.world.output;
        match answer {
            Answer::Token(assertion) => told(output, &assertion, || token_json(&assertion), Exit::Ok),
            Answer::Status(valid) => {
                let exit = if valid { Exit::Ok } else { Exit::Refused };
                told(output, if valid { "valid" } else { "invalid" }, || Ok(json!({ "valid": valid })), exit)
            }
            Answer::Cancelled => told(output, "cancelled", || Ok(json!({ "cancelled": true })), Exit::Ok),
            Answer::Fault(fault) => refused(output, &fault, trace.as_deref()),
        }
    }
}

impl StsFlags {
    /// Where it is, and whom it must show to be.
    fn place(&self, world: &World<'_>) -> anyhow::Result<(Place, Trust)> {
        let settings = load_settings(&self.place.given(), world.environment)?;
        let running = StateFolder::look_at(&settings.state);
        let url = match &self.url {
            Some(url) => url.clone(),
            None => running.url()?.ok_or_else(|| {
                let state = settings.state.display();
                Problem::Unreachable(format!(
                    "no service has written its URL into {state}: give --url or --state"
                ))
            })?,
        };
        let place = Place::parse(&url, &format!("/sts/STSService/{}", settings.domain.as_str()))?;
        if self.insecure {
            return Ok((place, Trust::Anybody));
        }
        let made = settings.keys.join("ca.crt");
        let file = match &self.ca {
            Some(file) => file.clone(),
            None if made.exists() => made.display().to_string(),
            None => {
                let hint = "who signed the certificate of the STS? Give --ca FILE, or --insecure";
                return Err(Problem::Usage(hint.into()).into());
            }
        };
        let authorities = pem::certificates(&String::from_utf8_lossy(&read(&file)?))
            .map_err(|why| Problem::Usage(format!("{file}: {why}")))?;
        Ok((place, Trust::Authorities(authorities)))
    }
}

/// The assertion with what it says: the bytes are the same as without.
fn token_json(assertion: &str) -> anyhow::Result<Value> {
    let mut facts = UnverifiedToken::read(assertion)?.to_json();
    facts.insert("assertion".to_owned(), json!(assertion));
    Ok(Value::Object(facts))
}

fn told(
    output: Output,
    text: &str,
    as_json: impl FnOnce() -> anyhow::Result<Value>,
    exit: Exit,
) -> anyhow::Result<Exit> {
    match output {
        Output::Text => print(text)?,
        Output::Json => print_json(&as_json()?)?,
    }
    Ok(exit)
}

/// On stderr for people, so that a file of tokens holds tokens.
fn refused(output: Output, fault: &Fault, trace: Option<&str>) -> anyhow::Result<Exit> {
    let Fault { namespace, code, text } = fault;
    match output {
        Output::Json => {
            let fault = json!({ "code": code, "namespace": namespace, "text": text });
            print_json(&json!({ "fault": fault, "trace": trace }))?;
        }
        Output::Text => {
            let trace = trace.map_or_else(String::new, |trace| format!(" (trace {trace})"));
            eprint(&format!("vcsso: the STS says no: {code}: {text}{trace}"));
        }
    }
    Ok(Exit::Refused)
}

/// Longer than a question takes, shorter than anybody's tolerance.
const TIMESTAMP: Duration = Duration::from_mins(5);
