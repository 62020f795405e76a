//! The operations of the Security Token Service (`sts.md` §2.5): which one, who asks, and the act itself, one file each.

mod cancel;
mod commit;
mod delegation;
mod exchange;
mod issue;
mod requester;
mod validate;

use self::exchange::Asked;
use self::issue::Outcome;
use super::admission::Admitted;
use super::audit::{Action, refuse};
use super::error::{Cause, Refused};
use super::login::unavailable;
use super::negotiation::Challenge;
use super::{App, Peer};
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::identity::Standing;
use crate::secret::Secret;
use crate::soap::Envelope;
use crate::verifier::{Class, Door, Finding, Proven, Report, SignedMessage, StepId};
use crate::wstrust::operation::soap_action_of;
use crate::wstrust::{self, Advice, IssueRequest, KeyType, Operation, RequestError};

/// What an operation leads to.
#[derive(Debug)]
pub enum Answer {
    /// A new token.
    Issued(Box<IssuedToken>),
    /// A new token in the place of another.
    Renewed(Box<IssuedToken>),
    /// The client must go on with its exchange.
    Challenged(Challenged),
    /// Whether a token is good.
    Validated {
        /// It is.
        valid: bool,
        /// `@Context` of the request.
        context: Option<String>,
    },
    /// A token is good no more.
    Cancelled {
        /// `@Context` of the request.
        context: Option<String>,
    },
}

/// The next token of an exchange.
#[derive(Debug)]
pub struct Challenged {
    /// `@Context` of the request; who gave none may go on by the name of the exchange.
    pub context: Option<String>,
    /// The token, and the name of the exchange.
    pub challenge: Challenge,
}

/// A token, and what the answer says about it.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The assertion.
    pub assertion: String,
    /// `@Context` of the request.
    pub context: Option<String>,
    /// First moment.
    pub not_before: Moment,
    /// The moment it is over.
    pub not_on_or_after: Moment,
    /// Its confirmation.
    pub key_type: KeyType,
    /// It may be delegated.
    pub delegatable: bool,
    /// It may be renewed.
    pub renewable: bool,
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// What it says in the name of others.
    pub advice: Vec<Advice>,
    /// The last token of an exchange, in base64.
    pub exchange: Option<String>,
}

/// One call of the service.
#[derive(Clone, Copy)]
struct Call<'a> {
    app: &'a App,
    envelope: &'a Envelope,
    operation: Operation,
    soap_action: &'a str,
    pending: &'a [Secret],
    peer: &'a Peer,
}

/// Does what a message asks for. `pending` are the names of exchanges that its connection knows.
///
/// # Errors
/// [`Refused`].
pub async fn serve(
    app: &App,
    envelope: &Envelope,
    soap_action: &str,
    pending: &[Secret],
    peer: &Peer,
) -> Result<Answer, Refused> {
    let operation = Operation::of(soap_action, envelope);
    let call = Call { app, envelope, operation, soap_action, pending, peer };
    call.precheck().await?;
    match operation {
        Operation::Issue | Operation::Renew | Operation::Challenge => match issue::issue(&call).await? {
            Outcome::Issued(token) if operation == Operation::Renew => Ok(Answer::Renewed(token)),
            Outcome::Issued(token) => Ok(Answer::Issued(token)),
            Outcome::Challenged(challenged) => Ok(Answer::Challenged(challenged)),
        },
        Operation::Validate => validate::validate(&call).await,
        Operation::Cancel => cancel::cancel(&call).await,
    }
}

/// A path that names another domain than ours.
pub async fn unknown_tenant(app: &App, tenant: &str, peer: &Peer) {
    let mut report = Report::new("sts", app.now());
    let seen: String = tenant.chars().take(256).collect();
    report.fail(StepId::RequestTenant, Finding::seen(seen).but(app.settings.domain.as_str().to_owned()));
    refuse(app, Action::Issue, "", report, Cause::Step, peer).await;
}

