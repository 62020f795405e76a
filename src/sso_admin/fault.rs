//! The faults: those of the vendor's runtime, and the service's own.

use super::NAMESPACE;
use super::principal::PrincipalId;
use crate::vim::values::{ApiVersion, Field, Record, Reference, message};

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody is logged in.
    NotAuthenticated,
    /// Somebody is logged in who may not do this.
    NoPermission,
    /// Whoever wanted to log in did not, whatever the reason.
    InvalidCredentials,
    /// Nobody has the name, or somebody else has it, or it cannot be done with this one.
    InvalidPrincipal {
        /// The name.
        principal: String,
        /// What is wrong with it.
        why: String,
    },
    /// A group would contain itself.
    GroupCyclic {
        /// The group that was to become a member.
        added: PrincipalId,
        /// The group that is inside it.
        existing: PrincipalId,
    },
    /// The policy does not allow the password.
    PasswordPolicyViolation(String),
    /// The policy does not fit together.
    InvalidPasswordPolicy(String),
    /// Another solution user has the certificate.
    DuplicateSolutionCertificate,
    /// The domain is registered already.
    DuplicateDomainName(String),
    /// The domain is not registered.
    DomainNotFound(String),
    /// A parameter, or a field of one, has a value that is not allowed.
    InvalidArgument {
        /// The path to it.
        property: &'static str,
    },
    /// The message, the call or a parameter of it is not what it must be.
    InvalidRequest(String),
    /// No such object.
    ManagedObjectNotFound(Reference),
    /// The object has no such method.
    MethodNotFound {
        /// The object.
        receiver: Reference,
        /// The method.
        method: &'static str,
    },
    /// This server does not do that.
    NotSupported,
}

impl Fault {
    /// The whole message, to be sent with status 500.
    #[must_use]
    pub fn write(&self) -> String {
        let record = Record::new(self.type_name(), self.fields());
        let fault = message::fault(NAMESPACE, "ServerFaultCode", &self.text(), &record, ApiVersion::NEWEST);
        message::refusal(&fault)
    }

    /// The type on the wire. That of a certificate which is taken has its last word twice, as govmomi knows it.
    const fn type_name(&self) -> &'static str {
        match self {
            Self::NotAuthenticated => "SsoFaultNotAuthenticated",
            Self::NoPermission => "SsoFaultNoPermission",
            Self::InvalidCredentials => "SsoFaultInvalidCredentials",
            Self::InvalidPrincipal { .. } => "SsoFaultInvalidPrincipalFault",
            Self::GroupCyclic { .. } => "SsoAdminFaultGroupCyclicDependencyFault",
            Self::PasswordPolicyViolation(_) => "SsoAdminFaultPasswordPolicyViolationFault",
            Self::InvalidPasswordPolicy(_) => "SsoAdminFaultInvalidPasswordPolicyFault",
            Self::DuplicateSolutionCertificate => "SsoAdminFaultDuplicateSolutionCertificateFaultFault",
            Self::DuplicateDomainName(_) => "SsoAdminFaultDuplicateDomainNameFault",
            Self::DomainNotFound(_) => "SsoAdminFaultDomainNotFoundFault",
            Self::InvalidArgument { .. } => "InvalidArgument",
            Self::InvalidRequest(_) => "InvalidRequest",
            Self::ManagedObjectNotFound(_) => "ManagedObjectNotFound",
            Self::MethodNotFound { .. } => "MethodNotFound",
            Self::NotSupported => "NotSupported",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NotAuthenticated => "The session is not authenticated.".to_owned(),
            Self::NoPermission => "Permission to perform this operation was denied.".to_owned(),
            Self::InvalidCredentials => "Invalid credentials".to_owned(),
            Self::InvalidPrincipal { why, .. } => why.clone(),
            Self::GroupCyclic { added, existing } => format!(
                "Group {}@{} cannot be added to {}@{}: it contains that group",
                added.name, added.domain, existing.name, existing.domain
            ),
            Self::PasswordPolicyViolation(why) => format!("The password violates the password policy: {why}"),
            Self::InvalidPasswordPolicy(why) => format!("The policy cannot be set: {why}"),
            Self::DuplicateSolutionCertificate => {
                "The certificate is used by another solution user".to_owned()
            }
            Self::DuplicateDomainName(name) => format!("The domain {name} exists already"),
            Self::DomainNotFound(name) => format!("The domain {name} does not exist"),
            Self::InvalidArgument { property } => {
                format!("A specified parameter was not correct: {property}")
            }
            Self::InvalidRequest(problem) => problem.clone(),
            Self::ManagedObjectNotFound(object) => format!(
                "The object '{}:{}' has already been deleted or has not been completely created",
                object.kind, object.value
            ),
            Self::MethodNotFound { receiver, method } => {
                format!("Method {method} is not found on the object {}:{}", receiver.kind, receiver.value)
            }
            Self::NotSupported => "The operation is not supported on the object.".to_owned(),
        }
    }

    fn fields(&self) -> Vec<Field> {
        match self {
            Self::InvalidPrincipal { principal, .. } => vec![Field::new("principal", principal.as_str())],
            Self::GroupCyclic { added, existing } => {
                vec![Field::new("groupBeingAdded", added), Field::new("existingGroup", existing)]
            }
            Self::DuplicateDomainName(name) | Self::DomainNotFound(name) => {
                vec![Field::new("domainName", name.as_str())]
            }
            Self::InvalidArgument { property } => vec![Field::new("invalidProperty", *property)],
            Self::ManagedObjectNotFound(object) => vec![Field::new("obj", object.clone())],
            Self::MethodNotFound { receiver, method } => {
                vec![Field::new("receiver", receiver.clone()), Field::new("method", *method)]
            }
            Self::NotAuthenticated
            | Self::NoPermission
            | Self::InvalidCredentials
            | Self::PasswordPolicyViolation(_)
            | Self::InvalidPasswordPolicy(_)
            | Self::DuplicateSolutionCertificate
            | Self::InvalidRequest(_)
            | Self::NotSupported => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_type_as_govmomi_looks_it_up() {
        let written = Fault::NoPermission.write();
        assert!(
            written.contains(
                "<faultcode>ServerFaultCode</faultcode><faultstring>Permission to perform this operation was denied.</faultstring>\
                 <detail><SsoFaultNoPermissionFault xmlns=\"urn:sso\" xsi:type=\"SsoFaultNoPermission\"></SsoFaultNoPermissionFault></detail>"
            ),
            "{written}"
        );
    }

    #[test]
    fn what_somebody_wrote_comes_back_as_text() {
        let (principal, why) = ("<a>&".to_owned(), "there is no principal \"<a>&\"".to_owned());
        let written = Fault::InvalidPrincipal { principal, why }.write();
        assert!(
            written.contains("<principal>&lt;a&gt;&amp;</principal>") && !written.contains("<a>"),
            "{written}"
        );
    }
}
