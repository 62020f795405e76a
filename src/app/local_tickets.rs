//! Local tickets: a password in a file that only its user can read, for a program on the same machine
//! (`session-manager.md` §1.8). Reading the file is the proof. Only as an `ESXi` host gives them out; a vCenter does not.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde_json::json;

use super::audit::{Action, accepted, note, refuse};
use super::error::{Cause, Failure, Refused};
use super::login::note_failure;
use super::standings::Lookup;
use super::{App, Peer};
use crate::clock::Moment;
use crate::entropy::{Entropy, bytes, hex};
use crate::identity::LoginName;
use crate::identity::principal::fold;
use crate::pki::certificate::sha256;
use crate::secret::Secret;
use crate::store::Append;
use crate::verifier::{Finding, Report, Seen, StepId};

/// What has been given out and not been used.
#[derive(Debug)]
pub struct LocalTickets {
    folder: PathBuf,
    given: Mutex<Vec<Given>>,
}

#[derive(Debug)]
struct Given {
    folded: String,
    secret: [u8; 32],
    path: PathBuf,
    expires_at: Moment,
}

/// A ticket, for its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTicket {
    /// Whose.
    pub user_name: String,
    /// Where the password is.
    pub path: PathBuf,
}

impl LocalTickets {
    /// With a folder of their own, which others may enter and not list.
    ///
    /// # Errors
    /// Why the folder cannot be made.
    pub fn open(entropy: &dyn Entropy) -> io::Result<Self> {
        let name = bytes::<16>(entropy).map_err(io::Error::other)?;
        let folder = std::env::temp_dir().join(format!("vcsso-local-{}", hex(&name)));
        DirBuilder::new().mode(0o711).create(&folder)?;
        Ok(Self { folder, given: Mutex::default() })
    }

    /// Whether a password is that of a ticket of this user; then the ticket is spent.
    pub(super) fn spend(&self, folded: &str, password: &Secret, now: Moment) -> bool {
        let hash = sha256(password.expose().as_bytes());
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |ticket: &Given| {
            ticket.folded == folded
                && now < ticket.expires_at
                && verify_slices_are_equal(&ticket.secret, &hash).is_ok()
        };
        let Some(place) = given.iter().position(same) else { return false };
        let spent = given.swap_remove(place);
        drop(given);
        forget(&spent.path);
        true
    }

    /// Removes what nobody may use any more.
    pub(super) fn sweep(&self, now: Moment) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        for ticket in given.extract_if(.., |ticket| now >= ticket.expires_at) {
            forget(&ticket.path);
        }
    }

    fn keep(&self, ticket: Given) -> Result<(), Failure> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() >= MOST_GIVEN {
            forget(&ticket.path);
            return Err(Failure::Overloaded);
        }
        given.push(ticket);
        Ok(())
    }
}

impl Drop for LocalTickets {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "local tickets could not be removed");
        }
    }
}

/// Why there is no ticket.
#[derive(Debug)]
pub enum NotGiven {
    /// This is a vCenter.
    NotSupported,
    /// The client is on another machine.
    Remote,
    /// The user is none, or has no account on this machine.
    Refused(Box<Refused>),
}

/// `AcquireLocalTicket`.
///
/// # Errors
/// [`NotGiven`].
pub async fn acquire(app: &App, user_name: &str, peer: &Peer) -> Result<LocalTicket, NotGiven> {
    let Some(tickets) = &app.local_tickets else { return Err(NotGiven::NotSupported) };
    if !peer.ip_address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback()) {
        return Err(NotGiven::Remote);
    }
    let mut report = Report::new("sdk", app.now());
    match give(app, tickets, &mut report, user_name, peer).await {
        Ok(ticket) => Ok(ticket),
        Err(cause) => {
            let refused = refuse(app, Action::Ticket, user_name, report, cause, peer).await;
            Err(NotGiven::Refused(Box::new(refused)))
        }
    }
}