impl Call<'_> {
    /// Whose request is another operation's has nothing here to be judged by. Issue finds out later, from what is signed.
    async fn precheck(&self) -> Result<(), Refused> {
        if matches!(self.operation, Operation::Issue | Operation::Challenge) {
            return Ok(());
        }
        let refused = if self.operation == Operation::Cancel && self.cancel_is_off().await? {
            Some(RequestError::Unsupported("Cancel".to_owned()))
        } else {
            // What is wrong with the rest is for the step that reads what is signed.
            let read = IssueRequest::read(self.envelope.body(), self.operation);
            read.err().filter(|error| matches!(error, RequestError::RequestType))
        };
        let Some(error) = refused else { return Ok(()) };
        let mut report = Report::new("sts", self.app.now());
        report.fail(StepId::RequestShape, Finding::seen(error.to_string()));
        Err(refuse(self.app, self.action(), "", report, Cause::Request(error), self.peer).await)
    }

    /// By the policies of now: a refusal has no commit that would turn it away.
    async fn cancel_is_off(&self) -> Result<bool, Refused> {
        match self.app.policies.now(self.app).await {
            Ok(policies) => Ok(!policies.token.cancel),
            Err(failure) => Err(self.unavailable(&failure).await),
        }
    }

    /// A signed request is read from the bytes whose digest held, an unsigned one from the envelope.
    fn read_request(
        &self,
        report: &mut Report,
        signed: Option<&SignedMessage>,
    ) -> Result<IssueRequest, Cause> {
        let read = || {
            self.operation.check_action(self.soap_action)?;
            self.operation.check_action(soap_action_of(self.envelope)?)?;
            let body = signed.map_or_else(|| self.envelope.body(), SignedMessage::body);
            IssueRequest::read(body, self.operation)
        };
        read().map_err(|error| {
            report.fail(StepId::RequestShape, Finding::seen(error.to_string()));
            Cause::Request(error)
        })
    }

    /// The same for what may be asked for in one message or in two.
    fn read_asked(&self, report: &mut Report, proven: &Proven) -> Result<Asked, Cause> {
        if self.operation != Operation::Challenge {
            let request = self.read_request(report, proven.signed.as_ref())?;
            return Ok(Asked::Here(Box::new(request)));
        }
        let body = proven.signed.as_ref().map_or_else(|| self.envelope.body(), SignedMessage::body);
        // A password beside no token is SecurID's next code, which is not served.
        let read = wstrust::Challenge::read(body).map_err(|error| match error {
            RequestError::NoExchange if proven.login.is_some() => {
                RequestError::Exchange("Unsupported security token in challenge operation.")
            }
            error => error,
        });
        read.map(Asked::Before).map_err(|error| {
            report.fail(StepId::RequestShape, Finding::seen(error.to_string()));
            Cause::Request(error)
        })
    }

    async fn refused(&self, principal: &str, report: Report, cause: Cause) -> Refused {
        refuse(self.app, self.action(), principal, report, cause, self.peer).await
    }

    async fn unavailable(&self, failure: &super::error::Failure) -> Refused {
        unavailable(self.app, self.action(), "", failure, self.peer).await
    }

    const fn action(&self) -> Action {
        match self.operation {
            Operation::Issue | Operation::Challenge => Action::Issue,
            Operation::Renew => Action::Renew,
            Operation::Validate => Action::Validate,
            Operation::Cancel => Action::Cancel,
        }
    }

    const fn door(&self) -> Door {
        match self.operation {
            Operation::Issue | Operation::Challenge => Door::Sts,
            Operation::Renew => Door::StsRenew,
            Operation::Validate => Door::StsValidate,
            Operation::Cancel => Door::StsCancel,
        }
    }

    /// `name@DOMAIN`.
    fn upn(&self, standing: &Standing) -> String {
        let principal = standing.principal(&self.app.settings.domain);
        principal.map_or_else(|| standing.name.clone(), |principal| principal.upn())
    }
}

/// The tokens of another house are its own: only there they are renewed and taken back.
fn refuse_external(report: &mut Report, presented: Option<&Admitted>) -> Result<(), Cause> {
    if presented.is_some_and(|admitted| admitted.token().is_external()) {
        let finding = Finding::seen("An unsupported token was provided").but("a token of this house");
        report.fail(StepId::AdmissionIssuer, finding.class(Class::Unsupported));
        return Err(Cause::Step);
    }
    Ok(())
}
