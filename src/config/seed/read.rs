//! From tables to entries: keys, names, hashes, certificates and privileges checked, duplicates refused.

use std::collections::HashMap;
use std::path::Path;

use super::super::document::{Placed, Section};
use super::super::error::{ConfigError, Hint, Place};
use super::entry::{Extension, ExternalIssuer, Group, Password, Permission, Role, SolutionUser, User};
use crate::identity::principal::fold;
use crate::identity::role::SYSTEM_ROLES;
use crate::identity::{AccountName, Domain, ExtensionKey, Grantee, password, privilege};
use crate::pki::{Certificate, pem};
use crate::secret::Secret;

/// The names seen so far, with their lines.
#[derive(Default)]
pub(super) struct Names(HashMap<String, usize>);

impl Names {
    /// Takes a name, or says where it was taken before.
    fn take(
        &mut self,
        what: &'static str,
        name: &str,
        folded: String,
        place: Place,
    ) -> Result<(), ConfigError> {
        match self.0.insert(folded, place.line()) {
            None => Ok(()),
            Some(first) => Err(ConfigError::Duplicate { what, name: name.to_owned(), place, first }),
        }
    }
}

/// Users and solution users share one space of names.
pub(super) fn users(root: &Section<'_>, names: &mut Names) -> Result<Vec<User>, ConfigError> {
    let read = |section: Section<'_>| {
        section.only(&[
            "name",
            "password",
            "password_hash",
            "groups",
            "given_name",
            "surname",
            "email",
            "ntlm",
        ])?;
        let name = account(&section, section.required("name")?, "name")?;
        names.take("user", name.as_str(), name.folded(), section.place())?;
        let ntlm = ntlm(&section)?;
        Ok(User {
            name,
            password: password(&section)?,
            groups: accounts(&section, "groups")?,
            given_name: display(&section, "given_name")?,
            surname: display(&section, "surname")?,
            email: display(&section, "email")?,
            ntlm,
        })
    };
    root.each("user")?.into_iter().map(read).collect()
}

pub(super) fn solution_users(
    root: &Section<'_>,
    names: &mut Names,
) -> Result<Vec<SolutionUser>, ConfigError> {
    let mut certificates = Names::default();
    let read = |section: Section<'_>| {
        section.only(&["name", "certificate", "certificate_file", "groups"])?;
        let name = account(&section, section.required("name")?, "name")?;
        names.take("solution user", name.as_str(), name.folded(), section.place())?;
        let certificate =
            certificate(&section)?.ok_or_else(|| section.missing("certificate or certificate_file"))?;
        let fingerprint = certificate.fingerprint();
        certificates.take(
            "a certificate of a solution user,",
            &fingerprint,
            fingerprint.clone(),
            section.place(),
        )?;
        if !certificate.key().is_usable() {
            let wanted = "a certificate with an RSA key of 2048 to 8192 bits: others cannot sign requests";
            return Err(section.wrong("certificate", section.place(), &certificate.subject(), wanted));
        }
        Ok(SolutionUser { name, certificate, groups: accounts(&section, "groups")? })
    };
    root.each("solution_user")?.into_iter().map(read).collect()
}

pub(super) fn groups(root: &Section<'_>) -> Result<Vec<Group>, ConfigError> {
    let mut names = Names::default();
    let read = |section: Section<'_>| {
        section.only(&["name", "members"])?;
        let name = account(&section, section.required("name")?, "name")?;
        names.take("group", name.as_str(), name.folded(), section.place())?;
        Ok(Group { name, members: accounts(&section, "members")? })
    };
    root.each("group")?.into_iter().map(read).collect()
}

pub(super) fn extensions(root: &Section<'_>) -> Result<Vec<Extension>, ConfigError> {
    let mut keys = Names::default();
    let read = |section: Section<'_>| {
        section.only(&["key", "subject_name", "certificate", "certificate_file"])?;
        let (text, place) = section.required("key")?;
        let key = ExtensionKey::new(text)
            .map_err(|why| section.wrong("key", place, text, format!("the key of an extension: {why}")))?;
        keys.take("extension", text, text.to_owned(), section.place())?;
        let subject_name = display(&section, "subject_name")?;
        Ok(Extension { key, subject_name, certificate: certificate(&section)? })
    };
    root.each("extension")?.into_iter().map(read).collect()
}

