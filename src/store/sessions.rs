//! Sessions: found by the hash of their cookie, ended by their key, touched in bulk (`decisions.md` §16–20).

use std::collections::BTreeMap;

use super::native::{Link, both, rows};
use super::repeat::{Repeated, portions};
use super::{Epoch, Store, StoreError, Unit, flag, sql, text};
use crate::clock::Moment;
use crate::session::{Service, Session, SessionPolicy};

/// A session to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of the cookie. The cookie itself is never stored.
    pub cookie: [u8; 32],
    /// Everything else.
    pub session: Session,
}

/// [`SessionPolicy`] at one moment, as comparisons that a statement can make. Agrees with `SessionPolicy::is_live`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoff {
    /// Alive if used after this,
    used: Moment,
    /// begun after this,
    begun: Moment,
    /// and its token, if any, ends after this.
    token_ends: Moment,
}

/// What a session did since the last flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The session's key.
    pub key: String,
    /// The latest use.
    pub last_active_time: Moment,
    /// How many calls more.
    pub calls: i64,
    /// The latest peer address.
    pub ip_address: String,
    /// The latest `User-Agent`.
    pub user_agent: String,
}

impl Store {
    /// The session of a cookie, by the cookie's SHA-256, and the epoch in which it was read. The caller asks
    /// `SessionPolicy::is_live`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn session_by_cookie(&self, cookie: &[u8; 32]) -> Result<Option<(Session, Epoch)>, StoreError> {
        let found: Vec<CookieRow> =
            rows!(&mut self.reader().await?.link(), sql::SESSION_BY_COOKIE, cookie.as_slice())?;
        Ok(found.into_iter().next().map(|row| (row.session.into(), Epoch(row.epoch))))
    }

    /// The session of a key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn session(&self, key: &str) -> Result<Option<Session>, StoreError> {
        session(&mut self.reader().await?.link(), key).await
    }

    /// All sessions, dead ones that were not swept yet included, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        let sessions: Vec<SessionRow> = rows!(&mut self.reader().await?.link(), sql::SESSIONS)?;
        Ok(sessions.into_iter().map(Session::from).collect())
    }

    /// How many sessions live.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn count_sessions(&self, cutoff: &Cutoff) -> Result<u32, StoreError> {
        count(&mut self.reader().await?.link(), cutoff).await
    }

    /// Writes down what sessions did. A session that was ended meanwhile stays ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`]; then nothing was written, try again with more.
    pub async fn flush_uses(&self, uses: Vec<Use>) -> Result<(), StoreError> {
        let uses = merged(uses);
        if uses.is_empty() {
            return Ok(());
        }
        let text_of = &self.inner.flush;
        let mut unit = self.begin().await?;
        for portion in portions(&uses) {
            update(&mut unit.link(), text_of, portion).await?;
        }
        unit.commit().await
    }
}

