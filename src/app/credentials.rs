//! Passwords: compared, counted, and for a short while remembered.
//!
//! A user who logs in often must not pay argon2 each time. A password that was right is remembered as a keyed hash of
//! account, stored hash and password: it dies with the stored hash, with its time, and with the process; locks and
//! disablings are read at every use all the same (`stack.md` §5).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;

use super::error::{Cause, Failure};
use super::login::note_failure;
use super::policies::InForce;
use super::standings::{Epoch, Lookup};
use super::{App, Peer, Policies, methods};
use crate::clock::Moment;
use crate::entropy::{Entropy, bytes};
use crate::identity::lockout::Reveal;
use crate::identity::password::{Checked, MAX_PASSWORD};
use crate::identity::principal::fold;
use crate::identity::{Kind, LoginName, Method, Standing};
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
    peer: &Peer,
) -> Result<(Arc<Standing>, Epoch), Cause> {
    methods::allow(app, report, Method::Password).await?;
    match compare(app, login, peer).await {
        Ok(Compared::Right(standing, epoch)) => {
            // Once more, by policies that are as new as the standing.
            methods::allow(app, report, Method::Password).await?;
            let policies =
                app.policies.current(app).await.map_err(|failure| note_failure(report, &failure))?;
            judge_right(app, &policies, report, &standing)?;
            Ok((standing, epoch))
        }
        Ok(Compared::Wrong(standing, why)) => {
            report.fail(StepId::CredentialPassword, Finding::seen(why).but(WANTED));
            let told = standing.filter(|(_, policies)| policies.lockout.reveal == Reveal::Vcenter);
            let barred = told.and_then(|(standing, policies)| barred(app, &policies, &standing));
            Err(barred.map_or(Cause::Step, |(_, cause)| cause))
        }
        Ok(Compared::Crowded) => Err(crowded(report)),
        Err(failure) => {
            report.fail(StepId::ServiceAvailable, Finding::seen(failure.to_string()));
            Err(Cause::from(&failure))
        }
    }
}

/// Checks the password of somebody who wants another one: it may have expired, and everything else is as in
/// [`verify_password`].
///
/// # Errors
/// The [`Cause`] for the door; the report has the step.
pub async fn verify_to_change(
    app: &App,
    report: &mut Report,
    login: &UnverifiedLogin,
    peer: &Peer,
) -> Result<Arc<Standing>, Cause> {
    methods::allow(app, report, Method::Password).await?;
    let seen = match compare(app, login, peer).await {
        Ok(Compared::Right(standing, _)) if standing.is_active(app.now()) => {
            report.pass(StepId::CredentialPassword, crate::verifier::Seen::Nothing);
            return Ok(standing);
        }
        Ok(Compared::Right(..)) => "an account that is not active",
        Ok(Compared::Wrong(_, why)) => why,
        Ok(Compared::Crowded) => return Err(crowded(report)),
        Err(failure) => return Err(note_failure(report, &failure)),
    };
    report.fail(StepId::CredentialPassword, Finding::seen(seen).but(WANTED));
    Err(Cause::Step)
}

fn crowded(report: &mut Report) -> Cause {
    let seen = "too many passwords from this address wait";
    report.fail(StepId::CredentialRate, Finding::seen(seen).but("fewer wrong ones"));
    Cause::Overloaded
}

/// The password was right; the account may still not be allowed to act. Expired comes before locked, and locked before
/// disabled, which nobody is told (`sts.md` §7.4).
fn judge_right(
    app: &App,
    policies: &Policies,
    report: &mut Report,
    standing: &Standing,
) -> Result<(), Cause> {
    if let Some((why, cause)) = barred(app, policies, standing) {
        report.fail(StepId::CredentialPassword, Finding::seen(why).but(WANTED));
        return Err(if policies.lockout.reveal == Reveal::Never { Cause::Step } else { cause });
    }
    if standing.disabled {
        report.fail(StepId::CredentialPassword, Finding::seen("the account is disabled").but(WANTED));
        return Err(Cause::Step);
    }
    report.pass(StepId::CredentialPassword, crate::verifier::Seen::Nothing);
    Ok(())
}

/// What bars an account whatever its password is, and may be told.
fn barred(app: &App, policies: &Policies, standing: &Standing) -> Option<(&'static str, Cause)> {
    let (name, domain) = (standing.name.clone(), app.settings.domain.as_str().to_owned());
    if standing.has_expired(&policies.password, app.now()) {
        return Some(("the password has expired", Cause::Expired { name, domain }));
    }
    standing.is_locked(app.now()).then_some(("the account is locked", Cause::Locked { name, domain }))
}

