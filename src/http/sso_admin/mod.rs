//! The door of the SSO administration service: a call in, the act it names, an answer (`sts.md` §9, `clients.md` §1.5).
//! One file for each object that has methods.

mod configuration;
mod discovery;
mod fault;
mod management;
mod policies;
mod roles;
mod sources;

use actix_web::http::header::ALLOW;
use actix_web::http::{Method as HttpMethod, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::{cookie, limits, observe};
use crate::app::accounts::By;
use crate::app::audit::{Action, bad_call, refused_call, unreadable};
use crate::app::caller::SessionCaller;
use crate::app::error::Failure;
use crate::app::registry::NotDone;
use crate::app::{App, Caller, Peer, sessions, sso_login};
use crate::identity::AccountName;
use crate::secret::Secret;
use crate::session::Service;
use crate::soap::Envelope;
use crate::sso_admin::principal::PrincipalId;
use crate::sso_admin::{Access, Call, Fault, Method, NAMESPACE, content};
use crate::verifier::Door;
use crate::vim::header::CallHeader;
use crate::vim::values::{ApiVersion, Value, message};

/// Its name in reports.
const DOOR: &str = Door::SsoAdmin.demands().name;
/// Where its cookie is sent back to: a client that is logged in on `/sdk` keeps that cookie too.
const PATH: &str = "/sso-adminserver";

/// Any method, at a path with a domain in its tail.
pub async fn any(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    if *request.method() != HttpMethod::POST {
        return HttpResponse::MethodNotAllowed().insert_header((ALLOW, "POST")).finish();
    }
    if !is_ours(request.match_info().unprocessed(), &app) {
        return HttpResponse::new(StatusCode::NOT_FOUND);
    }
    let peer = observe::peer(&request);
    let bytes = match limits::body(request.headers(), payload).await {
        Ok(bytes) => bytes,
        Err(answer) => return answer,
    };
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => {
            unreadable(&app, Action::CallSsoAdmin, &error, DOOR, &peer).await;
            let problem = "The message is not a SOAP 1.1 envelope".to_owned();
            return answer(Err(Answer::Fault(Fault::InvalidRequest(problem))));
        }
    };
    let cookies = cookies(&request, &envelope);
    let call = match Call::read(&envelope) {
        Ok(call) => call,
        Err(fault) => {
            if let Fault::InvalidRequest(problem) = &fault {
                bad_call(&app, DOOR, problem, &peer).await;
            }
            return answer(Err(fault.into()));
        }
    };
    answer(answered(&app, &envelope, &cookies, call, &peer).await)
}

/// What a call gives.
struct Reply {
    method: &'static str,
    value: Option<Value>,
    /// A session that was just opened.
    cookie: Option<Secret>,
}

/// What a call gives otherwise.
enum Answer {
    /// A fault.
    Fault(Fault),
    /// A bare status: the client may come back.
    Unavailable,
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A call that may be made, with what is needed to answer it.
struct Asked<'a> {
    app: &'a App,
    peer: &'a Peer,
    /// Who asks; nobody where anybody may.
    caller: &'a Caller,
}

impl Asked<'_> {
    fn domain(&self) -> &str {
        self.app.settings.domain.as_str()
    }

    fn session(&self) -> Result<&SessionCaller, Fault> {
        self.caller.session().ok_or(Fault::NotAuthenticated)
    }

    /// Whoever does it, for the audit.
    fn by(&self) -> By<'_> {
        (self.caller.session().map_or("", |caller| &caller.session.user_name), self.peer)
    }

    /// The principal of this house's domain that has the name.
    fn id(&self, name: &str) -> PrincipalId {
        PrincipalId { name: name.to_owned(), domain: self.domain().to_owned() }
    }

    /// Whether a domain is the one that is asked; without a name it is.
    fn is_ours(&self, domain: &str) -> bool {
        domain.is_empty() || self.app.settings.domain.is(domain)
    }

    /// The name in this house's domain.
    fn account(&self, id: &PrincipalId) -> Result<AccountName, NotDone> {
        if self.is_ours(&id.domain) { named(&id.name) } else { Err(nobody(&id.name)) }
    }
}

fn named(name: &str) -> Result<AccountName, NotDone> {
    AccountName::new(name).map_err(|_| nobody(name))
}

fn nobody(name: &str) -> NotDone {
    NotDone::NoSuchPrincipal(name.chars().take(256).collect())
}

