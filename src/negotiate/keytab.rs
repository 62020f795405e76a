//! Keytabs: the keys of this end's Kerberos principals, in MIT's file format, version 2.
//!
//! Only AES keys are taken; entries of other types are passed over, holes of deleted entries too.

use std::fmt;

use super::kerberos::{EncryptionType, Key};

/// The keys of a keytab.
#[derive(Debug, Default)]
pub struct Keytab(Vec<Entry>);

/// A Kerberos name: its components, and its realm.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// `HTTP` and `vcsso.lab.test`.
    pub components: Vec<String>,
    /// `LAB.TEST`.
    pub realm: String,
}

/// A text that is no principal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not of the form service/host@REALM")]
pub struct PrincipalSyntax(pub String);

/// Why a keytab could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeytabError {
    /// Not a keytab, or one of version 1.
    #[error("not a keytab of version 2")]
    Version,
    /// More bytes than any keytab of one host has.
    #[error("a keytab of {0} bytes, at most {MAX_KEYTAB} are read")]
    TooLong(usize),
    /// The file ends inside an entry.
    #[error("the keytab ends inside entry {0}")]
    Truncated(usize),
    /// A name that is not UTF-8.
    #[error("the name of entry {0} is not UTF-8")]
    Name(usize),
    /// A key that is shorter or longer than its type, or empty.
    #[error("entry {entry} has a key of {seen} bytes, its type has {wanted}")]
    Key {
        /// Which entry, from 1.
        entry: usize,
        /// Its length.
        seen: usize,
        /// The length of its type.
        wanted: usize,
    },
    /// No AES key in it.
    #[error("the keytab has no AES key")]
    NoKey,
}

#[derive(Debug)]
struct Entry {
    principal: Principal,
    version: u32,
    key: Key,
}

impl Keytab {
    /// Reads a keytab.
    ///
    /// # Errors
    /// [`KeytabError`].
    pub fn read(bytes: &[u8]) -> Result<Self, KeytabError> {
        if bytes.len() > MAX_KEYTAB {
            return Err(KeytabError::TooLong(bytes.len()));
        }
        let mut rest = bytes.strip_prefix(&[5, 2]).ok_or(KeytabError::Version)?;
        let (mut entries, mut number) = (Vec::new(), 0);
        while !rest.is_empty() {
            number += 1;
            let truncated = KeytabError::Truncated(number);
            let (size, after) = rest.split_first_chunk::<4>().ok_or(truncated)?;
            let size = i32::from_be_bytes(*size);
            let length = usize::try_from(size.unsigned_abs()).map_err(|_| truncated)?;
            let (record, after) = after.split_at_checked(length).ok_or(truncated)?;
            if size > 0 {
                entries.extend(Record { rest: record, number }.entry()?);
            }
            rest = after;
        }
        if entries.is_empty() { Err(KeytabError::NoKey) } else { Ok(Self(entries)) }
    }

    /// The principals that it has keys of, each once.
    #[must_use]
    pub fn principals(&self) -> Vec<&Principal> {
        let mut found: Vec<&Principal> = Vec::new();
        for entry in &self.0 {
            if !found.contains(&&entry.principal) {
                found.push(&entry.principal);
            }
        }
        found
    }

    /// The keys of a principal that may have sealed a ticket.
    pub(super) fn keys<'a>(
        &'a self,
        principal: &'a Principal,
        kind: EncryptionType,
        version: Option<u32>,
    ) -> impl Iterator<Item = &'a Key> {
        let entries = self.0.iter().filter(move |entry| {
            let same = version.is_none_or(|version| version == entry.version);
            same && entry.key.kind() == kind && entry.principal == *principal
        });
        entries.map(|entry| &entry.key)
    }
}

impl Principal {
    /// Reads `service/host@REALM`. A backslash, which would quote the others, is refused.
    ///
    /// # Errors
    /// [`PrincipalSyntax`].
    pub fn parse(text: &str) -> Result<Self, PrincipalSyntax> {
        let wrong = || PrincipalSyntax(text.to_owned());
        let (name, realm) = text.split_once('@').ok_or_else(wrong)?;
        let components: Vec<String> = name.split('/').map(str::to_owned).collect();
        let empty = realm.is_empty() || components.iter().any(String::is_empty);
        if empty || realm.contains(['@', '/']) || text.contains('\\') {
            return Err(wrong());
        }
        Ok(Self { components, realm: realm.to_owned() })
    }
}

/// As MIT writes it: what separates is quoted where it does not, and so is what would break a line of a log, as a
/// stranger may have written the name.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, component) in self.components.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { "/" })?;
            quoted(component, f)?;
        }
        f.write_str("@")?;
        quoted(&self.realm, f)
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    text.chars().try_for_each(|letter| match letter {
        '/' | '@' | '\\' => write!(f, "\\{letter}"),
        control if control.is_control() => write!(f, "{}", control.escape_default()),
        other => write!(f, "{other}"),
    })
}

