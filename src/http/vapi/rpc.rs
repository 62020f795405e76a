//! The same sessions by JSON-RPC (`clients.md` §6.3): every call is a POST to one path, says in itself who it is from, and
//! is answered with 200 whatever came of it. Only what is no JSON-RPC at all gets another status.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::Value;

use super::answer::{self as styles, Error};
use super::session::{error_of, locales, shown};
use crate::app::audit::bad_call;
use crate::app::login::{Attempt, Opened, by_password};
use crate::app::login_by_json_token::by_json_token;
use crate::app::login_by_request::{Request, by_request, unusable};
use crate::app::{App, Caller, Peer, Refused, sessions};
use crate::http::{Site, cookie, limits, observe};
use crate::vapi_rpc::answer::{self, StandardError};
use crate::vapi_rpc::{Call, CallProblem, Security, SecurityProblem, Unreadable};
use crate::verifier::{CallToken, Finding, StepId};
use crate::wsse::UnverifiedLogin;

/// Its name in reports.
const DOOR: &str = "rpc";
/// The one service.
const SESSION: &str = "com.vmware.cis.session";
/// So much of an unknown name is repeated.
const MOST_NAMED: usize = 256;

/// `POST`: one call, one answer.
pub async fn rpc(request: HttpRequest, payload: Payload, app: Data<App>, site: Data<Site>) -> HttpResponse {
    if !is_json(request.headers()) {
        return HttpResponse::UnsupportedMediaType().finish();
    }
    let peer = observe::peer(&request);
    let body = match limits::body(request.headers(), payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let read =
        Call::read(&body).and_then(|call| call.agrees_with(header("vapi-service"), header("vapi-operation")));
    let Call { id, service, operation, has_input, security } = match read {
        Ok(call) => call,
        Err(Unreadable { id, problem }) => {
            bad_call(&app, DOOR, &problem.to_string(), &peer).await;
            return written(status_of(&problem)).body(answer::problem(&id, &problem));
        }
    };
    let call = Exchange { app: &app, headers: request.headers(), peer: &peer };
    let done = match Operation::named(&service, &operation) {
        Err(unknown) => Err(unknown),
        Ok(_) if !has_input => Err(Refusal::Input),
        Ok(Operation::Create) => call.opened(security).await,
        Ok(Operation::Get) => call.shown(security).await,
        Ok(Operation::Delete) => call.ended(security).await,
    };
    match done {
        Ok(value) => written(StatusCode::OK).body(answer::output(&id, &value)),
        Err(refusal) => {
            let error = refusal.error(styles::challenge(&site.sts_url(&request)));
            let mut answer = written(StatusCode::OK);
            answer.insert_header(("vapi-error", error.qualified()));
            answer.body(answer::error(&id, &error))
        }
    }
}

/// What the service does.
#[derive(Clone, Copy)]
enum Operation {
    Create,
    Get,
    Delete,
}

/// Why a call has no value.
enum Refusal {
    Standard(Error),
    Service(String),
    Operation(String),
    Input,
}

struct Exchange<'a> {
    app: &'a App,
    headers: &'a HeaderMap,
    peer: &'a Peer,
}