async fn give(
    app: &App,
    tickets: &LocalTickets,
    report: &mut Report,
    user_name: &str,
    peer: &Peer,
) -> Result<LocalTicket, Cause> {
    let unknown = |report: &mut Report, seen: &'static str| {
        let wanted = "an active user who has an account on this machine";
        report.fail(StepId::SessionTarget, Finding::seen(seen).but(wanted));
        Cause::Step
    };
    let parsed = LoginName::parse(user_name).ok();
    let name = parsed.as_ref().and_then(|name| name.within(&app.settings.domain));
    let Some(name) = name else { return Err(unknown(report, "a name of another domain, or none")) };
    let found = app.standings.find_now(app, Lookup::Name(fold(name))).await;
    let found = found.map_err(|failure| note_failure(report, &failure))?;
    let Some((standing, _)) = found.filter(|(standing, _)| standing.is_active(app.now())) else {
        return Err(unknown(report, "no active user of this name"));
    };
    if !standing.may_log_in() {
        report.fail(StepId::AdmissionPermission, Finding::seen("no permission on any object").but("one"));
        return Err(Cause::Step);
    }
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "a local ticket could not be written");
        Cause::Unavailable
    };
    let random = || bytes::<32>(&*app.entropy).map(|bytes| hex(&bytes));
    let (secret, file) = (random().map_err(|e| failed(&e))?, random().map_err(|e| failed(&e))?);
    let path = tickets.folder.join(file);
    let (account, target, content) = (standing.name.clone(), path.clone(), secret.clone());
    let written = tokio::task::spawn_blocking(move || write(&target, &content, &account)).await;
    match written.map_err(|error| failed(&error))? {
        Ok(true) => {}
        Ok(false) => return Err(unknown(report, "no account on this machine")),
        Err(error) => return Err(failed(&error)),
    }
    report.pass(StepId::SessionTarget, Seen::Nothing);
    let expires_at = app.now().plus(LIFE);
    let ticket = Given {
        folded: fold(&standing.name),
        secret: sha256(secret.as_bytes()),
        path: path.clone(),
        expires_at,
    };
    tickets.keep(ticket).map_err(|failure| note_failure(report, &failure))?;
    let detail = json!({ "for": "Login", "file": path.display().to_string() });
    let row = accepted(app, Action::Ticket, &standing.name, &detail, peer);
    let append = Append { audit: vec![row], ..Append::default() };
    app.store.append(append).await.map_err(|error| note_failure(report, &error.into()))?;
    note(Action::Ticket, &standing.name, peer);
    Ok(LocalTicket { user_name: user_name.to_owned(), path })
}

/// False when the user has no account on this machine.
fn write(path: &Path, secret: &str, account: &str) -> io::Result<bool> {
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let Some(owner) = user_number(&accounts, account) else { return Ok(false) };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secret.as_bytes())?;
    if file.metadata()?.uid() != owner {
        chown(path, Some(owner), None).inspect_err(|_| forget(path))?;
    }
    Ok(true)
}

fn user_number(accounts: &str, wanted: &str) -> Option<u32> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        fields.nth(1)?.parse().ok().filter(|_| name.eq_ignore_ascii_case(wanted))
    })
}

fn forget(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, "the file of a local ticket could not be removed");
    }
}

/// A program that asks reads the file at once.
const LIFE: Duration = Duration::from_secs(30);
/// Unused at once; more are not programs that log in.
const MOST_GIVEN: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn an_account_is_found_by_its_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nbroken\n";
        assert_eq!(user_number(accounts, "alice"), Some(1000));
        assert_eq!(user_number(accounts, "Root"), Some(0));
        assert_eq!(user_number(accounts, "bob"), None);
    }

    #[test]
    fn a_ticket_is_good_once_for_its_user_and_in_time() {
        let tickets = LocalTickets::open(&SystemEntropy).unwrap();
        let give = |secret: &str| {
            let path = tickets.folder.join(secret);
            assert!(write(&path, secret, "root").unwrap());
            let expires_at = Moment::EPOCH.plus(LIFE);
            let ticket = Given { folded: "root".into(), secret: sha256(secret.as_bytes()), path, expires_at };
            tickets.keep(ticket).unwrap();
        };
        give("one");
        give("two");
        let spend = |user: &str, secret: &str, now| {
            tickets.spend(user, &Secret::new(secret), Moment::EPOCH.plus(now))
        };
        assert!(!spend("alice", "one", Duration::ZERO) && !spend("root", "three", Duration::ZERO));
        assert!(spend("root", "one", Duration::from_secs(29)));
        assert!(!spend("root", "one", Duration::from_secs(29)));
        assert!(!spend("root", "two", LIFE));
        assert!(tickets.folder.join("two").exists());
        tickets.sweep(Moment::EPOCH.plus(LIFE));
        assert!(!tickets.folder.join("two").exists() && tickets.folder.exists());
        let folder = tickets.folder.clone();
        drop(tickets);
        assert!(!folder.exists());
    }
}
