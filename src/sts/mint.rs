//! The signed assertion of a grant.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Grant;
use crate::identity::{Domain, Kind, Standing, well_known};
use crate::pki::TokenSigner;
use crate::pki::key::KeyError;
use crate::saml::write::{NewAssertion, Special, write};
use crate::xml::write::is_writable;

/// A token, and what is remembered of it.
#[derive(Clone, Debug)]
pub struct Minted {
    /// The assertion, in canonical form.
    pub assertion: String,
    /// Its `ID`.
    pub id: String,
    /// Its subject.
    pub subject: String,
}

/// Why a granted token cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// A name that XML cannot hold.
    #[error("{0} holds a character that XML does not allow")]
    Unwritable(&'static str),
    /// More groups than a token may name (`decisions.md` §14).
    #[error("{0} groups, at most {MAX_GROUPS} fit into a token")]
    Groups(usize),
    /// The signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Mints the token that `grant` allows for `subject`.
///
/// # Errors
/// [`MintError`].
pub fn mint(
    grant: &Grant,
    subject: &Standing,
    domain: &Domain,
    issuer: &str,
    signer: &TokenSigner,
    id: String,
) -> Result<Minted, MintError> {
    let upn = subject.principal(domain).ok_or(MintError::Unwritable("the name"))?.upn();
    let groups = groups(subject, domain)?;
    let (given_name, surname, email) = match &subject.kind {
        Kind::User { given_name, surname, email, .. } => {
            (given_name.as_deref(), surname.as_deref(), email.clone())
        }
        Kind::Solution { .. } | Kind::External { .. } | Kind::Extension { .. } => (None, None, None),
    };
    let special = Special { email, ..grant.special.clone() };
    let others = special.audiences.iter().chain(&special.recipient).chain(&special.email).map(String::as_str);
    let names =
        [given_name, surname].into_iter().flatten().chain(others).chain(groups.iter().map(String::as_str));
    if !{ names }.all(is_writable) {
        return Err(MintError::Unwritable("a name or group"));
    }
    let confirmation = grant.confirmation.as_ref().map(|certificate| STANDARD.encode(certificate.der()));
    let new = NewAssertion {
        id: &id,
        issue_instant: grant.issue_instant,
        authn_instant: grant.issue_instant,
        issuer,
        subject: &upn,
        confirmation: confirmation.as_deref(),
        not_before: grant.not_before,
        not_on_or_after: grant.not_on_or_after,
        proxy_count: grant.proxy_count,
        renew_count: grant.renew_count,
        authn_class: grant.authenticated.class(),
        groups: &groups,
        given_name,
        surname,
        is_solution: subject.is_solution(),
        special: Some(&special),
    };
    let assertion = write(&new, signer, grant.algorithm)?;
    Ok(Minted { assertion, id, subject: upn })
}

/// `domain\group`, and the group that everybody of this domain is in (`sts.md` §5.3).
///
/// # Errors
/// [`MintError::Groups`].
pub fn groups(subject: &Standing, domain: &Domain) -> Result<Vec<String>, MintError> {
    if subject.groups.len() >= MAX_GROUPS {
        return Err(MintError::Groups(subject.groups.len()));
    }
    let everyone = (!subject.is_external()).then_some(well_known::EVERYONE);
    let names = subject.groups.iter().map(String::as_str).chain(everyone);
    Ok(names.map(|group| [domain.as_str(), "\\", group].concat()).collect())
}

const MAX_GROUPS: usize = 8_192;
