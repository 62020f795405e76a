//! One session: made, asked about, ended.

use actix_web::http::header::{ALLOW, AUTHORIZATION};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Error, Style};
use crate::app::audit::bad_call;
use crate::app::locale::Locales;
use crate::app::login::{Attempt, Opened, by_password};
use crate::app::login_by_json_token::by_json_token;
use crate::app::login_by_request::{Request, by_request};
use crate::app::{App, Caller, Cause, Peer, Refused, sessions};
use crate::http::{Site, bearer, cookie, limits, observe};
use crate::secret::Secret;
use crate::session::Session;
use crate::vapi_sign::{SignHeader, Target};
use crate::verifier::StepId;
use crate::vim::locale::DEFAULT;
use crate::wsse::UnverifiedLogin;

/// Its name in reports.
const DOOR: &str = "rest";

/// Every method at a path of this style.
pub async fn session(
    style: Style,
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    site: Data<Site>,
) -> HttpResponse {
    // What is not asked for here is not waited for either.
    let Some(wish) = Wish::of(style, &request) else {
        return HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, POST, DELETE")).finish();
    };
    let peer = observe::peer(&request);
    let body = match limits::body(request.headers(), payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let exchange = Exchange { style, request: &request, app: &app, site: &site, peer: &peer };
    let done = match wish {
        Wish::Open => exchange.opened(&body).await,
        Wish::Show => exchange.shown().await,
        Wish::End => exchange.ended().await,
    };
    done.unwrap_or_else(|error| style.error(error, &site.sts_url(&request)))
}

/// What is asked for.
enum Wish {
    Open,
    Show,
    End,
}

impl Wish {
    fn of(style: Style, request: &HttpRequest) -> Option<Self> {
        match *request.method() {
            Method::POST if is_question(style, request.query_string()) => Some(Self::Show),
            Method::POST => Some(Self::Open),
            Method::GET => Some(Self::Show),
            Method::DELETE => Some(Self::End),
            _ => None,
        }
    }
}

/// `/rest` has no other way to ask about a session than this.
fn is_question(style: Style, query: &str) -> bool {
    style == Style::Rest && matches!(query, "~action=get" | "%7Eaction=get")
}

struct Exchange<'a> {
    style: Style,
    request: &'a HttpRequest,
    app: &'a App,
    site: &'a Site,
    peer: &'a Peer,
}

impl Exchange<'_> {
    async fn opened(&self, body: &[u8]) -> Result<HttpResponse, Error> {
        // A query is not signed: nothing may depend on it (`attacks.md` G07).
        if !self.request.query_string().is_empty() {
            return Err(self.unreadable("a query where a session is made").await);
        }
        let opened = match self.authorization().await? {
            Authorization::Password(login) => by_password(self.app, &login, self.attempt()).await,
            Authorization::Bearer(token) => by_json_token(self.app, token.expose(), self.attempt()).await,
            Authorization::Sign(parameters) => {
                let request = Request::Sign {
                    header: SignHeader::read(&parameters),
                    target: Target::new(
                        self.request.method().as_str(),
                        self.request.uri().path(),
                        self.site.host(self.request),
                        body,
                    ),
                    hosts: &self.site.host_names,
                };
                by_request(self.app, &request, &locales(), self.peer).await
            }
        };
        let Opened { cookie, .. } = opened.map_err(|refused| error_of(&refused))?;
        let status = match self.style {
            Style::Api => StatusCode::CREATED,
            Style::Rest => StatusCode::OK,
        };
        Ok(self.style.value(status, &json!(cookie.expose())))
    }

    async fn shown(&self) -> Result<HttpResponse, Error> {
        let caller = self.caller().await?;
        let caller = caller.session().ok_or(Error::Unauthenticated)?;
        Ok(self.style.value(StatusCode::OK, &shown(&caller.session)))
    }

    async fn ended(&self) -> Result<HttpResponse, Error> {
        let caller = self.caller().await?;
        let session = caller.session().ok_or(Error::Unauthenticated)?;
        sessions::logout(self.app, session, self.peer).await.map_err(|_| Error::ServiceUnavailable)?;
        Ok(HttpResponse::new(match self.style {
            Style::Api => StatusCode::NO_CONTENT,
            Style::Rest => StatusCode::OK,
        }))
    }

    /// Whoever holds the session that the header names. No cookie counts here, and nothing in a URL.
    async fn caller(&self) -> Result<Caller, Error> {
        let named = cookie::of_header(self.request.headers());
        sessions::caller(self.app, &named, self.peer).await.map_err(|_| Error::ServiceUnavailable)
    }

    /// The one credential of the request.
    async fn authorization(&self) -> Result<Authorization, Error> {
        let mut headers = self.request.headers().get_all(AUTHORIZATION);
        let (Some(header), None) = (headers.next(), headers.next()) else {
            let found = self.request.headers().get_all(AUTHORIZATION).count();
            return Err(match found {
                0 => Error::Unauthenticated,
                _ => self.unreadable("more than one Authorization header").await,
            });
        };
        let header = header.to_str().unwrap_or_default();
        if let Some(parameters) = SignHeader::parameters(header) {
            return Ok(Authorization::Sign(parameters.to_owned()));
        }
        if let Some(login) = basic(header) {
            return Ok(Authorization::Password(login));
        }
        if let Some(token) = bearer(header) {
            return Ok(Authorization::Bearer(token));
        }
        let what = "an Authorization header that is neither Basic nor Bearer nor SIGN";
        bad_call(self.app, DOOR, what, self.peer).await;
        Err(Error::Unauthenticated)
    }

    async fn unreadable(&self, what: &str) -> Error {
        bad_call(self.app, DOOR, what, self.peer).await;
        Error::InvalidRequest
    }

    fn attempt(&self) -> Attempt<'_> {
        // The credential of the request counts, whatever session it names beside it (`attacks.md` G12).
        Attempt { door: DOOR, caller: &Caller::Anonymous, locales: Ok(locales()), peer: self.peer }
    }
}

