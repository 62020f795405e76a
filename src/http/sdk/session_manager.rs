//! Sessions: opened, lent, taken over, ended; and what is said to all of them (`session-manager.md` §1.4–§1.19).

use super::calls::{Asked, Reply, unavailable};
use super::objects::user_session;
use super::{Answer, fault};
use crate::app::audit::bad_call;
use crate::app::caller::SessionCaller;
use crate::app::error::Failure;
use crate::app::extension_login;
use crate::app::local_tickets::{self, NotGiven};
use crate::app::locale::Locales;
use crate::app::login::{Attempt, Opened, by_password, by_token};
use crate::app::login_by_json_token::by_json_token;
use crate::app::login_by_sspi::{Outcome, by_sspi};
use crate::app::negotiation::{Beginning, Offer};
use crate::app::sessions::NotEnded;
use crate::app::tickets::{self, Service};
use crate::app::{Refused, impersonation, message, sessions};
use crate::vim::locale::Locale;
use crate::vim::method::{ServiceRequest, SessionCall};
use crate::vim::values::{GenericServiceTicket, LocalTicket};
use crate::vim::{Fault, Value};
use crate::wsse::{HeaderError, SecurityHeader, UnverifiedLogin};

pub(super) async fn answer(asked: &Asked<'_>, call: SessionCall) -> Result<Reply, Answer> {
    let (app, peer) = (asked.exchange.app, asked.exchange.peer);
    match call {
        SessionCall::Login { user_name, password, locale } => {
            let login = UnverifiedLogin { user_name, password };
            open(by_password(app, &login, attempt(asked, locale.as_deref())).await)
        }
        SessionCall::LoginByToken { locale } => {
            let attempt = attempt(asked, locale.as_deref());
            let in_header = SecurityHeader::read(asked.exchange.envelope);
            match asked.exchange.bearers.as_slice() {
                [] => open(by_token(app, asked.exchange.envelope, attempt).await),
                [token] if matches!(in_header, Err(HeaderError::Missing)) => {
                    open(by_json_token(app, token.expose(), attempt).await)
                }
                // One credential counts, and two are none (`attacks.md` G12).
                [_, ..] => {
                    bad_call(app, super::DOOR, "more than one token", peer).await;
                    Err(Fault::InvalidLogin.into())
                }
            }
        }
        SessionCall::LoginBySspi { base64_token, locale } => {
            let (token, exchanges) = (base64_token.expose(), asked.exchange.exchanges.as_slice());
            let offer = Offer { token, exchanges, beginning: Some(Beginning::default()) };
            match by_sspi(app, offer, attempt(asked, locale.as_deref())).await {
                Ok(Outcome::Challenge(challenge)) => Err(Answer::Challenge(challenge)),
                Ok(Outcome::Opened(opened)) => open(Ok(*opened)),
                Err(refused) => Err(fault::of(&refused)),
            }
        }
        SessionCall::CloneSession { ticket } => {
            open(tickets::clone_session(app, &ticket, asked.caller, peer).await)
        }
        SessionCall::LoginExtensionBySubjectName { extension_key, locale } => {
            let attempt = attempt(asked, locale.as_deref());
            open(extension_login::by_subject_name(app, &extension_key, attempt).await)
        }
        SessionCall::LoginExtensionByCertificate { extension_key, locale } => {
            let attempt = attempt(asked, locale.as_deref());
            open(extension_login::by_certificate(app, &extension_key, attempt).await)
        }
        SessionCall::LoginExtension => Err(Fault::NotSupported.into()),
        SessionCall::Logout => {
            done(sessions::logout(app, caller(asked)?, peer).await)?;
            Ok(Reply::NOTHING)
        }
        SessionCall::TerminateSession { keys } => terminate(asked, &keys).await,
        SessionCall::SessionIsActive { key, user_name } => {
            Ok(Reply::of(done(sessions::is_active(app, &key, &user_name).await)?))
        }
        SessionCall::SetLocale { locale } => {
            let locale = Locale::named(&locale).map_err(|_| Fault::InvalidLocale)?;
            done(sessions::set_locale(app, caller(asked)?, &locales(locale), peer).await)?;
            Ok(Reply::NOTHING)
        }
        SessionCall::ImpersonateUser { user_name, locale } => {
            // Without one the session keeps its own.
            let locale = locale.filter(|text| !text.is_empty()).map(|text| Locale::named(&text)).transpose();
            let wanted = locale.map(|found| found.map(locales)).map_err(|unknown| unknown.seen);
            let session = impersonation::impersonate(app, caller(asked)?, &user_name, wanted, peer).await;
            Ok(Reply::of(user_session(&session.map_err(|refused| fault::of(&refused))?)))
        }
        SessionCall::AcquireCloneTicket => {
            let thumbprint = &asked.exchange.site.thumbprints().sha1;
            let ticket = done(tickets::clone_ticket(app, caller(asked)?, thumbprint, peer).await)?;
            Ok(Reply::of(ticket.ok_or_else(Fault::not_authenticated)?.expose()))
        }
        SessionCall::AcquireGenericServiceTicket { spec } => service_ticket(asked, spec).await,
        SessionCall::AcquireLocalTicket { user_name } => {
            match local_tickets::acquire(app, &user_name, peer).await {
                Ok(ticket) => Ok(Reply::of(LocalTicket {
                    user_name: ticket.user_name,
                    password_file_path: ticket.path.display().to_string(),
                })),
                Err(NotGiven::NotSupported) => Err(Fault::NotSupported.into()),
                Err(NotGiven::Remote) => Err(Fault::InvalidRequest { text: REMOTE.into() }.into()),
                Err(NotGiven::Refused(refused)) => Err(fault::of(&refused)),
            }
        }
        SessionCall::UpdateServiceMessage { message: text } => {
            if text.len() > message::MAX_MESSAGE {
                return Err(Fault::InvalidArgument { property: Some("message".into()) }.into());
            }
            done(message::set_message(app, caller(asked)?, &text, peer).await)?;
            Ok(Reply::NOTHING)
        }
    }
}

