//! The entries of a seed: users, solution users, groups, extensions, external issuers, roles, permissions.

use serde_json::{Value, json};

use super::super::layers::Assignment;
use super::super::setting::Scalar;
use crate::identity::{AccountName, Domain, ExtensionKey, Grantee};
use crate::pki::Certificate;
use crate::secret::Secret;

/// Something that a seed asks for.
pub trait Entry {
    /// Which entry it is, `user/alice`: stable when its content changes, compared without case like the names.
    fn key(&self) -> String;

    /// Everything it says, in a form that changes when and only when the meaning does. Holds passwords: for a keyed hash,
    /// not for eyes.
    fn canonical(&self) -> Secret;
}

/// `[[user]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account name, without domain.
    pub name: AccountName,
    /// How it proves itself.
    pub password: Password,
    /// The groups it joins.
    pub groups: Vec<AccountName>,
    /// Given name.
    pub given_name: Option<String>,
    /// Surname.
    pub surname: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Keeps an NT hash beside the password, so that NTLM can be spoken: weak, and asked for by name.
    pub ntlm: bool,
}

/// A password, or what was made of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// In clear: to be hashed.
    Clear(Secret),
    /// An argon2id hash in PHC form that can be used.
    Hash(String),
}

/// `[[solution_user]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolutionUser {
    /// The account name, without domain.
    pub name: AccountName,
    /// What it signs with.
    pub certificate: Certificate,
    /// The groups it joins.
    pub groups: Vec<AccountName>,
}

/// `[[group]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, without domain.
    pub name: AccountName,
    /// The users, solution users and groups that join it.
    pub members: Vec<AccountName>,
}

/// `[[extension]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// `com.example.ext`.
    pub key: ExtensionKey,
    /// Subject of the certificate it logs in with, for `LoginExtensionBySubjectName`.
    pub subject_name: Option<String>,
    /// The certificate it logs in with, for `LoginExtensionByCertificate`.
    pub certificate: Option<Certificate>,
}

/// `[[external_issuer]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIssuer {
    /// `Issuer` of its tokens.
    pub issuer: String,
    /// The domain of its users.
    pub domain: Domain,
    /// What it signs with, without the certificates above.
    pub certificates: Vec<Certificate>,
    /// The groups of this domain that its users belong to.
    pub groups: Vec<AccountName>,
}

/// `[[role]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: AccountName,
    /// What it allows: members of `privilege::ALL`.
    pub privileges: Vec<&'static str>,
}

/// `[[permission]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Whom it is given to: without domain, or the user of an external issuer as `DOMAIN\name`.
    pub principal: Grantee,
    /// The principal is a group.
    pub group: bool,
    /// Name of the role.
    pub role: AccountName,
    /// Identifier of the managed object, `group-d1` for the root folder.
    pub entity: String,
    /// Objects below inherit it.
    pub propagate: bool,
}

impl Entry for User {
    fn key(&self) -> String {
        format!("user/{}", self.name.folded())
    }

    fn canonical(&self) -> Secret {
        let password = match &self.password {
            Password::Clear(password) => ["password", password.expose()],
            Password::Hash(hash) => ["password_hash", hash],
        };
        let mut text = json!([
            "user",
            self.name.as_str(),
            password,
            sorted(&self.groups),
            self.given_name,
            self.surname,
            self.email
        ]);
        // Said only when it is asked for: entries that were applied before there was such a thing have not changed.
        if let (Value::Array(parts), true) = (&mut text, self.ntlm) {
            parts.push(json!("ntlm"));
        }
        secret(&text)
    }
}

impl Entry for SolutionUser {
    fn key(&self) -> String {
        format!("solution_user/{}", self.name.folded())
    }

    fn canonical(&self) -> Secret {
        let certificate = self.certificate.fingerprint();
        secret(&json!(["solution_user", self.name.as_str(), certificate, sorted(&self.groups)]))
    }
}

impl Entry for Group {
    fn key(&self) -> String {
        format!("group/{}", self.name.folded())
    }

    fn canonical(&self) -> Secret {
        secret(&json!(["group", self.name.as_str(), sorted(&self.members)]))
    }
}

impl Entry for Extension {
    fn key(&self) -> String {
        format!("extension/{}", self.key.as_str())
    }

    fn canonical(&self) -> Secret {
        let certificate = self.certificate.as_ref().map(Certificate::fingerprint);
        secret(&json!(["extension", self.key.as_str(), self.subject_name, certificate]))
    }
}

impl Entry for ExternalIssuer {
    fn key(&self) -> String {
        format!("external_issuer/{}", self.issuer)
    }

    fn canonical(&self) -> Secret {
        let mut signers: Vec<String> = self.certificates.iter().map(Certificate::fingerprint).collect();
        signers.sort_unstable();
        let domain = self.domain.capitals();
        secret(&json!(["external_issuer", self.issuer, domain, signers, sorted(&self.groups)]))
    }
}

impl Entry for Role {
    fn key(&self) -> String {
        format!("role/{}", self.name.folded())
    }

    fn canonical(&self) -> Secret {
        let mut privileges = self.privileges.clone();
        privileges.sort_unstable();
        secret(&json!(["role", self.name.as_str(), privileges]))
    }
}

impl Entry for Permission {
    fn key(&self) -> String {
        let kind = if self.group { "group" } else { "user" };
        format!("permission/{}/{kind}/{}", self.entity, self.principal.folded())
    }

    fn canonical(&self) -> Secret {
        let principal = self.principal.as_str();
        secret(&json!(["permission", principal, self.group, self.role.as_str(), self.entity, self.propagate]))
    }
}

impl Entry for Assignment {
    fn key(&self) -> String {
        format!("setting/{}", self.setting.key())
    }

    fn canonical(&self) -> Secret {
        let value = match &self.value {
            Scalar::Text(text) => json!(text),
            Scalar::Switch(value) => json!(value),
            Scalar::Number(number) => json!(number),
            Scalar::List(texts) => json!(texts),
        };
        secret(&json!(["setting", self.setting.key(), value]))
    }
}

/// Names as a set: their order in the file means nothing.
fn sorted(names: &[AccountName]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(AccountName::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn secret(value: &Value) -> Secret {
    Secret::new(value.to_string())
}
