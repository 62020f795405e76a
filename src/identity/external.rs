//! Subjects of other issuers: who they are here, and the groups of this domain that they were mapped to (`sts.md` §7.6).
//!
//! They have no row. What is known of one comes with its token or its session, and what it may do from the permissions
//! that name it, as `DOMAIN\name`, or one of its groups.

use super::principal::{AccountName, Domain, LoginName, NameError, Principal, fold};
use super::standing::{Grant, Kind, Standing};

/// The subject of another issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternalSubject {
    /// Who it is.
    pub principal: Principal,
    /// The groups of this domain that it was mapped to, without those they are members of.
    pub groups: Vec<String>,
}

/// Whom a permission names: somebody of this domain by the bare name, a subject of another issuer as `DOMAIN\name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grantee {
    domain: Option<Domain>,
    text: String,
}

impl ExternalSubject {
    /// Who has this session, whose user name is `DOMAIN\name`.
    ///
    /// # Errors
    /// [`NameError`] when the name is none.
    pub fn of_session(user_name: &str, groups: &[String]) -> Result<Self, NameError> {
        let (domain, name) = user_name.split_once('\\').ok_or(NameError::Fields)?;
        let principal = Principal { name: AccountName::new(name)?, domain: Domain::new(domain)? };
        Ok(Self { principal, groups: groups.to_vec() })
    }

    /// Identifies it where rows have their identifier. Those have no colon, and extensions begin otherwise.
    #[must_use]
    pub fn id(&self) -> String {
        format!("external:{}", fold(&self.principal.upn()))
    }
}

impl Standing {
    /// The subject of another issuer with what it may do here. Nobody here can switch it off or lock it.
    #[must_use]
    pub fn of_external(subject: &ExternalSubject, groups: Vec<String>, grants: Vec<Grant>) -> Self {
        let ExternalSubject { principal, groups: mapped } = subject;
        Self {
            id: subject.id(),
            name: principal.name.as_str().to_owned(),
            kind: Kind::External { domain: principal.domain.clone(), mapped: mapped.clone() },
            disabled: false,
            locked_until: None,
            groups,
            grants,
        }
    }
}

impl Grantee {
    /// Reads a bare name, or a name in a domain.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn new(text: &str) -> Result<Self, NameError> {
        if !text.contains(['\\', '@']) {
            return Ok(Self { domain: None, text: AccountName::new(text)?.as_str().to_owned() });
        }
        let LoginName { name, domain } = LoginName::parse(text)?;
        let domain = Domain::new(&domain.unwrap_or_default())?;
        let principal = Principal { name: AccountName::new(&name)?, domain: domain.clone() };
        Ok(Self { domain: Some(domain), text: principal.session_name() })
    }

    /// The name, or `DOMAIN\name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The domain, where one is named.
    #[must_use]
    pub fn domain(&self) -> Option<&Domain> {
        self.domain.as_ref()
    }

    /// The form by which names are compared.
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_says_whose_it_is() {
        let groups = vec!["Operators".to_owned()];
        let subject = ExternalSubject::of_session("VC2.LAB\\Élodie", &groups).unwrap();
        assert_eq!(subject.principal.upn(), "Élodie@VC2.LAB");
        assert_eq!((subject.id().as_str(), &subject.groups), ("external:élodie@vc2.lab", &groups));
        for text in ["alice", "VC2.LAB\\", "VC2 LAB\\alice", "\\alice", "VC2.LAB\\a\\b"] {
            assert!(ExternalSubject::of_session(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn a_permission_names_somebody_of_this_domain_or_of_another() {
        let named = |text: &str| Grantee::new(text).map(|grantee| grantee.as_str().to_owned());
        assert_eq!(named("alice"), Ok("alice".into()));
        for text in ["vc2.lab\\alice", "alice@VC2.lab"] {
            assert_eq!(named(text), Ok("VC2.LAB\\alice".into()), "{text}");
            assert!(Grantee::new(text).unwrap().domain().unwrap().is("vc2.lab"));
        }
        assert_eq!(Grantee::new("VC2.LAB\\Alice").unwrap().folded(), "vc2.lab\\alice");
        for text in ["", "a/b", "vc2.lab\\a@b", "vc 2\\a", "@", "a\\"] {
            assert!(named(text).is_err(), "{text}");
        }
    }
}