impl Unit {
    /// Opens a session, where that goes together with other changes; a plain login uses [`Store::append`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_session(&mut self, new: &NewSession) -> Result<(), StoreError> {
        insert(&mut self.link(), &Repeated::new(sql::ADD_SESSIONS), &[new]).await
    }

    /// The session of a key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn session(&mut self, key: &str) -> Result<Option<Session>, StoreError> {
        session(&mut self.link(), key).await
    }

    /// Ends a session; false when there was none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_session(&mut self, key: &str) -> Result<bool, StoreError> {
        let ended: Vec<(String,)> = rows!(&mut self.link(), sql::END_SESSION, text(key))?;
        Ok(!ended.is_empty())
    }

    /// Ends the dead; what they were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sweep_sessions(&mut self, cutoff: &Cutoff) -> Result<Vec<Session>, StoreError> {
        let [active, begun, token] = cutoff.bounds();
        let ended: Vec<SessionRow> = rows!(&mut self.link(), sql::SWEEP_SESSIONS, active, begun, token)?;
        Ok(ended.into_iter().map(Session::from).collect())
    }

    /// Ends every session of a subject; their keys.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_sessions_of(&mut self, subject_id: &str) -> Result<Vec<String>, StoreError> {
        let ended: Vec<(String,)> = rows!(&mut self.link(), sql::END_SESSIONS_OF, subject_id)?;
        Ok(ended.into_iter().map(|(key,)| key).collect())
    }

    /// Makes it somebody else's session: subject, names and locales are taken from `session`; false when it is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_subject(&mut self, session: &Session) -> Result<bool, StoreError> {
        let mapped = listed(session.mapped_groups.as_deref());
        let set: Vec<(String,)> = rows!(
            &mut self.link(),
            sql::SET_SUBJECT,
            text(&session.key),
            text(&session.subject_id),
            text(&session.user_name),
            text(&session.full_name),
            text(&session.locale),
            text(&session.message_locale),
            flag(session.extension_session),
            mapped.as_deref().map(text),
        )?;
        Ok(!set.is_empty())
    }

    /// Sets both locales of a session; false when there is no such session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_locale(&mut self, key: &str, locale: &str, messages: &str) -> Result<bool, StoreError> {
        let set: Vec<(String,)> =
            rows!(&mut self.link(), sql::SET_LOCALE, text(key), text(locale), text(messages))?;
        Ok(!set.is_empty())
    }
}

impl Cutoff {
    /// What is dead at `now` by this policy.
    #[must_use]
    pub fn of(policy: &SessionPolicy, now: Moment) -> Self {
        let begun = if policy.absolute.is_zero() { BEGINNING } else { now.minus(policy.absolute) };
        let token_ends = if policy.end_with_token { now } else { BEGINNING };
        Self { used: now.minus(policy.idle), begun, token_ends }
    }

    const fn bounds(&self) -> [i64; 3] {
        [self.used.micros(), self.begun.micros(), self.token_ends.micros()]
    }
}

pub(super) async fn count(link: &mut Link<'_>, cutoff: &Cutoff) -> Result<u32, StoreError> {
    let [active, begun, token] = cutoff.bounds();
    let counted: Vec<(i64,)> = rows!(link, sql::COUNT_SESSIONS, active, begun, token)?;
    Ok(counted.first().map_or(0, |(count,)| u32::try_from(*count).unwrap_or(u32::MAX)))
}

pub(super) async fn insert(
    link: &mut Link<'_>,
    texts: &Repeated,
    new: &[&NewSession],
) -> Result<(), StoreError> {
    for portion in portions(new) {
        let statement = texts.of(portion.len());
        both!(link, c => {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
            for NewSession { cookie, session } in portion {
                let mapped = listed(session.mapped_groups.as_deref());
                query = query
                    .bind(cookie.as_slice())
                    .bind(text(&session.key))
                    .bind(text(&session.subject_id))
                    .bind(text(&session.user_name))
                    .bind(text(&session.full_name))
                    .bind(session.login_time.micros())
                    .bind(session.last_active_time.micros())
                    .bind(text(&session.locale))
                    .bind(text(&session.message_locale))
                    .bind(flag(session.extension_session))
                    .bind(text(&session.ip_address))
                    .bind(text(&session.user_agent))
                    .bind(session.call_count)
                    .bind(session.token_id.as_deref().map(text))
                    .bind(session.token_not_on_or_after.map(Moment::micros))
                    .bind(mapped.as_deref().map(text))
                    .bind(written(session.service));
            }
            query.execute(&mut **c).await.map(drop)
        })?;
    }
    Ok(())
}

async fn update(link: &mut Link<'_>, texts: &Repeated, uses: &[Use]) -> Result<(), StoreError> {
    let statement = texts.of(uses.len());
    both!(link, c => {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for used in uses {
            query = query
                .bind(text(&used.key))
                .bind(used.last_active_time.micros())
                .bind(used.calls)
                .bind(text(&used.ip_address))
                .bind(text(&used.user_agent));
        }
        query.execute(&mut **c).await.map(drop)
    })?;
    Ok(())
}