impl Exchange<'_> {
    async fn opened(&self, security: Result<Security, SecurityProblem>) -> Result<Value, Refusal> {
        let by_token = async |token: CallToken<'_>| {
            by_request(self.app, &Request::Call(token), &locales(), self.peer).await
        };
        let no = async |step, finding| Err(unusable(self.app, step, finding, self.peer).await);
        let opened = match security {
            Ok(Security::None) => return Err(Error::Unauthenticated.into()),
            Ok(Security::Bearer(token)) => by_token(CallToken::Bearer(&token)).await,
            Ok(Security::Signed(call)) => by_token(CallToken::Signed(&call)).await,
            Ok(Security::Password { user_name, password }) => {
                let login = UnverifiedLogin { user_name, password };
                by_password(self.app, &login, self.attempt()).await
            }
            Ok(Security::OAuth(token)) => by_json_token(self.app, token.expose(), self.attempt()).await,
            Ok(Security::Session(_)) => {
                let finding = Finding::seen("a session").but("a token or a password");
                no(StepId::CredentialMethod, finding).await
            }
            Err(problem) => no(StepId::RpcSecurityContext, problem.into()).await,
        };
        let Opened { cookie, .. } = opened.map_err(|refused| Refusal::from(&refused))?;
        Ok(answer::secret(cookie.expose()))
    }

    async fn shown(&self, security: Result<Security, SecurityProblem>) -> Result<Value, Refusal> {
        let caller = self.caller(security).await?;
        let session = &caller.session().ok_or(Error::Unauthenticated)?.session;
        Ok(answer::structure("com.vmware.cis.session.info", &shown(session)))
    }

    async fn ended(&self, security: Result<Security, SecurityProblem>) -> Result<Value, Refusal> {
        let caller = self.caller(security).await?;
        let session = caller.session().ok_or(Error::Unauthenticated)?;
        sessions::logout(self.app, session, self.peer).await.map_err(|_| Error::ServiceUnavailable)?;
        Ok(Value::Null)
    }

    /// Whoever holds the session that the call names, or the header where the call names nothing. No cookie counts here.
    async fn caller(&self, security: Result<Security, SecurityProblem>) -> Result<Caller, Refusal> {
        let named = match security {
            Ok(Security::Session(id)) => vec![id],
            Ok(Security::None) => cookie::of_header(self.headers),
            Ok(
                Security::Bearer(_) | Security::Signed(_) | Security::Password { .. } | Security::OAuth(_),
            ) => Vec::new(),
            Err(problem) => {
                let finding = problem.into();
                let refused = unusable(self.app, StepId::RpcSecurityContext, finding, self.peer).await;
                return Err(Refusal::from(&refused));
            }
        };
        let caller = sessions::caller(self.app, &named, self.peer).await;
        Ok(caller.map_err(|_| Error::ServiceUnavailable)?)
    }

    /// The credential of the call counts, whatever session the request names beside it.
    fn attempt(&self) -> Attempt<'_> {
        Attempt { door: DOOR, caller: &Caller::Anonymous, locales: Ok(locales()), peer: self.peer }
    }
}

impl Operation {
    fn named(service: &str, operation: &str) -> Result<Self, Refusal> {
        match (service, operation) {
            (SESSION, "create") => Ok(Self::Create),
            (SESSION, "get") => Ok(Self::Get),
            (SESSION, "delete") => Ok(Self::Delete),
            (SESSION, other) => Err(Refusal::Operation(short(other))),
            (other, _) => Err(Refusal::Service(short(other))),
        }
    }
}

impl Refusal {
    /// As vAPI's runtimes answer.
    fn error(self, challenge: String) -> StandardError {
        let challenge = matches!(self, Self::Standard(Error::Unauthenticated)).then_some(challenge);
        let (name, message, text, arguments) = match self {
            Self::Standard(error) => {
                let (message, text) = error.message();
                (error.name(), message, text.to_owned(), Vec::new())
            }
            Self::Service(named) => {
                let text = format!("Invalid interface {named}");
                ("operation_not_found", "vapi.method.input.invalid.interface", text, vec![named])
            }
            Self::Operation(named) => {
                let text = format!("Invalid method {named}");
                ("operation_not_found", "vapi.method.input.invalid.method", text, vec![named])
            }
            Self::Input => {
                let text = "Invalid input to method".to_owned();
                ("invalid_argument", "vapi.method.input.invalid", text, Vec::new())
            }
        };
        StandardError { name, message, text, arguments, challenge }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Standard(error)
    }
}

impl From<&Refused> for Refusal {
    fn from(refused: &Refused) -> Self {
        Self::Standard(error_of(refused))
    }
}

fn short(text: &str) -> String {
    text.chars().take(MOST_NAMED).collect()
}

/// A browser asks before it sends this type elsewhere; a form cannot send it at all.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

const fn status_of(problem: &CallProblem) -> StatusCode {
    match problem {
        CallProblem::Syntax(_) | CallProblem::Request(_) => StatusCode::BAD_REQUEST,
        CallProblem::Method | CallProblem::Parameters(_) | CallProblem::Headers => StatusCode::OK,
    }
}

fn written(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/json");
    answer
}
