//! Live sessions, by their public key. What a client shows to be one is not known here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json};
use super::problem::Problem;
use super::values::{Page, Paging, Time};
use crate::app::sessions;
use crate::session;

/// A session.
#[derive(JsonSchema, Serialize)]
pub(super) struct Session {
    /// Its public identifier.
    key: String,
    /// Whose it is: `DOMAIN\name`, or the key of an extension.
    user_name: String,
    /// The name for people.
    full_name: String,
    /// When it began.
    login_time: Time,
    /// When it was last used.
    last_active_time: Time,
    /// Its locale.
    locale: String,
    /// It is an extension's.
    extension: bool,
    /// The latest address.
    ip_address: String,
    /// The latest `User-Agent`.
    user_agent: String,
    /// Calls since the login.
    call_count: i64,
    /// The token that opened it, if one did.
    token_id: Option<String>,
}

/// Which session.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// Its public identifier.
    key: String,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<Session>>, Problem> {
    let sessions = sessions::list(&asked.app).await?;
    Ok(Json(paging.of(sessions, |session| session.key.clone(), Session::from)))
}

pub(super) async fn find(asked: Asked, of: Key, _: Empty) -> Result<Json<Session>, Problem> {
    let found = sessions::list(&asked.app).await?.into_iter().find(|session| session.key == of.key);
    found.map(|session| Json(session.into())).ok_or_else(|| Problem::missing("session", &of.key))
}

pub(super) async fn end(asked: Asked, of: Key, _: Empty) -> Result<Done, Problem> {
    let ended = sessions::end(&asked.app, &of.key, asked.by()).await?;
    if ended { Ok(Done) } else { Err(Problem::missing("session", &of.key)) }
}

impl From<session::Session> for Session {
    fn from(session: session::Session) -> Self {
        Self {
            key: session.key,
            user_name: session.user_name,
            full_name: session.full_name,
            login_time: Time(session.login_time),
            last_active_time: Time(session.last_active_time),
            locale: session.locale,
            extension: session.extension_session,
            ip_address: session.ip_address,
            user_agent: session.user_agent,
            call_count: session.call_count,
            token_id: session.token_id,
        }
    }
}