pub(super) fn external_issuers(root: &Section<'_>) -> Result<Vec<ExternalIssuer>, ConfigError> {
    let (mut issuers, mut domains) = (Names::default(), Names::default());
    let read = |section: Section<'_>| {
        section.only(&["issuer", "domain", "certificate", "certificate_file", "groups"])?;
        let issuer = plain(&section, section.required("issuer")?, "issuer")?;
        issuers.take("external issuer", &issuer, issuer.clone(), section.place())?;
        let (text, place) = section.required("domain")?;
        let domain = Domain::new(text)
            .map_err(|why| section.wrong("domain", place, text, format!("the name of a domain: {why}")))?;
        domains.take("domain of an external issuer", text, fold(text), section.place())?;
        let (text, key, place) =
            certificate_text(&section)?.ok_or_else(|| section.missing("certificate or certificate_file"))?;
        let certificates = pem::leaves(&text)
            .map_err(|why| section.wrong(key, place.clone(), &why.to_string(), "certificates in PEM"))?;
        if let Some(unusable) = certificates.iter().find(|certificate| !certificate.key().is_usable()) {
            let wanted = "certificates with RSA keys of 2048 to 8192 bits: others cannot sign tokens";
            return Err(section.wrong(key, place, &unusable.subject(), wanted));
        }
        let groups = accounts(&section, "groups")?;
        Ok(ExternalIssuer { issuer, domain, certificates, groups })
    };
    root.each("external_issuer")?.into_iter().map(read).collect()
}

pub(super) fn roles(root: &Section<'_>) -> Result<Vec<Role>, ConfigError> {
    let mut names = Names::default();
    let read = |section: Section<'_>| {
        section.only(&["name", "privileges"])?;
        let (text, place) = section.required("name")?;
        let name = account(&section, (text, place.clone()), "name")?;
        if SYSTEM_ROLES.iter().any(|role| role.name.eq_ignore_ascii_case(name.as_str())) {
            return Err(section.wrong("name", place, text, "a name that no system role has"));
        }
        names.take("role", name.as_str(), name.folded(), section.place())?;
        let privileges = section
            .texts("privileges")?
            .into_iter()
            .map(|text| one_privilege(text))
            .collect::<Result<_, _>>()?;
        Ok(Role { name, privileges })
    };
    root.each("role")?.into_iter().map(read).collect()
}

pub(super) fn permissions(root: &Section<'_>) -> Result<Vec<Permission>, ConfigError> {
    let mut places = Names::default();
    let read = |section: Section<'_>| {
        section.only(&["principal", "group", "role", "entity", "propagate"])?;
        let (text, place) = section.required("principal")?;
        let principal = Grantee::new(text).map_err(|why| {
            let wanted =
                format!("a name without domain, or DOMAIN\\name of an external issuer's user: {why}");
            section.wrong("principal", place.clone(), text, wanted)
        })?;
        let group = section.switch("group", false)?;
        if group && principal.domain().is_some() {
            return Err(section.wrong("principal", place, text, "a group of this domain"));
        }
        let entity = section.text("entity")?.map(|text| plain(&section, text, "entity")).transpose()?;
        let permission = Permission {
            group,
            role: account(&section, section.required("role")?, "role")?,
            entity: entity.unwrap_or_else(|| privilege::ROOT.to_owned()),
            propagate: section.switch("propagate", true)?,
            principal,
        };
        let key = super::Entry::key(&permission);
        places.take("permission of", permission.principal.as_str(), key, section.place())?;
        Ok(permission)
    };
    root.each("permission")?.into_iter().map(read).collect()
}

