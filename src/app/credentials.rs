//! Passwords: compared, counted, and for a short while remembered.
//!
//! A user who logs in often must not pay argon2 each time. A password that was right is remembered as a keyed hash of
//! account, stored hash and password: it dies with the stored hash, with its time, and with the process; locks and
//! disablings are read at every use all the same (`stack.md` §5).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;

use super::App;
use super::error::{Cause, Failure};
use super::standings::{Epoch, Lookup};
use crate::clock::Moment;
use crate::entropy::{Entropy, bytes};
use crate::identity::lockout::Reveal;
use crate::identity::password::{Checked, PasswordError};
use crate::identity::principal::fold;
use crate::identity::{Kind, LoginName, Standing, well_known};
use crate::secret::Secret;
use crate::verifier::{Finding, Report, StepId};
use crate::wsse::UnverifiedLogin;

/// Checks a name and a password. What comes back may act, at the epoch that stands beside it; what does not is in the
/// report.
///
/// # Errors
/// The [`Cause`] for the door; the report has the step.
pub async fn verify_password(
    app: &App,
    report: &mut Report,
    login: &UnverifiedLogin,
) -> Result<(Arc<Standing>, Epoch), Cause> {
    match compare(app, login).await {
        Ok(Compared::Right(standing, epoch)) => Ok((judge_right(app, report, standing)?, epoch)),
        Ok(Compared::Wrong(standing, why)) => {
            report.fail(
                StepId::CredentialPassword,
                Finding::seen(why).but("the right password of an active user"),
            );
            let revealed =
                standing.filter(|s| s.is_locked(app.now()) && app.settings.lockout.reveal == Reveal::Vcenter);
            Err(revealed.map_or(Cause::Step, |standing| Cause::Locked { name: standing.name.clone() }))
        }
        Err(failure) => {
            report.fail(StepId::ServiceAvailable, Finding::seen(failure.to_string()));
            Err(Cause::from(&failure))
        }
    }
}

/// The password was right; the account may still not be allowed to act.
fn judge_right(app: &App, report: &mut Report, standing: Arc<Standing>) -> Result<Arc<Standing>, Cause> {
    let wanted = "the right password of an active user";
    if standing.disabled {
        report.fail(StepId::CredentialPassword, Finding::seen("the account is disabled").but(wanted));
        return Err(Cause::Step);
    }
    if standing.is_locked(app.now()) {
        report.fail(StepId::CredentialPassword, Finding::seen("the account is locked").but(wanted));
        let reveal = app.settings.lockout.reveal != Reveal::Never;
        return Err(if reveal { Cause::Locked { name: standing.name.clone() } } else { Cause::Step });
    }
    report.pass(StepId::CredentialPassword, crate::verifier::Seen::Nothing);
    Ok(standing)
}