/// The way of every call: the caller may, then its object answers; a refusal leaves a row.
async fn answered(
    app: &App,
    envelope: &Envelope,
    cookies: &[Secret],
    call: Call,
    peer: &Peer,
) -> Result<Reply, Answer> {
    let caller = sessions::caller_at(app, Service::SsoAdmin, cookies, peer).await;
    let caller = caller.map_err(|failure| unavailable(&failure))?;
    let asked = Asked { app, peer, caller: &caller };
    let Call { wire, access, method } = call;
    if let Err(fault) = allowed(access, &caller) {
        let reason = if fault == Fault::NoPermission { "no-permission" } else { "not-authenticated" };
        refused_call(app, asked.by().0, reason, wire, peer).await;
        return Err(fault.into());
    }
    if matches!(method, Method::Login) {
        let opened = sso_login::by_token(app, envelope, &caller, peer).await;
        let opened = opened.map_err(|refused| fault::of_refused(&refused))?;
        return Ok(Reply { method: wire, value: None, cookie: Some(opened.cookie) });
    }
    match done(&asked, method).await {
        Ok(value) => Ok(Reply { method: wire, value, cookie: None }),
        Err(Refusal::Fault(fault)) => Err(fault.into()),
        Err(Refusal::NotDone(NotDone::Failure(failure))) => Err(unavailable(&failure)),
        Err(Refusal::NotDone(why)) => {
            // A wrong password was written down with its report.
            if !matches!(why, NotDone::WrongPassword) {
                refused_call(app, asked.by().0, why.reason(), wire, peer).await;
            }
            Err(fault::of(&why, asked.domain()))
        }
    }
}

/// Why an object gives no answer.
enum Refusal {
    NotDone(NotDone),
    Fault(Fault),
}

impl<N: Into<NotDone>> From<N> for Refusal {
    fn from(why: N) -> Self {
        Self::NotDone(why.into())
    }
}

async fn done(asked: &Asked<'_>, method: Method) -> Result<Option<Value>, Refusal> {
    match method {
        Method::ServiceInstance => Ok(Some(content::administration())),
        Method::GroupcheckInstance => Ok(Some(content::groupcheck())),
        Method::Login | Method::Unsupported => Err(Refusal::Fault(Fault::NotSupported)),
        Method::Logout => {
            let caller = asked.session().map_err(Refusal::Fault)?;
            sessions::logout(asked.app, caller, asked.peer).await?;
            Ok(None)
        }
        Method::Discovery(call) => discovery::answer(asked, call).await,
        Method::GroupCheck(call) => discovery::check(asked, call).await,
        Method::Management(call) => management::answer(asked, call).await,
        Method::Role(call) => roles::answer(asked, call).await,
        Method::PasswordPolicy => policies::password(asked).await,
        Method::UpdatePasswordPolicy(policy) => policies::update_password(asked, &policy).await,
        Method::LockoutPolicy => policies::lockout(asked).await,
        Method::UpdateLockoutPolicy(policy) => policies::update_lockout(asked, &policy).await,
        Method::Configuration(call) => configuration::answer(asked, call).await,
        Method::Certificates(call) => configuration::certificates(asked, &call).await,
        Method::Source(call) => sources::answer(asked, call).await,
    }
}

/// Whether a caller may call; what somebody belongs to is looked at anew each time.
fn allowed(access: Access, caller: &Caller) -> Result<(), Fault> {
    let standing = caller.session().map(|caller| &caller.standing);
    match (access, standing) {
        (Access::Anybody, _) | (Access::RegularUser, Some(_)) => Ok(()),
        (Access::RegularUser | Access::Administrator, None) => Err(Fault::NotAuthenticated),
        (Access::Administrator, Some(standing)) if roles::administers(standing) => Ok(()),
        (Access::Administrator, Some(_)) => Err(Fault::NoPermission),
    }
}

fn unavailable(failure: &Failure) -> Answer {
    tracing::error!(error = %failure, "a call could not be answered");
    Answer::Unavailable
}

fn answer(result: Result<Reply, Answer>) -> HttpResponse {
    match result {
        Ok(Reply { method, value, cookie }) => {
            let mut answer = xml(StatusCode::OK);
            if let Some(cookie) = &cookie {
                answer.insert_header(("Set-Cookie", cookie::set_for(cookie, PATH)));
            }
            answer.body(message::answer(NAMESPACE, method, value.as_ref(), ApiVersion::NEWEST))
        }
        Err(Answer::Fault(fault)) => xml(StatusCode::INTERNAL_SERVER_ERROR).body(fault.write()),
        Err(Answer::Unavailable) => {
            HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "2")).finish()
        }
    }
}

fn xml(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("text/xml; charset=utf-8");
    answer
}

fn cookies(request: &HttpRequest, envelope: &Envelope) -> Vec<Secret> {
    let headers = request.headers().get_all("Cookie").filter_map(|header| header.to_str().ok());
    let mut cookies: Vec<_> = headers.flat_map(cookie::read).collect();
    cookies.extend(CallHeader::read(envelope).session_cookie);
    cookies
}

/// What follows `/sso-adminserver/sdk` names the domain; nothing is this house's.
fn is_ours(tail: &str, app: &App) -> bool {
    let domain = tail.trim_matches('/');
    domain.is_empty() || app.settings.domain.is(domain)
}
