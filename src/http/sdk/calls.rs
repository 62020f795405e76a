//! What each call does. The checks before it are the same for all: the object exists, it has the method, the caller may.

use super::objects::{Inventory, user_session};
use super::{Answer, Exchange, Returned, fault, holds};
use crate::app::locale::Locales;
use crate::app::login::{Attempt, Opened, by_password, by_token};
use crate::app::{Caller, Refused, sessions};
use crate::entropy::uuid;
use crate::vim::access::{self, Access};
use crate::vim::locale::Locale;
use crate::vim::property::{
    FilterSpec, ObjectContent, Objects as _, RetrieveResult, fetch, mentions, page, retrieve,
};
use crate::vim::values::Record;
use crate::vim::{Call, Fault, Method, Value};
use crate::wsse::UnverifiedLogin;

/// Answers a call.
pub(super) async fn answer(exchange: &Exchange<'_>, caller: &Caller, call: Call) -> Result<Returned, Answer> {
    let method = call.method.name();
    let inventory = inventory(exchange, caller, &call).await?;
    if !inventory.exists(&call.this) {
        return Err(Fault::ManagedObjectNotFound { object: call.this }.into());
    }
    call.check_receiver()?;
    if let Access::Privilege(privilege) = access::of(method)
        && !holds(caller, privilege)
    {
        let fault = match caller.session() {
            Some(_) => Fault::no_permission(privilege),
            None => Fault::not_authenticated(),
        };
        return Err(fault.into());
    }
    let mut cookie = None;
    let value = match call.method {
        Method::RetrieveServiceContent => Some(inventory.content().into()),
        Method::CurrentTime => Some(Value::DateTime(inventory.now)),
        Method::Fetch { property } => {
            fetch(&call.this, &property, &inventory, exchange.version)?.map(Value::any)
        }
        Method::RetrieveProperties { specs } => {
            let objects = retrieve(&specs, &inventory, exchange.version)?;
            Some(Value::records("ObjectContent", objects))
        }
        Method::RetrievePropertiesEx { specs, max_objects } => {
            let objects = retrieve(&specs, &inventory, exchange.version)?;
            first_page(exchange, caller, objects, max_objects)?
        }
        Method::ContinueRetrievePropertiesEx { token } => Some(next_page(exchange, caller, &token)?),
        Method::CancelRetrievePropertiesEx { token } => {
            take(exchange, caller, &token)?;
            None
        }
        Method::QueryOptions { name } => Some(options(&inventory, name.as_deref())?),
        Method::Login { user_name, password, locale } => {
            let login = UnverifiedLogin { user_name, password };
            let opened =
                by_password(exchange.app, &login, attempt(exchange, caller, locale.as_deref())).await;
            Some(open(opened, &mut cookie)?)
        }
        Method::LoginByToken { locale } => {
            let attempt = attempt(exchange, caller, locale.as_deref());
            Some(open(by_token(exchange.app, exchange.envelope, attempt).await, &mut cookie)?)
        }
        Method::Logout => {
            if let Some(caller) = caller.session() {
                sessions::logout(exchange.app, caller, exchange.peer)
                    .await
                    .map_err(|failure| unavailable(&failure))?;
            }
            None
        }
    };
    Ok(Returned { method, value, cookie })
}

/// The objects; the list of sessions is read only when the call may ask for it.
async fn inventory<'a>(
    exchange: &'a Exchange<'a>,
    caller: &'a Caller,
    call: &Call,
) -> Result<Inventory<'a>, Answer> {
    let asks = |specs: &[FilterSpec]| mentions(specs, "SessionManager", "sessionList");
    let wanted = match &call.method {
        Method::Fetch { property } => property.starts_with("sessionList"),
        Method::RetrieveProperties { specs } | Method::RetrievePropertiesEx { specs, .. } => asks(specs),
        Method::RetrieveServiceContent
        | Method::CurrentTime
        | Method::ContinueRetrievePropertiesEx { .. }
        | Method::CancelRetrievePropertiesEx { .. }
        | Method::QueryOptions { .. }
        | Method::Login { .. }
        | Method::LoginByToken { .. }
        | Method::Logout => false,
    };
    let sessions = if wanted && holds(caller, crate::identity::privilege::TERMINATE_SESSION) {
        sessions::list(exchange.app).await.map_err(|failure| unavailable(&failure))?
    } else {
        Vec::new()
    };
    Ok(Inventory { exchange, caller, sessions, now: exchange.app.now() })
}

fn attempt<'a>(exchange: &'a Exchange<'a>, caller: &'a Caller, locale: Option<&str>) -> Attempt<'a> {
    let locales = match Locale::resolve(locale) {
        Ok(locale) => {
            Ok(Locales { locale: locale.locale.into(), message_locale: locale.message_locale.into() })
        }
        Err(unknown) => Err(unknown.seen),
    };
    Attempt { caller, locales, peer: exchange.peer }
}

fn open(
    opened: Result<Opened, Refused>,
    cookie: &mut Option<crate::secret::Secret>,
) -> Result<Value, Answer> {
    let opened = opened.map_err(|refused| fault::of(&refused))?;
    *cookie = Some(opened.cookie);
    Ok(user_session(&opened.session).into())
}

/// One name, or all below one that ends with a dot. Strangers see where the STS is, and nothing else.
fn options(inventory: &Inventory<'_>, name: Option<&str>) -> Result<Value, Answer> {
    let name = name.unwrap_or_default();
    if inventory.caller.session().is_none() && !name.starts_with("config.vpxd.sso.") {
        return Err(Fault::not_authenticated().into());
    }
    let mut options = inventory.options();
    options.retain(|option| {
        option.key == name || (name.is_empty() || name.ends_with('.')) && option.key.starts_with(name)
    });
    if options.is_empty() {
        return Err(Fault::InvalidName { name: name.chars().take(128).collect() }.into());
    }
    Ok(Value::records("OptionValue", options))
}

fn first_page(
    exchange: &Exchange<'_>,
    caller: &Caller,
    objects: Vec<ObjectContent>,
    most: Option<usize>,
) -> Result<Option<Value>, Answer> {
    // A stranger cannot come back for more, so everything is handed out at once.
    let (objects, rest) = page(objects, most.filter(|_| caller.session().is_some()));
    if objects.is_empty() {
        return Ok(None);
    }
    let token = match (rest.is_empty(), caller.session()) {
        (false, Some(caller)) => {
            let token = uuid(&*exchange.app.entropy).map_err(|error| unavailable(&error.into()))?;
            exchange.pages.keep(&caller.session.key, token.clone(), rest);
            Some(token)
        }
        _ => None,
    };
    Ok(Some(Value::Record(Record::from(RetrieveResult { token, objects }))))
}

fn next_page(exchange: &Exchange<'_>, caller: &Caller, token: &str) -> Result<Value, Answer> {
    let objects = take(exchange, caller, token)?;
    Ok(Value::Record(Record::from(RetrieveResult { token: None, objects })))
}

fn take(exchange: &Exchange<'_>, caller: &Caller, token: &str) -> Result<Vec<ObjectContent>, Answer> {
    let rest = caller.session().and_then(|caller| exchange.pages.take(&caller.session.key, token));
    rest.ok_or_else(|| Fault::InvalidArgument { property: Some("token".into()) }.into())
}

fn unavailable(failure: &crate::app::error::Failure) -> Answer {
    tracing::error!(error = %failure, "a call could not be answered");
    Answer::Status(actix_web::http::StatusCode::SERVICE_UNAVAILABLE)
}