fn one_privilege((text, place): Placed<'_>) -> Result<&'static str, ConfigError> {
    privilege::ALL.iter().copied().find(|known| *known == text).ok_or_else(|| ConfigError::Value {
        key: "role.privileges".into(),
        place,
        seen: text.into(),
        wanted: "a known privilege".into(),
        hint: Hint::of(text, privilege::ALL),
    })
}

fn account(section: &Section<'_>, (text, place): Placed<'_>, key: &str) -> Result<AccountName, ConfigError> {
    AccountName::new(text)
        .map_err(|error| section.wrong(key, place, text, format!("a name without domain: {error}")))
}

fn accounts(section: &Section<'_>, key: &str) -> Result<Vec<AccountName>, ConfigError> {
    section.texts(key)?.into_iter().map(|text| account(section, text, key)).collect()
}

/// A text for people. Hostile ones are allowed where tokens can carry them; what XML cannot write is not.
fn display(section: &Section<'_>, key: &str) -> Result<Option<String>, ConfigError> {
    let Some((text, place)) = section.text(key)? else { return Ok(None) };
    let writable = !text.is_empty() && text.len() <= LONGEST_TEXT && crate::xml::write::is_writable(text);
    let wanted = format!("1 to {LONGEST_TEXT} bytes without control characters");
    if writable { Ok(Some(text.to_owned())) } else { Err(section.wrong(key, place, text, wanted)) }
}

/// An identifier: printable, no white space.
fn plain(section: &Section<'_>, (text, place): Placed<'_>, key: &str) -> Result<String, ConfigError> {
    let known = text.bytes().all(|byte| byte.is_ascii_graphic());
    let wanted = "1 to 256 visible ASCII characters";
    if known && (1..=256).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(section.wrong(key, place, text, wanted))
    }
}

fn password(section: &Section<'_>) -> Result<Password, ConfigError> {
    match (section.text("password")?, section.text("password_hash")?) {
        (Some(_), Some(_)) => Err(both(section, "password", "password_hash")),
        (None, None) => Err(section.missing("password or password_hash")),
        (Some((text, place)), None) if text.is_empty() || text.len() > password::MAX_PASSWORD => {
            let wanted = format!("1 to {} bytes", password::MAX_PASSWORD);
            Err(section.wrong("password", place, &format!("{} bytes", text.len()), wanted))
        }
        (Some((text, _)), None) => Ok(Password::Clear(Secret::new(text))),
        (None, Some((hash, _))) if password::is_usable_hash(hash) => Ok(Password::Hash(hash.to_owned())),
        (None, Some((_, place))) => {
            let wanted = "an argon2id hash in PHC form, of at most 256 MiB and 8 passes";
            Err(section.wrong("password_hash", place, "something else", wanted))
        }
    }
}

/// An NT hash is made of the password itself; what was hashed elsewhere has none.
fn ntlm(section: &Section<'_>) -> Result<bool, ConfigError> {
    let wanted = section.switch("ntlm", false)?;
    if wanted && section.text("password_hash")?.is_some() {
        return Err(both(section, "ntlm", "password_hash"));
    }
    Ok(wanted)
}

/// The text of an entry's certificates, under which key it stands, and where.
fn certificate_text(section: &Section<'_>) -> Result<Option<(String, &'static str, Place)>, ConfigError> {
    Ok(Some(match (section.text("certificate")?, section.text("certificate_file")?) {
        (Some(_), Some(_)) => return Err(both(section, "certificate", "certificate_file")),
        (None, None) => return Ok(None),
        (Some((text, place)), None) => (text.to_owned(), "certificate", place),
        (None, Some((file, place))) => {
            (read_file(section.source().folder(), file)?, "certificate_file", place)
        }
    }))
}

fn certificate(section: &Section<'_>) -> Result<Option<Certificate>, ConfigError> {
    let Some((text, key, place)) = certificate_text(section)? else { return Ok(None) };
    let read = pem::certificates(&text)
        .map_err(|why| section.wrong(key, place, &why.to_string(), "a certificate in PEM"))?;
    Ok(read.into_iter().next())
}

fn read_file(folder: &Path, file: &str) -> Result<String, ConfigError> {
    let file = folder.join(file);
    std::fs::read_to_string(&file).map_err(|error| ConfigError::Unreadable { file, why: error.to_string() })
}

fn both(section: &Section<'_>, first: &str, second: &str) -> ConfigError {
    let named = |key: &str| format!("`{key}`");
    ConfigError::Conflict {
        first: format!("{}: {} {}", section.place(), section.name(), named(first)),
        second: named(second),
    }
}

/// What a directory allows for a display name.
const LONGEST_TEXT: usize = 1_024;