/// In order, each for itself: what was ended before a failure stays ended.
async fn terminate(asked: &Asked<'_>, keys: &[String]) -> Result<Reply, Answer> {
    let caller = caller(asked)?;
    for key in keys {
        let ended = sessions::terminate(asked.exchange.app, caller, key, asked.exchange.peer).await;
        ended.map_err(|error| match error {
            NotEnded::Own => Fault::InvalidArgument { property: Some("sessionId".into()) }.into(),
            NotEnded::Unknown => Fault::NotFound.into(),
            NotEnded::Failed(failure) => unavailable(&failure),
        })?;
    }
    Ok(Reply::NOTHING)
}

async fn service_ticket(asked: &Asked<'_>, spec: ServiceRequest) -> Result<Reply, Answer> {
    let caller = caller(asked)?;
    let wrong = |path: &str| Fault::InvalidArgument { property: Some(path.into()) };
    let service = match spec {
        // The API spells it in camel case, and some clients as the method is called.
        ServiceRequest::Vmomi { method } if method.eq_ignore_ascii_case("cloneSession") => {
            Service::CloneSession
        }
        ServiceRequest::Vmomi { .. } => return Err(wrong("spec.method").into()),
        ServiceRequest::Http { method, url } => Service::Http {
            method: method.map(|name| http_method(&name).ok_or_else(|| wrong("spec.method"))).transpose()?,
            url: path_and_query(&url).ok_or_else(|| wrong("spec.url"))?,
        },
        ServiceRequest::Unspecified => return Err(wrong("spec").into()),
    };
    let exchange = asked.exchange;
    let id = done(tickets::service_ticket(exchange.app, caller, service, exchange.peer).await)?;
    let id = id.ok_or_else(Fault::not_authenticated)?;
    let host = exchange.host.rsplit_once(':').map_or(exchange.host.as_str(), |(host, _)| host);
    Ok(Reply::of(GenericServiceTicket {
        id,
        host_name: host.to_owned(),
        certificate: exchange.site.thumbprints(),
    }))
}

/// `httpGet` is `GET`.
fn http_method(name: &str) -> Option<String> {
    let known = ["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"];
    let method = name.strip_prefix("http")?.to_ascii_uppercase();
    known.contains(&method.as_str()).then_some(method)
}

/// Scheme, host and port are ignored (§1.9).
fn path_and_query(url: &str) -> Option<String> {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.get(after_scheme.find('/')?..)?;
    let path = path.split('#').next().unwrap_or_default();
    (path.len() <= MAX_URL && path.bytes().all(|byte| byte.is_ascii_graphic())).then(|| path.to_owned())
}

/// The methods that come here take a session, but for the logins.
fn caller<'a>(asked: &'a Asked<'_>) -> Result<&'a SessionCaller, Answer> {
    asked.caller.session().ok_or_else(|| Fault::not_authenticated().into())
}

fn done<T>(result: Result<T, Failure>) -> Result<T, Answer> {
    result.map_err(|failure| unavailable(&failure))
}

fn attempt<'a>(asked: &'a Asked<'_>, locale: Option<&str>) -> Attempt<'a> {
    let locales = Locale::resolve(locale).map(locales).map_err(|unknown| unknown.seen);
    Attempt { door: super::DOOR, caller: asked.caller, locales, peer: asked.exchange.peer }
}

fn locales(locale: Locale) -> Locales {
    Locales { locale: locale.locale.into(), message_locale: locale.message_locale.into() }
}

fn open(opened: Result<Opened, Refused>) -> Result<Reply, Answer> {
    let opened = opened.map_err(|refused| fault::of(&refused))?;
    Ok(Reply { value: Some(Value::from(user_session(&opened.session))), cookie: Some(opened.cookie) })
}

const REMOTE: &str = "A local ticket is only given to a client on this machine";
/// As long as a request line may be.
const MAX_URL: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_path_and_query_count() {
        for (url, wanted) in [
            ("https://host/folder/x?dcPath=DC0&dsName=a", Some("/folder/x?dcPath=DC0&dsName=a")),
            ("https://*:443/nfc/1/disk.vmdk", Some("/nfc/1/disk.vmdk")),
            ("/cgi-bin/x#top", Some("/cgi-bin/x")),
            ("https://host", None),
            ("", None),
            ("/a b", None),
        ] {
            assert_eq!(path_and_query(url).as_deref(), wanted, "{url}");
        }
    }

    #[test]
    fn a_method_is_named_as_the_api_names_it() {
        assert_eq!(http_method("httpPut").as_deref(), Some("PUT"));
        for name in ["PUT", "httpPatch", "http", ""] {
            assert_eq!(http_method(name), None, "{name}");
        }
    }
}
