//! From a proven name to an account of this house: strict, as a name that is nearly somebody's is nobody's.

use std::sync::Arc;

use super::super::App;
use super::super::credentials;
use super::super::error::Failure;
use super::super::nt_hashes::NtHashes;
use super::super::standings::{Epoch, Lookup};
use crate::identity::principal::fold;
use crate::identity::{AccountName, Kind, Standing};
use crate::negotiate::{Identity, Mechanism, NtHash, Principal, UnverifiedUser};

/// Which proven names are whose.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// Realms whose `user@REALM` is the user of that name in our domain.
    pub realms: Vec<String>,
    /// Kerberos principals that are somebody by name.
    pub principals: Vec<(Principal, AccountName)>,
}

/// Who an NTLM client says it is, and what its proof is judged by.
pub(super) struct Candidate {
    pub(super) claimed: UnverifiedUser,
    pub(super) known: Known,
}

/// What is known of that name.
pub(super) enum Known {
    Nobody,
    /// A user without a usable NT hash.
    WithoutHash(&'static str),
    Hash(Found, Sealed, NtHash),
}

/// A subject, and the epoch for which that is good.
pub(super) type Found = (Arc<Standing>, Epoch);
/// The row that the hash came from: another password has another one.
pub(super) type Sealed = Vec<u8>;

impl Accounts {
    /// The account that a Kerberos principal is, if it is one.
    fn of_principal(&self, identity: &Identity) -> Option<AccountName> {
        let named = self.principals.iter().find(|(principal, _)| {
            principal.components == identity.components() && principal.realm == identity.realm()
        });
        if let Some((_, account)) = named {
            return Some(account.clone());
        }
        let ours = self.realms.iter().any(|realm| realm == identity.realm());
        AccountName::new(identity.user().filter(|_| ours)?).ok()
    }
}

/// The subject of a proven name.
pub(super) async fn of_identity(
    app: &App,
    accounts: &Accounts,
    identity: &Identity,
) -> Result<Option<Found>, Failure> {
    let lookup = match identity.mechanism() {
        Mechanism::Kerberos => accounts.of_principal(identity).map(|name| Lookup::Name(name.folded())),
        Mechanism::Ntlm => identity.user().and_then(|user| of_ntlm(app, user, identity.realm())),
    };
    let Some(lookup) = lookup else { return Ok(None) };
    let found = app.standings.find_active(app, lookup, app.now()).await?;
    Ok(found.filter(|(standing, _)| is_person(standing)))
}

/// Looks up who an NTLM client says it is: by the directory of now, as what comes of it may be a refusal.
pub(super) async fn candidate(
    app: &App,
    hashes: Option<&NtHashes>,
    claimed: UnverifiedUser,
) -> Result<Candidate, Failure> {
    let known = match of_ntlm(app, &claimed.user, &claimed.domain) {
        Some(lookup) => known(app, hashes, lookup).await?,
        None => Known::Nobody,
    };
    Ok(Candidate { claimed, known })
}

async fn known(app: &App, hashes: Option<&NtHashes>, lookup: Lookup) -> Result<Known, Failure> {
    let found = app.standings.find_now(app, lookup).await?;
    let Some((standing, epoch)) = found.filter(|(standing, _)| is_person(standing)) else {
        return Ok(Known::Nobody);
    };
    let Some(hashes) = hashes.filter(|hashes| hashes.allows(&standing)) else {
        return Ok(Known::WithoutHash("an administrator, who may not log in by NTLM"));
    };
    if standing.has_expired(&app.policies.current(app).await?.password, app.now()) {
        return Ok(Known::WithoutHash("a user whose password has expired"));
    }
    let Some(sealed) = app.store.nt_hash(&standing.id).await? else {
        let why = "a user without NT hash: not asked for, or no password was set since";
        return Ok(Known::WithoutHash(why));
    };
    Ok(match hashes.open(&standing.id, &sealed) {
        Some(hash) => Known::Hash((standing, epoch), sealed, hash),
        None => Known::WithoutHash("a user whose NT hash was sealed under another key"),
    })
}

/// `alice` with our domain, by either of its names, or with none; `alice@domain` with none.
fn of_ntlm(app: &App, user: &str, domain: &str) -> Option<Lookup> {
    if domain.is_empty() {
        return credentials::lookup(app, user);
    }
    let ours = app.settings.domain.as_str();
    let short = ours.split('.').next().unwrap_or(ours);
    if fold(domain) != fold(ours) && fold(domain) != fold(short) {
        return None;
    }
    Some(Lookup::Name(AccountName::new(user).ok()?.folded()))
}

/// Machines log in by their certificates.
fn is_person(standing: &Standing) -> bool {
    matches!(standing.kind, Kind::User { .. })
}

impl Candidate {
    /// What the proof is judged by.
    pub(super) fn hash(&self) -> Option<&NtHash> {
        match &self.known {
            Known::Hash(_, _, hash) => Some(hash),
            Known::Nobody | Known::WithoutHash(..) => None,
        }
    }

    /// Why a proof did not hold, for the operator.
    pub(super) fn why(&self) -> &'static str {
        match &self.known {
            Known::Nobody => "no such user in this domain",
            Known::WithoutHash(why) => why,
            Known::Hash(..) => "a wrong password",
        }
    }

    /// As it was typed.
    pub(super) fn written(&self) -> String {
        let UnverifiedUser { user, domain } = &self.claimed;
        let text = if domain.is_empty() { user.clone() } else { format!("{domain}\\{user}") };
        text.chars().take(LONGEST_NAME).collect()
    }
}

/// As much of a stranger's name as the audit keeps.
const LONGEST_NAME: usize = 256;