async fn session(link: &mut Link<'_>, key: &str) -> Result<Option<Session>, StoreError> {
    let found: Vec<SessionRow> = rows!(link, sql::SESSION_BY_KEY, text(key))?;
    Ok(found.into_iter().next().map(Session::from))
}

/// Where a session was opened, as it is stored.
const fn written(service: Service) -> &'static str {
    match service {
        Service::Vim => "vim",
        Service::SsoAdmin => "sso-admin",
    }
}

/// Groups as they are stored: `/one/another/`, or `/` for none.
fn listed(groups: Option<&[String]>) -> Option<String> {
    groups.map(|groups| groups.iter().fold(String::from("/"), |list, group| list + group + "/"))
}

fn unlisted(list: &str) -> Vec<String> {
    list.split('/').filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

/// One use per session: the statement would apply only one of several.
fn merged(uses: Vec<Use>) -> Vec<Use> {
    let mut by_key: BTreeMap<String, Use> = BTreeMap::new();
    for used in uses {
        match by_key.get_mut(&used.key) {
            Some(before) => {
                let calls = before.calls.saturating_add(used.calls);
                if used.last_active_time >= before.last_active_time {
                    *before = used;
                }
                before.calls = calls;
            }
            None => drop(by_key.insert(used.key.clone(), used)),
        }
    }
    by_key.into_values().collect()
}

#[derive(sqlx::FromRow)]
pub(super) struct SessionRow {
    session_key: String,
    subject_id: String,
    user_name: String,
    full_name: String,
    login_time: i64,
    last_active_time: i64,
    locale: String,
    message_locale: String,
    extension_session: i64,
    ip_address: String,
    user_agent: String,
    call_count: i64,
    token_id: Option<String>,
    token_not_on_or_after: Option<i64>,
    mapped_groups: Option<String>,
    service: String,
}

#[derive(sqlx::FromRow)]
struct CookieRow {
    #[sqlx(flatten)]
    session: SessionRow,
    epoch: i64,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            key: row.session_key,
            subject_id: row.subject_id,
            mapped_groups: row.mapped_groups.as_deref().map(unlisted),
            // The table holds no third.
            service: if row.service == written(Service::Vim) { Service::Vim } else { Service::SsoAdmin },
            user_name: row.user_name,
            full_name: row.full_name,
            login_time: Moment::from_micros(row.login_time),
            last_active_time: Moment::from_micros(row.last_active_time),
            locale: row.locale,
            message_locale: row.message_locale,
            extension_session: row.extension_session != 0,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            call_count: row.call_count,
            token_id: row.token_id,
            token_not_on_or_after: row.token_not_on_or_after.map(Moment::from_micros),
        }
    }
}

/// Before everything that happened.
const BEGINNING: Moment = Moment::from_micros(i64::MIN);

#[cfg(test)]
mod tests {
    use super::*;

    fn used(key: &str, at: i64, calls: i64, agent: &str) -> Use {
        Use {
            key: key.into(),
            last_active_time: Moment::from_micros(at),
            calls,
            ip_address: String::new(),
            user_agent: agent.into(),
        }
    }

    #[test]
    fn mapped_groups_are_stored_and_read_as_they_are() {
        for groups in [vec![], vec!["Operators".to_owned()], vec!["a b".to_owned(), "Élodie".to_owned()]] {
            assert_eq!(listed(Some(&groups)).as_deref().map(unlisted), Some(groups));
        }
        assert_eq!(listed(None), None);
    }

    #[test]
    fn uses_of_one_session_become_one() {
        let uses = vec![used("a", 2, 1, "new"), used("b", 1, 1, "b"), used("a", 1, 3, "old")];
        assert_eq!(merged(uses), [used("a", 2, 4, "new"), used("b", 1, 1, "b")]);
    }
}
