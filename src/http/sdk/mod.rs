//! The vim25 door: a call in, the act or the reading it names, an answer in the client's version
//! (`session-manager.md` §3, §7).

mod authorization_manager;
mod belongings;
mod calls;
mod event_manager;
mod extension_manager;
mod fault;
pub mod json;
mod happenings;
mod objects;
mod option_manager;
mod pages;
mod property_collector;
mod session_manager;
mod user_directory;
mod views;
mod waiting;

pub use belongings::Belongings;
pub use pages::Pages;

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::{Site, bearer, cookie, limits, observe};
use crate::app::audit::{Action, bad_call, unreadable};
use crate::app::negotiation::{Challenge, is_exchange};
use crate::app::{App, Caller, Peer, sessions};
use crate::secret::Secret;
use crate::soap::Envelope;
use crate::verifier::Door;
use crate::vim::header::CallHeader;
use crate::vim::version::Asked;
use crate::vim::{ApiVersion, Call, CallError, Fault, MethodName, Value, response};

/// Its name in reports.
const DOOR: &str = Door::Sdk.demands().name;

/// `POST`: one call, one answer.
pub async fn post(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    site: Data<Site>,
    pages: Data<Pages>,
    belongings: Data<Belongings>,
) -> HttpResponse {
    let peer = observe::peer(&request);
    let asked = request.headers().get("SOAPAction").and_then(|action| action.to_str().ok());
    let version = Asked::read(asked).nearest();
    let bytes = match limits::body(request.headers(), payload).await {
        Ok(bytes) => bytes,
        Err(answer) => return answer,
    };
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => {
            let refused = unreadable(&app, Action::Call, &error, DOOR, &peer).await;
            return answer(Err(fault::of(&refused)), version);
        }
    };
    let (exchanges, sessions) = told_apart(cookies(&request, &envelope));
    let exchange = Exchange {
        app: &app,
        exchanges,
        bearers: bearers(&request),
        pages: &pages,
        belongings: &belongings,
        envelope: &envelope,
        peer: &peer,
        version,
        site: &site,
        host: site.host(&request).to_owned(),
        sts_url: site.sts_url(&request),
    };
    answer(exchange.answer(&sessions, CallError::fault).await, version)
}

/// One request on its way through the door.
struct Exchange<'a> {
    app: &'a App,
    /// Names of pending exchanges by SSPI.
    exchanges: Vec<Secret>,
    /// JSON Web Tokens beside the request.
    bearers: Vec<Secret>,
    pages: &'a Pages,
    belongings: &'a Belongings,
    envelope: &'a Envelope,
    peer: &'a Peer,
    version: ApiVersion,
    site: &'a Site,
    host: String,
    sts_url: String,
}

impl Exchange<'_> {
    /// The way of every message, whatever it was written in: the call, the caller, what the call gives. `explain` says
    /// what is wrong with a call in the words of the notation.
    async fn answer(
        &self,
        sessions: &[Secret],
        explain: fn(&CallError) -> Fault,
    ) -> Result<Returned, Answer> {
        let call = match Call::read(self.envelope) {
            Ok(call) => call,
            Err(error) => {
                bad_call(self.app, DOOR, &error.to_string(), self.peer).await;
                return Err(explain(&error).into());
            }
        };
        let caller = sessions::caller(self.app, sessions, self.peer).await;
        let caller = caller.map_err(|failure| calls::unavailable(&failure))?;
        calls::answer(self, &caller, call).await
    }
}

/// What a call gives, if it gives something.
struct Returned {
    method: MethodName,
    value: Option<Value>,
    /// A session that was just opened.
    cookie: Option<Secret>,
}

/// What a call gives otherwise.
enum Answer {
    /// A fault: status 500, as every client expects.
    Fault(Fault),
    /// The fault by which a login by SSPI goes on: the only one with a cookie, by which the client is known again.
    Challenge(Challenge),
    /// A bare status, where vCenter sends one.
    Status(StatusCode),
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn answer(result: Result<Returned, Answer>, version: ApiVersion) -> HttpResponse {
    match result {
        Ok(returned) => {
            let mut answer = xml(StatusCode::OK);
            if let Some(cookie) = &returned.cookie {
                answer.insert_header(("Set-Cookie", cookie::set(cookie)));
            }
            answer.body(response::write(returned.method, returned.value.as_ref(), version))
        }
        Err(Answer::Fault(fault)) => xml(StatusCode::INTERNAL_SERVER_ERROR).body(fault.write(version)),
        Err(Answer::Challenge(Challenge { exchange, token })) => {
            let mut answer = xml(StatusCode::INTERNAL_SERVER_ERROR);
            answer.insert_header(("Set-Cookie", cookie::set(&exchange)));
            answer.body(Fault::SspiChallenge { base64_token: token }.write(version))
        }
        Err(Answer::Status(status)) => bare(status),
    }
}

/// An answer that has nothing to do with the call: the client may come back.
fn bare(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).insert_header(("Retry-After", "2")).finish()
}

/// Before somebody is logged in, what names a session may name an exchange of tokens. That is no session, and never one.
fn told_apart(names: Vec<Secret>) -> (Vec<Secret>, Vec<Secret>) {
    names.into_iter().partition(is_exchange)
}

fn cookies(request: &HttpRequest, envelope: &Envelope) -> Vec<Secret> {
    let headers = request.headers().get_all("Cookie").filter_map(|header| header.to_str().ok());
    let mut cookies: Vec<_> = headers.flat_map(cookie::read).collect();
    cookies.extend(CallHeader::read(envelope).session_cookie);
    cookies
}

/// pyVmomi sends its token with every request (`clients.md` §5.3); only a login by token looks at it.
fn bearers(request: &HttpRequest) -> Vec<Secret> {
    let headers = request.headers().get_all(AUTHORIZATION).filter_map(|header| header.to_str().ok());
    headers.filter_map(bearer).collect()
}

fn xml(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("text/xml; charset=utf-8");
    answer
}

/// Whether the caller has a privilege on the root folder. Whoever may log in may look around; whose permissions are gone
/// may not any more, though the session lives.
fn holds(caller: &Caller, privilege: &str) -> bool {
    let standing = caller.session().map(|caller| &caller.standing);
    standing.is_some_and(|standing| standing.holds(privilege))
}
