//! Extensions: what they are called, and as whom they act (`session-manager.md` §1.13, §2.5).

use super::privilege::{ALL, ROOT};
use super::role::{ADMIN, Privileges};
use super::standing::{Grant, Kind, Standing};

/// The key of an extension, `com.example.ext`. Compared as it is written.
///
/// It is the user name of the extension's sessions, so that it must not look like anybody else's: it has no `\` and no
/// `@`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExtensionKey(String);

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionKeyError {
    /// Nothing, or more than [`MAX_KEY`] bytes.
    #[error("a key of {0} bytes, 1 to {MAX_KEY} are allowed")]
    Length(usize),
    /// A character that a key must not hold.
    #[error("the character {0:?} is not allowed in the key of an extension")]
    Character(char),
}

impl ExtensionKey {
    /// Checks a key.
    ///
    /// # Errors
    /// [`ExtensionKeyError`] naming what is wrong.
    pub fn new(text: &str) -> Result<Self, ExtensionKeyError> {
        if text.is_empty() || text.len() > MAX_KEY {
            return Err(ExtensionKeyError::Length(text.len()));
        }
        match text.chars().find(|c| !c.is_ascii_graphic() || "\\@/%".contains(*c)) {
            Some(wrong) => Err(ExtensionKeyError::Character(wrong)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The key as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Identifies the extension as the subject of sessions. Rows of principals have identifiers without a colon.
    #[must_use]
    pub fn subject_id(&self) -> String {
        format!("{SUBJECT}{}", self.0)
    }

    /// The extension that is the subject of this identifier; nothing for a user or a solution user.
    #[must_use]
    pub fn of_subject(id: &str) -> Option<Self> {
        id.strip_prefix(SUBJECT).and_then(|key| Self::new(key).ok())
    }
}

impl Standing {
    /// An extension: the privileges of an administrator, `Sessions.ImpersonateUser` among them, whatever the permissions
    /// say. One that is not registered any more keeps the sessions it has and opens no other.
    #[must_use]
    pub fn of_extension(key: &ExtensionKey, registered: bool) -> Self {
        let privileges = Privileges::System(ALL);
        let grant =
            Grant { entity: ROOT.into(), by_group: false, role_id: ADMIN, propagate: true, privileges };
        Self {
            id: key.subject_id(),
            name: key.as_str().to_owned(),
            kind: Kind::Extension { registered },
            disabled: false,
            locked_until: None,
            groups: Vec::new(),
            grants: vec![grant],
        }
    }
}

const SUBJECT: &str = "extension:";
/// Real keys have the form of a package name and stay below 80.
pub const MAX_KEY: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii_and_looks_like_no_user() {
        for key in ["com.example.ext", "a", "x:y-z_1", &"k".repeat(MAX_KEY)] {
            assert_eq!(ExtensionKey::new(key).unwrap().as_str(), key);
        }
        assert_eq!(ExtensionKey::new(""), Err(ExtensionKeyError::Length(0)));
        assert_eq!(ExtensionKey::new(&"k".repeat(MAX_KEY + 1)), Err(ExtensionKeyError::Length(MAX_KEY + 1)));
        for (key, wrong) in
            [("VSPHERE.LOCAL\\alice", '\\'), ("a@b", '@'), ("a b", ' '), ("a\n", '\n'), ("é", 'é')]
        {
            assert_eq!(ExtensionKey::new(key), Err(ExtensionKeyError::Character(wrong)));
        }
    }

    #[test]
    fn an_extension_is_found_by_its_subject_and_nobody_else_is() {
        let key = ExtensionKey::new("com.example.ext").unwrap();
        assert_eq!(ExtensionKey::of_subject(&key.subject_id()), Some(key));
        for id in ["com.example.ext", "extension:", "3d22bbe6-cb01-4a07-8539-ae5bce8b0508"] {
            assert_eq!(ExtensionKey::of_subject(id), None, "{id}");
        }
    }

    #[test]
    fn an_extension_holds_every_privilege_and_logs_in_while_it_is_registered() {
        let key = ExtensionKey::new("k").unwrap();
        let registered = Standing::of_extension(&key, true);
        assert!(
            registered.holds("Sessions.ImpersonateUser")
                && registered.may_log_in()
                && !registered.is_solution()
        );
        let gone = Standing::of_extension(&key, false);
        assert!(
            gone.holds("Sessions.ImpersonateUser")
                && gone.holds(crate::vim::access::VIEW)
                && !gone.may_log_in()
        );
        assert!(gone.is_active(crate::clock::Moment::EPOCH));
    }
}
