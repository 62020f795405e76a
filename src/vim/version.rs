//! The version of the API a client speaks (`SOAPAction`, `session-manager.md` §3.1) and the ones we publish
//! (§2.2).
//!
//! A client must not be shown a field it does not know (§2.1): values carry the version since which they
//! exist, and the writer leaves out what is newer than the client.

use std::fmt::Write as _;

use crate::vim::Fault;

/// A version of vim25, ordered as the API grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion([u16; 4]);

/// What the `SOAPAction` header of a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No version: the header is missing, empty, or only a namespace.
    Nothing,
    /// One of the versions we publish.
    Published(ApiVersion),
    /// Another one; what it is called, without the namespace.
    Other(String),
}

impl ApiVersion {
    /// The newest we speak. 8.0.2.0 and not 8.0.3.0: from 8.0.3 on the Java SDK takes the SOAP session for a
    /// session of `/api` too and skips its own login there (`session-manager.md` §2.1). Nothing in a login's
    /// messages is newer.
    pub const NEWEST: Self = Self([8, 0, 2, 0]);
    /// [`Self::NEWEST`], as `about.apiVersion` says it.
    pub const NEWEST_TEXT: &'static str = "8.0.2.0";
    /// The one of a client that names none: every required field of a session, nothing after it (§3.1).
    pub const SILENT: Self = Self([6, 0, 0, 0]);
    /// Fields that were always there.
    pub const FIRST: Self = Self([2, 0, 0, 0]);

    /// A version by its numbers; the ones not written are zero.
    #[must_use]
    pub const fn new(numbers: [u16; 4]) -> Self {
        Self(numbers)
    }

    /// Reads `8.0.2.0`, `6.7.3`, `5.5`; also `2.5u2` and its sibling for servers.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        let label = label.strip_suffix("server").unwrap_or(label).replace('u', ".");
        let mut numbers = [0; 4];
        let mut parts = label.split('.');
        for (number, part) in numbers.iter_mut().zip(parts.by_ref()) {
            *number = part.parse().ok()?;
        }
        parts.next().is_none().then_some(Self(numbers))
    }
}

impl Asked {
    /// Reads the header's value: with or without quotes, with or without version.
    #[must_use]
    pub fn read(header: Option<&str>) -> Self {
        let action = header.unwrap_or_default().trim().trim_matches('"').trim();
        let path =
            ["urn:vim25", "urn:internalvim25"].iter().find_map(|namespace| action.strip_prefix(namespace));
        match path.and_then(|path| path.strip_prefix('/')).unwrap_or_default() {
            "" => Self::Nothing,
            label if PUBLISHED.contains(&label) => {
                ApiVersion::parse(label).map_or(Self::Nothing, Self::Published)
            }
            label => Self::Other(label.chars().take(MAX_LABEL).collect()),
        }
    }

    /// The version to answer in: an unknown one is read as the nearest we have, a newer one as our newest.
    /// Real clients depend on it: govc greets every server with its own newest version (§2.7 F).
    #[must_use]
    pub fn nearest(&self) -> ApiVersion {
        match self {
            Self::Nothing => ApiVersion::SILENT,
            Self::Published(version) => *version,
            Self::Other(label) => {
                ApiVersion::parse(label).map_or(ApiVersion::NEWEST, |version| version.min(ApiVersion::NEWEST))
            }
        }
    }

    /// The version to answer in, and none but the published ones.
    ///
    /// # Errors
    /// [`Fault::VersionMismatch`] for a version we do not publish.
    pub fn exact(&self) -> Result<ApiVersion, Fault> {
        match self {
            Self::Other(label) => Err(Fault::VersionMismatch { uri: format!("urn:vim25/{label}") }),
            Self::Nothing | Self::Published(_) => Ok(self.nearest()),
        }
    }
}

/// The text of `/sdk/vimServiceVersions.xml`: one namespace only, for govmomi takes the last one (§2.2).
#[must_use]
pub fn service_versions() -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<namespaces version=\"1.0\"><namespace>");
    let _ =
        write!(out, "<name>urn:vim25</name><version>{}</version><priorVersions>", ApiVersion::NEWEST_TEXT);
    for prior in PUBLISHED.iter().filter(|label| **label != ApiVersion::NEWEST_TEXT) {
        let _ = write!(out, "<version>{prior}</version>");
    }
    out.push_str("</priorVersions></namespace></namespaces>");
    out
}

