//! Names of users, solution users and groups, and the ways people write them (`sts.md` §3.1, §7.1; `decisions.md` §14).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

/// The system domain. Compared without case; written as it was configured, or in capitals where vCenter does.
#[derive(Clone, Debug)]
pub struct Domain {
    name: Arc<str>,
    capitals: Arc<str>,
}

/// The account part of a name: no separator, no control or invisible character, in NFC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

/// An account in a domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The account part.
    pub name: AccountName,
    /// The domain part.
    pub domain: Domain,
}

/// What somebody typed to say who they are: `user@domain`, `DOMAIN\user`, or a bare `user` of the default domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginName {
    /// The account part, in NFC. Not yet known to exist.
    pub name: String,
    /// The domain part, if one was given.
    pub domain: Option<String>,
}

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was written.
    #[error("empty principal name is not allowed")]
    Empty,
    /// More than [`MAX_NAME`] bytes.
    #[error("a name of {0} bytes, at most {MAX_NAME} are allowed")]
    TooLong(usize),
    /// A character that a name must not hold.
    #[error("the character {0:?} is not allowed in a name")]
    Character(char),
    /// More than one separator, or nothing beside it.
    #[error("incorrect number of fields in a principal name")]
    Fields,
}

impl Domain {
    /// A domain by its DNS-like name.
    ///
    /// # Errors
    /// [`NameError`] when the text is empty, too long or holds anything but letters, digits, `-`, `_` and `.`.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_length(name)?;
        match name.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._".contains(*c)) {
            Some(wrong) => Err(NameError::Character(wrong)),
            None => Ok(Self { name: name.into(), capitals: name.to_ascii_uppercase().into() }),
        }
    }

    /// As configured, for example `vsphere.local`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// In capitals, as vCenter writes it in subjects: `VSPHERE.LOCAL`.
    #[must_use]
    pub fn capitals(&self) -> &str {
        &self.capitals
    }

    /// The same domain, whatever the case.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        self.name.eq_ignore_ascii_case(other)
    }
}

impl PartialEq for Domain {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.name)
    }
}

impl Eq for Domain {}

impl Hash for Domain {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.capitals.hash(state);
    }
}

impl AccountName {
    /// Checks and normalises (NFC) a name.
    ///
    /// # Errors
    /// [`NameError`] naming what is wrong.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let name: String = name.nfc().collect();
        check_length(&name)?;
        match name.chars().find(|c| forbidden(*c)) {
            Some(wrong) => Err(NameError::Character(wrong)),
            None if name.trim() != name => Err(NameError::Character(' ')),
            None => Ok(Self(name)),
        }
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which names are compared: see [`fold`].
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Principal {
    /// `name@DOMAIN`, the subject of tokens (`clients.md` §4.2).
    #[must_use]
    pub fn upn(&self) -> String {
        format!("{}@{}", self.name, self.domain.capitals())
    }

    /// `DOMAIN\name`, the user name of sessions (`session-manager.md` §1.2).
    #[must_use]
    pub fn session_name(&self) -> String {
        format!("{}\\{}", self.domain.capitals(), self.name)
    }
}

impl LoginName {
    /// Takes a typed name apart.
    ///
    /// # Errors
    /// [`NameError`] for an empty, overlong or multiply separated name, or one with control characters.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_length(text)?;
        if let Some(wrong) = text.chars().find(|c| c.is_control()) {
            return Err(NameError::Character(wrong));
        }
        let (name, domain) = match (text.split_once('\\'), text.split_once('@')) {
            (Some((domain, name)), None) | (None, Some((name, domain))) => (name, Some(domain)),
            (None, None) => (text, None),
            (Some(_), Some(_)) => return Err(NameError::Fields),
        };
        let stray = |part: &str| part.is_empty() || part.contains(['\\', '@']);
        if stray(name) || domain.is_some_and(stray) {
            return Err(NameError::Fields);
        }
        Ok(Self { name: name.nfc().collect(), domain: domain.map(str::to_owned) })
    }

    /// The name within `domain`, or nothing when it belongs to another domain.
    #[must_use]
    pub fn within(&self, domain: &Domain) -> Option<&str> {
        match &self.domain {
            Some(other) if !domain.is(other) => None,
            _ => Some(&self.name),
        }
    }
}

/// The form by which names are compared and found: NFC, lower case.
#[must_use]
pub fn fold(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase().nfc().collect()
}

fn check_length(name: &str) -> Result<(), NameError> {
    match name.len() {
        0 => Err(NameError::Empty),
        length if length > MAX_NAME => Err(NameError::TooLong(length)),
        _ => Ok(()),
    }
}

/// `sts.md` §7.1 forbids the separators and `^<>&%` with the back-tick; invisible characters could fake another name.
fn forbidden(c: char) -> bool {
    c.is_control() || "^<>&%`@\\/".contains(c) || invisible(c)
}

/// Format characters, variation selectors and the byte-order mark: nothing a person can see or type on purpose.
fn invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x61c | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f
        | 0xfeff | 0xfff0..=0xffff | 0xe0000..=0xe0fff)
}

/// Longer than any directory allows, short enough to print.
pub const MAX_NAME: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str) -> Result<(String, Option<String>), NameError> {
        LoginName::parse(text).map(|login| (login.name, login.domain))
    }

    #[test]
    fn a_name_is_read_in_its_three_forms() {
        assert_eq!(login("alice"), Ok(("alice".into(), None)));
        assert_eq!(login("alice@vsphere.local"), Ok(("alice".into(), Some("vsphere.local".into()))));
        assert_eq!(login("VSPHERE.LOCAL\\alice"), Ok(("alice".into(), Some("VSPHERE.LOCAL".into()))));
    }

    /// sts.md §10: 220.
    #[test]
    fn a_name_with_stray_separators_is_refused() {
        for text in ["a@b@c", "a\\b\\c", "D\\a@b", "@b", "a@", "\\a", "D\\"] {
            assert_eq!(login(text), Err(NameError::Fields), "{text}");
        }
        assert_eq!(login(""), Err(NameError::Empty));
        assert_eq!(login("a\r\nb"), Err(NameError::Character('\r')));
    }

    #[test]
    fn another_domain_is_not_ours() {
        let ours = Domain::new("vsphere.local").unwrap();
        assert_eq!(LoginName::parse("a@VSPHERE.local").unwrap().within(&ours), Some("a"));
        assert_eq!(LoginName::parse("a").unwrap().within(&ours), Some("a"));
        assert_eq!(LoginName::parse("a@corp.example").unwrap().within(&ours), None);
    }

    #[test]
    fn look_alikes_are_refused_or_fold_together() {
        assert_eq!(AccountName::new("a\u{200b}b"), Err(NameError::Character('\u{200b}')));
        assert_eq!(AccountName::new("a/b"), Err(NameError::Character('/')));
        assert_eq!(AccountName::new(" a"), Err(NameError::Character(' ')));
        assert_eq!(AccountName::new("e\u{301}").unwrap(), AccountName::new("é").unwrap());
        assert_eq!(fold("ÉLODIE"), fold("élodie"));
    }

    #[test]
    fn the_domain_is_written_in_capitals_where_vcenter_does() {
        let principal = Principal {
            name: AccountName::new("alice").unwrap(),
            domain: Domain::new("vsphere.local").unwrap(),
        };
        assert_eq!(principal.upn(), "alice@VSPHERE.LOCAL");
        assert_eq!(principal.session_name(), "VSPHERE.LOCAL\\alice");
    }
}