enum Authorization {
    Password(UnverifiedLogin),
    Bearer(Secret),
    Sign(String),
}

/// RFC 7617, in UTF-8. A name may not hold a colon; a password may.
pub fn basic(header: &str) -> Option<UnverifiedLogin> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("Basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let text = Secret::new(String::from_utf8(decoded).ok()?);
    let (name, password) = text.expose().split_once(':')?;
    Some(UnverifiedLogin { user_name: name.to_owned(), password: Secret::new(password) })
}

pub(super) fn locales() -> Locales {
    Locales { locale: DEFAULT.to_owned(), message_locale: DEFAULT.to_owned() }
}

/// What there is to know of a session.
pub(super) fn shown(session: &Session) -> Value {
    json!({
        "user": user_of(session),
        "created_time": session.login_time.to_string(),
        "last_accessed_time": session.last_active_time.to_string(),
    })
}

/// `name@DOMAIN`; the key of an extension as it is.
fn user_of(session: &Session) -> String {
    match session.user_name.split_once('\\') {
        Some((domain, name)) => format!("{name}@{domain}"),
        None => session.user_name.clone(),
    }
}

pub(super) fn error_of(refused: &Refused) -> Error {
    match (&refused.cause, refused.report.refusal().map(|step| step.id)) {
        (Cause::Overloaded | Cause::Unavailable, _) | (_, Some(StepId::SessionLimit)) => {
            Error::ServiceUnavailable
        }
        (_, Some(StepId::AdmissionPermission)) => Error::Unauthorized,
        _ => Error::Unauthenticated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_everything_after_the_first_colon() {
        let read = |text: &str| basic(&format!("Basic {}", STANDARD.encode(text)));
        let login = read("alice@vsphere.local:a:b\u{e9}").unwrap();
        assert_eq!((login.user_name.as_str(), login.password.expose()), ("alice@vsphere.local", "a:b\u{e9}"));
        assert!(basic("basic  YTpi").is_some());
        for none in ["", "Basic", "Basic %", "Bearer YTpi", "Basic YWI="] {
            assert!(basic(none).is_none(), "{none}");
        }
    }

    #[test]
    fn only_the_old_style_asks_by_post() {
        assert!(is_question(Style::Rest, "~action=get"));
        assert!(!is_question(Style::Api, "~action=get") && !is_question(Style::Rest, "~action=get&x"));
    }
}