struct Record<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Record<'a> {
    fn entry(mut self) -> Result<Option<Entry>, KeytabError> {
        let count = u16::from_be_bytes(self.array()?);
        let realm = self.text()?;
        let components = (0..count).map(|_| self.text()).collect::<Result<_, _>>()?;
        self.array::<8>()?; // name type and time
        let [short_version] = self.array()?;
        let kind = u16::from_be_bytes(self.array()?);
        let key = self.counted()?;
        // The full version follows in files of today; 0 there means that the short one holds.
        let long_version = self.array().map_or(0, u32::from_be_bytes);
        let version = if long_version == 0 { u32::from(short_version) } else { long_version };
        let Some(kind) = EncryptionType::from_number(kind.into()) else {
            return Ok(None);
        };
        let (entry, seen, wanted) = (self.number, key.len(), kind.key_length());
        let key = Key::new(kind, key).ok_or(KeytabError::Key { entry, seen, wanted })?;
        Ok(Some(Entry { principal: Principal { components, realm }, version, key }))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], KeytabError> {
        let (found, rest) = self.rest.split_first_chunk().ok_or(KeytabError::Truncated(self.number))?;
        self.rest = rest;
        Ok(*found)
    }

    fn counted(&mut self) -> Result<&'a [u8], KeytabError> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (found, rest) = self.rest.split_at_checked(length).ok_or(KeytabError::Truncated(self.number))?;
        self.rest = rest;
        Ok(found)
    }

    fn text(&mut self) -> Result<String, KeytabError> {
        let text = std::str::from_utf8(self.counted()?);
        text.map(str::to_owned).map_err(|_| KeytabError::Name(self.number))
    }
}

/// A host has a handful of principals with a handful of keys of about 100 bytes each.
const MAX_KEYTAB: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::negotiate::tests::fixtures::{self, keytab_entry};

    #[test]
    fn a_keytab_gives_the_keys_of_a_principal_by_type_and_version() {
        let keytab = Keytab::read(
            &[
                fixtures::KEYTAB_HEADER,
                &keytab_entry("HTTP/a@LAB.TEST", 1, 18, &[1; 32]),
                &[0xff, 0xff, 0xff, 0xfc, 9, 9, 9, 9],
                &keytab_entry("HTTP/a@LAB.TEST", 300, 18, &[2; 32]),
                &keytab_entry("HTTP/a@LAB.TEST", 300, 17, &[3; 16]),
                &keytab_entry("HTTP/a@LAB.TEST", 300, 23, &[4; 16]),
                &keytab_entry("HTTP/b@LAB.TEST", 300, 18, &[5; 32]),
            ]
            .concat(),
        )
        .unwrap();
        let a = Principal::parse("HTTP/a@LAB.TEST").unwrap();
        let count = |version| keytab.keys(&a, EncryptionType::Aes256Sha1, version).count();
        assert_eq!((count(None), count(Some(1)), count(Some(300)), count(Some(2))), (2, 1, 1, 0));
        assert_eq!(keytab.principals().len(), 2);
    }

    #[test]
    fn a_keytab_that_cannot_be_used_is_refused() {
        let read = |bytes: &[u8]| Keytab::read(&[fixtures::KEYTAB_HEADER, bytes].concat()).unwrap_err();
        assert_eq!(Keytab::read(b"").unwrap_err(), KeytabError::Version);
        assert_eq!(Keytab::read(&[5, 1]).unwrap_err(), KeytabError::Version);
        assert_eq!(Keytab::read(&vec![5; MAX_KEYTAB + 1]).unwrap_err(), KeytabError::TooLong(MAX_KEYTAB + 1));
        assert_eq!(read(&[]), KeytabError::NoKey);
        assert_eq!(read(&[0, 0, 0]), KeytabError::Truncated(1));
        assert_eq!(read(&[0, 0, 0, 4, 0, 1, 0, 9]), KeytabError::Truncated(1));
        assert_eq!(read(&keytab_entry("HTTP/a@LAB.TEST", 1, 23, &[4; 16])), KeytabError::NoKey);
        let empty = read(&keytab_entry("HTTP/a@LAB.TEST", 1, 18, &[]));
        assert_eq!(empty, KeytabError::Key { entry: 1, seen: 0, wanted: 32 });
        let mut entry = keytab_entry("HTTP/a@LAB.TEST", 1, 18, &[1; 32]);
        entry[8] = 0xff;
        assert_eq!(read(&entry), KeytabError::Name(1));
    }

    #[test]
    fn a_principal_is_read_only_in_its_plain_form() {
        let read = Principal::parse("HTTP/vcsso.lab.test@LAB.TEST").unwrap();
        assert_eq!(read.components, ["HTTP", "vcsso.lab.test"]);
        assert_eq!(read.to_string(), "HTTP/vcsso.lab.test@LAB.TEST");
        for text in ["", "HTTP", "HTTP/a", "@R", "a@", "a//b@R", "a@b@c", "a\\/b@R", "a@b/c"] {
            assert_eq!(Principal::parse(text), Err(PrincipalSyntax(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_strangers_name_is_written_on_one_line_and_is_not_another() {
        let principal = |components: &[&str]| Principal {
            components: components.iter().map(|text| (*text).to_owned()).collect(),
            realm: "LAB\nTEST".to_owned(),
        };
        assert_eq!(principal(&["a", "b"]).to_string(), "a/b@LAB\\nTEST");
        assert_eq!(principal(&["a/b", "c@d\\\r"]).to_string(), "a\\/b/c\\@d\\\\\\r@LAB\\nTEST");
    }
}
