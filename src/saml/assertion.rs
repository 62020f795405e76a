//! What an assertion says, as data. By itself it is worth nothing: `verifier::VerifiedToken` is the same with proof.

use std::borrow::Cow;

use super::advice::Advice;
use crate::clock::Moment;
use crate::pki::Certificate;

/// `saml2:Assertion`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// `ID`.
    pub id: String,
    /// `IssueInstant`.
    pub issue_instant: Moment,
    /// `Issuer`.
    pub issuer: String,
    /// Whom it is about, and who may present it.
    pub subject: Subject,
    /// When and for whom it holds.
    pub conditions: Conditions,
    /// What others say about the subject. Nothing rests on it.
    pub advice: Vec<Advice>,
    /// How the subject proved itself.
    pub authn_statements: Vec<AuthnStatement>,
    /// What else is known about the subject.
    pub attributes: Vec<Attribute>,
}

/// `saml2:Subject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// `NameID`: the subject.
    pub name: String,
    /// `NameID/@Format`, empty when absent.
    pub format: Cow<'static, str>,
    /// `SubjectConfirmation/NameID`: the last delegate, if the token was delegated.
    pub presenter: Option<String>,
    /// The one `SubjectConfirmation`.
    pub confirmation: Confirmation,
}

/// How the presenter confirms that the token is its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// By having it.
    Bearer {
        /// The end of this confirmation.
        not_on_or_after: Option<Moment>,
        /// Where it may be presented.
        recipient: Option<String>,
    },
    /// By a signature with the key of this certificate.
    HolderOfKey {
        /// The one certificate of its `KeyInfo`.
        certificate: Certificate,
    },
}

/// `saml2:Conditions`. Every condition it can hold is here; an unknown one makes the token unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// First moment.
    pub not_before: Moment,
    /// The moment it is over.
    pub not_on_or_after: Moment,
    /// Each `AudienceRestriction` must allow us; within one, any `Audience` may.
    pub audiences: Vec<Vec<String>>,
    /// `ProxyRestriction/@Count`.
    pub proxy_count: Option<u32>,
    /// `Count` of the renewal condition.
    pub renew_count: Option<u32>,
    /// The delegates, in order of writing.
    pub delegates: Vec<Delegate>,
    /// The token is to be used once.
    pub one_time_use: bool,
}

/// `del:Delegate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// Its name.
    pub name: String,
    /// When it was added.
    pub instant: Moment,
}

/// `saml2:AuthnStatement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthnStatement {
    /// `AuthnInstant`.
    pub instant: Moment,
    /// `AuthnContextClassRef`.
    pub class: Cow<'static, str>,
}

/// `saml2:Attribute`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `Name`.
    pub name: Cow<'static, str>,
    /// The values, in order.
    pub values: Vec<String>,
}

impl Assertion {
    /// The values of an attribute; none when it is absent.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map_or(&[], |attribute| &attribute.values)
    }

    /// It needs a signature of its holder.
    #[must_use]
    pub const fn is_holder_of_key(&self) -> bool {
        matches!(self.subject.confirmation, Confirmation::HolderOfKey { .. })
    }
}