/// What we speak, newest first: the list a real server published, from our newest on (§2.2).
pub const PUBLISHED: &[&str] = &[
    "8.0.2.0", "8.0.1.0", "8.0.0.2", "8.0.0.1", "8.0.0.0", "7.0.3.2", "7.0.3.1", "7.0.3.0", "7.0.2.1",
    "7.0.2.0", "7.0.1.1", "7.0.1.0", "7.0.0.2", "7.0.0.0", "6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1",
    "6.7", "6.5", "6.0", "5.5", "5.1", "5.0", "4.1", "4.0",
];
/// Real labels have at most ten characters; the rest of a longer one is not repeated to anybody.
const MAX_LABEL: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    #[test]
    fn every_way_to_write_a_version_is_read() {
        let version = ApiVersion::new([8, 0, 2, 0]);
        for header in [
            "urn:vim25/8.0.2.0",
            "\"urn:vim25/8.0.2.0\"",
            " \"urn:vim25/8.0.2.0\" ",
            "urn:internalvim25/8.0.2.0",
        ] {
            assert_eq!(Asked::read(Some(header)), Asked::Published(version), "{header}");
        }
        assert_eq!(Asked::read(Some("urn:vim25/5.5")).nearest(), ApiVersion::new([5, 5, 0, 0]));
    }

    #[test]
    fn a_client_without_version_is_answered_as_one_of_6_0() {
        for header in
            [None, Some(""), Some("\"\""), Some("urn:vim25"), Some("\"urn:vim25/\""), Some("urn:other/8.0")]
        {
            assert_eq!(Asked::read(header), Asked::Nothing, "{header:?}");
            assert_eq!(Asked::read(header).nearest(), ApiVersion::SILENT);
            assert_eq!(Asked::read(header).exact(), Ok(ApiVersion::SILENT));
        }
    }

    #[test]
    fn a_newer_version_and_an_internal_label_are_our_newest_and_an_older_one_is_itself() {
        for header in ["urn:vim25/9.1.0.0", "urn:vim25/8.0.2.1", "urn:vim25/uA046D008", "urn:vim25/1.2.3.4.5"]
        {
            assert_eq!(Asked::read(Some(header)).nearest(), ApiVersion::NEWEST, "{header}");
        }
        assert_eq!(Asked::read(Some("urn:vim25/2.5u2server")).nearest(), ApiVersion::new([2, 5, 2, 0]));
        assert_eq!(Asked::read(Some("urn:vim25/7.0")).nearest(), ApiVersion::new([7, 0, 0, 0]));
    }

    #[test]
    fn read_exactly_only_published_versions_are_spoken() {
        assert_eq!(Asked::read(Some("urn:vim25/8.0.2.0")).exact(), Ok(ApiVersion::NEWEST));
        let uri = "urn:vim25/7.0".to_owned();
        assert_eq!(Asked::read(Some("urn:vim25/7.0")).exact(), Err(Fault::VersionMismatch { uri }));
    }

    #[test]
    fn the_published_versions_are_readable_and_fall() {
        let read: Vec<_> = PUBLISHED.iter().map(|label| ApiVersion::parse(label).expect(label)).collect();
        assert_eq!(read.first(), Some(&ApiVersion::NEWEST));
        assert_eq!(ApiVersion::parse(ApiVersion::NEWEST_TEXT), Some(ApiVersion::NEWEST));
        assert!(read.is_sorted_by(|newer, older| newer > older));
    }

    #[test]
    fn the_document_of_versions_has_one_namespace_and_every_version_once() {
        let document = Document::parse(service_versions().into_bytes(), &Limits::MESSAGE).unwrap();
        let root = document.root();
        assert!(root.is("", "namespaces"));
        assert_eq!(root.attribute("version"), Some("1.0"));
        let namespaces: Vec<_> = root.children().collect();
        let [namespace] = namespaces[..] else { panic!("one namespace") };
        assert_eq!(
            namespace.child("", "name").and_then(crate::xml::document::Element::text),
            Some("urn:vim25")
        );
        assert_eq!(
            namespace.child("", "version").and_then(crate::xml::document::Element::text),
            Some("8.0.2.0")
        );
        let prior: Vec<_> = namespace
            .child("", "priorVersions")
            .unwrap()
            .children()
            .filter_map(crate::xml::document::Element::text)
            .collect();
        assert_eq!(prior, PUBLISHED[1..]);
    }
}