enum Compared {
    Right(Arc<Standing>, Epoch),
    Wrong(Option<Arc<Standing>>, &'static str),
}

async fn compare(app: &App, login: &UnverifiedLogin) -> Result<Compared, Failure> {
    let Some(lookup) = lookup(app, &login.user_name) else {
        check(app, login, None).await?;
        return Ok(Compared::Wrong(None, "no such user in this domain"));
    };
    if let Some((standing, epoch)) = app.standings.find(app, lookup.clone()).await?
        && standing.is_active(app.now())
        && (is_remembered(app, &standing, login) || is_local(app, &standing, login))
    {
        return Ok(Compared::Right(standing, epoch));
    }
    // Whatever else comes of it may be a refusal, and costs a hash: the directory of now decides.
    let Some((standing, epoch)) = app.standings.find_now(app, lookup).await? else {
        check(app, login, None).await?;
        return Ok(Compared::Wrong(None, "no such user in this domain"));
    };
    let Kind::User { password_hash: Some(stored), .. } = &standing.kind else {
        check(app, login, None).await?;
        return Ok(Compared::Wrong(Some(standing), "an account without password"));
    };
    let lane = slow_lane(app, &standing).await;
    let Some(checked) = check(app, login, Some(stored)).await? else {
        return Ok(Compared::Wrong(Some(standing), "longer than a password can be"));
    };
    if !checked.matches {
        app.credentials.forget(&standing.id, app.now());
        count_failure(app, &standing).await?;
        if lane.is_some() {
            tokio::time::sleep(ADMINISTRATOR_DELAY).await;
        }
        return Ok(Compared::Wrong(Some(standing), "a wrong password"));
    }
    settle_success(app, &standing, stored, &login.password, checked.outdated).await?;
    // A lock that ends is cleared by the first right password after it: by one that is computed.
    if standing.is_active(app.now()) {
        app.credentials.remember(&standing.id, stored, &login.password, app.now());
    }
    Ok(Compared::Right(standing, epoch))
}

fn is_remembered(app: &App, standing: &Standing, login: &UnverifiedLogin) -> bool {
    let Kind::User { password_hash: Some(stored), .. } = &standing.kind else { return false };
    app.credentials.knows(&standing.id, stored, &login.password, app.now())
}

/// The password is that of a local ticket, which is spent by it.
fn is_local(app: &App, standing: &Standing, login: &UnverifiedLogin) -> bool {
    let tickets = app.local_tickets.as_ref();
    tickets.is_some_and(|tickets| tickets.spend(&fold(&standing.name), &login.password, app.now()))
}

/// Nothing for what is longer than any password can be: wrong, at no cost, whoever is meant.
async fn check(app: &App, login: &UnverifiedLogin, stored: Option<&str>) -> Result<Option<Checked>, Failure> {
    match app.hashing.check(login.password.clone(), stored.map(str::to_owned)).await {
        Err(Failure::Password(PasswordError::TooLong(_))) => Ok(None),
        checked => checked.map(Some),
    }
}

/// The account of a typed name, if the name is one and belongs to this domain.
pub(super) fn lookup(app: &App, typed: &str) -> Option<Lookup> {
    let name = LoginName::parse(typed).ok()?;
    Some(Lookup::Name(fold(name.within(&app.settings.domain)?)))
}

/// After too many failures the passwords of the built-in administrator, whom nothing locks, are checked one after the
/// other, and a wrong one holds up the next: guessing in parallel gains nothing.
async fn slow_lane<'a>(app: &'a App, standing: &Standing) -> Option<tokio::sync::MutexGuard<'a, ()>> {
    let slow = is_administrator(standing) && app.credentials.slow_until(&standing.id) > app.now();
    if slow { Some(app.credentials.lane.lock().await) } else { None }
}

pub(super) fn is_administrator(standing: &Standing) -> bool {
    fold(&standing.name) == fold(well_known::ADMINISTRATOR)
}

/// Counts in one statement; the built-in administrator is slowed down instead of locked.
pub(super) async fn count_failure(app: &App, standing: &Standing) -> Result<(), Failure> {
    let never_locks = is_administrator(standing);
    let mut unit = app.store.begin().await?;
    let attempts = unit.password_failed(&standing.id, &app.settings.lockout, never_locks, app.now()).await?;
    unit.commit().await?;
    if never_locks && attempts.failures > app.settings.lockout.max_failures {
        app.credentials.slow.insert(standing.id.clone(), app.now().plus(app.settings.lockout.window));
    }
    Ok(())
}

/// Failures below a lock are forgotten (a lock is not lifted by knowing the password); a weak hash is made anew.
async fn settle_success(
    app: &App,
    standing: &Standing,
    stored: &str,
    password: &Secret,
    outdated: bool,
) -> Result<(), Failure> {
    let fresh = if outdated {
        Some(app.hashing.hash(password.clone(), Arc::clone(&app.entropy)).await?)
    } else {
        None
    };
    app.store.password_succeeded(&standing.id, app.now()).await?;
    let Some(fresh) = fresh else { return Ok(()) };
    let mut unit = app.store.begin().await?;
    unit.rehash(&standing.id, stored, &fresh).await?;
    unit.commit().await?;
    Ok(())
}

