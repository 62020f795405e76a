//! Logins and what they open (`session-manager.md` §1.4–§1.19).

use super::calls::{Asked, Reply, unavailable};
use super::objects::user_session;
use super::{Answer, fault};
use crate::app::locale::Locales;
use crate::app::login::{Attempt, Opened, by_password, by_token};
use crate::app::{Refused, sessions};
use crate::vim::Value;
use crate::vim::locale::Locale;
use crate::vim::method::SessionCall;
use crate::wsse::UnverifiedLogin;

pub(super) async fn answer(asked: &Asked<'_>, call: SessionCall) -> Result<Reply, Answer> {
    let app = asked.exchange.app;
    match call {
        SessionCall::Login { user_name, password, locale } => {
            let login = UnverifiedLogin { user_name, password };
            open(by_password(app, &login, attempt(asked, locale.as_deref())).await)
        }
        SessionCall::LoginByToken { locale } => {
            open(by_token(app, asked.exchange.envelope, attempt(asked, locale.as_deref())).await)
        }
        SessionCall::Logout => {
            if let Some(caller) = asked.caller.session() {
                let ended = sessions::logout(app, caller, asked.exchange.peer).await;
                ended.map_err(|failure| unavailable(&failure))?;
            }
            Ok(Reply::NOTHING)
        }
    }
}

fn attempt<'a>(asked: &'a Asked<'_>, locale: Option<&str>) -> Attempt<'a> {
    let locales = match Locale::resolve(locale) {
        Ok(locale) => {
            Ok(Locales { locale: locale.locale.into(), message_locale: locale.message_locale.into() })
        }
        Err(unknown) => Err(unknown.seen),
    };
    Attempt { caller: asked.caller, locales, peer: asked.exchange.peer }
}

fn open(opened: Result<Opened, Refused>) -> Result<Reply, Answer> {
    let opened = opened.map_err(|refused| fault::of(&refused))?;
    Ok(Reply { value: Some(Value::from(user_session(&opened.session))), cookie: Some(opened.cookie) })
}