enum Compared {
    Right(Arc<Standing>, Epoch),
    Wrong(Option<(Arc<Standing>, Arc<InForce>)>, &'static str),
    Crowded,
}

async fn compare(app: &App, login: &UnverifiedLogin, peer: &Peer) -> Result<Compared, Failure> {
    let lookup = lookup(app, &login.user_name);
    if let Some(lookup) = lookup.clone()
        && let Some((standing, epoch)) = app.standings.find(app, lookup).await?
        && standing.is_active(app.now())
        && (is_remembered(app, &standing, login).await? || is_local(app, &standing, login))
    {
        return Ok(Compared::Right(standing, epoch));
    }
    // Whatever else comes of it may be a refusal, and costs a hash: the directory of now decides.
    let found = match lookup {
        Some(lookup) => app.standings.find_now(app, lookup).await?,
        None => None,
    };
    let policies = app.policies.current(app).await?;
    let Ok(turn) = app.addresses.turn(peer, &policies.lockout, app.now()).await else {
        return Ok(Compared::Crowded);
    };
    let compared = computed(app, login, found, &policies).await?;
    if matches!(compared, Compared::Wrong(..)) {
        app.addresses.failed(peer, &policies.lockout, app.now());
        if turn.is_some() {
            app.addresses.hold_up(&policies.lockout).await;
        }
    }
    Ok(compared)
}

/// Whoever is meant, and whether there is anybody: one argon2, and one failure counted in one commit (`attacks.md` U04).
async fn computed(
    app: &App,
    login: &UnverifiedLogin,
    found: Option<(Arc<Standing>, Epoch)>,
    policies: &Arc<InForce>,
) -> Result<Compared, Failure> {
    let wrong = |standing: Option<&Arc<Standing>>, why| {
        let standing = standing.map(|standing| (Arc::clone(standing), Arc::clone(policies)));
        Ok(Compared::Wrong(standing, why))
    };
    let known = found.as_ref().map(|(standing, _)| standing);
    let stored = known.and_then(|standing| match &standing.kind {
        Kind::User { password_hash, .. } => password_hash.as_deref(),
        Kind::Solution { .. } | Kind::Extension { .. } | Kind::External { .. } => None,
    });
    let lane = match known {
        Some(standing) => slow_lane(app, standing).await,
        None => None,
    };
    let Some(checked) = check(app, login, stored).await? else {
        return wrong(known, "longer than a password can be");
    };
    let (Some((standing, epoch)), Some(stored)) = (&found, stored) else {
        count_stranger(app).await?;
        let why = if known.is_some() { "an account without password" } else { "no such user in this domain" };
        return wrong(known, why);
    };
    if !checked.matches {
        app.credentials.forget(&standing.id, app.now());
        count_failure(app, standing).await?;
        if lane.is_some() {
            app.addresses.hold_up(&policies.lockout).await;
        }
        return wrong(known, "a wrong password");
    }
    settle_success(app, standing, stored, &login.password, checked.outdated).await?;
    // A lock that ends is cleared by the first right password after it: by one that is computed.
    if standing.is_active(app.now()) {
        app.credentials.remember(&standing.id, stored, &login.password, app.now());
    }
    Ok(Compared::Right(Arc::clone(standing), *epoch))
}

async fn is_remembered(app: &App, standing: &Standing, login: &UnverifiedLogin) -> Result<bool, Failure> {
    let Kind::User { password_hash: Some(stored), .. } = &standing.kind else { return Ok(false) };
    let lasts = app.policies.current(app).await?.remember_passwords;
    Ok(app.credentials.knows(&standing.id, stored, &login.password, lasts, app.now()))
}

/// The password is that of a local ticket, which is spent by it.
fn is_local(app: &App, standing: &Standing, login: &UnverifiedLogin) -> bool {
    let tickets = app.local_tickets.as_ref();
    tickets.is_some_and(|tickets| tickets.spend(&fold(&standing.name), &login.password, app.now()))
}

/// Nothing for what is longer than any password can be: wrong, at no cost, whoever is meant.
async fn check(app: &App, login: &UnverifiedLogin, stored: Option<&str>) -> Result<Option<Checked>, Failure> {
    if login.password.expose().len() > MAX_PASSWORD {
        return Ok(None);
    }
    app.hashing.check(login.password.clone(), stored.map(str::to_owned)).await.map(Some)
}

/// The account of a typed name, if the name is one and belongs to this domain.
pub(super) fn lookup(app: &App, typed: &str) -> Option<Lookup> {
    let name = LoginName::parse(typed).ok()?;
    Some(Lookup::Name(fold(name.within(&app.settings.domain)?)))
}

/// After too many failures the passwords of the built-in administrator, whom nothing locks, are checked one after the
/// other, and a wrong one holds up the next: guessing in parallel gains nothing.
async fn slow_lane<'a>(app: &'a App, standing: &Standing) -> Option<tokio::sync::MutexGuard<'a, ()>> {
    let slow = standing.is_built_in_administrator() && app.credentials.slow_until(&standing.id) > app.now();
    if slow { Some(app.credentials.lane.lock().await) } else { None }
}