/// Passwords that were right a moment ago.
pub struct Remembered {
    key: Option<hmac::Key>,
    known: Cache<[u8; 32], Moment>,
    /// The latest failure of an account: what was remembered before it is not good any more, so that the next right
    /// password clears the failures as it would without this memory.
    failed: Cache<String, Moment>,
    /// Accounts whose passwords are checked one at a time, and until when.
    slow: Cache<String, Moment>,
    lane: tokio::sync::Mutex<()>,
    lasts: Duration,
}

impl Remembered {
    /// An empty memory with a key of its own; without chance or time it stays empty.
    #[must_use]
    pub fn new(entropy: &dyn Entropy, lasts: Duration) -> Self {
        let key = bytes::<32>(entropy).ok().filter(|_| !lasts.is_zero());
        Self {
            key: key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, &key)),
            known: Cache::new(MOST_REMEMBERED),
            failed: Cache::new(MOST_REMEMBERED),
            slow: Cache::new(1),
            lane: tokio::sync::Mutex::new(()),
            lasts,
        }
    }

    fn knows(&self, id: &str, stored: &str, password: &Secret, now: Moment) -> bool {
        let Some(tag) = self.tag(id, stored, password) else { return false };
        let failed = self.failed.get(id);
        let holds = |since: Moment| since <= now && now.since(since) < self.lasts;
        self.known.get(&tag).is_some_and(|since| holds(since) && failed.is_none_or(|failed| failed < since))
    }

    fn slow_until(&self, id: &str) -> Moment {
        self.slow.get(id).unwrap_or(Moment::EPOCH)
    }

    fn forget(&self, id: &str, now: Moment) {
        self.failed.insert(id.to_owned(), now);
    }

    fn remember(&self, id: &str, stored: &str, password: &Secret, now: Moment) {
        if let Some(tag) = self.tag(id, stored, password) {
            self.known.insert(tag, now);
        }
    }

    fn tag(&self, id: &str, stored: &str, password: &Secret) -> Option<[u8; 32]> {
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        for part in [id, stored, password.expose()] {
            context.update(&u64::try_from(part.len()).ok()?.to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().try_into().ok()
    }
}

const MOST_REMEMBERED: usize = 10_000;
/// Twenty guesses a minute, all clients together; an operator who mistyped waits (`decisions.md` §21).
const ADMINISTRATOR_DELAY: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_right_password_is_remembered_until_its_time_is_over() {
        let memory = Remembered::new(&SystemEntropy, Duration::from_mins(1));
        let at = |seconds: i64| Moment::from_micros(seconds * 1_000_000);
        let password = Secret::new("Secret!23");
        memory.remember("1", "$hash", &password, at(100));
        assert!(memory.knows("1", "$hash", &password, at(159)));
        assert!(!memory.knows("1", "$hash", &password, at(160)));
        assert!(!memory.knows("1", "$other", &password, at(101)), "a new password forgets the old one");
        assert!(!memory.knows("2", "$hash", &password, at(101)));
        assert!(!memory.knows("1", "$hash", &Secret::new("Secret!24"), at(101)));
    }

    #[test]
    fn a_wrong_password_forgets_the_right_one() {
        let memory = Remembered::new(&SystemEntropy, Duration::from_mins(1));
        let at = |seconds: i64| Moment::from_micros(seconds * 1_000_000);
        let password = Secret::new("Secret!23");
        memory.remember("1", "$hash", &password, at(100));
        memory.forget("1", at(101));
        assert!(!memory.knows("1", "$hash", &password, at(102)));
        memory.remember("1", "$hash", &password, at(103));
        assert!(memory.knows("1", "$hash", &password, at(104)));
    }

    #[test]
    fn the_memory_can_be_switched_off() {
        let memory = Remembered::new(&SystemEntropy, Duration::ZERO);
        let password = Secret::new("Secret!23");
        memory.remember("1", "$hash", &password, Moment::EPOCH);
        assert!(!memory.knows("1", "$hash", &password, Moment::EPOCH));
    }
}