/// Counts in one statement; the built-in administrator is slowed down instead of locked.
pub(super) async fn count_failure(app: &App, standing: &Standing) -> Result<(), Failure> {
    let policies = app.policies.current(app).await?;
    let (lockout, never_locks) = (&policies.lockout, standing.is_built_in_administrator());
    let mut unit = app.store.begin().await?;
    let attempts = unit.password_failed(&standing.id, lockout, never_locks, app.now()).await?;
    unit.commit().await?;
    if never_locks && lockout.max_failures > 0 && attempts.failures >= lockout.max_failures {
        app.credentials.slow.insert(standing.id.clone(), app.now().plus(lockout.window));
    }
    Ok(())
}

/// As much work as [`count_failure`], for nobody.
async fn count_stranger(app: &App) -> Result<(), Failure> {
    let mut unit = app.store.begin().await?;
    unit.stranger_failed().await?;
    Ok(unit.commit().await?)
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
}

impl Remembered {
    /// An empty memory with a key of its own; without chance it stays empty.
    #[must_use]
    pub fn new(entropy: &dyn Entropy) -> Self {
        let key = bytes::<32>(entropy).ok();
        Self {
            key: key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, &key)),
            known: Cache::new(MOST_REMEMBERED),
            failed: Cache::new(MOST_REMEMBERED),
            slow: Cache::new(1),
            lane: tokio::sync::Mutex::new(()),
        }
    }

    fn knows(&self, id: &str, stored: &str, password: &Secret, lasts: Duration, now: Moment) -> bool {
        let Some(tag) = self.tag(id, stored, password) else { return false };
        let failed = self.failed.get(id);
        let holds = |since: Moment| since <= now && now.since(since) < lasts;
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
const WANTED: &str = "the right password of an active user";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_right_password_is_remembered_until_its_time_is_over() {
        let memory = Remembered::new(&SystemEntropy);
        let minute = Duration::from_mins(1);
        let at = |seconds: i64| Moment::from_micros(seconds * 1_000_000);
        let password = Secret::new("Secret!23");
        memory.remember("1", "$hash", &password, at(100));
        assert!(memory.knows("1", "$hash", &password, minute, at(159)));
        assert!(!memory.knows("1", "$hash", &password, minute, at(160)));
        assert!(
            !memory.knows("1", "$other", &password, minute, at(101)),
            "a new password forgets the old one"
        );
        assert!(!memory.knows("2", "$hash", &password, minute, at(101)));
        assert!(!memory.knows("1", "$hash", &Secret::new("Secret!24"), minute, at(101)));
    }

    #[test]
    fn a_wrong_password_forgets_the_right_one() {
        let memory = Remembered::new(&SystemEntropy);
        let minute = Duration::from_mins(1);
        let at = |seconds: i64| Moment::from_micros(seconds * 1_000_000);
        let password = Secret::new("Secret!23");
        memory.remember("1", "$hash", &password, at(100));
        memory.forget("1", at(101));
        assert!(!memory.knows("1", "$hash", &password, minute, at(102)));
        memory.remember("1", "$hash", &password, at(103));
        assert!(memory.knows("1", "$hash", &password, minute, at(104)));
    }

    #[test]
    fn the_memory_can_be_switched_off() {
        let memory = Remembered::new(&SystemEntropy);
        let password = Secret::new("Secret!23");
        memory.remember("1", "$hash", &password, Moment::EPOCH);
        assert!(memory.knows("1", "$hash", &password, Duration::from_secs(1), Moment::EPOCH));
        assert!(!memory.knows("1", "$hash", &password, Duration::ZERO, Moment::EPOCH));
    }
}
